using System.Net;

namespace Sora.Gateway.Connections;

/// <summary>One socket to listen on.</summary>
/// <param name="EndPoint">Address and port; port 0 lets the system choose.</param>
/// <param name="ImplicitTls">TLS from the first byte (RFC 8314).</param>
/// <param name="Limits">Shared by all listeners of one protocol: give them the same object.</param>
public sealed record ListenerDefinition(IPEndPoint EndPoint, bool ImplicitTls, IProtocolServer Protocol, ConnectionLimits Limits);

/// <summary>How many connections a protocol takes; 0 is no limit.</summary>
/// <param name="MaxConnections">At once, over all clients.</param>
/// <param name="MaxConnectionsPerIp">At once from one IPv4 address or one IPv6 /64 network.</param>
public sealed record ConnectionLimits(int MaxConnections = 0, int MaxConnectionsPerIp = 0);
