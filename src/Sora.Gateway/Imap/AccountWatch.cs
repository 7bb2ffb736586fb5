using Sora.Contracts;

namespace Sora.Gateway.Imap;

/// <summary>Wakes a session when something about its account has changed: the account may have been deleted, rights may be others.</summary>
internal sealed class AccountWatch : IAccountSubscriber, IDisposable
{
    private readonly ImapConnection _connection;
    private readonly IAccount _account;
    private readonly IDisposable _subscription;
    private volatile bool _hasChanged;

    public AccountWatch(ImapConnection connection, IAccount account)
    {
        _connection = connection;
        _account = account;
        _subscription = connection.Server.Accounts.Subscribe(account.Id, this);
    }

    /// <inheritdoc/>
    public void Changed(AccountId account)
    {
        // What is shared with anyone concerns a session, between its commands, only by the rights to what it has selected
        if (account == _account.Id)
            _hasChanged = true;
        else if (_connection.Session.Selected is not { Target.IsOwn: false })
            return;
        _connection.Client.Wake();
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
