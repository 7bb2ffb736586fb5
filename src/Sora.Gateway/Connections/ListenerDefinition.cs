using System.Net;

namespace Sora.Gateway.Connections;

/// <summary>One socket to listen on.</summary>
/// <param name="EndPoint">Address and port; port 0 lets the system choose.</param>
/// <param name="ImplicitTls">TLS from the first byte (RFC 8314).</param>
/// <param name="Limits">Shared by all listeners of one protocol: give them the same object.</param>
/// <param name="ExpectsProxy">Each connection begins with a PROXY header, and only trusted hosts may connect.</param>
public sealed record ListenerDefinition(
    IPEndPoint EndPoint, bool ImplicitTls, IProtocolServer Protocol, ConnectionLimits Limits, bool ExpectsProxy = false)
{
    /// <summary>All listeners of one protocol.</summary>
    public static IEnumerable<ListenerDefinition> Of(IProtocolServer protocol, ProtocolOptions options)
    {
        var limits = options.Limits;
        foreach (var (key, address) in options.Addresses())
        {
            yield return new ListenerDefinition(
                ListenAddress.Parse(address), key is "tls_listen" or "proxy_tls_listen", protocol, limits, key is "proxy_listen" or "proxy_tls_listen");
        }
    }

    /// <summary>The option that names it, without its section.</summary>
    public string Key => (ExpectsProxy ? "proxy_" : "") + (ImplicitTls ? "tls_listen" : "listen");
}

/// <summary>How many connections a protocol takes, and how long; 0 is no limit.</summary>
/// <param name="MaxConnections">At once, over all clients.</param>
/// <param name="MaxConnectionsPerIp">At once from one IPv4 address or one IPv6 /64 network; null for <see cref="StandardPerIp"/>, and none for clients on this machine.</param>
/// <param name="MaxDuration">Until a session is ended between two commands.</param>
/// <param name="MaxConnectionsPerListener">At once on each socket.</param>
public sealed record ConnectionLimits(int MaxConnections = 0, int? MaxConnectionsPerIp = 0, TimeSpan MaxDuration = default, int MaxConnectionsPerListener = 0)
{
    /// <summary>A quarter of all, so that one address cannot keep all others out.</summary>
    public int StandardPerIp => MaxConnections / 4;
}
