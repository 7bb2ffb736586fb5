using Sora.Contracts;
using Sora.Grains.Calls;
using Sora.Grains.Mailboxes;
using Sora.Mailstore.Accounts;

namespace Sora.Grains.Accounts;

/// <summary>The accounts of the cluster as a gateway sees them: who may log in, this process knows itself.</summary>
internal sealed class ClusterAccounts(IAccounts inner, IGrainFactory grains, ClusterCalls calls, ClusterMailboxes mailboxes, AccountHost host) : IAccounts
{
    public IAccount Get(AccountId id) => new ClusterAccount(inner.Get(id), grains.GetGrain<IAccountGrain>(id.Value), calls, mailboxes, host);

    public IDisposable Subscribe(AccountId id, IAccountSubscriber subscriber) => inner.Subscribe(id, subscriber);

    public ValueTask<AccountIdentity?> FindAsync(string address, CancellationToken cancellationToken) => inner.FindAsync(address, cancellationToken);

    public ValueTask<MailResult<AccountIdentity>> AuthenticateAsync(LoginRequest login, string password, CancellationToken cancellationToken) =>
        inner.AuthenticateAsync(login, password, cancellationToken);

    public ValueTask<MailResult<ScramChallenge>> FindScramAsync(LoginRequest login, ScramHashes hash, CancellationToken cancellationToken) =>
        inner.FindScramAsync(login, hash, cancellationToken);

    public ValueTask<MailResult<AccountIdentity>> ConfirmScramAsync(LoginRequest login, ScramKeys proven, CancellationToken cancellationToken) =>
        inner.ConfirmScramAsync(login, proven, cancellationToken);

    public ValueTask<MailResult<AccountIdentity>> AdmitAsync(LoginRequest login, CancellationToken cancellationToken) => inner.AdmitAsync(login, cancellationToken);

    public IDisposable Watch(AccountIdentity identity, IAccountSubscriber subscriber) => inner.Watch(identity, subscriber);

    public ValueTask<bool> MayGoOnAsync(AccountIdentity identity, CancellationToken cancellationToken) => inner.MayGoOnAsync(identity, cancellationToken);

    public ValueTask<ScramHashes> ScramForAllAsync(CancellationToken cancellationToken) => inner.ScramForAllAsync(cancellationToken);
}
