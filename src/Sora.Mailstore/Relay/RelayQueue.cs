using System.Buffers;
using Sora.Contracts;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Relay;

/// <summary>The queue in the database: one transaction for each message that comes in, one piece of a message in memory at a time.</summary>
public sealed class RelayQueue : IRelay, IRelayQueue, IDisposable
{
    private const int PieceSize = 256 * 1024;

    // An account's messages wait for each other with a connection in hand; others need some of the pool too
    private const int Transactions = 3;

    // A message that does not fit in a piece is read while its transaction is open, and what reads it may be slow
    private const int LongTransactions = 2;

    private static readonly DateTimeOffset Whole = DateTimeOffset.UnixEpoch;

    private readonly RelayStore _store;
    private readonly RelayLimits _limits;
    private readonly RelayRoom _room;
    private readonly RelayTurns _order;
    private readonly RelayQueueMetrics _metrics;
    private readonly SemaphoreSlim _turns = new(Transactions);
    private readonly SemaphoreSlim _longTurns = new(LongTransactions);
    private readonly SemaphoreSlim _queued = new(0, 1);

    public RelayQueue(Database database, RelayLimits limits, MailstoreMetrics metrics, TimeProvider time)
    {
        _store = new RelayStore(database);
        _limits = limits;
        _room = new RelayRoom(limits.MaxQueue, time);
        _order = new RelayTurns(time);
        _metrics = new RelayQueueMetrics(metrics);
    }

    public void Dispose()
    {
        _turns.Dispose();
        _longTurns.Dispose();
        _queued.Dispose();
    }

    public async Task<RelayStatus> EnqueueAsync(RelayRequest request, CancellationToken cancellationToken)
    {
        var status = await TryEnqueueAsync(request, cancellationToken);
        _metrics.Enqueued(request.Kind, status);
        if (status == RelayStatus.Queued)
            Nudge();
        return status;
    }

    public async Task<RelayWork?> TakeAsync(TimeSpan lease, int maxRecipients, bool withoutHost, CancellationToken cancellationToken)
    {
        if (!withoutHost)
            return await TakeNextAsync(lease, maxRecipients, cancellationToken);
        return (await _store.TakeAsync(RelayDue.Expired, Whole, Guid.NewGuid(), lease, maxRecipients, cancellationToken)).Work
            ?? (await _store.TakeAsync(RelayDue.Reports, Whole, Guid.NewGuid(), lease, maxRecipients, cancellationToken)).Work;
    }

    public Task<bool> RenewAsync(RelayWork work, TimeSpan lease, CancellationToken cancellationToken) => _store.RenewAsync(work, lease, cancellationToken);

    public Task<byte[]?> ReadAsync(long message, int number, CancellationToken cancellationToken) =>
        _store.ReadPieceAsync(message, number, cancellationToken);

    public Task<IReadOnlyList<int>> HeldAsync(RelayWork work, CancellationToken cancellationToken) => _store.HeldAsync(work, cancellationToken);

    public async Task<bool> SettleAsync(
        RelayWork work, IReadOnlyList<RelayOutcome> outcomes, RelayRequest? report, CancellationToken cancellationToken)
    {
        await using var connection = await _store.OpenAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);

        // Rolled back: a recipient that is gone without the report about it would be lost
        if (await RelayStore.SettleAsync(connection, work, outcomes, cancellationToken) != outcomes.Count)
            return false;

        // A report takes the place of recipients that go, so neither the queue's limit nor the account's is asked
        if (report is not null)
            await RelayStore.InsertAsync(connection, report, _limits.Expiry, Content(report.Prefix.Span), report.Prefix, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        if (report is not null)
            Nudge();
        return true;
    }

    public Task WaitAsync(TimeSpan time, CancellationToken cancellationToken) => _queued.WaitAsync(time, cancellationToken);

    public Task<RelayBacklog> CountAsync(CancellationToken cancellationToken) => _store.CountAsync(cancellationToken);

    private async Task<RelayWork?> TakeNextAsync(TimeSpan lease, int maxRecipients, CancellationToken cancellationToken)
    {
        for (var from = _order.From; ; from = Whole)
        {
            var (work, turn) = await _store.TakeAsync(RelayDue.All, from, Guid.NewGuid(), lease, maxRecipients, cancellationToken);
            if (work is not null)
                _order.Took(turn);
            else if (from == Whole)
                _order.Nothing();
            if (work is not null || from == Whole)
                return work;
        }
    }

