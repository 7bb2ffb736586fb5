using System.Diagnostics.CodeAnalysis;
using Sora.Contracts;

namespace Sora.Mailstore.Accounts.Logins;

/// <summary>
/// The counters in memory: what this process has counted and what others have told of. No I/O. When there are too many, the oldest go; the database still has them, and tells when
/// they are counted again. For one thread at a time.
/// </summary>
internal sealed class LoginLimitTable(LoginLimitOptions options, TimeProvider time)
{
    private const int MaxLookedOver = 32;

    private readonly Dictionary<Guid, LoginLimitEntry> _entries = [];

    // In the order in which they came to be, those that are gone included
    private readonly Queue<LoginLimitEntry> _oldestFirst = new();
    private readonly Queue<LoginLimitEntry> _queued = new();

    public int Count => _entries.Count;

    public bool HasQueued => _queued.Count > 0;

    /// <summary>Entries that are blocked now; for a gauge.</summary>
    public int CountBlocked(LoginKind kind)
    {
        var now = time.GetTimestamp();
        return _entries.Values.Count(entry => entry.Kind == kind && entry.BlockedUntil > now);
    }

    /// <summary>What stands in the way of a login, the user's own block last: it does not hold everywhere.</summary>
    public LoginPermission Ask(LoginSubject subject)
    {
        var now = time.GetTimestamp();
        if (Left(subject.Pair, now) is { } pair)
            return new LoginPermission(LoginBlock.UserAtAddress, pair);
        if (Left(subject.Address, now) is { } address)
            return new LoginPermission(LoginBlock.Address, address);
        if (Left(subject.User, now) is { } user)
            return new LoginPermission(LoginBlock.User, user);
        return new LoginPermission(LoginBlock.None, Delay(subject, now));
    }

    /// <summary>How long a password waits before it is checked, when nothing stands in the way.</summary>
    public TimeSpan Delay(LoginSubject subject) => Delay(subject, time.GetTimestamp());

    /// <summary>Counts a wrong password; gives those that are blocked by it, mostly none.</summary>
    public IReadOnlyList<LoginLimitEntry> Failed(LoginSubject subject, string? shownName)
    {
        var byAddress = Increment(LoginKind.Address, subject.Address, subject.Network, null, null);
        var others = FailedUser(subject, subject.User, shownName);
        return byAddress is null ? others : [byAddress, .. others];
    }

    /// <summary>The same without the network.</summary>
    /// <param name="subject">A name, or an account by all of its addresses.</param>
    /// <param name="listed">The key of the name by which it is found in lists.</param>
    /// <param name="shownName">What lists show.</param>
    public IReadOnlyList<LoginLimitEntry> FailedUser(LoginSubject subject, Guid listed, string? shownName)
    {
        List<LoginLimitEntry>? blocked = null;
        Add(LoginKind.User, subject.User, null);
        Add(LoginKind.Pair, subject.Pair, subject.Network);
        return blocked ?? [];

        void Add(LoginKind kind, Guid key, string? network)
        {
            if (Increment(kind, key, network, listed, shownName) is { } entry)
                (blocked ??= []).Add(entry);
        }
    }

    /// <summary>
    /// Forgets what was counted for the user and the pair, and in the network's count what the pair had added to it. A block of the user stays: it is for strangers, and they have not
    /// logged in.
    /// </summary>
    /// <param name="subject">A name, or an account by all of its addresses.</param>
    /// <param name="forgivesNetwork">What the pair had added to the network's count is taken from it.</param>
    public void Succeeded(LoginSubject subject, bool forgivesNetwork = true)
    {
        var now = time.GetTimestamp();
        if (Find(subject.Pair, now) is { } pair)
        {
            if (forgivesNetwork && pair.Failures > 0 && Find(subject.Address, now) is { Failures: > 0 } address)
            {
                var less = Math.Min(pair.Failures, address.Failures);
                address.Failures -= less;
                address.Pending -= less;
                Queue(address, now);
            }

            Forget(pair, now);
            pair.Blocks = 0;
        }

        if (Find(subject.User, now) is { Failures: > 0 } user && user.BlockedUntil <= now)
            Forget(user, now);
    }

