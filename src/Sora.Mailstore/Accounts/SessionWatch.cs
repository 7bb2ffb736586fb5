using Sora.Contracts;

namespace Sora.Mailstore.Accounts;

/// <summary>Nudges a session when its account has changed, or that of the master who acts for it.</summary>
internal sealed class SessionWatch : IDisposable
{
    private readonly IDisposable _account;
    private readonly IDisposable? _master;

    public SessionWatch(AccountHost host, AccountIdentity identity, IAccountSubscriber subscriber)
    {
        _account = host.Subscribe(identity.Account, subscriber);
        if (identity.Ticket is { } ticket && ticket.Account != identity.Account)
            _master = host.Subscribe(ticket.Account, subscriber);
    }

    public void Dispose()
    {
        _account.Dispose();
        _master?.Dispose();
    }
}
