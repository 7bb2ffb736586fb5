using Sora.Contracts;
using Sora.Grains.Hosting;

namespace Sora.Grains.Accounts;

/// <summary>
/// Quotas as a gateway sees them. Mailstores keep what they know of an account's limits, and any of them may have one of its mailboxes: all are told of a change before the one who made it is.
/// </summary>
/// <param name="inner">Reads and writes them.</param>
/// <param name="cluster">The cluster, as long as this process is in it.</param>
internal sealed class ClusterQuotas(IQuotas inner, Func<ClusterGateway?> cluster) : IQuotas
{
    public Task<MailResult<AccountQuota>> ReadAsync(AccountId account, CancellationToken cancellationToken) => inner.ReadAsync(account, cancellationToken);

    public async Task<MailResult<AccountQuota>> SetAsync(AccountId account, QuotaLimits limits, CancellationToken cancellationToken)
    {
        var set = await inner.SetAsync(account, limits, cancellationToken);
        if (set.IsOk && cluster() is { } gateway)
            await gateway.TellLimitsAsync(account, cancellationToken);
        return set;
    }

    public ValueTask<MailError?> CheckAsync(AccountId account, long bytes, int messages, CancellationToken cancellationToken) =>
        inner.CheckAsync(account, bytes, messages, cancellationToken);
}
