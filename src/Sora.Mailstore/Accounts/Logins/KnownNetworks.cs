using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Accounts.Logins;

/// <summary>
/// Where users have logged in lately. A pair that this process has written down within a day is not written again, so that clients that log in all the time cost nothing.
/// </summary>
internal sealed class KnownNetworks(LoginLimitStore store, LoginLimitOptions options, TimeProvider time)
{
    private static readonly TimeSpan WrittenEvery = TimeSpan.FromDays(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, long> _written = [];
    private readonly Queue<Guid> _oldestFirst = new();
    private List<(Guid User, Guid Address)> _pending = [];

    public bool HasPending
    {
        get
        {
            lock (_lock)
                return _pending.Count > 0;
        }
    }

    /// <summary>A user has logged in; true when that is to be written down.</summary>
    public bool Saw(LoginSubject subject)
    {
        if (options.KnownFor == TimeSpan.Zero)
            return false;
        var every = options.KnownFor / 2 < WrittenEvery ? options.KnownFor / 2 : WrittenEvery;
        lock (_lock)
        {
            if (_written.TryGetValue(subject.Pair, out var at) && time.GetElapsedTime(at) < every)
                return false;
            if (_pending.Count >= options.MaxEntries)
                return false; // it is seen again at the next login
            if (!_written.ContainsKey(subject.Pair))
            {
                while (_written.Count >= options.MaxEntries)
                    _written.Remove(_oldestFirst.Dequeue());
                _oldestFirst.Enqueue(subject.Pair);
            }

            _written[subject.Pair] = time.GetTimestamp();
            _pending.Add((subject.User, subject.Address));
            return true;
        }
    }

    public async ValueTask<bool> IsKnownAsync(LoginSubject subject, CancellationToken cancellationToken)
    {
        if (options.KnownFor == TimeSpan.Zero)
            return false;
        lock (_lock)
        {
            if (_written.TryGetValue(subject.Pair, out var at) && time.GetElapsedTime(at) < options.KnownFor)
                return true;
        }

        return await store.IsKnownAsync(subject.User, subject.Address, cancellationToken);
    }

    /// <summary>Writes down what was seen since the last time.</summary>
    public async Task WriteAsync(CancellationToken cancellationToken)
    {
        List<(Guid User, Guid Address)> seen;
        lock (_lock)
            (seen, _pending) = (_pending, []);
        for (var i = 0; i < seen.Count; i += options.ShareBatch)
        {
            try
            {
                await store.RememberAsync(seen.GetRange(i, Math.Min(options.ShareBatch, seen.Count - i)), cancellationToken);
            }
            catch
            {
                lock (_lock)
                    _pending.AddRange(seen.Skip(i).Take(Math.Max(0, options.MaxEntries - _pending.Count)));
                throw;
            }
        }
    }
}
