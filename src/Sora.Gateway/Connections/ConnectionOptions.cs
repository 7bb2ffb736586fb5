using Sora.Configuration;

namespace Sora.Gateway.Connections;

/// <summary>[connections]: what all mail protocols' connections have in common.</summary>
[Section("Connections of all mail protocols")]
public sealed class ConnectionOptions : IValidatableOptions
{
    [Option("Networks of one's own proxies and webmail: they may name the client they speak for, by PROXY headers, XCLIENT (LMTP, POP3) and ID (IMAP). List no gateway through which strangers come")]
    public IReadOnlyList<string> TrustedNetworks { get; set; } = [];

    [Option("Clients in trusted_networks are not counted against limits per address and per user")]
    public bool ExemptTrustedNetworks { get; set; } = true;

    [Option("How long a proxy may take for its PROXY header")]
    [OptionRange("1s", "5m")]
    public TimeSpan ProxyTimeout { get; set; } = TimeSpan.FromSeconds(5);

    [Option("Longest PROXY header of version 2")]
    [OptionRange("536", "64KiB")]
    public ByteSize ProxyMaxHeader { get; set; } = ByteSize.KiB(4);

    [Option("Sessions of one user at once, all protocols and all nodes together (other nodes' within seconds); 0 is no limit. If not set 500, and no limit for clients on this machine", Example = "500")]
    [OptionRange("0", "1000000")]
    public int? MaxConnectionsPerUser { get; set; }

    [Option("The same from one IPv4 address or IPv6 /64 network; 0 is no limit. If not set 100, and no limit for clients on this machine", Example = "100")]
    [OptionRange("0", "1000000")]
    public int? MaxConnectionsPerUserPerIp { get; set; }

    [Option("How often nodes tell each other of users that have an eighth or more of the sessions they may have; 0: each node counts its own sessions only")]
    [OptionRange("100ms", "1m", OrZero = true)]
    public TimeSpan CountInterval { get; set; } = TimeSpan.FromSeconds(1);

    [Option("Connections accepted in the first second after the start, all listeners together; each second allows as many more than the one before. Others wait in the backlog; 0 is no limit")]
    [OptionRange("0", "1000000")]
    public int AcceptRate { get; set; } = 500;

    [Option("Connections that wait to be accepted, for each listener; the system may allow fewer (net.core.somaxconn)")]
    [OptionRange("1", "1000000")]
    public int Backlog { get; set; } = 4096;

    [Option("Octets that a client must send in a minute on average while a command, a literal or a message is under way; 0 asks for none")]
    [OptionRange("0", "1000000")]
    public int MinBytesPerMinute { get; set; } = 512;

    [Option("The time over which min_bytes_per_minute is measured", Reference = "RFC 5321 4.5.3.2.5: 3 minutes may pass within a message")]
    [OptionRange("10s", "1h")]
    public TimeSpan MinBytesWindow { get; set; } = TimeSpan.FromMinutes(3);

    [Option("Memory that one command of a session may take for results, sorting, threading and the messages of one APPEND, with what is kept up to date for CONTEXT; more is refused with NO [LIMIT]. Buffers and single messages have limits of their own. 0 is no limit")]
    [OptionRange("1MiB", "64GiB", OrZero = true)]
    public ByteSize SessionMemoryLimit { get; set; } = ByteSize.MiB(512);

    [Option("Refused clients that may be told over TLS at the same time; for more of them the handshake is not made")]
    [OptionRange("0", "10000")]
    public int MaxTlsRefusals { get; set; } = 32;

    [Option("How long a session that an administrator ends may take to end; then it is cut off")]
    [OptionRange("0", "10m")]
    public TimeSpan KickTimeout { get; set; } = TimeSpan.FromSeconds(10);

    [Option("How long a client may leave the server's output unread before it is cut off; on Linux one that takes more than min_bytes_per_minute is just slow, and goes on")]
    [OptionRange("1s", "1d")]
    public TimeSpan WriteTimeout { get; set; } = TimeSpan.FromMinutes(2);

    [Option("How long commands may still run for a client that has shut down its sending side and waits for the answers")]
    [OptionRange("0", "1d")]
    public TimeSpan HalfCloseTimeout { get; set; } = TimeSpan.FromSeconds(30);

    [Option("How long a TLS handshake may take")]
    [OptionRange("1s", "10m")]
    public TimeSpan HandshakeTimeout { get; set; } = TimeSpan.FromSeconds(30);

    [Option("Silence after which TCP keep-alive probes begin")]
    [OptionRange("10s", "1d")]
    public TimeSpan KeepAliveTime { get; set; } = TimeSpan.FromMinutes(2);

    [Option("How long sessions may take to end when the server stops; then they are cut off")]
    [OptionRange("0", "1h")]
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(20);

    [Option("Sessions that are told to end each second when the server stops, for they all come back, to other nodes; more when drain_timeout would not suffice, 0 tells all at once")]
    [OptionRange(0, 1_000_000)]
    public int DrainRate { get; set; } = 1000;

    [Option("Bytes received ahead of what the session has read, per connection")]
    [OptionRange("4KiB", "16MiB")]
    public ByteSize ReadBuffer { get; set; } = ByteSize.KiB(128);

    [Option("Bytes waiting to be sent before the session waits for the client, per connection")]
    [OptionRange("4KiB", "16MiB")]
    public ByteSize WriteBuffer { get; set; } = ByteSize.KiB(64);

    [Option("How hard output is compressed for clients that ask for it, 1 (quick) to 9 (small); 0 offers no compression", Reference = "RFC 4978")]
    [OptionRange("0", "9")]
    public int CompressionLevel { get; set; } = 3;

    /// <summary>Where <see cref="MaxConnectionsPerUser"/> is not set.</summary>
    internal const int StandardPerUser = 500;

    /// <summary>Where <see cref="MaxConnectionsPerUserPerIp"/> is not set: many programs behind one NAT, and no program gone wild.</summary>
    internal const int StandardPerUserPerIp = 100;

    /// <summary>The smaller of the limits of users; 0 when there is none.</summary>
    internal int SmallestPerUser => new[] { MaxConnectionsPerUser ?? StandardPerUser, MaxConnectionsPerUserPerIp ?? StandardPerUserPerIp }.Where(static limit => limit > 0).DefaultIfEmpty(0).Min();

    /// <inheritdoc/>
    public IEnumerable<string> Validate() => NetworkSet.Check("trusted_networks", TrustedNetworks);
}
