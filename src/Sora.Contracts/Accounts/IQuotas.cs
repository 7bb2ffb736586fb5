namespace Sora.Contracts;

/// <summary>What an account may hold (RFC 9208 section 5). Null is no limit; 0 allows nothing.</summary>
/// <param name="Storage">STORAGE in bytes: the sum of RFC822.SIZE over all mailboxes.</param>
/// <param name="Messages">MESSAGE: messages in all mailboxes.</param>
/// <param name="Mailboxes">MAILBOX: mailboxes.</param>
[GenerateSerializer, Alias("sora.QuotaLimits"), Immutable]
public readonly record struct QuotaLimits(
    [property: Id(0)] long? Storage, [property: Id(1)] long? Messages, [property: Id(2)] long? Mailboxes)
{
    public bool IsNone => Storage is null && Messages is null && Mailboxes is null;
}

/// <summary>What an account holds, in the units of <see cref="QuotaLimits"/>. A message that is in two mailboxes counts twice.</summary>
[GenerateSerializer, Alias("sora.QuotaUsage"), Immutable]
public readonly record struct QuotaUsage([property: Id(0)] long Storage, [property: Id(1)] long Messages, [property: Id(2)] long Mailboxes);

/// <summary>The quota root of an account (RFC 9208 section 3.2): it covers all its mailboxes.</summary>
/// <param name="PrimaryAddress">The account's primary address, lower case.</param>
/// <param name="Limits">
/// Those in effect: the account's own, else its domain's, else the server's; never none: if nothing else is limited, the number of mailboxes is, as for
/// every account.
/// </param>
[GenerateSerializer, Alias("sora.AccountQuota"), Immutable]
public sealed record AccountQuota(
    [property: Id(0)] AccountId Account,
    [property: Id(1)] string PrimaryAddress,
    [property: Id(2)] QuotaLimits Limits,
    [property: Id(3)] QuotaUsage Usage);

/// <summary>
/// Quotas of accounts. They are enforced where messages and mailboxes come into being, with OVERQUOTA; this is for those who ask.
/// </summary>
public interface IQuotas
{
    /// <summary>Limits and usage as they are now. NONEXISTENT, UNAVAILABLE.</summary>
    Task<MailResult<AccountQuota>> ReadAsync(AccountId account, CancellationToken cancellationToken);

    /// <summary>
    /// Gives the account limits of its own in place of all it had; what is null is not limited any more, whatever its domain or the
    /// server say. NONEXISTENT, UNAVAILABLE.
    /// </summary>
    Task<MailResult<AccountQuota>> SetAsync(AccountId account, QuotaLimits limits, CancellationToken cancellationToken);

    /// <summary>
    /// Whether messages would fit, so that a client can be refused before it sends them: null, OVERQUOTA or UNAVAILABLE. Nothing is held for it.
    /// </summary>
    /// <param name="bytes">Their sizes together.</param>
    /// <param name="messages">How many they are.</param>
    ValueTask<MailError?> CheckAsync(AccountId account, long bytes, int messages, CancellationToken cancellationToken);
}
