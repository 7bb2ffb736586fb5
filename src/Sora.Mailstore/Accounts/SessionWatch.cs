using Sora.Contracts;

namespace Sora.Mailstore.Accounts;

/// <summary>Nudges a session when it may have to end: its account has changed, that of the master who acts for it, or its password's time is over.</summary>
internal sealed class SessionWatch : IDisposable
{
    // Timers do not reach further than some weeks
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(1);

    private readonly AccountIdentity _identity;
    private readonly IAccountSubscriber _subscriber;
    private readonly TimeProvider _time;
    private readonly IDisposable _account;
    private readonly IDisposable? _master;
    private readonly ITimer? _expiry;

    public SessionWatch(AccountHost host, AccountIdentity identity, IAccountSubscriber subscriber, TimeProvider time)
    {
        _identity = identity;
        _subscriber = subscriber;
        _time = time;
        _account = host.Subscribe(identity.Account, subscriber);
        if (identity.Ticket is not { } ticket)
            return;
        if (ticket.Account != identity.Account)
            _master = host.Subscribe(ticket.Account, subscriber);

        // Only who has a password that ends has a timer
        if (ticket.ExpiresAt is { } end)
        {
            _expiry = time.CreateTimer(_ => Expire(end), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _expiry.Change(Until(end), Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose()
    {
        _account.Dispose();
        _master?.Dispose();
        _expiry?.Dispose();
    }

    private void Expire(DateTimeOffset end)
    {
        if (_time.GetUtcNow() < end)
            _expiry!.Change(Until(end), Timeout.InfiniteTimeSpan); // false when it was disposed of
        else
            _subscriber.Changed(_identity.Account);
    }

    private TimeSpan Until(DateTimeOffset end)
    {
        var left = end - _time.GetUtcNow() + TimeSpan.FromMilliseconds(1);
        return left < TimeSpan.Zero ? TimeSpan.Zero : left < LongestTimer ? left : LongestTimer;
    }
}
