using Sora.Configuration;
using Sora.Gateway.Connections;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap;

/// <summary>[imap]: the IMAP server.</summary>
[Section("IMAP4rev1 and IMAP4rev2")]
public sealed class ImapOptions : IValidatableOptions
{
    [Option("Addresses to listen on, plain with STARTTLS")]
    public IReadOnlyList<string> Listen { get; set; } = ["*:143"];

    [Option("Addresses to listen on with implicit TLS", Reference = "RFC 8314")]
    public IReadOnlyList<string> TlsListen { get; set; } = ["*:993"];

    [Option("Connections at once; 0 is no limit")]
    [OptionRange("0", "10000000")]
    public int MaxConnections { get; set; } = 100_000;

    [Option("Connections at once from one IPv4 address or IPv6 /64 network; 0 is no limit")]
    [OptionRange("0", "10000000")]
    public int MaxConnectionsPerIp { get; set; }

    [Option("Take passwords without TLS from any client; clients on the same machine always may", Reference = "RFC 9051 6.2.3")]
    public bool AllowPlaintextAuth { get; set; }

    [Option("How long a client may take to log in")]
    [OptionRange("1s", "1h")]
    public TimeSpan LoginTimeout { get; set; } = TimeSpan.FromMinutes(3);

    [Option("Silence after which a logged-in client is logged out", Reference = "RFC 9051 5.4: at least 30 minutes")]
    [OptionRange("30m", "7d")]
    public TimeSpan Autologout { get; set; } = TimeSpan.FromMinutes(31);

    [Option("How often a client in IDLE is told that the server is still there; keeps NAT entries alive", Reference = "RFC 2177")]
    [OptionRange("10s", "29m")]
    public TimeSpan IdleKeepalive { get; set; } = TimeSpan.FromMinutes(2);

    [Option("How long an answer to a wrong password is held back")]
    [OptionRange("0", "1m")]
    public TimeSpan AuthFailureDelay { get; set; } = TimeSpan.FromSeconds(2);

    [Option("Wrong passwords on one connection before it is closed")]
    [OptionRange("1", "1000")]
    public int MaxAuthFailures { get; set; } = 3;

    [Option("Commands in a row that are not understood before the connection is closed")]
    [OptionRange("1", "1000")]
    public int MaxBadCommands { get; set; } = 20;

    [Option("Longest command line", Reference = "RFC 7162 4: at least 8192")]
    [OptionRange("8KiB", "16MiB")]
    public ByteSize MaxLine { get; set; } = ByteSize.KiB(64);

    [Option("Longest literal other than APPEND's message")]
    [OptionRange("4KiB", "16MiB")]
    public ByteSize MaxLiteral { get; set; } = ByteSize.KiB(64);

    [Option("Longest command with all its literals, without APPEND's message")]
    [OptionRange("8KiB", "64MiB")]
    public ByteSize MaxCommand { get; set; } = ByteSize.KiB(512);

    [Option("Literals in one command")]
    [OptionRange("4", "10000")]
    public int MaxLiterals { get; set; } = 200;

    [Option("Largest message that APPEND takes", Reference = "RFC 7889")]
    [OptionRange("1KiB", "2GiB")]
    public ByteSize AppendLimit { get; set; } = ByteSize.MiB(50);

    [Option("Messages that one APPEND takes", Reference = "RFC 3502")]
    [OptionRange("1", "100000")]
    public int MaxAppendMessages { get; set; } = 1000;

    [Option("All messages of one APPEND together; never less than append_limit")]
    [OptionRange("1KiB", "16GiB")]
    public ByteSize MaxAppend { get; set; } = ByteSize.MiB(64);

    [Option("How long one SEARCH may read messages before it gives up with NO [LIMIT]")]
    [OptionRange("1s", "1d")]
    public TimeSpan SearchTimeout { get; set; } = TimeSpan.FromMinutes(5);

    [Option("NOOP and CHECK ask the mailbox's writer when nobody has for this long, in case an announcement was lost")]
    [OptionRange("0", "1h")]
    public TimeSpan RefreshAfter { get; set; } = TimeSpan.FromSeconds(5);

    [Option("Value of \"name\" in the answer to ID; empty leaves it out", Reference = "RFC 2971")]
    public string IdName { get; set; } = "Sora";

    [Option("Value of \"version\" in the answer to ID; empty leaves it out")]
    public string IdVersion { get; set; } = "";

    [Option("Value of \"vendor\" in the answer to ID; empty leaves it out")]
    public string IdVendor { get; set; } = "";

    [Option("Value of \"support-url\" in the answer to ID; empty leaves it out")]
    public string IdSupportUrl { get; set; } = "";

    /// <inheritdoc/>
    public IEnumerable<string> Validate()
    {
        foreach (var address in Listen)
        {
            if (!ListenAddress.TryParse(address, out _))
                yield return $"listen has \"{address}\", which is not an address with a port";
        }

        foreach (var address in TlsListen)
        {
            if (!ListenAddress.TryParse(address, out _))
                yield return $"tls_listen has \"{address}\", which is not an address with a port";
        }

        if (MaxCommand < MaxLiteral)
            yield return "max_command must not be smaller than max_literal";
    }

    internal ReaderLimits ToReaderLimits() =>
        new(MaxLine.ToInt32(), MaxLiteral.ToInt32(), MaxCommand.ToInt32(), MaxLiterals, 2 * AppendLimit.Bytes);
}
