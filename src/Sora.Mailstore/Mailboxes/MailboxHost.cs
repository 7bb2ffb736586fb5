using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Mailstore.Accounts;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Mailboxes;

/// <summary>
/// The mailboxes of this process in a dictionary. Those that nobody uses leave memory after a while; nothing depends on a mailbox being in
/// memory once, or in one process only: the log's primary key sees to that.
/// </summary>
public sealed class MailboxHost : IMailboxes, IAsyncDisposable
{
    private readonly ConcurrentDictionary<MailboxId, Mailbox> _mailboxes = new();
    private readonly ConcurrentDictionary<Task, byte> _background = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly ChangeFeed _feed;
    private readonly Task _eviction;
    private int _isDisposed;
    private long _readFailureTold;
    private int _readFailures;
    private int _doubts;

    /// <param name="database">The primary.</param>
    /// <param name="feed">Carries announcements between the processes; this host listens to it.</param>
    /// <param name="options">[mailboxes]</param>
    /// <param name="metrics">Counts what is done.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Hear what goes wrong.</param>
    /// <param name="commitWait">Longest that a record waits for others to be committed with, while many come; 0 for never.</param>
    public MailboxHost(
        Database database, ChangeFeed feed, MailboxOptions options, MailstoreMetrics metrics, TimeProvider time, ILoggerFactory loggers, TimeSpan commitWait = default)
    {
        _feed = feed;
        Options = options;
        Metrics = metrics;
        Time = time;
        Logger = loggers.CreateLogger<MailboxHost>();
        Store = new MailboxStore(database.Write);
        Contents = new ContentNumbers(database.Write);
        EmailIds = new EmailIdStore(database.Write);
        Pipeline = new CommitPipeline(database.Write, options, commitWait, metrics, loggers.CreateLogger<CommitPipeline>());
        metrics.ObserveOpenMailboxes(() => _mailboxes.Count);
        feed.MailboxChanged += OnMailboxChanged;
        feed.Interrupted += OnInterrupted;
        feed.Hearing += OnHearing;
        _eviction = Task.Run(EvictAsync);
        Run(stopping => IndexWarmUp.RunAsync(Store, stopping));
    }

    /// <summary>What accounts may hold; null when nothing is to be limited.</summary>
    public QuotaHost? Quotas { get; init; }

    /// <summary>Who asks for a mailbox's newest state gets one that was compared with the log: other processes write too, and what they announce comes a moment later.</summary>
    public bool ConfirmsSelect { get; init; }

    /// <inheritdoc/>
    public bool HearsLate => ConfirmsSelect;

    /// <summary>
    /// Who has not heard of the database for this long may have been paused or cut off, and others may have written: then no state in memory is answered from before its log was
    /// looked at. Null for a process that nobody takes mailboxes from.
    /// </summary>
    public TimeSpan? MaxSilence { get; init; }

    /// <summary>So many of a mailbox's last records are kept in memory, for replicas in other processes; 0 keeps none.</summary>
    public int RecentRecords { get; init; }

    internal MailboxOptions Options { get; }

    /// <summary>Grows whenever what is in memory has become doubtful.</summary>
    internal int Doubts
    {
        get
        {
            if (MaxSilence is { } limit && TimeProvider.System.GetElapsedTime(_feed.LastHeard) > limit)
                Interlocked.Increment(ref _doubts);
            return Volatile.Read(ref _doubts);
        }
    }

    internal MailstoreMetrics Metrics { get; }

    internal TimeProvider Time { get; }

    internal ILogger Logger { get; }

    internal MailboxStore Store { get; }

    internal ContentNumbers Contents { get; }

    internal EmailIdStore EmailIds { get; }

    internal CommitPipeline Pipeline { get; }

    public IMailbox Get(MailboxId id) => Find(id);

    /// <summary>A mailbox as another process wants to have it: the records since a state that it has, if they are at hand, or the whole index.</summary>
    public Task<MailResult<MailboxUpdate>> OpenRemoteAsync(MailboxId id, ModSeq known, CancellationToken cancellationToken) =>
        Find(id).OpenRemoteAsync(known, cancellationToken);

    /// <summary>The records of a mailbox that lead from one state to another; null when they are not all in memory.</summary>
    public MailboxDelta[]? FindRecent(MailboxId id, ModSeq known, ModSeq newest) =>
        _mailboxes.TryGetValue(id, out var mailbox) ? mailbox.FindRecent(known, newest) : null;

    /// <summary>How many messages are \Recent for the next session that selects the mailbox.</summary>
    public Task<MailResult<int>> CountRecentAsync(MailboxId id, CancellationToken cancellationToken) => Find(id).CountRecentAsync(cancellationToken);

    /// <summary>The mailbox's log is looked at before the next answer: somebody else has written to it.</summary>
    public void MarkStale(MailboxId id) => Find(id).MarkStale();

    /// <summary>The newest state of a mailbox, without reading it into memory; 0 when there is none, or it cannot be known now.</summary>
    public Task<ModSeq> NewestModSeqAsync(MailboxId id, CancellationToken cancellationToken) => Find(id).NewestModSeqAsync(cancellationToken);

