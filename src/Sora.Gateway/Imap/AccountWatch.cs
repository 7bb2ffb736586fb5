using Sora.Contracts;

namespace Sora.Gateway.Imap;

/// <summary>Wakes a session when something about its account has changed: it may have to end, rights may be others.</summary>
internal sealed class AccountWatch : IAccountSubscriber, IDisposable
{
    private readonly ImapConnection _connection;
    private readonly AccountIdentity _identity;
    private readonly IDisposable _subscription;
    private volatile bool _hasChanged;

    public AccountWatch(ImapConnection connection, AccountIdentity identity)
    {
        _connection = connection;
        _identity = identity;
        _subscription = connection.Server.Accounts.Watch(identity, this);
    }

    /// <inheritdoc/>
    public void Changed(AccountId account)
    {
        // What is shared with anyone concerns a session, between its commands, only by the rights to what it has selected
        if (account == _identity.Account || account == _identity.Ticket?.Account)
            _hasChanged = true;
        else if (_connection.Session.Selected is not { Target.IsOwn: false })
            return;
        _connection.Client.Wake();
    }

    /// <summary>Whether the session is to end; costs nothing unless something has changed.</summary>
    public async ValueTask<bool> IsOverAsync(CancellationToken cancellationToken)
    {
        if (!_hasChanged)
            return false;
        _hasChanged = false;
        try
        {
            return !await _connection.Server.Accounts.MayGoOnAsync(_identity, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is System.Data.Common.DbException or TimeoutException)
        {
            _hasChanged = true; // it cannot be known now
            return false;
        }
    }

    public void Dispose() => _subscription.Dispose();
}