    /// <summary>Takes what is to be told to the database.</summary>
    public List<LoginLimitChange> TakeChanges(int most)
    {
        var count = Math.Min(most, _queued.Count);
        var changes = new List<LoginLimitChange>(count);
        for (var i = 0; i < count; i++)
        {
            var entry = _queued.Dequeue();
            changes.Add(new LoginLimitChange(entry, entry.Pending, entry.IsForgotten));
            (entry.Pending, entry.IsForgotten, entry.IsQueued) = (0, false, false);
        }

        return changes;
    }

    /// <summary>Takes back what could not be told.</summary>
    public void TakeBack(LoginLimitChange change)
    {
        var entry = change.Entry;
        entry.IsForgotten |= change.IsForgotten;
        entry.Pending += change.Failures;
        Queue(entry, entry.ChangedAt);
    }

    /// <summary>Takes what the database has: the newest version wins, and what is pending counts on top.</summary>
    public void Take(LoginLimitRow row)
    {
        var now = time.GetTimestamp();
        var entry = GetOrAdd(row.Kind, row.Key, now);
        if (row.Version <= entry.Version)
            return;
        entry.Version = row.Version;
        entry.Failures = Math.Max(0, row.Failures + entry.Pending);
        entry.WindowStart = now - Ticks(row.WindowAge);
        entry.Blocks = row.Blocks;

        // A block that came of what the row does not count yet stays: otherwise one more guess would be heard
        var own = entry.Pending > 0 && entry.BlockedUntil > now ? entry.BlockedUntil : 0;
        entry.BlockedUntil = row.BlockedFor > TimeSpan.Zero ? Math.Max(own, now + Ticks(row.BlockedFor)) : own;
        entry.ChangedAt = now;
        if (entry.IsForgotten)
            Clear(entry, now);
    }

    /// <summary>The database has nothing of this any more.</summary>
    public void Drop(Guid key)
    {
        if (!_entries.TryGetValue(key, out var entry))
            return;
        if (entry.IsQueued)
            Clear(entry, time.GetTimestamp());
        else
            _entries.Remove(key);
    }

    /// <summary>All that the database has, in place of what is known; what it has not been told yet stays.</summary>
    public void Replace(IEnumerable<LoginLimitRow> rows)
    {
        _entries.Clear();
        _oldestFirst.Clear();
        foreach (var entry in _queued)
        {
            entry.Version = 0;
            Clear(entry, entry.ChangedAt);
            entry.Failures = Math.Max(0, entry.Pending);
            _entries[entry.Key] = entry;
            _oldestFirst.Enqueue(entry);
        }

        foreach (var row in rows)
            Take(row);
    }

    /// <summary>Drops what no longer says anything.</summary>
    public void Sweep()
    {
        var now = time.GetTimestamp();
        for (var left = _oldestFirst.Count; left > 0; left--)
        {
            var entry = _oldestFirst.Dequeue();
            if (!_entries.TryGetValue(entry.Key, out var current) || current != entry)
                continue;
            if (entry.IsQueued || !IsOver(entry, now))
                _oldestFirst.Enqueue(entry);
            else
                _entries.Remove(entry.Key);
        }
    }

    /// <summary>How long an entry is still blocked.</summary>
    public TimeSpan Left(LoginLimitEntry entry) => Span(Math.Max(0, entry.BlockedUntil - time.GetTimestamp()));

    private bool IsOver(LoginLimitEntry entry, long now) =>
        entry.BlockedUntil <= now
        && (entry.Failures == 0 || now - entry.WindowStart > Ticks(options.Rule(entry.Kind).Window))
        && (entry.Blocks == 0 || now - entry.ChangedAt > Ticks(options.Memory));

    private TimeSpan? Left(Guid key, long now) =>
        _entries.TryGetValue(key, out var entry) && entry.BlockedUntil > now ? Span(entry.BlockedUntil - now) : null;

    // The share of each limit that is used up, as if it were the pair's. Not that of the user, whom strangers would make wait
    private TimeSpan Delay(LoginSubject subject, long now)
    {
        if (options.Delay == TimeSpan.Zero)
            return TimeSpan.Zero;
        var used = Math.Max(Used(subject.Pair, now), Used(subject.Address, now));
        var steps = (int)Math.Min(used - options.DelayAfter, 30);
        return steps < 0 ? TimeSpan.Zero : TimeSpan.FromTicks(Math.Min(options.MaxDelay.Ticks, (long)Math.Min(options.Delay.Ticks * Math.Pow(2, steps), long.MaxValue / 2)));
    }

