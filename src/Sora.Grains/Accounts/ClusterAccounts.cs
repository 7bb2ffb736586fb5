using Sora.Contracts;
using Sora.Grains.Hosting;

namespace Sora.Grains.Accounts;

/// <summary>The accounts of the cluster as a gateway sees them: who may log in, this process knows itself.</summary>
/// <param name="inner">Who knows it.</param>
/// <param name="cluster">The cluster, as long as this process is in it.</param>
internal sealed class ClusterAccounts(IAccounts inner, Func<ClusterGateway?> cluster) : IAccounts
{
    public IAccount Get(AccountId id) => cluster()?.Account(inner.Get(id)) ?? inner.Get(id);

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
