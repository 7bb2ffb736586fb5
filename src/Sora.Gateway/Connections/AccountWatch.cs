using Sora.Contracts;

namespace Sora.Gateway.Connections;

/// <summary>Wakes a session when its account has changed: it may have been deleted.</summary>
internal sealed class AccountWatch : IAccountSubscriber, IDisposable
{
    private readonly ClientConnection _client;
    private readonly IAccount _account;
    private readonly IDisposable _subscription;
    private volatile bool _hasChanged;

    public AccountWatch(ClientConnection client, IAccounts accounts, AccountId account)
    {
        _client = client;
        _account = accounts.Get(account);
        _subscription = accounts.Subscribe(account, this);
    }

    /// <inheritdoc/>
    public void Changed(AccountId account)
    {
        if (account != _account.Id)
            return;
        _hasChanged = true;
        _client.Wake();
    }

    /// <summary>Whether the account is gone; costs nothing unless something has changed.</summary>
    public async ValueTask<bool> IsGoneAsync(CancellationToken cancellationToken)
    {
        if (!_hasChanged)
            return false;
        _hasChanged = false;
        try
        {
            return (await _account.ListAsync(cancellationToken)).Version == 0;
        }
        catch (Exception e) when (e is System.Data.Common.DbException or TimeoutException)
        {
            _hasChanged = true; // It cannot be known now
            return false;
        }
    }

    public void Dispose() => _subscription.Dispose();
}
