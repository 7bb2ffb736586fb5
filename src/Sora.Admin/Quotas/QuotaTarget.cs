using Sora.Contracts;
using Sora.Mailstore.Accounts;
using Sora.Mailstore.Storage;

namespace Sora.Admin.Quotas;

/// <summary>Whose quota a command is about.</summary>
/// <param name="Name">Its primary address, its domain, or what stands for the shared mailboxes of a domain.</param>
/// <param name="Account">The account, of a user or of shared mailboxes; null for a domain, whose limits are those of its users.</param>
internal sealed record QuotaTarget(string Name, AccountId? Account)
{
    /// <summary>What it has of its own.</summary>
    public Task<StoredQuota> ReadAsync(QuotaHost quotas, CancellationToken cancellationToken) => Account is { } account
        ? quotas.ReadAccountAsync(account, cancellationToken)
        : quotas.ReadDomainAsync(Name, cancellationToken);

    /// <summary>Replaces what it has of its own. NONEXISTENT, UNAVAILABLE.</summary>
    public async Task<MailResult<Done>> SetAsync(QuotaHost quotas, StoredQuota quota, CancellationToken cancellationToken)
    {
        if (Account is { } account)
        {
            var set = await quotas.SetAsync(account, quota, cancellationToken);
            return set.IsOk ? default(Done) : set.Error;
        }

        await quotas.SetDomainAsync(Name, quota, cancellationToken);
        return default(Done);
    }
}
