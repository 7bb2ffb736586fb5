using Sora.Configuration;

namespace Sora.Mailstore.Audit;

/// <summary>[audit]: what is written down of logins. What administrators do always is.</summary>
[Section("The audit log: who has logged in or tried to, and what administrators have done")]
public sealed class AuditOptions
{
    [Option("Which logins are written down: \"all\", \"failures\" for those that did not succeed and those of masters, or \"none\"")]
    public AuditedLogins Logins { get; set; } = AuditedLogins.All;

    [Option("How long entries are kept")]
    [OptionRange("1h", "3650d")]
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(90);

    [Option("Entries that are kept at most, whatever their age; about 200 bytes each")]
    [OptionRange(1000, 10_000_000_000)]
    public long MaxEntries { get; set; } = 10_000_000;

    [Option("Entries per minute that a node writes for logins that succeed, and as many for those that do not; beyond that those that are alike are summed into one")]
    [OptionRange(1, 1_000_000)]
    public int EntriesPerMinute { get; set; } = 3000;

    [Option("How often what was summed is written down")]
    [OptionRange("1s", "1h")]
    public TimeSpan SumInterval { get; set; } = TimeSpan.FromMinutes(1);

    [Option("Sums that are kept apart by user and address; beyond that by protocol, mechanism and outcome alone")]
    [OptionRange(1, 100_000)]
    public int MaxSums { get; set; } = 500;

    [Option("How long entries wait at most, so that many are written at once")]
    [OptionRange("10ms", "1m")]
    public TimeSpan FlushInterval { get; set; } = TimeSpan.FromSeconds(1);

    [Option("How often what is too old is cleared away")]
    [OptionRange("1s", "7d")]
    public TimeSpan Sweep { get; set; } = TimeSpan.FromHours(1);
}

/// <summary>Which logins are written down.</summary>
public enum AuditedLogins
{
    All,
    Failures,
    None,
}
