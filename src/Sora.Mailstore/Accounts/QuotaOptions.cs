using Sora.Configuration;

namespace Sora.Mailstore.Accounts;

[Section("What an account may hold, unless sora-admin quota or SETQUOTA has set something else for it or for its domain")]
public sealed class QuotaOptions
{
    [Option("Size of all messages of an account; 0 is no limit", Reference = "RFC 9208 5.1")]
    public ByteSize Storage { get; set; }

    [Option("Messages of an account; 0 is no limit", Reference = "RFC 9208 5.2")]
    [OptionRange(0, double.PositiveInfinity)]
    public long Messages { get; set; }

    [Option("Mailboxes of an account; 0 is no limit besides accounts.max_mailboxes", Reference = "RFC 9208 5.3")]
    [OptionRange(0, double.PositiveInfinity)]
    public long Mailboxes { get; set; }

    [Option("How long a process relies on what it knows of the usage of an account that is not nearly full: what other processes add meanwhile can go beyond the limit")]
    [OptionRange("0s", "1h")]
    public TimeSpan Refresh { get; set; } = TimeSpan.FromSeconds(10);

    [Option("How long a process relies on there being no limits at all for any account, when it has found none")]
    [OptionRange("0s", "1h")]
    public TimeSpan RefreshNone { get; set; } = TimeSpan.FromSeconds(30);

    [Option("Share of a limit, in percent, at which a line is logged; 0 for none")]
    [OptionRange(0, 100)]
    public int WarnPercent { get; set; } = 90;

    [Option("Accounts whose usage is kept in memory")]
    [OptionRange(1, 10_000_000)]
    public int MaxAccounts { get; set; } = 50_000;
}
