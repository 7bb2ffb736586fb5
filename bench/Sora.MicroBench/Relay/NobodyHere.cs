using Sora.Contracts;

namespace Sora.MicroBench.Relay;

/// <summary>A site without accounts: every report leaves.</summary>
internal sealed class NobodyHere : IAccounts, IIntakes, IDelivery
{
    public ValueTask<AccountIdentity?> FindAsync(string address, CancellationToken cancellationToken) => new((AccountIdentity?)null);

    public IAccount Get(AccountId id) => throw new NotSupportedException();

    public IDisposable Subscribe(AccountId id, IAccountSubscriber subscriber) => throw new NotSupportedException();

    public ValueTask<MailResult<AccountIdentity>> AuthenticateAsync(LoginRequest login, string password, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<MailResult<ScramChallenge>> FindScramAsync(LoginRequest login, ScramHashes hash, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<MailResult<AccountIdentity>> ConfirmScramAsync(LoginRequest login, ScramKeys proven, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<MailResult<AccountIdentity>> AdmitAsync(LoginRequest login, CancellationToken cancellationToken) => throw new NotSupportedException();

    public IDisposable Watch(AccountIdentity identity, IAccountSubscriber subscriber) => throw new NotSupportedException();

    public ValueTask<bool> MayGoOnAsync(AccountIdentity identity, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<ScramHashes> ScramForAllAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public IMessageIntake Begin(long maxSize, long sizeHint = 0, bool keepNuls = false) => throw new NotSupportedException();

    public Task<IReadOnlyList<DeliveryOutcome>> DeliverAsync(DeliveryRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();
}
