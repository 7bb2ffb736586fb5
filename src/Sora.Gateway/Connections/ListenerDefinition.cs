using System.Net;

namespace Sora.Gateway.Connections;

/// <summary>One socket to listen on.</summary>
/// <param name="EndPoint">Address and port; port 0 lets the system choose.</param>
/// <param name="ImplicitTls">TLS from the first byte (RFC 8314).</param>
/// <param name="Limits">Shared by all listeners of one protocol: give them the same object.</param>
public sealed record ListenerDefinition(IPEndPoint EndPoint, bool ImplicitTls, IProtocolServer Protocol, ConnectionLimits Limits)
{
    /// <summary>All listeners of one protocol.</summary>
    /// <param name="protocol">What is spoken on them.</param>
    /// <param name="listen">Addresses where TLS begins with STARTTLS, if at all.</param>
    /// <param name="tlsListen">Addresses with TLS from the first byte.</param>
    /// <param name="limits">Shared by all of them.</param>
    public static IEnumerable<ListenerDefinition> Of(
        IProtocolServer protocol, IReadOnlyList<string> listen, IReadOnlyList<string> tlsListen, ConnectionLimits limits) =>
    [
        .. listen.Select(address => new ListenerDefinition(ListenAddress.Parse(address), ImplicitTls: false, protocol, limits)),
        .. tlsListen.Select(address => new ListenerDefinition(ListenAddress.Parse(address), ImplicitTls: true, protocol, limits)),
    ];
}

/// <summary>How many connections a protocol takes; 0 is no limit.</summary>
/// <param name="MaxConnections">At once, over all clients.</param>
/// <param name="MaxConnectionsPerIp">At once from one IPv4 address or one IPv6 /64 network.</param>
public sealed record ConnectionLimits(int MaxConnections = 0, int MaxConnectionsPerIp = 0);
