using System.Data.Common;
using Microsoft.Extensions.Logging;
using Sora.Mailstore.Bodies.Objects;
using Sora.Mailstore.Bodies.Packs;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Bodies.Uploads;

/// <summary>What became of a batch: bodies that were taken, bodies that reached the object store, and whether more are due.</summary>
internal readonly record struct MovedBatch(int Taken, int Moved, bool HasMore);

/// <summary>
/// Moves staged bodies to the object store. A batch is leased through the database, so every node may take part and none has to be waited
/// for when it dies; no transaction is open while the store is asked. It yields to deliveries as long as it keeps up.
/// </summary>
internal sealed class Uploader(
    StagedBodyStore staged,
    StagingFolder folder,
    IObjectStore objects,
    UploadBatches batches,
    PackCompactor compactor,
    StagingSpace space,
    StorageOptions options,
    BodyMetrics metrics,
    MailstoreMetrics load,
    TimeProvider time,
    ILogger<Uploader> logger) : IAsyncDisposable
{
    private static readonly TimeSpan CountInterval = TimeSpan.FromSeconds(5);

    /// <summary>So that a node that is alone counts each time.</summary>
    private static readonly TimeSpan SharedCountInterval = CountInterval - TimeSpan.FromSeconds(1);

    private static readonly TimeSpan ShortestYield = TimeSpan.FromMilliseconds(10);

    private static readonly TimeSpan LongestYield = TimeSpan.FromMilliseconds(250);

    /// <summary>While at least so many bodies are taken in or records committed in a second, uploads give way to them.</summary>
    private const double BusyRate = 20;

    /// <summary>Of the time of a busy node, uploads take no more than one part in this and one.</summary>
    private const int BusyShare = 9;

    private static readonly TimeSpan LongestBusyYield = TimeSpan.FromSeconds(15);

    /// <summary>The longest pause while the database is out of reach.</summary>
    private static readonly TimeSpan LongestOutage = TimeSpan.FromSeconds(30);

    /// <summary>Looking for packs reads all that is staged: no more than a tenth of the time goes into it.</summary>
    private const int PackSearchShare = 10;

    private readonly CancellationTokenSource _stopping = new();
    private readonly StagedFiles _files = new(staged, folder, options, time, logger);
    private readonly List<Task> _running = [];
    private long _nextPacks;
    private int _isDisposed;

    /// <summary>Starts; does nothing when it runs.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (_running.Count > 0)
            return;
        await CountAsync(SharedCountInterval, cancellationToken);
        for (var i = 0; i < options.UploadParallelism; i++)
            _running.Add(Task.Run(RunAsync, CancellationToken.None));
        _running.Add(Task.Run(WatchAsync, CancellationToken.None));
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        await _stopping.CancelAsync();
        await Task.WhenAll(_running);
        _stopping.Dispose();
    }

    /// <summary>Moves one batch of bodies that become objects of their own.</summary>
    internal async Task<MovedBatch> MoveAsync(CancellationToken cancellationToken)
    {
        var minSize = options.Packing ? options.PackMaxBody.Bytes : -1;
        var (bodies, hasMore) = await staged.LeaseAsync(
            folder.Node, minSize, options.UploadBatch, options.UploadBatchSize.Bytes, options.UploadLease, cancellationToken);
        if (bodies.Count == 0)
            return default;
        return await RunAsync(bodies, batches.MoveAsync(bodies, cancellationToken)) with { HasMore = hasMore };
    }

    /// <summary>Moves the small bodies of accounts that have enough of them, or have waited long enough, in packs.</summary>
    internal async Task<MovedBatch> PackAsync(CancellationToken cancellationToken)
    {
        var total = default(MovedBatch);
        if (!options.Packing)
            return total;
        var due = await staged.FindPacksAsync(
            folder.Node, options.PackMaxBody.Bytes, options.PackSize.Bytes, options.PackWait, options.PackMaxBodies, cancellationToken);
        foreach (var (account, ids) in due)
        {
            var (bodies, _) = await staged.LeaseAsync(folder.Node, ids, options.PackSize.Bytes, options.UploadLease, cancellationToken);
            if (bodies.Count == 0)
                continue; // another node was quicker
            var batch = await RunAsync(bodies, batches.PackAsync(account, bodies, cancellationToken));
            total = new MovedBatch(total.Taken + batch.Taken, total.Moved + batch.Moved, HasMore: true);
        }

        return total;
    }

    /// <summary>Deletes files that are not needed any more, and those that nobody ever needed.</summary>
    internal Task CleanAsync(CancellationToken cancellationToken) => _files.CleanAsync(cancellationToken);

    internal Task CountAsync(CancellationToken cancellationToken) => CountAsync(TimeSpan.Zero, cancellationToken);

    private async Task CountAsync(TimeSpan interval, CancellationToken cancellationToken)
    {
        var mark = space.Mark();
        space.Update(await staged.CountAsync(interval, cancellationToken), mark);
    }

    private async Task<MovedBatch> RunAsync(List<StagedBody> bodies, Task<UploadOutcome> running)
    {
        var outcome = await running;
        metrics.Uploaded(outcome.Moved.Count, ok: true);
        metrics.Uploaded(outcome.Failures.Count, ok: false);
        _files.Uploaded(outcome.Moved);
        if (outcome.Failures.Count > 0)
            await PutOffAsync(bodies, outcome.Failures);
        return new MovedBatch(bodies.Count, outcome.Moved.Count, HasMore: false);
    }

    private async Task PutOffAsync(List<StagedBody> bodies, Dictionary<long, Exception> failures)
    {
        var list = new List<PutOffBody>(failures.Count);
        foreach (var body in bodies)
        {
            if (!failures.TryGetValue(body.Id, out var error))
                continue;
            var key = new ObjectKey(body.Accounts[0], body.Hash).ToString();
            var isGivenUp = IsHopeless(error) && body.Attempts + 1 >= options.UploadAttempts;
            var pause = Doubled(body.Attempts) * (0.5 + (Random.Shared.NextDouble() / 2));
            list.Add(new PutOffBody(body.Id, pause, error.Message, isGivenUp));
            if (isGivenUp)
                Log.UploadGivenUp(logger, key, body.Id, body.Attempts + 1, error);
            else
                Log.UploadFailed(logger, key, body.Id, body.Attempts + 1, pause, error);
        }

        await staged.PutOffAsync(list, CancellationToken.None);
    }

    // The store did not fail: what is staged is not what was taken, or gone.
    private static bool IsHopeless(Exception error) => error is BodyDamagedException or FileNotFoundException or DirectoryNotFoundException;

    private async Task RunAsync()
    {
        var failures = 0;
        while (!_stopping.IsCancellationRequested)
        {
            var pause = options.UploadInterval;
            try
            {
                var before = Load();
                var batch = await MoveAsync(_stopping.Token);
                var packs = await PackInTurnAsync();
                failures = 0;
                if (batch is { HasMore: true, Moved: > 0 } || packs is { HasMore: true, Moved: > 0 })
                {
                    await GiveWayAsync(before, batch.Moved + packs.Moved);
                    pause = TimeSpan.Zero;
                }
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                failures++;
                pause = Min(Doubled(failures - 1), LongestOutage);
                Log.UploaderFailed(logger, pause, e);
            }

            await SleepAsync(pause);
        }
    }

    private async Task<MovedBatch> PackInTurnAsync()
    {
        var start = time.GetTimestamp();
        if (!options.Packing || start < Interlocked.Read(ref _nextPacks))
            return default;
        var moved = await PackAsync(_stopping.Token);
        if (moved.Moved == 0)
            Interlocked.Exchange(ref _nextPacks, time.GetTimestamp() + ((time.GetTimestamp() - start) * PackSearchShare));
        return moved;
    }

    private LoadMark Load() => new(time.GetTimestamp(), space.Arrivals, load.CommittedRecords);

    // What keeps this process busy: a node may take in what another commits
    private bool IsBusySince(in LoadMark mark) =>
        space.Arrivals - mark.Arrivals + load.CommittedRecords - mark.Records >= BusyRate * time.GetElapsedTime(mark.Timestamp).TotalSeconds;

    private long CameSince(in LoadMark mark) => Math.Max(space.Arrivals - mark.Arrivals, load.CommittedRecords - mark.Records);

    // 1 once the oldest body has waited for as long as it may, or half of the space is taken
    private double Urgency => Math.Max(space.OldestAge / options.UploadYield, 2 * space.Share);

    // While more waits, the machine is left to others for half of the time that the last batch took, and for much longer while mail comes in at a rate: an upload is not what anybody waits for.
    // What leaves is also paid for by what comes meanwhile, at a price that falls as it becomes urgent: several nodes on one machine or database together take no more of it than one would.
    // Once it is urgent only that counts.
    private async Task GiveWayAsync(LoadMark before, int moved)
    {
        if (options.UploadYield == TimeSpan.Zero)
            return;
        var start = time.GetTimestamp();
        var elapsed = time.GetElapsedTime(before.Timestamp, start);
        var most = Min(elapsed * BusyShare, LongestBusyYield);
        var slice = TimeSpan.FromTicks(Math.Clamp((elapsed / 2).Ticks, ShortestYield.Ticks, LongestYield.Ticks));
        var waited = TimeSpan.Zero;
        while (waited < LongestBusyYield && !_stopping.IsCancellationRequested)
        {
            var urgency = Urgency;
            if ((urgency >= 1 || waited >= most) && (moved <= urgency * CameSince(before) || !IsBusySince(before)))
                return;
            var mark = Load();
            await SleepAsync(slice);
            if (!IsBusySince(mark))
                return;
            waited = time.GetElapsedTime(start);
        }
    }

    private TimeSpan Doubled(int failures) => Min(options.UploadRetry * Math.Pow(2, Math.Min(failures, 30)), options.UploadRetryMax);

    private static TimeSpan Min(TimeSpan left, TimeSpan right) => left < right ? left : right;

    private async Task WatchAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await CountAsync(SharedCountInterval, _stopping.Token);
                await CleanAsync(_stopping.Token);
                await CompactAsync();
                await objects.DeleteAbandonedAsync(time.GetUtcNow() - options.StagedFileGrace, _stopping.Token);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is DbException or IOException or UnauthorizedAccessException or TimeoutException or InvalidOperationException)
            {
                Log.UploaderFailed(logger, CountInterval, e);
            }

            await SleepAsync(CountInterval);
        }
    }

    // As many as fit into the time until the next count
    private async Task CompactAsync()
    {
        var start = time.GetTimestamp();
        while (!staged.OwnFilesOnly && await compactor.CompactAsync(_stopping.Token) && time.GetElapsedTime(start) < CountInterval)
        {
        }
    }

    private async Task SleepAsync(TimeSpan pause)
    {
        if (pause > TimeSpan.Zero)
            await Task.Delay(pause, time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>What had come at a moment.</summary>
    private readonly record struct LoadMark(long Timestamp, long Arrivals, long Records);
}
