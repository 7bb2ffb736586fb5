using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Npgsql;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Mailboxes;

/// <summary>
/// Sends the records that are ready to PostgreSQL together. No timer holds a record back: a batch is what arrived while the last one was
/// being committed. Each lane has one connection, so that the next batch is on its way while the last one becomes durable.
/// </summary>
internal sealed class CommitPipeline : IAsyncDisposable
{
    private readonly Channel<CommitUnit> _ready = Channel.CreateUnbounded<CommitUnit>();
    private readonly NpgsqlDataSource _database;
    private readonly MailboxOptions _options;
    private readonly MailstoreMetrics _metrics;
    private readonly ILogger _logger;
    private readonly Task[] _lanes;

    public CommitPipeline(NpgsqlDataSource database, MailboxOptions options, MailstoreMetrics metrics, ILogger<CommitPipeline> logger)
    {
        _database = database;
        _options = options;
        _metrics = metrics;
        _logger = logger;
        _lanes = new Task[options.CommitLanes];
        for (var i = 0; i < _lanes.Length; i++)
            _lanes[i] = Task.Run(RunLaneAsync);
    }

    /// <summary>Commits a unit; the task never fails, its outcome says what is known.</summary>
    public Task<CommitOutcome> CommitAsync(CommitUnit unit)
    {
        if (!_ready.Writer.TryWrite(unit))
            unit.Complete(CommitOutcome.Unknown);
        return unit.Completion;
    }

    /// <summary>Takes no more units and waits until those that are waiting are committed.</summary>
    public async ValueTask DisposeAsync()
    {
        _ready.Writer.TryComplete();
        await Task.WhenAll(_lanes);
    }

    private async Task RunLaneAsync()
    {
        var reader = _ready.Reader;
        var batch = new List<CommitUnit>(_options.CommitBatch);
        while (await reader.WaitToReadAsync())
        {
            NpgsqlConnection? connection = null;
            try
            {
                connection = await _database.OpenConnectionAsync();
                while (connection.State == System.Data.ConnectionState.Open && await FillAsync(reader, batch))
                {
                    await CommitAsync(connection, batch);
                    batch.Clear();
                }
            }
            catch (Exception e) when (e is NpgsqlException or System.IO.IOException or TimeoutException or InvalidOperationException)
            {
                Log.CommitFailed(_logger, e.Message);
                if (connection is null)
                    Take(reader, batch); // there is no connection to be had: let those who wait know it
                foreach (var unit in batch)
                    unit.Complete(CommitOutcome.Unknown);
                batch.Clear();
            }
            finally
            {
                if (connection is not null)
                    await connection.DisposeAsync();
            }
        }
    }

    private async ValueTask<bool> FillAsync(ChannelReader<CommitUnit> reader, List<CommitUnit> batch)
    {
        if (!await reader.WaitToReadAsync())
            return false;
        Take(reader, batch);
        return true;
    }

    private void Take(ChannelReader<CommitUnit> reader, List<CommitUnit> batch)
    {
        var size = 0L;
        while (batch.Count < _options.CommitBatch && size < _options.CommitBatchSize.Bytes && reader.TryRead(out var unit))
        {
            batch.Add(unit);
            size += unit.Size;
        }
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

        _metrics.Committed(batch.Count, TimeProvider.System.GetElapsedTime(start));
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
