using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Mailstore.Bodies.Objects;
using Sora.Mailstore.Mailboxes;
using Sora.Mailstore.Retention;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Maintenance;

/// <summary>
/// Runs the jobs that one node does for all until it is disposed: the node that is elected, and another one as soon as that one is gone. Each job has an interval of
/// its own, and a long run of one does not hold up the others.
/// </summary>
public sealed class MaintenanceWorker : IAsyncDisposable
{
    private static readonly TimeSpan FirstRun = TimeSpan.FromSeconds(10);

    private readonly MaintenanceOptions _options;
    private readonly IReadOnlyList<MaintenanceJob> _jobs;
    private readonly RetentionMetrics _metrics;
    private readonly Election _election;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;

    /// <param name="database">The primary.</param>
    /// <param name="options">[maintenance]</param>
    /// <param name="retention">[retention]</param>
    /// <param name="mailboxes">Where old messages are expunged.</param>
    /// <param name="objects">Where bodies are; null when this process has none, and leaves objects alone.</param>
    /// <param name="announce">Tells all nodes that an account has changed.</param>
    /// <param name="metrics">The engine's meter.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Where it logs.</param>
    public MaintenanceWorker(
        Database database,
        MaintenanceOptions options,
        RetentionOptions retention,
        MailboxHost mailboxes,
        IObjectStore? objects,
        Action<AccountId> announce,
        MailstoreMetrics metrics,
        TimeProvider time,
        ILoggerFactory loggers)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(retention);
        _options = options;
        _time = time;
        _logger = loggers.CreateLogger<MaintenanceWorker>();
        _metrics = new RetentionMetrics(metrics);
        _election = new Election(database);
        _jobs = Jobs(database, retention, mailboxes, objects, announce);
        _running = Task.Run(RunAsync);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        await _election.DisposeAsync();
        _stopping.Dispose();
    }

    private List<MaintenanceJob> Jobs(Database database, RetentionOptions retention, MailboxHost mailboxes, IObjectStore? objects, Action<AccountId> announce)
    {
        var pace = new BatchPace(retention, _time);
        var purge = new MessagePurge(database, retention, pace, _logger);
        var mailboxPurge = new MailboxPurge(database, mailboxes, retention, announce, pace, _metrics, _logger);
        var expiry = new MessageExpiry(new RetentionStore(database.Write), mailboxes, retention, pace, _metrics, _time, _logger);
        var jobs = new List<MaintenanceJob>
        {
            new("trim", _options.Interval, stopping => TrimAsync(new MaintenanceStore(database), new SieveStore(database.Write), new RelayStore(database), new ArrivingBodyStore(database.Write), stopping)),
            new("purge", retention.PurgeInterval, stopping => PurgeAsync(purge, mailboxPurge, stopping)),
            new("max_age", retention.MaxAgeInterval, stopping => expiry.RunAsync(stopping)),
        };
        if (objects is not null)
        {
            var sweep = new ObjectSweep(new SweepStore(database.Write, retention.ObjectGrace, retention.StagedObjectGrace), objects, retention, pace, _metrics, _time, _logger);
            jobs.Add(new("sweep", retention.SweepInterval, stopping => SweepAsync(sweep, stopping)));
        }

        return jobs;
    }

    private async Task TrimAsync(
        MaintenanceStore store, SieveStore sieve, RelayStore relay, ArrivingBodyStore arriving, CancellationToken cancellationToken)
    {
        await arriving.ExpireAsync(_options.ArrivingBodies, cancellationToken);
        if (await store.TrimLogAsync(_options.LogRetention, _options.BatchRows, cancellationToken) is > 0 and var records)
            Log.LogTrimmed(_logger, records);
        if (await sieve.TrimHistoryAsync(_options.BatchRows, cancellationToken) is > 0 and var rows)
            Log.SieveHistoryTrimmed(_logger, rows);
        if (await relay.TrimOperationsAsync(_options.RelayMemory, _options.BatchRows, cancellationToken) is > 0 and var operations)
            Log.RelayOperationsTrimmed(_logger, operations);
    }

    private async Task PurgeAsync(MessagePurge messages, MailboxPurge mailboxes, CancellationToken cancellationToken)
    {
        var purged = await messages.RunAsync(cancellationToken);
        if (purged.Messages > 0)
        {
            _metrics.Purged("message", purged.Messages);
            _metrics.Purged("content", purged.Contents);
            Retention.Log.Purged(_logger, purged.Messages, purged.Contents);
        }

        await mailboxes.RunAsync(cancellationToken);
    }

    private async Task SweepAsync(ObjectSweep sweep, CancellationToken cancellationToken)
    {
        var swept = await sweep.RunAsync(cancellationToken);
        if (!swept.IsNone)
            Retention.Log.Swept(_logger, swept.Objects, swept.Packed, swept.Packs);
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                if (await IsElectedAsync())
                    await LeadAsync();
                await Task.Delay(_options.Election, _time, _stopping.Token);
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // stopping
        }
    }

    private async Task<bool> IsElectedAsync()
    {
        try
        {
            return await _election.IsElectedAsync(_stopping.Token);
        }
        catch (Exception e) when (Mailbox.IsDatabaseFailure(e))
        {
            Log.MaintenanceFailed(_logger, e);
            return false;
        }
    }

    // Until the election is lost, which is when the connection is
    private async Task LeadAsync()
    {
        Log.Elected(_logger);
        _metrics.IsElected = true;
        using var leading = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        var jobs = _jobs.Select(job => Task.Run(() => RepeatAsync(job, leading.Token))).ToArray();
        try
        {
            do
                await Task.Delay(_options.Election, _time, _stopping.Token);
            while (await IsElectedAsync());
        }
        finally
        {
            _metrics.IsElected = false;
            await leading.CancelAsync();
            await Task.WhenAll(jobs);
        }
    }

    private async Task RepeatAsync(MaintenanceJob job, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(job.Interval < FirstRun ? job.Interval : FirstRun, _time, cancellationToken);
            while (true)
            {
                await RunAsync(job, cancellationToken);
                await Task.Delay(job.Interval, _time, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // stopping, or another node is elected
        }
    }

    private async Task RunAsync(MaintenanceJob job, CancellationToken cancellationToken)
    {
        var begun = _time.GetTimestamp();
        var isOk = false;
        try
        {
            await job.RunAsync(cancellationToken);
            isOk = true;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e)
        {
            // A job that fails must not end the others, nor itself for good
            Log.MaintenanceFailed(_logger, e);
        }

        _metrics.Ran(job.Name, isOk, _time.GetElapsedTime(begun));
    }
}
