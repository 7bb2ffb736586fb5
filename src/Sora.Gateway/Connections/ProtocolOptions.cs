using Sora.Configuration;

namespace Sora.Gateway.Connections;

/// <summary>What the sections of all mail protocols have in common: where they listen, and how many and how long.</summary>
public abstract class ProtocolOptions : IValidatableOptions
{
    protected ProtocolOptions(string listen, string? tlsListen, int maxConnections)
    {
        Listen = [listen];
        TlsListen = tlsListen is null ? [] : [tlsListen];
        MaxConnections = maxConnections;
    }

    [Option("Addresses to listen on, plain, with STARTTLS or STLS when there is a certificate")]
    public IReadOnlyList<string> Listen { get; set; }

    [Option("Addresses to listen on with TLS from the first byte", Reference = "RFC 8314")]
    public IReadOnlyList<string> TlsListen { get; set; }

    [Option("As listen, for proxies that send a PROXY header (version 1 or 2) before everything else; only hosts in connections.trusted_networks may connect, and the header must come")]
    public IReadOnlyList<string> ProxyListen { get; set; } = [];

    [Option("As tls_listen, with the PROXY header before the TLS handshake")]
    public IReadOnlyList<string> ProxyTlsListen { get; set; } = [];

    [Option("Connections at once, all listeners together; 0 is no limit")]
    [OptionRange("0", "10000000")]
    public int MaxConnections { get; set; }

    [Option("Connections at once on each of the listeners; 0 is no limit")]
    [OptionRange("0", "10000000")]
    public int MaxConnectionsPerListener { get; set; }

    [Option("Connections at once from one IPv4 address or IPv6 /64 network; 0 is no limit. If not set a quarter of max_connections, and no limit for clients on this machine", Example = "1000")]
    [OptionRange("0", "10000000")]
    public int? MaxConnectionsPerIp { get; set; }

    [Option("How long a connection may last before it is ended between two commands; 0 is no limit")]
    [OptionRange("1m", "365d", OrZero = true)]
    public TimeSpan AbsoluteSessionTimeout { get; set; }

    /// <summary>How many connections there may be, and how long.</summary>
    public ConnectionLimits Limits => new(MaxConnections, MaxConnectionsPerIp, AbsoluteSessionTimeout, MaxConnectionsPerListener);

    /// <summary>All addresses with the keys they stand under.</summary>
    public IEnumerable<(string Key, string Address)> Addresses() =>
    [
        .. Listen.Select(static address => ("listen", address)),
        .. TlsListen.Select(static address => ("tls_listen", address)),
        .. ProxyListen.Select(static address => ("proxy_listen", address)),
        .. ProxyTlsListen.Select(static address => ("proxy_tls_listen", address)),
    ];

    /// <inheritdoc/>
    public virtual IEnumerable<string> Validate()
    {
        foreach (var (key, address) in Addresses())
        {
            if (!ListenAddress.TryParse(address, out _))
                yield return $"{key} has \"{address}\", which is not an address with a port such as \"127.0.0.1:24\" or \"*:24\"";
        }
    }
}
