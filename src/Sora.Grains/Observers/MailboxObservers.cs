using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Grains.Calls;
using Sora.Grains.Configuration;
using Sora.Mailstore.Mailboxes;
using Sora.Mailstore.Storage;

namespace Sora.Grains.Observers;

/// <summary>
/// Which gateways watch the mailboxes of this mailstore. Changes that come while the last ones are being sent go out together, so a gateway that watches thousands of mailboxes gets few
/// messages. Who has not renewed its interest is forgotten: one-way calls do not tell that nobody is there.
/// </summary>
internal sealed class MailboxObservers : IMailboxSubscriber, IAsyncDisposable
{
    /// <summary>Records of so many times <see cref="ClusterOptions.PushSize"/> go in one message; the gateways ask for those of other mailboxes.</summary>
    private const int MostPushed = 64;

    private readonly MailboxHost _host;
    private readonly ClusterMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly TimeSpan _expiry;
    private readonly long _pushSize;
    private readonly Lock _lock = new();
    private readonly Dictionary<MailboxId, Watched> _watched = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly PacedWork _sending;
    private readonly Task _expiring;
    private Dictionary<MailboxId, ModSeq> _changed = [];

    public MailboxObservers(MailboxHost host, ClusterOptions options, ClusterMetrics metrics, TimeProvider time, ILogger<MailboxObservers> logger)
    {
        _host = host;
        _metrics = metrics;
        _time = time;
        _logger = logger;
        _expiry = options.ObserverRenewal * 3;
        _pushSize = options.PushSize.Bytes;
        _sending = new PacedWork(SendAsync, TimeSpan.Zero);
        _expiring = Task.Run(() => ExpireAsync(options.ObserverRenewal));
        metrics.ObserveWatched(() => _watched.Count);
    }

    /// <summary>Begins to tell a gateway of a mailbox, or goes on to.</summary>
    public void Add(MailboxId mailbox, IMailboxObserver observer)
    {
        Watched? fresh = null;
        lock (_lock)
        {
            if (!_watched.TryGetValue(mailbox, out var watched))
                _watched.Add(mailbox, watched = fresh = new Watched());
            watched.Observers[observer] = _time.GetTimestamp();
        }

        if (fresh is null)
            return;

        // Not under the lock: the mailbox calls us under its own
        var subscription = _host.Subscribe(mailbox, this);
        lock (_lock)
        {
            if (_watched.TryGetValue(mailbox, out var watched) && ReferenceEquals(watched, fresh))
            {
                fresh.Subscription = subscription;
                return;
            }
        }

        subscription.Dispose();
    }

    /// <summary>The mailbox leaves this mailstore: its gateways will find it elsewhere.</summary>
    public void Forget(MailboxId mailbox)
    {
        Watched? watched;
        lock (_lock)
        {
            if (!_watched.Remove(mailbox, out watched))
                return;
            _changed.Remove(mailbox);
        }

        watched.Subscription?.Dispose();

        // Whoever watches it is told once more, and so asks the one who has it then
        Tell(watched.Observers.Keys, [new MailboxNudge(mailbox, default)]);
    }

    /// <summary>The record that led to a state, for a gateway that watches the mailbox; null if there is none, or it is too large, or not at hand.</summary>
    public MailboxDelta? FindRecord(MailboxId mailbox, ModSeq modSeq)
    {
        lock (_lock)
        {
            if (!_watched.ContainsKey(mailbox))
                return null;
        }

        var left = _pushSize;
        return FindRecords(mailbox, new ModSeq(modSeq.Value - 1), modSeq, ref left) is [var record] ? record : null;
    }

    /// <inheritdoc/>
    public void Changed(MailboxId mailbox, ModSeq modSeq)
    {
        lock (_lock)
            _changed[mailbox] = modSeq;
        _sending.Wake();
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _sending.DisposeAsync();
        await _expiring;
        List<Watched> watched;
        lock (_lock)
        {
            watched = [.. _watched.Values];
            _watched.Clear();
        }

        foreach (var one in watched)
            one.Subscription?.Dispose();
        _stopping.Dispose();
    }

