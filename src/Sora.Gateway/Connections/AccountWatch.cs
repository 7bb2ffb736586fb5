using Sora.Contracts;

namespace Sora.Gateway.Connections;

/// <summary>Wakes a session when it may have to end: its account has changed, or its password is over.</summary>
internal sealed class AccountWatch : IAccountSubscriber, IDisposable
{
    private readonly ClientConnection _client;
    private readonly IAccounts _accounts;
    private readonly AccountIdentity _identity;
    private readonly IDisposable _subscription;
    private volatile bool _hasChanged;

    public AccountWatch(ClientConnection client, IAccounts accounts, AccountIdentity identity)
    {
        _client = client;
        _accounts = accounts;
        _identity = identity;
        _subscription = accounts.Watch(identity, this);
    }

    /// <inheritdoc/>
    public void Changed(AccountId account)
    {
        if (account != _identity.Account && account != _identity.Ticket?.Account)
            return;
        _hasChanged = true;
        _client.Wake();
    }

    /// <summary>Whether the session is to end; costs nothing unless something has changed.</summary>
    public async ValueTask<bool> IsOverAsync(CancellationToken cancellationToken)
    {
        if (!_hasChanged)
            return false;
        _hasChanged = false;
        try
        {
            return !await _accounts.MayGoOnAsync(_identity, cancellationToken);
        }
        catch (Exception e) when (e is System.Data.Common.DbException or TimeoutException)
        {
            _hasChanged = true; // It cannot be known now
            return false;
        }
    }

    public void Dispose() => _subscription.Dispose();
}
