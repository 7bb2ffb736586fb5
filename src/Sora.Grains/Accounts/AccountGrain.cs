using Orleans.Concurrency;
using Sora.Contracts;
using Sora.Mailstore.Accounts;

namespace Sora.Grains.Accounts;

/// <summary>Hosts the engine's object, whose changes lock the account's list in the database.</summary>
[Reentrant]
internal sealed class AccountGrain(AccountHost host, ClusterMetrics metrics) : Grain, IAccountGrain
{
    private IAccount Account => host.Get(new AccountId(this.GetPrimaryKeyLong()));

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        metrics.Activated("account");
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        metrics.Deactivated("account", reason.ReasonCode);
        return Task.CompletedTask;
    }

    public Task<MailResult<MailboxEntry>> CreateAsync(MailboxName name, SpecialUse use, CancellationToken cancellationToken) =>
        Account.CreateAsync(name, use, cancellationToken);

    public Task<MailResult<Done>> DeleteAsync(MailboxName name, CancellationToken cancellationToken) => Account.DeleteAsync(name, cancellationToken);

    public Task<MailResult<Done>> RenameAsync(MailboxName from, MailboxName to, CancellationToken cancellationToken) => Account.RenameAsync(from, to, cancellationToken);

    public Task<MailResult<Done>> SubscribeAsync(MailboxName name, bool subscribed, CancellationToken cancellationToken) =>
        Account.SubscribeAsync(name, subscribed, cancellationToken);
}