    private Task SendAsync()
    {
        var changed = new List<(MailboxId Mailbox, ModSeq Told, ModSeq Newest, IMailboxObserver[] Observers)>();
        lock (_lock)
        {
            foreach (var (mailbox, modSeq) in _changed)
            {
                if (!_watched.TryGetValue(mailbox, out var watched))
                    continue;
                changed.Add((mailbox, watched.Told, modSeq, [.. watched.Observers.Keys]));
                if (modSeq > watched.Told)
                    watched.Told = modSeq;
            }

            _changed = [];
        }

        var nudges = new Dictionary<IMailboxObserver, List<MailboxNudge>>();
        var left = _pushSize * MostPushed;
        foreach (var (mailbox, told, newest, observers) in changed)
        {
            var nudge = new MailboxNudge(mailbox, newest, FindRecords(mailbox, told == default ? new ModSeq(newest.Value - 1) : told, newest, ref left));
            foreach (var observer in observers)
            {
                if (!nudges.TryGetValue(observer, out var list))
                    nudges.Add(observer, list = []);
                list.Add(nudge);
            }
        }

        foreach (var (observer, list) in nudges)
            Tell([observer], [.. list]);
        return Task.CompletedTask;
    }

    // Not under the lock, for the mailbox's own is taken
    private MailboxDelta[]? FindRecords(MailboxId mailbox, ModSeq known, ModSeq newest, ref long left)
    {
        if (left <= 0 || newest <= known || _host.FindRecent(mailbox, known, newest) is not { Length: > 0 } records)
            return null;
        var size = 0L;
        foreach (var record in records)
            size += SizeOf(record);
        if (size > _pushSize)
            return null;
        left -= size;
        return records;
    }

    // About what it has when it is encoded
    private static long SizeOf(MailboxDelta record)
    {
        var size = 16 + (24L * record.Appended.Count) + (32L * record.Operations.Count) + (16L * record.Keywords.Count) + (6L * record.Expunged.Ranges.Length);
        foreach (var change in record.FlagChanges)
            size += 8 + (6L * change.Uids.Ranges.Length);
        foreach (var operation in record.Operations)
            size += 6L * (operation.Uids.Ranges.Length + operation.SourceUids.Ranges.Length);
        foreach (var expunged in record.ExpungedFlags)
            size += 8 + (6L * expunged.Uids.Ranges.Length);
        return size;
    }

    private void Tell(IEnumerable<IMailboxObserver> observers, MailboxNudge[] nudges)
    {
        foreach (var observer in observers)
        {
            try
            {
                observer.Changed(nudges);
                _metrics.Nudged(nudges.Length);
            }
            catch (Exception e)
            {
                // It finds out by itself
                Log.NudgeFailed(_logger, ClusterCalls.Reason(e));
            }
        }
    }

    private async Task ExpireAsync(TimeSpan interval)
    {
        using var timer = new PeriodicTimer(interval, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
                Expire();
        }
        catch (OperationCanceledException)
        {
            // stopping
        }
    }

    private void Expire()
    {
        List<Watched> gone = [];
        lock (_lock)
        {
            foreach (var (mailbox, watched) in _watched)
            {
                foreach (var (observer, renewed) in watched.Observers)
                {
                    if (_time.GetElapsedTime(renewed) > _expiry)
                        watched.Observers.Remove(observer);
                }

                if (watched.Observers.Count > 0 || watched.Subscription is null)
                    continue;
                _watched.Remove(mailbox);
                gone.Add(watched);
            }
        }

        foreach (var watched in gone)
            watched.Subscription!.Dispose();
    }

    private sealed class Watched
    {
        /// <summary>Each gateway, and when it was last heard of.</summary>
        public Dictionary<IMailboxObserver, long> Observers { get; } = [];

        public IDisposable? Subscription { get; set; }

        /// <summary>The state of which gateways were told last; 0 for none.</summary>
        public ModSeq Told { get; set; }
    }
}
