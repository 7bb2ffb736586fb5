using Microsoft.Extensions.Logging;
using Npgsql;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Mailboxes;

/// <summary>
/// Sends the records that are ready to PostgreSQL together: a batch is what arrived while the last one was being committed. Each lane has one connection,
/// so that the next batch is on its way while the last one becomes durable; it goes when it is as large as what is on its way already, for many small
/// commits cost the database far more than few large ones. Of several nodes on one database each has a part of what one alone would commit together:
/// there a batch is what arrives in a few milliseconds, as long as several records do. Otherwise no timer holds a record back.
/// </summary>
internal sealed class CommitPipeline : IAsyncDisposable
{
    private readonly NpgsqlDataSource _database;
    private readonly MailboxOptions _options;
    private readonly MailstoreMetrics _metrics;
    private readonly ILogger _logger;
    private readonly Task[] _lanes;
    private readonly Lock _lock = new();
    private readonly Queue<CommitUnit> _ready = new();
    private readonly SemaphoreSlim _due = new(0);
    private readonly CommitGathering _gathering;
    private readonly ITimer _gathered;
    private int _onTheirWay; // units
    private int _asleep; // lanes
    private bool _isTimed; // _gathered will fire
    private bool _isClosed;

    /// <param name="database">The primary.</param>
    /// <param name="options">[mailboxes]</param>
    /// <param name="wait">Longest that a record waits for others, while many come; 0 for never.</param>
    /// <param name="metrics">Counts commits.</param>
    /// <param name="logger">Hears of those that fail.</param>
    public CommitPipeline(NpgsqlDataSource database, MailboxOptions options, TimeSpan wait, MailstoreMetrics metrics, ILogger<CommitPipeline> logger)
    {
        _gathering = new CommitGathering(wait, TimeProvider.System);
        _gathered = TimeProvider.System.CreateTimer(_ => EndGathering(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _database = database;
        _options = options;
        _metrics = metrics;
        _logger = logger;
        _lanes = new Task[options.CommitLanes];
        for (var i = 0; i < _lanes.Length; i++)
            _lanes[i] = Task.Run(RunLaneAsync);
    }

    // Only when nothing is on its way, or as much waits; and when those that wait have gathered
    private bool IsDue =>
        _ready.Count > 0 && (_isClosed || (_ready.Count >= _onTheirWay && (_ready.Count >= _options.CommitBatch || _gathering.Left <= TimeSpan.Zero)));

    /// <summary>Commits a unit; the task never fails, its outcome says what is known.</summary>
    public Task<CommitOutcome> CommitAsync(CommitUnit unit)
    {
        bool isClosed;
        lock (_lock)
        {
            isClosed = _isClosed;
            if (!isClosed)
            {
                _gathering.Arrived(isFirst: _ready.Count == 0);
                _ready.Enqueue(unit);
                if (!_isTimed)
                    WakeLater();
                Wake();
            }
        }

        if (isClosed)
            unit.Complete(CommitOutcome.Unknown);
        return unit.Completion;
    }

    /// <summary>Takes no more units and waits until those that are waiting are committed.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _isClosed = true;
            _due.Release(_asleep);
            _asleep = 0;
        }

        await Task.WhenAll(_lanes);
        await _gathered.DisposeAsync();
        _due.Dispose();
    }

    private async Task RunLaneAsync()
    {
        var batch = new List<CommitUnit>(_options.CommitBatch);
        while (await FillAsync(batch))
        {
            NpgsqlConnection? connection = null;
            try
            {
                connection = await _database.OpenConnectionAsync();
                do
                {
                    await CommitAsync(connection, batch);
                    Done(batch);
                }
                while (connection.State == System.Data.ConnectionState.Open && await FillAsync(batch));
            }
            catch (Exception e) when (e is NpgsqlException or System.IO.IOException or TimeoutException or InvalidOperationException)
            {
                Log.CommitFailed(_logger, e.Message);
                foreach (var unit in batch)
                    unit.Complete(CommitOutcome.Unknown);
            }
            finally
            {
                Done(batch); // whatever went wrong, the other lanes do not wait for it
                if (connection is not null)
                    await connection.DisposeAsync();
            }
        }
    }

    // Waits for a batch; false when there will be none
    private async ValueTask<bool> FillAsync(List<CommitUnit> batch)
    {
        while (true)
        {
            lock (_lock)
            {
                if (IsDue)
                {
                    Take(batch);
                    Wake(); // there may be enough for another lane
                    return true;
                }

                if (_isClosed)
                    return false;
                _asleep++;
            }

            await _due.WaitAsync();
        }
    }

    private void EndGathering()
    {
        lock (_lock)
        {
            // Others may have gone and come meanwhile
            _isTimed = false;
            WakeLater();
            Wake();
        }
    }

    // An arrival can make those wait that would have gone without it
    private void WakeLater()
    {
        if (_ready.Count > 0 && _gathering.Left is var left && left > TimeSpan.Zero)
            _isTimed = _gathered.Change(TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds)), Timeout.InfiniteTimeSpan); // timers drop what is less, and would be early
    }

    private void Wake()
    {
        if (!IsDue || _asleep == 0)
            return;
        _asleep--;
        _due.Release();
    }

    private void Take(List<CommitUnit> batch)
    {
        var size = 0L;
        while (batch.Count < _options.CommitBatch && size < _options.CommitBatchSize.Bytes && _ready.TryDequeue(out var unit))
        {
            batch.Add(unit);
            size += unit.Size;
        }

        _onTheirWay += batch.Count;
    }

    private void Done(List<CommitUnit> batch)
    {
        lock (_lock)
        {
            _onTheirWay -= batch.Count;
            Wake();
        }

        batch.Clear();
    }

    private async Task CommitAsync(NpgsqlConnection connection, List<CommitUnit> batch)
    {
        var start = TimeProvider.System.GetTimestamp();
        var single = batch.FindAll(static unit => unit.Commits.Count == 1);
        try
        {
            if (single.Count > 0)
                await CommitStore.CommitAsync(connection, single, CancellationToken.None);
        }
        catch (PostgresException e) when (single.Count > 1 && connection.State == System.Data.ConnectionState.Open)
        {
            // The database refused something in the batch: one by one, only the unit that has it is kept from becoming durable.
            Log.CommitFailed(_logger, e.Message);
            foreach (var unit in single)
                await CommitAloneAsync(connection, unit);
        }

        foreach (var unit in batch)
        {
            if (unit.Commits.Count > 1)
                await CommitStore.CommitAtomicAsync(connection, unit, CancellationToken.None);
        }

        var elapsed = TimeProvider.System.GetElapsedTime(start);
        _metrics.Committed(batch.Count, elapsed);
        lock (_lock)
            _gathering.Committed(elapsed);
    }

    private async Task CommitAloneAsync(NpgsqlConnection connection, CommitUnit unit)
    {
        try
        {
            await CommitStore.CommitAsync(connection, [unit], CancellationToken.None);
        }
        catch (PostgresException e) when (connection.State == System.Data.ConnectionState.Open)
        {
            Log.CommitFailed(_logger, e.Message);
            unit.Complete(CommitOutcome.Unknown);
        }
    }
}
