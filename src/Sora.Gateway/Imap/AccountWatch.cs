using Sora.Contracts;
using Sora.Gateway.Connections;

namespace Sora.Gateway.Imap;

/// <summary>Wakes a session when something about its account has changed, because the account may have been deleted.</summary>
internal sealed class AccountWatch : IAccountSubscriber, IDisposable
{
    private readonly ClientConnection _client;
    private readonly IAccount _account;
    private readonly IDisposable _subscription;
    private volatile bool _hasChanged;

    public AccountWatch(ClientConnection client, IAccounts accounts, IAccount account)
    {
        _client = client;
        _account = account;
        _subscription = accounts.Subscribe(account.Id, this);
    }

    /// <inheritdoc/>
    public void Changed(AccountId account)
    {
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
            return (await _account.ListAsync(cancellationToken).ConfigureAwait(false)).Version == 0;
        }
        catch (Exception e) when (e is System.Data.Common.DbException or TimeoutException)
        {
            _hasChanged = true; // it cannot be known now
            return false;
        }
    }

    public void Dispose() => _subscription.Dispose();
}