    public Task<MailResult<ImmutableArray<AppendResult>>> AppendAllAsync(IReadOnlyList<MailboxAppend> appends, CancellationToken cancellationToken) =>
        MailboxDelivery.RunAsync(this, appends, cancellationToken);

    public IDisposable Subscribe(MailboxId id, IMailboxSubscriber subscriber)
    {
        // A mailbox that is being evicted at this moment must not take the subscriber with it.
        while (true)
        {
            var mailbox = Find(id);
            mailbox.Subscribe(subscriber);
            if (_mailboxes.TryGetValue(id, out var current) && ReferenceEquals(current, mailbox))
                return new Subscription(mailbox, subscriber);
            mailbox.Unsubscribe(subscriber);
        }
    }

    /// <summary>The index of a mailbox as this process knows it; null when it is not in memory.</summary>
    internal MailboxIndex? Peek(MailboxId id) => _mailboxes.TryGetValue(id, out var mailbox) ? mailbox.Index : null;

    /// <summary>Ends a mailbox: no process can write to it afterwards.</summary>
    internal Task<MailResult<Done>> EndAsync(MailboxId id, CancellationToken cancellationToken) => Find(id).EndAsync(cancellationToken);

    internal Mailbox Find(MailboxId id) => _mailboxes.TryGetValue(id, out var mailbox) ? mailbox : _mailboxes.GetOrAdd(id, new Mailbox(id, this));

    internal void Announce(MailboxId id, ModSeq modSeq) => _feed.AnnounceMailbox(id, modSeq);

    /// <summary>Logs that a mailbox cannot be read now: while the database is away that is every mailbox in use, and one line a second says it.</summary>
    internal void ReadFailed(MailboxId id, Exception reason)
    {
        var now = Time.GetTimestamp();
        var last = Interlocked.Read(ref _readFailureTold);
        if (last != 0 && Time.GetElapsedTime(last, now) < TimeSpan.FromSeconds(1))
        {
            Interlocked.Increment(ref _readFailures);
            return;
        }

        Interlocked.Exchange(ref _readFailureTold, now);
        Log.ReadFailed(Logger, id.Value, Interlocked.Exchange(ref _readFailures, 0), reason.Message);
    }

    /// <summary>Runs work that belongs to the host: it is awaited at the end, and what it throws is logged.</summary>
    internal void Run(Func<CancellationToken, Task> work)
    {
        if (_stopping.IsCancellationRequested)
            return;
        var task = Task.Run(async () =>
        {
            try
            {
                await work(_stopping.Token);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                // stopping
            }
            catch (Exception e)
            {
                Log.BackgroundFailed(Logger, e);
            }
        });
        _background.TryAdd(task, 0);
        _ = task.ContinueWith(done => _background.TryRemove(done, out _), TaskScheduler.Default);
    }

    /// <summary>Commits what waits, writes the snapshots that are worth it, and stops.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        _feed.MailboxChanged -= OnMailboxChanged;
        _feed.Interrupted -= OnInterrupted;
        _feed.Hearing -= OnHearing;
        await _stopping.CancelAsync();
        await _eviction;
        await Task.WhenAll(_background.Keys);
        await Parallel.ForEachAsync(
            _mailboxes.Values,
            new ParallelOptions { MaxDegreeOfParallelism = 4 },
            async (mailbox, _) => await mailbox.WriteSnapshotAsync(SnapshotWorthRecords, CancellationToken.None));
        await Pipeline.DisposeAsync();
        Contents.Dispose();
        _stopping.Dispose();
    }

    /// <summary>Fewer records than this are read as fast as a snapshot would be.</summary>
    private const int SnapshotWorthRecords = 32;

    private async Task EvictAsync()
    {
        using var timer = new PeriodicTimer(Min(Options.IdleEviction / 4, TimeSpan.FromMinutes(1)), Time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                var before = Time.GetTimestamp() - (long)(Options.IdleEviction.TotalSeconds * Time.TimestampFrequency);
                foreach (var (id, mailbox) in _mailboxes)
                {
                    if (!mailbox.IsIdleSince(before))
                        continue;
                    await mailbox.WriteSnapshotAsync(SnapshotWorthRecords, _stopping.Token);
                    if (mailbox.IsIdleSince(before))
                        _mailboxes.TryRemove(KeyValuePair.Create(id, mailbox));
                }
            }
        }
        catch (OperationCanceledException)
        {
            // stopping
        }
    }

    private void OnMailboxChanged(MailboxId id, ModSeq modSeq)
    {
        if (_mailboxes.TryGetValue(id, out var mailbox))
            mailbox.Announce(modSeq);
    }

    private void OnInterrupted()
    {
        foreach (var mailbox in _mailboxes.Values)
            mailbox.MarkStale();
    }

    // After a silence, what is in memory is doubtful once more, though somebody answers again
    private void OnHearing(long asked)
    {
        if (MaxSilence is { } limit && TimeProvider.System.GetElapsedTime(_feed.LastHeard, asked) > limit)
            Interlocked.Increment(ref _doubts);
    }

    private static TimeSpan Min(TimeSpan left, TimeSpan right) => left < right ? left : right;

    private sealed class Subscription(Mailbox mailbox, IMailboxSubscriber subscriber) : IDisposable
    {
        private int _isDisposed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
                mailbox.Unsubscribe(subscriber);
        }
    }
}
