using Sora.Configuration;
using Sora.Gateway.Connections;

namespace Sora.Gateway.ManageSieve;

/// <summary>[managesieve]: the server through which users manage their scripts.</summary>
[Section("ManageSieve: how users put their Sieve scripts (RFC 5804)")]
public sealed class ManageSieveOptions() : ProtocolOptions("*:4190", null, maxConnections: 10_000)
{
    [Option("Take passwords without TLS from any client; clients on the same machine always may", Reference = "RFC 5804 5")]
    public bool AllowPlaintextAuth { get; set; }

    [Option("How long a client may take to log in")]
    [OptionRange("1s", "1h")]
    public TimeSpan LoginTimeout { get; set; } = TimeSpan.FromMinutes(3);

    [Option("Silence after which a logged-in client is logged out", Reference = "RFC 5804 1.2: at least 30 minutes")]
    [OptionRange("30m", "7d")]
    public TimeSpan Autologout { get; set; } = TimeSpan.FromMinutes(31);

    [Option("How long a client may be silent in the middle of a command")]
    [OptionRange("1s", "1h")]
    public TimeSpan DataTimeout { get; set; } = TimeSpan.FromMinutes(3);

    [Option("How long the server may work on one command before it gives up with NO (TRYLATER)")]
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

    [Option("Longest command without its literals; longer ones end the connection")]
    [OptionRange("2KiB", "1MiB")]
    public ByteSize MaxLine { get; set; } = ByteSize.KiB(16);

    [Option("Largest literal that is kept; what exceeds it is read over and answered with NO (QUOTA/MAXSIZE)")]
    [OptionRange("64KiB", "64MiB")]
    public ByteSize MaxLiteral { get; set; } = ByteSize.MiB(1);

    [Option("Largest literal that is read over; a larger one ends the connection")]
    [OptionRange("64KiB", "4GiB")]
    public ByteSize MaxSkippedLiteral { get; set; } = ByteSize.MiB(16);

    [Option("Literals in one command")]
    [OptionRange(2, 100)]
    public int MaxLiterals { get; set; } = 4;

    [Option("How the server names itself in the capability IMPLEMENTATION; unset, by its name and version", Reference = "RFC 5804 1.7", Example = "Sora")]
    public string? Implementation { get; set; }

    /// <inheritdoc/>
    public override IEnumerable<string> Validate()
    {
        foreach (var message in base.Validate())
            yield return message;
        if (MaxSkippedLiteral < MaxLiteral)
            yield return "max_skipped_literal must not be smaller than max_literal";
        if (Implementation is { Length: 0 or > 200 })
            yield return "implementation must have 1 to 200 characters";
    }
}
