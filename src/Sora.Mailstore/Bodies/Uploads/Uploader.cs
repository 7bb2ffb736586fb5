using System.Data.Common;
using Microsoft.Extensions.Logging;
using Npgsql;
using Sora.Mailstore.Bodies.Objects;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Bodies.Uploads;

/// <summary>What became of a batch: bodies that were taken, bodies that reached the object store, and whether more are due.</summary>
internal readonly record struct MovedBatch(int Taken, int Moved, bool HasMore);

/// <summary>
/// Moves staged bodies to the object store. A batch is locked by a transaction that also deletes it, so every node may take part and
/// none has to be waited for when it dies; whatever was put twice is there once. It yields to deliveries as long as it keeps up.
/// </summary>
internal sealed class Uploader(
    Database database,
    StagedBodyStore staged,
    StagingFolder folder,
    IObjectStore objects,
    StagingSpace space,
    StorageOptions options,
    BodyMetrics metrics,
    TimeProvider time,
    ILogger<Uploader> logger) : IAsyncDisposable
{
    private static readonly TimeSpan CountInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestYield = TimeSpan.FromMilliseconds(250);

    /// <summary>The longest pause while the database is out of reach.</summary>
    private static readonly TimeSpan LongestOutage = TimeSpan.FromSeconds(30);

    /// <summary>From this age on bodies are moved without regard to anything else.</summary>
    private static readonly TimeSpan Late = TimeSpan.FromMinutes(1);

    private readonly CancellationTokenSource _stopping = new();
    private readonly StagedFiles _files = new(staged, folder, options, time, logger);
    private readonly List<Task> _running = [];
    private int _isDisposed;

    /// <summary>Starts; does nothing when it runs.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (_running.Count > 0)
            return;
        await CountAsync(cancellationToken);
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

    /// <summary>Moves one batch.</summary>
    internal async Task<MovedBatch> MoveAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.Write.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var due = await StagedBodyStore.TakeAsync(connection, folder.Node, options.UploadBatch, cancellationToken);
        var batch = Bounded(due);
        if (batch.Count == 0)
            return default;
        var failures = await PutAsync(connection, batch, cancellationToken);
        var moved = batch.FindAll(body => !failures.ContainsKey(body.Id));
        if (moved.Count > 0)
            await StagedBodyStore.DeleteAsync(connection, [.. moved.Select(static body => body.Id)], cancellationToken);
        if (failures.Count > 0)
            await StagedBodyStore.PutOffAsync(connection, PutOff(batch, failures), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        metrics.Uploaded(moved.Count, ok: true);
        metrics.Uploaded(failures.Count, ok: false);
        _files.Uploaded(moved);
        return new MovedBatch(batch.Count, moved.Count, due.Count == options.UploadBatch || due.Count > batch.Count);
    }

    /// <summary>Deletes files that are not needed any more, and those that nobody ever needed.</summary>
    internal Task CleanAsync(CancellationToken cancellationToken) => _files.CleanAsync(cancellationToken);

    internal async Task CountAsync(CancellationToken cancellationToken)
    {
        var mark = space.Mark();
        space.Update(await staged.CountAsync(cancellationToken), mark);
    }

    // What does not fit is free again when the transaction ends.
    private List<StagedBody> Bounded(List<StagedBody> bodies)
    {
        var size = 0L;
        for (var i = 0; i < bodies.Count; i++)
        {
            size += bodies[i].Size;
            if (size > options.UploadBatchSize.Bytes)
                return bodies.GetRange(0, Math.Max(1, i));
        }

        return bodies;
    }

    private async Task<Dictionary<long, Exception>> PutAsync(NpgsqlConnection connection, List<StagedBody> batch, CancellationToken cancellationToken)
    {
        var inDatabase = batch.FindAll(static body => body.IsInDatabase);
        var bodies = inDatabase.Count == 0
            ? []
            : await StagedBodyStore.ReadBodiesAsync(connection, [.. inDatabase.Select(static body => body.Id)], cancellationToken);
        var puts = new List<ObjectPut>(batch.Count);
        var owners = new List<long>(batch.Count);
        foreach (var body in batch)
        {
            foreach (var account in body.Accounts)
            {
                puts.Add(new ObjectPut(new ObjectKey(account, body.Hash), body.Size)
                {
                    Bytes = body.IsInDatabase ? bodies[body.Id] : null,
                    File = body.IsInDatabase ? null : folder.FullName(body.Path!),
                });
                owners.Add(body.Id);
            }
        }

        var outcomes = await objects.PutAsync(puts, cancellationToken);
        var failures = new Dictionary<long, Exception>();
        for (var i = 0; i < outcomes.Count; i++)
        {
            if (outcomes[i] is { } error)
                failures.TryAdd(owners[i], error);
        }

        return failures;
    }

    private List<PutOffBody> PutOff(List<StagedBody> batch, Dictionary<long, Exception> failures)
    {
        var list = new List<PutOffBody>(failures.Count);
        foreach (var body in batch)
        {
            if (!failures.TryGetValue(body.Id, out var error))
                continue;
            var pause = Doubled(body.Attempts) * (0.5 + (Random.Shared.NextDouble() / 2));
            list.Add(new PutOffBody(body.Id, pause, error.Message));
            Log.UploadFailed(logger, new ObjectKey(body.Accounts[0], body.Hash).ToString(), body.Id, body.Attempts + 1, pause, error);
        }

        return list;
    }

    private async Task RunAsync()
    {
        var failures = 0;
        while (!_stopping.IsCancellationRequested)
        {
            var pause = options.UploadInterval;
            try
            {
                var start = time.GetTimestamp();
                var batch = await MoveAsync(_stopping.Token);
                failures = 0;
                if (batch is { HasMore: true, Moved: > 0 })
                    pause = Yield(time.GetElapsedTime(start));
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

    // While more waits, it leaves the machine to others for half of the time that it took.
    private TimeSpan Yield(TimeSpan elapsed) => space.OldestAge > Late ? TimeSpan.Zero : Min(elapsed / 2, LongestYield);

    private TimeSpan Doubled(int failures) => Min(options.UploadRetry * Math.Pow(2, Math.Min(failures, 30)), options.UploadRetryMax);

    private static TimeSpan Min(TimeSpan left, TimeSpan right) => left < right ? left : right;

    private async Task WatchAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await CountAsync(_stopping.Token);
                await CleanAsync(_stopping.Token);
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

    private async Task SleepAsync(TimeSpan pause)
    {
        if (pause > TimeSpan.Zero)
            await Task.Delay(pause, time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
