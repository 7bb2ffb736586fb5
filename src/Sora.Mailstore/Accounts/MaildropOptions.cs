using Sora.Configuration;

namespace Sora.Mailstore.Accounts;

/// <summary>[maildrops]: how an account's maildrop is given to one POP3 session at a time.</summary>
[Section("Maildrops: which POP3 session has one")]
public sealed class MaildropOptions
{
    [Option("How long a process that lives but cannot reach the database keeps its sessions' maildrops; one that has died keeps none", Reference = "RFC 1939 4")]
    [OptionRange("5s", "10m")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(60);

    [Option("How long a login waits for a maildrop that is in use before the answer is [IN-USE]", Reference = "RFC 2449 8.1.2")]
    [OptionRange("0", "1m")]
    public TimeSpan LockWait { get; set; } = TimeSpan.FromSeconds(1);

    [Option("How often a login that waits looks again")]
    [OptionRange("10ms", "10s")]
    public TimeSpan LockRetry { get; set; } = TimeSpan.FromMilliseconds(100);
}
