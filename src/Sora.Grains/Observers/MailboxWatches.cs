using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Grains.Calls;
using Sora.Grains.Configuration;
using Sora.Grains.Mailboxes;
using Sora.Mailstore.Storage;

namespace Sora.Grains.Observers;

/// <summary>
/// The mailboxes that this process watches, each once however many sessions have it open. A mailbox's node tells what changes; it is asked anew from time to time, and at once
/// when a node was lost, and each such answer says what the newest state is. Beside that the database's announcements are heard, so a node that dies with its observers takes no news with it.
/// </summary>
internal sealed class MailboxWatches : IMailboxObserver, IAsyncDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    private readonly IGrainFactory _grains;
    private readonly MailboxPlaces _places;
    private readonly ChangeFeed _feed;
    private readonly ClusterCalls _calls;
    private readonly ClusterOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private readonly Dictionary<MailboxId, Watch> _watches = [];
    private readonly Channel<MailboxId> _due = Channel.CreateUnbounded<MailboxId>(); // each mailbox at most once
    private readonly CancellationTokenSource _stopping = new();
    private readonly IMailboxObserver _self;
    private readonly Task _observing;
    private readonly Task _renewing;
    private long _lost;

    /// <param name="grains">Of a client that is connected.</param>
    /// <param name="places">Learns where the mailboxes are.</param>
    public MailboxWatches(
        IGrainFactory grains, MailboxPlaces places, ChangeFeed feed, ClusterCalls calls, ClusterOptions options, ClusterMetrics metrics, TimeProvider time, ILogger<MailboxWatches> logger)
    {
        _grains = grains;
        _places = places;
        _feed = feed;
        _calls = calls;
        _options = options;
        _time = time;
        _logger = logger;
        _self = grains.CreateObjectReference<IMailboxObserver>(this);
        feed.MailboxChanged += Tell;
        feed.Interrupted += AskAll;
        calls.NodeLost += OnNodeLost;
        metrics.ObserveWatching(() => _watches.Count);
        _observing = Task.Run(() => Parallel.ForEachAsync(
            _due.Reader.ReadAllAsync(_stopping.Token),
            new ParallelOptions { MaxDegreeOfParallelism = options.ObserverCalls, CancellationToken = _stopping.Token },
            ObserveAsync));
        _renewing = Task.Run(RenewAsync);
    }

    /// <summary>Nudges the subscriber until the result is disposed.</summary>
    public IDisposable Subscribe(MailboxId id, IMailboxSubscriber subscriber)
    {
        lock (_lock)
        {
            if (!_watches.TryGetValue(id, out var watch))
                _watches.Add(id, watch = new Watch());
            watch.Subscribers = [.. watch.Subscribers, subscriber];
            if (watch.Renewed == 0)
                Ask(id, watch);
        }

        return new Subscription(this, id, subscriber);
    }

    /// <summary>Whether sessions of this process have the mailbox open.</summary>
    public bool IsWatched(MailboxId id)
    {
        lock (_lock)
            return _watches.TryGetValue(id, out var watch) && watch.Subscribers.Length > 0;
    }

    /// <summary>This process has asked for a change, and it was made: its sessions know that there is a newer state before anybody is told of the outcome.</summary>
    public void Changed(MailboxId id, ModSeq modSeq, MailboxDelta? record = null) => Tell(id, modSeq, record is null ? [] : [record]);

    /// <inheritdoc/>
    public void Changed(MailboxNudge[] nudges)
    {
        foreach (var (mailbox, modSeq, records) in nudges)
        {
            if (modSeq != default)
            {
                Tell(mailbox, modSeq, records ?? []);
                continue;
            }

            lock (_lock)
            {
                if (_watches.TryGetValue(mailbox, out var watch))
                    Ask(mailbox, watch);
            }
        }
    }

    /// <summary>A node is gone, and with it perhaps what it knew of us: every mailbox is asked.</summary>
    public void AskAll()
    {
        lock (_lock)
        {
            foreach (var (id, watch) in _watches)
                Ask(id, watch);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _feed.MailboxChanged -= Tell;
        _feed.Interrupted -= AskAll;
        _calls.NodeLost -= OnNodeLost;
        await _stopping.CancelAsync();
        await _observing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _renewing;
        try
        {
            _grains.DeleteObjectReference<IMailboxObserver>(_self);
        }
        catch (Exception e) when (ClusterCalls.IsTransient(e) || e is ObjectDisposedException or InvalidOperationException)
        {
            Log.NudgeFailed(_logger, ClusterCalls.Reason(e)); // the client is gone already, and the reference with it
        }

        _stopping.Dispose();
    }

    // Under the lock
    private void Ask(MailboxId id, Watch watch)
    {
        if (watch.IsDue)
            return;
        watch.IsDue = true;
        _due.Writer.TryWrite(id);
    }

    private void Tell(MailboxId id, ModSeq modSeq) => Tell(id, modSeq, []);

    private void Tell(MailboxId id, ModSeq modSeq, MailboxDelta[] records)
    {
        IMailboxSubscriber[] subscribers;
        lock (_lock)
        {
            if (!_watches.TryGetValue(id, out var watch))
                return;
            watch.Newest = Math.Max(watch.Newest, modSeq.Value);
            subscribers = watch.Subscribers;
        }

        foreach (var subscriber in subscribers)
            subscriber.Changed(id, modSeq, records);
    }

    private void OnNodeLost()
    {
        // Calls fail by the hundred then
        var now = _time.GetTimestamp();
        var last = Interlocked.Read(ref _lost);
        if ((last == 0 || _time.GetElapsedTime(last, now) > Tick) && Interlocked.CompareExchange(ref _lost, now, last) == last)
            AskAll();
    }

    private async ValueTask ObserveAsync(MailboxId id, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (!_watches.TryGetValue(id, out var watch))
                return;

            // A wish that comes while the call is under way is another one
            watch.IsDue = false;
            watch.Renewed = _time.GetTimestamp();
        }

        try
        {
            var modSeq = await _calls.OnceAsync(() => ObserveOnceAsync(id, cancellationToken), _options.AttemptTimeout * 4, cancellationToken);
            bool isNews;
            lock (_lock)
                isNews = _watches.TryGetValue(id, out var watch) && modSeq.Value > watch.Newest;
            if (isNews)
                Tell(id, modSeq);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            Log.ObserveFailed(_logger, id, ClusterCalls.Reason(e));
            lock (_lock)
            {
                if (_watches.TryGetValue(id, out var watch))
                    watch.Renewed = 0; // with the next tick
            }
        }
    }

    private async Task<ModSeq> ObserveOnceAsync(MailboxId id, CancellationToken cancellationToken)
    {
        var grain = _grains.GetGrain<IMailboxGrain>(id.Value);
        if (!_places.IsPlain)
        {
            try
            {
                var watched = await grain.WatchAsync(_self, cancellationToken);
                _places.Learn(id, watched.Mailstore, watched.Gateway);
                return watched.Newest;
            }
            catch (Exception e) when (_places.IsUnknownCall(id, e))
            {
                // a mailstore of the build before
            }
        }

        return await grain.ObserveAsync(_self, cancellationToken);
    }

    private async Task RenewAsync()
    {
        using var timer = new PeriodicTimer(Tick, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
                Renew();
        }
        catch (OperationCanceledException)
        {
            // stopping
        }
        catch (Exception e)
        {
            Log.WatchFailed(_logger, e);
        }
    }

    private void Renew()
    {
        lock (_lock)
        {
            foreach (var (id, watch) in _watches)
            {
                if (watch.Renewed == 0 || _time.GetElapsedTime(watch.Renewed) > _options.ObserverRenewal)
                {
                    // Whoever is not wanted any more is forgotten by not being renewed: most mailboxes are opened again before that
                    if (watch.Subscribers.Length == 0)
                        _watches.Remove(id);
                    else
                        Ask(id, watch);
                }
            }
        }
    }

    private void Unsubscribe(MailboxId id, IMailboxSubscriber subscriber)
    {
        lock (_lock)
        {
            if (_watches.TryGetValue(id, out var watch))
                watch.Subscribers = [.. watch.Subscribers.Where(other => !ReferenceEquals(other, subscriber))];
        }
    }

    private sealed class Watch
    {
        public IMailboxSubscriber[] Subscribers { get; set; } = [];

        /// <summary>When the mailbox's node was last asked; 0 when it is to be.</summary>
        public long Renewed { get; set; }

        public bool IsDue { get; set; }

        /// <summary>What subscribers were told last.</summary>
        public long Newest { get; set; }
    }

    private sealed class Subscription(MailboxWatches owner, MailboxId id, IMailboxSubscriber subscriber) : IDisposable
    {
        private int _isDisposed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
                owner.Unsubscribe(id, subscriber);
        }
    }
}