    private double Used(Guid key, long now) =>
        Find(key, now) is { } entry ? (double)entry.Failures * options.PairFailures / options.Rule(entry.Kind).Failures : 0;

    // Gives the entry when it is blocked by it
    private LoginLimitEntry? Increment(LoginKind kind, Guid key, string? network, Guid? userKey, string? userName)
    {
        var now = time.GetTimestamp();
        var entry = Find(key, now) ?? GetOrAdd(kind, key, now);
        var rule = options.Rule(kind);
        if (entry.BlockedUntil > now)
            return null;

        // The same as the database does with the row
        if (entry.Failures == 0)
            entry.WindowStart = now;
        if (entry.Blocks > 0 && now - entry.ChangedAt > Ticks(options.Memory))
            entry.Blocks = 0;
        var isBlocked = ++entry.Failures >= rule.Failures;
        if (isBlocked)
            entry.BlockedUntil = now + Ticks(BlockTime(rule, entry.Blocks++));
        entry.Pending++;
        entry.Network ??= network;
        entry.UserKey ??= userKey;
        entry.UserName ??= userName;
        Queue(entry, now);
        return isBlocked ? entry : null;
    }

    private TimeSpan BlockTime(LoginRule rule, int before) =>
        TimeSpan.FromSeconds(Math.Min(options.MaxBlock.TotalSeconds, rule.Block.TotalSeconds * Math.Pow(options.BlockGrowth, before)));

    // An entry whose window or block has ended begins anew
    private LoginLimitEntry? Find(Guid key, long now)
    {
        if (!_entries.TryGetValue(key, out var entry))
            return null;
        var isBlocked = entry.BlockedUntil > now;
        if (!isBlocked && (entry.BlockedUntil != 0 || now - entry.WindowStart > Ticks(options.Rule(entry.Kind).Window)))
        {
            entry.BlockedUntil = 0;
            entry.Failures = 0;
            entry.WindowStart = now;
        }

        return entry;
    }

    private void Forget(LoginLimitEntry entry, long now)
    {
        Clear(entry, now);
        entry.Pending = 0;
        entry.IsForgotten = true;
        Queue(entry, now);
    }

    private static void Clear(LoginLimitEntry entry, long now)
    {
        entry.Failures = 0;
        entry.BlockedUntil = 0;
        entry.WindowStart = now;
    }

    private void Queue(LoginLimitEntry entry, long now)
    {
        entry.ChangedAt = now;
        if (entry.IsQueued)
            return;
        entry.IsQueued = true;
        _queued.Enqueue(entry);
    }

    private LoginLimitEntry GetOrAdd(LoginKind kind, Guid key, long now)
    {
        if (_entries.TryGetValue(key, out var entry))
            return entry;
        if (_entries.Count >= options.MaxEntries)
            MakeRoom(now);
        entry = new LoginLimitEntry(kind, key) { WindowStart = now, ChangedAt = now };
        _entries.Add(key, entry);
        _oldestFirst.Enqueue(entry);
        return entry;
    }

    // The oldest that is not blocked, if one is soon found, else the oldest
    private void MakeRoom(long now)
    {
        LoginLimitEntry? victim = null;
        for (var looked = 0; looked < MaxLookedOver && TryDequeue(out var entry); looked++)
        {
            if (entry.BlockedUntil <= now)
            {
                if (victim is not null)
                    _oldestFirst.Enqueue(victim);
                victim = entry;
                break;
            }

            if (victim is null)
                victim = entry;
            else
                _oldestFirst.Enqueue(entry);
        }

        if (victim is not null)
            _entries.Remove(victim.Key);
    }

    private bool TryDequeue([NotNullWhen(true)] out LoginLimitEntry? entry)
    {
        while (_oldestFirst.TryDequeue(out entry))
        {
            if (_entries.TryGetValue(entry.Key, out var current) && current == entry)
                return true;
        }

        return false;
    }

    private long Ticks(TimeSpan span) => (long)(span.TotalSeconds * time.TimestampFrequency);

    private TimeSpan Span(long ticks) => TimeSpan.FromSeconds((double)ticks / time.TimestampFrequency);
}
