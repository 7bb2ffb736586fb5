using Sora.Contracts;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Mailboxes;

// The queue of changes, and the records that come of it
internal sealed partial class Mailbox
{
    internal async Task<MailResult<T>> SubmitAsync<T>(WriteRequest<T> request, CancellationToken cancellationToken)
    {
        Enqueue(request);
        return await request.Completion.WaitAsync(cancellationToken);
    }

    internal long Deadline() => _host.Time.GetTimestamp() + (long)(_host.Options.WriteTimeout.TotalSeconds * _host.Time.TimestampFrequency);

    internal void Enqueue(WriteRequest request)
    {
        lock (_lock)
        {
            _lastUse = _host.Time.GetTimestamp();
            if (_waiting.Count < _host.Options.MaxWaitingRequests)
            {
                _waiting.Enqueue(request);
                if (_isRunning)
                    return;
                _isRunning = true;
            }
            else
            {
                request.Fail(MailError.Unavailable("Too many changes are waiting for this mailbox"));
                return;
            }
        }

        _ = Task.Run(RunAsync); // it catches everything and ends when the queue is empty
    }

    private async Task RunAsync()
    {
        while (true)
        {
            Queue<WriteRequest> batch;
            lock (_lock)
            {
                if (_waiting.Count == 0)
                {
                    _isRunning = false;
                    return;
                }

                batch = TakeBatch();
            }

            try
            {
                await ServeAsync(batch);
            }
            catch (Exception e)
            {
                // A request must never hang: whatever went wrong, its client hears of it, and the state is read anew.
                Log.MailboxFailed(_host.Logger, Id.Value, e);
                _index = null;
                foreach (var request in batch)
                    request.Fail(new MailError(MailErrorCode.ServerBug, "Internal error"));
            }
        }
    }

    // Requests up to the limit of a record; a turn that is handed over stands alone.
    private Queue<WriteRequest> TakeBatch()
    {
        if (_waiting.Count <= _host.Options.MaxRequestsPerRecord && !_waiting.Any(static request => request is TurnRequest))
        {
            var all = _waiting;
            _waiting = new Queue<WriteRequest>();
            return all;
        }

        var batch = new Queue<WriteRequest>();
        while (batch.Count < _host.Options.MaxRequestsPerRecord && _waiting.TryPeek(out var next))
        {
            if (next is TurnRequest && batch.Count > 0)
                break;
            batch.Enqueue(_waiting.Dequeue());
            if (next is TurnRequest)
                break;
        }

        return batch;
    }

    private async Task ServeAsync(Queue<WriteRequest> batch)
    {
        var attempt = 0;
        while (batch.Count > 0)
        {
            if (!await TryReadAsync())
            {
                if (await GiveUpAsync(batch, ++attempt))
                    return;
                continue;
            }

            var index = _index!;
            if (index.IsEnded)
            {
                foreach (var request in batch)
                    request.Fail(MailError.NoSuchMailbox());
                return;
            }

            if (batch.Peek() is TurnRequest turn)
            {
                if (turn.TryHandOver())
                    await turn.Returned;
                return;
            }

            var plan = NewPlan(index);
            foreach (var request in batch)
                request.Plan(plan);
            if (!plan.IsEmpty && !await TryCommitAsync(plan.ToCommit(Id, Account)))
            {
                if (await GiveUpAsync(batch, ++attempt))
                    return;
                continue;
            }

            foreach (var request in batch)
                request.Complete(_index!);
            return;
        }
    }

    internal RecordPlan NewPlan(MailboxIndex index) => new(index, _memory, _firstRecent, _host.Time.GetUtcNow().ToUnixTimeSeconds(), _purged);

    private async Task<bool> TryCommitAsync(MailboxCommit commit)
    {
        var unit = new CommitUnit(commit);
        var outcome = await _host.Pipeline.CommitAsync(unit);
        if (outcome == CommitOutcome.Won)
        {
            Publish(commit);
            return true;
        }

        _host.Metrics.CommitLost(outcome);
        RememberPurged(unit);
        MarkUnread();
        return false;
    }

    /// <summary>A commit was lost because of contents that are gone: what is planned next does without them.</summary>
    internal void RememberPurged(CommitUnit unit)
    {
        if (unit.Purged.Count == 0)
            return;
        lock (_lock)
            _purged = _purged is null ? [.. unit.Purged] : [.. _purged, .. unit.Purged];
    }

    /// <summary>Commits records of mailboxes whose turns are all held: all of them or none.</summary>
    internal Task<CommitOutcome> CommitTogetherAsync(MailboxCommit[] commits) => _host.Pipeline.CommitAsync(new CommitUnit(commits));

    /// <summary>Waits a moment before the next attempt; false when the deadline has passed.</summary>
    internal async Task<bool> PauseAsync(long deadline)
    {
        if (_host.Time.GetTimestamp() > deadline)
            return false;
        await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(2, 20)), _host.Time);
        return true;
    }

    /// <summary>The next attempt reads the log first.</summary>
    internal void MarkUnread()
    {
        lock (_lock)
            _isStale = true;
    }

    /// <summary>A record of ours is durable: it is the newest state, and those who watch the mailbox hear of it.</summary>
    internal void Publish(MailboxCommit commit)
    {
        if (_host.Quotas is { } quotas)
            quotas.Changed(Account, _index?.Totals ?? default, commit.Index.IsEnded ? default : commit.Index.Totals);
        Keep(commit.Delta);
        SetIndex(commit.Index, commit.Delta.Operations);
        _host.Announce(Id, commit.Index.HighestModSeq);
        SnapshotIfDue();
    }

    private void SetIndex(MailboxIndex index, IReadOnlyList<CompletedOperation> operations)
    {
        lock (_lock)
        {
            _memory.Add(operations);
            _index = index;
            if (index.FirstRecent > _firstRecent)
                _firstRecent = index.FirstRecent;
            Nudge(index.HighestModSeq);
        }
    }

    private void Nudge(ModSeq modSeq)
    {
        foreach (var subscriber in _subscribers)
            subscriber.Changed(Id, modSeq);
    }

    // After the first failure at once, then with growing pauses, until the first client's deadline; then only those who can still wait go on.
    private async Task<bool> GiveUpAsync(Queue<WriteRequest> batch, int attempt)
    {
        var now = _host.Time.GetTimestamp();
        for (var i = batch.Count; i > 0; i--)
        {
            var request = batch.Dequeue();
            if (request.Deadline < now)
                request.Fail(MailError.Unavailable());
            else
                batch.Enqueue(request);
        }

        if (batch.Count == 0)
            return true;
        if (attempt > 3)
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(500, (1 << Math.Min(attempt, 9)) * (0.5 + Random.Shared.NextDouble()))), _host.Time);
        return false;
    }
}
