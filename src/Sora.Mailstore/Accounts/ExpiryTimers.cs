using Sora.Contracts;

namespace Sora.Mailstore.Accounts;

/// <summary>Wakes the sessions of accounts when a password of theirs ends: one timer for each account that has such a session, none for the others.</summary>
internal sealed class ExpiryTimers(Action<AccountId> nudge, TimeProvider time) : IDisposable
{
    // Timers do not reach further than some weeks. Who is woken too early asks, and by that sets the next one
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<AccountId, (DateTimeOffset End, ITimer Timer)> _timers = [];
    private bool _isDisposed;

    /// <summary>Nudges the account's sessions at this time, or at an earlier one that was set before.</summary>
    public void Set(AccountId account, DateTimeOffset end)
    {
        lock (_lock)
        {
            if (_isDisposed || (_timers.TryGetValue(account, out var set) && set.End <= end))
                return;
            set.Timer?.Dispose();
            var left = end - time.GetUtcNow() + TimeSpan.FromMilliseconds(1);
            var due = left < TimeSpan.Zero ? TimeSpan.Zero : left < LongestTimer ? left : LongestTimer;
            _timers[account] = (end, time.CreateTimer(_ => Fire(account, end), null, due, Timeout.InfiniteTimeSpan));
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            foreach (var (_, timer) in _timers.Values)
                timer.Dispose();
            _timers.Clear();
        }
    }

    private void Fire(AccountId account, DateTimeOffset end)
    {
        lock (_lock)
        {
            if (!_timers.TryGetValue(account, out var set) || set.End != end)
                return;
            set.Timer.Dispose();
            _timers.Remove(account);
        }

        nudge(account);
    }
}
