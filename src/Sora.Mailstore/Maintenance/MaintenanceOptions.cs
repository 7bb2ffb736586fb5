using Sora.Configuration;

namespace Sora.Mailstore.Maintenance;

[Section("Clearing away what is no longer needed")]
public sealed class MaintenanceOptions
{
    [Option("How often to look; of several processes on one database one does the work")]
    [OptionRange("1s", "7d")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromHours(1);

    [Option("How often a process looks whether it is the one that does the work; when that one ends, another takes over within this time")]
    [OptionRange("1s", "10m")]
    public TimeSpan Election { get; set; } = TimeSpan.FromSeconds(5);

    [Option("How long the records of a mailbox's log are kept once a snapshot covers them: a client that was away for longer synchronises in full", Reference = "RFC 7162 3.2.6")]
    [OptionRange("1h", "3650d")]
    public TimeSpan LogRetention { get; set; } = TimeSpan.FromDays(30);

    [Option("How long it is remembered that a message was queued to leave, so that a delivery that is repeated does not send it again")]
    [OptionRange("1d", "365d")]
    public TimeSpan RelayMemory { get; set; } = TimeSpan.FromDays(7);

    [Option("How long the database keeps a body that is on its way from a gateway to a mailbox on another node and never arrives")]
    [OptionRange("10m", "30d")]
    public TimeSpan ArrivingBodies { get; set; } = TimeSpan.FromDays(1);

    [Option("Most rows that one statement deletes")]
    [OptionRange(100, 1_000_000)]
    public int BatchRows { get; set; } = 5000;
}