    private void Nudge()
    {
        try
        {
            if (_queued.CurrentCount == 0)
                _queued.Release();
        }
        catch (SemaphoreFullException)
        {
            // Somebody else was as quick: whoever waits looks at the whole queue
        }
    }

    private async Task<RelayStatus> TryEnqueueAsync(RelayRequest request, CancellationToken cancellationToken)
    {
        if (!_limits.IsConfigured)
            return RelayStatus.NotConfigured;
        if (!RelayEnvelope.IsValid(request, _limits.MaxRecipients))
            return RelayStatus.Invalid;
        if (request.Prefix.Length > _limits.MaxMessage)
            return RelayStatus.TooLarge;
        var trace = request.Kind == RelayKind.Redirect ? RelayHeader.TraceLength : 0;
        var buffer = ArrayPool<byte>.Shared.Rent(PieceSize);
        try
        {
            var source = new RelaySource(request);
            var filled = await source.FillAsync(buffer.AsMemory(trace, PieceSize - trace), cancellationToken);
            if (filled > _limits.MaxMessage)
                return RelayStatus.TooLarge;
            return filled < PieceSize - trace
                ? await InTurnAsync(_turns, () => InsertAsync(request, buffer, trace, filled, null, cancellationToken), cancellationToken)
                : await InTurnAsync(
                    _longTurns,
                    () => InTurnAsync(_turns, () => InsertAsync(request, buffer, trace, filled, source, cancellationToken), cancellationToken),
                    cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task<RelayStatus> InTurnAsync(SemaphoreSlim turns, Func<Task<RelayStatus>> enqueue, CancellationToken cancellationToken)
    {
        await turns.WaitAsync(cancellationToken);
        try
        {
            return await enqueue();
        }
        finally
        {
            turns.Release();
        }
    }

    // What is not committed is rolled back with the transaction, the operation too: a refused message may be tried again
    private async Task<RelayStatus> InsertAsync(
        RelayRequest request, byte[] buffer, int trace, int filled, RelaySource? more, CancellationToken cancellationToken)
    {
        await using var connection = await _store.OpenAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var sender = await RelayStore.BeginOperationAsync(connection, request, cancellationToken);
        if (!sender.IsNew)
            return RelayStatus.AlreadyQueued;
        var header = RelayHeader.End(buffer.AsSpan(trace, filled));
        if (request.Kind == RelayKind.Redirect)
        {
            var address = sender.PrimaryAddress ?? "";
            if (RelayHeader.IsLoop(buffer.AsSpan(trace, header), address, _limits.MaxReceived))
                return RelayStatus.Loop;
            RelayHeader.WriteTrace(buffer, address);
        }
        else if (request.Account == default && RelayHeader.IsLoop(buffer.AsSpan(trace, header), "", _limits.MaxReceived))
        {
            // A bounce that goes on to somebody whose host sends it back here
            return RelayStatus.Loop;
        }

        if (sender.Hour > _limits.MaxPerHour || sender.Day > _limits.MaxPerDay)
            return RelayStatus.RateLimited;
        if (!await _room.TryTakeAsync(connection, request.Recipients.Count, cancellationToken))
            return RelayStatus.QueueFull;
        var content = RelayHeader.Content(buffer.AsSpan(0, trace + filled), trace + header);
        var id = await RelayStore.InsertAsync(connection, request, _limits.Expiry, content, buffer.AsMemory(0, trace + filled), cancellationToken);
        if (more is not null)
        {
            var size = (long)filled;
            for (var number = 1; filled > 0 && (filled = await more.FillAsync(buffer.AsMemory(0, PieceSize), cancellationToken)) > 0; number++)
            {
                size += filled;
                if (size > _limits.MaxMessage)
                    return RelayStatus.TooLarge;
                content |= RelayHeader.Content(buffer.AsSpan(0, filled), 0);
                await RelayStore.WritePieceAsync(connection, id, number, buffer.AsMemory(0, filled), cancellationToken);
            }

            await RelayStore.CompleteAsync(connection, id, trace + size, content, cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return RelayStatus.Queued;
    }

    private static RelayContent Content(ReadOnlySpan<byte> message) => RelayHeader.Content(message, RelayHeader.End(message));
}
