using Sora.Configuration;

namespace Sora.Mailstore.Relay;

/// <summary>Section <c>[relay]</c>: messages that leave.</summary>
[Section("Messages that leave: redirects, answers, reports and notifications")]
public sealed class RelayOptions
{
    [Option("Largest message that is queued")]
    [OptionRange("1KiB", "1GiB")]
    public ByteSize MaxMessage { get; set; } = ByteSize.MiB(64);

    [Option("Most recipients of one message")]
    [OptionRange(1, 10_000)]
    public int MaxRecipients { get; set; } = 100;

    [Option("Most recipients that wait in the queue, all accounts together; then nothing more is queued for the time being")]
    [OptionRange(1, 100_000_000)]
    public int MaxQueue { get; set; } = 1_000_000;

    [Option("Most messages that one account may send in an hour")]
    [OptionRange(1, 1_000_000)]
    public int MaxPerHour { get; set; } = 200;

    [Option("Most messages that one account may send in a day")]
    [OptionRange(1, 10_000_000)]
    public int MaxPerDay { get; set; } = 1000;

    [Option("How long a message is tried before it is given up", Reference = "RFC 5321 4.5.4.1")]
    [OptionRange("1m", "30d")]
    public TimeSpan Expiry { get; set; } = TimeSpan.FromDays(5);
}
