using Sora.Configuration;

namespace Sora.Mailstore.Accounts;

[Section("Accounts, and the limits of each")]
public sealed class AccountOptions
{
    [Option("Most mailboxes of one account")]
    [OptionRange(1, 1_000_000)]
    public int MaxMailboxes { get; set; } = 10_000;

    [Option("Most subscriptions of one account")]
    [OptionRange(1, 1_000_000)]
    public int MaxSubscriptions { get; set; } = 20_000;

    [Option("How long it is remembered that an address belongs to an account")]
    [OptionRange("0s", "1h")]
    public TimeSpan LookupCache { get; set; } = TimeSpan.FromSeconds(5);

    [Option("Most addresses remembered")]
    [OptionRange(0, 10_000_000)]
    public int LookupCacheSize { get; set; } = 10_000;

    [Option("Most further passwords of one address, beside its own")]
    [OptionRange(0, 1000)]
    public int MaxPasswords { get; set; } = 50;

    [Option("Most of these that were not generated; each makes a login with a wrong password one hash longer")]
    [OptionRange(0, 100)]
    public int MaxChosenPasswords { get; set; } = 3;

    [Option("How often the last uses of passwords are written down")]
    [OptionRange("1s", "1d")]
    public TimeSpan LastUseInterval { get; set; } = TimeSpan.FromMinutes(1);

    [Option("Accounts kept in memory")]
    [OptionRange(1, 10_000_000)]
    public int MaxOpenAccounts { get; set; } = 50_000;
}
