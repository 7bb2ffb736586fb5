using Sora.Configuration;
using Sora.Gateway.Connections;

namespace Sora.Gateway.Pop3;

/// <summary>[pop3]: the server through which clients take mail away.</summary>
[Section("POP3: how clients take mail away (RFC 1939)")]
public sealed class Pop3Options() : ProtocolOptions("*:110", "*:995", maxConnections: 10_000)
{
    [Option("Take passwords without TLS from any client; clients on the same machine always may", Reference = "RFC 8314 4.1")]
    public bool AllowPlaintextAuth { get; set; }

    [Option("How long a client may take to log in")]
    [OptionRange("1s", "1h")]
    public TimeSpan LoginTimeout { get; set; } = TimeSpan.FromMinutes(3);

    [Option("Silence after which a session ends without deleting anything", Reference = "RFC 1939 3: at least 10 minutes")]
    [OptionRange("10m", "1d")]
    public TimeSpan Autologout { get; set; } = TimeSpan.FromMinutes(10);

    [Option("How long the server may work on one command before it gives up with -ERR [SYS/TEMP]; a slow reader's time does not count")]
    [OptionRange("1s", "1h")]
    public TimeSpan CommandTimeout { get; set; } = TimeSpan.FromMinutes(1);

    [Option("How long an answer to a wrong password is held back")]
    [OptionRange("0", "1m")]
    public TimeSpan AuthFailureDelay { get; set; } = TimeSpan.FromSeconds(2);

    [Option("Wrong passwords on one connection before it is closed")]
    [OptionRange(1, 1000)]
    public int MaxAuthFailures { get; set; } = 3;

    [Option("Commands in a row that are not understood before the connection is closed")]
    [OptionRange(1, 10_000)]
    public int MaxBadCommands { get; set; } = 20;

    [Option("Longest command line; longer ones are answered with -ERR", Reference = "RFC 2449 4: at least 255 octets")]
    [OptionRange("255", "64KiB")]
    public ByteSize MaxLine { get; set; } = ByteSize.KiB(1);

    [Option("Longest line before login: AUTH and its responses may be long", Reference = "RFC 5034 4")]
    [OptionRange("1KiB", "1MiB")]
    public ByteSize MaxAuthLine { get; set; } = ByteSize.KiB(12);

    [Option("Shortest time between two logins of an account; an earlier one is answered with -ERR [LOGIN-DELAY]", Reference = "RFC 2449 6.5")]
    [OptionRange("0", "1d")]
    public TimeSpan LoginDelay { get; set; }

    [Option("Unique-ids: %u stands for the UID and %v for UIDVALIDITY, in hexadecimal as %08Xu or %08xv", Reference = "RFC 1939 7")]
    public string UidlFormat { get; set; } = "%08Xu%08Xv";

    [Option("Mark messages that were retrieved as read (\\Seen), when the session ends")]
    public bool MarkSeen { get; set; } = true;

    [Option("What clients that have not said UTF8 get of a message with UTF-8 in its header: downgrade it, refuse it (-ERR [UTF8]), or send it as it is", Reference = "RFC 6856 2.1, RFC 6858")]
    public Utf8Headers Utf8Headers { get; set; } = Utf8Headers.Downgrade;

    [Option("Bodies that are opened ahead when a client retrieves one message after the other; 0 opens each when it is asked for")]
    [OptionRange(0, 32)]
    public int RetrieveAhead { get; set; } = 4;

    [Option("Largest body that is opened ahead; it may be in memory until its turn comes")]
    [OptionRange("1KiB", "1MiB")]
    public ByteSize RetrieveAheadSize { get; set; } = ByteSize.KiB(64);

    [Option("How the server names itself in the capability IMPLEMENTATION; empty for not at all", Reference = "RFC 2449 6.9")]
    public string Implementation { get; set; } = "Sora";

    /// <inheritdoc/>
    public override IEnumerable<string> Validate()
    {
        foreach (var message in base.Validate())
            yield return message;
        if (Pop3.UidlFormat.Find(UidlFormat) is { } fault)
            yield return $"uidl_format {fault}";
        if (MaxAuthLine < MaxLine)
            yield return "max_auth_line must not be smaller than max_line";
        if (Implementation.Length > 200 || Implementation.AsSpan().ContainsAnyExceptInRange('!', '~'))
            yield return "implementation must have up to 200 printable ASCII characters and no spaces";
    }
}

/// <summary>What happens to messages that need UTF-8 mode when a client has not asked for it.</summary>
public enum Utf8Headers
{
    Downgrade,
    Refuse,
    Send,
}
