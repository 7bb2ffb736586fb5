using Microsoft.Extensions.Logging;
using Npgsql;
using Sora.Contracts;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Mailboxes;

/// <summary>
/// The writer of one mailbox. Requests wait in a queue; everything that waits while a commit is under way becomes the next record together. A
/// commit that lost its number to another writer reads what it missed, plans again and tries again.
/// </summary>
internal sealed partial class Mailbox : IMailbox
{
    private const int LogReadLimit = 1000;

    private readonly Lock _lock = new();
    private readonly MailboxHost _host;
    private readonly List<IMailboxSubscriber> _subscribers = [];
    private readonly OperationMemory _memory;
    private Queue<WriteRequest> _waiting = new();
    private bool _isRunning;
    private volatile MailboxIndex? _index;
    private Uid _firstRecent = new(1);
    private long _announced; // highest mod-sequence that another process is known to have reached
    private bool _isStale; // announcements may have been missed
    private long _lastUse;

    public Mailbox(MailboxId id, MailboxHost host)
    {
        Id = id;
        _host = host;
        _memory = new OperationMemory(host.Options.OperationMemory, host.Options.MaxRememberedOperations);
        _lastUse = host.Time.GetTimestamp();
    }

    public MailboxId Id { get; }

    public AccountId Account { get; private set; }

    /// <summary>The newest state that this process knows; null before the mailbox was first read.</summary>
    public MailboxIndex? Index => _index;

    public async Task<MailResult<MailboxUpdate>> OpenAsync(ModSeq known, CancellationToken cancellationToken)
    {
        if (!TryGetFresh(out var index))
        {
            var refresh = new RefreshRequest { Deadline = Deadline() };
            Enqueue(refresh);
            var outcome = await refresh.Completion.WaitAsync(cancellationToken);
            if (!outcome.IsOk)
                return outcome.Error;
            index = _index!;
        }

        return index.IsEnded ? MailError.NoSuchMailbox() : new MailboxUpdate(index, []);
    }

    public async Task<MailResult<AppendResult>> AppendAsync(AppendRequest request, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfZero(request.Messages.Count);
        if (await TakeContentsAsync(request.Messages, cancellationToken) is not { } contents)
            return MailError.Unavailable();

        // Without an operation id of its own the request gets one, so that a commit with an unknown outcome is not repeated.
        var operation = request.Operation.IsNone ? OperationId.New() : request.Operation;
        using var hold = await HoldAsync(request, cancellationToken);
        return await SubmitAsync(new AppendWrite(request, operation, contents, hold.Refusal) { Deadline = Deadline() }, cancellationToken);
    }

    public async Task<MailResult<ReplaceResult>> ReplaceAsync(ReplaceRequest request, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfZero(request.Messages.Count);
        var destination = _host.Find(request.Destination);
        if (await destination.TakeContentsAsync(request.Messages, cancellationToken) is not { } contents)
            return MailError.Unavailable();
        var operation = request.Operation.IsNone ? OperationId.New() : request.Operation;
        using var hold = await destination.HoldAsync(this, request, cancellationToken);
        return await MailboxReplace.RunAsync(
            this, destination, request with { Operation = operation }, contents, hold.Refusal, Deadline(), cancellationToken);
    }

    public Task<MailResult<StoreResult>> StoreAsync(StoreRequest request, CancellationToken cancellationToken) =>
        SubmitAsync(new StoreWrite(request) { Deadline = Deadline() }, cancellationToken);

    public Task<MailResult<ExpungeResult>> ExpungeAsync(ExpungeRequest request, CancellationToken cancellationToken) =>
        SubmitAsync(new ExpungeWrite(request) { Deadline = Deadline() }, cancellationToken);

    public async Task<MailResult<CopyResult>> CopyAsync(CopyRequest request, CancellationToken cancellationToken)
    {
        var source = await OpenAsync(default, cancellationToken);
        if (!source.IsOk)
            return source.Error;
        var operation = request.Operation.IsNone ? OperationId.New() : request.Operation;
        var destination = _host.Find(request.Destination);
        using var hold = await destination.HoldAsync(this, source.Value.Index!, request, cancellationToken);
        if (request.Move)
            return await MailboxMove.RunAsync(this, destination, request with { Operation = operation }, hold.Refusal, Deadline(), cancellationToken);

        // A copy changes only the destination: what it takes from the source is what the source is now.
        var write = new AppendCopiesWrite(source.Value.Index!, request, operation, hold.Refusal) { Deadline = Deadline() };
        var result = await destination.SubmitAsync(write, cancellationToken);
        return result is { IsOk: false, Error.Code: MailErrorCode.NonExistent }
            ? new MailError(MailErrorCode.TryCreate, "Mailbox does not exist")
            : result;
    }

    public async Task<MailResult<Uid>> ClaimRecentAsync(Uid uidNext, bool keep, CancellationToken cancellationToken)
    {
        if (_index is null && await OpenAsync(default, cancellationToken) is { IsOk: false } failed)
            return failed.Error;
        lock (_lock)
        {
            var first = _firstRecent;
            if (!keep && uidNext > first)
                _firstRecent = uidNext;
            return first;
        }
    }

    public async Task<MailResult<UidSet?>> ExpungedSinceAsync(ModSeq since, CancellationToken cancellationToken)
    {
        var opened = await OpenAsync(default, cancellationToken);
        if (!opened.IsOk)
            return opened.Error;
        try
        {
            return await _host.Store.ReadExpungedAsync(Id, since, opened.Value.Index!.HighestModSeq, cancellationToken);
        }
        catch (Exception e) when (IsDatabaseFailure(e))
        {
            _host.ReadFailed(Id, e);
            return MailError.Unavailable();
        }
    }

    /// <summary>Ends the mailbox in its log.</summary>
    public Task<MailResult<Done>> EndAsync(CancellationToken cancellationToken) =>
        SubmitAsync(new EndWrite { Deadline = Deadline() }, cancellationToken);

    public void Subscribe(IMailboxSubscriber subscriber)
    {
        lock (_lock)
            _subscribers.Add(subscriber);
    }

    public void Unsubscribe(IMailboxSubscriber subscriber)
    {
        lock (_lock)
        {
            _subscribers.Remove(subscriber);
            _lastUse = _host.Time.GetTimestamp();
        }
    }

    /// <summary>Another process has written up to this mod-sequence.</summary>
    public void Announce(ModSeq modSeq)
    {
        lock (_lock)
        {
            _announced = Math.Max(_announced, modSeq.Value);
            if (_index is null)
                Nudge(modSeq); // Who watches a mailbox that is not in memory asks for what it wants to know
            if (_index is null || _index.HighestModSeq >= modSeq)
                return;
        }

        Enqueue(new RefreshRequest { Deadline = Deadline() });
    }

    /// <summary>Announcements may have been lost: look at the log before the next answer.</summary>
    public void MarkStale()
    {
        lock (_lock)
        {
            if (_index is null)
            {
                Nudge(default);
                return;
            }

            _isStale = true;
            if (_subscribers.Count == 0)
                return;
        }

        Enqueue(new RefreshRequest { Deadline = Deadline() });
    }

    /// <summary>True when nobody has used the mailbox since <paramref name="timestamp"/> and nothing is under way.</summary>
    public bool IsIdleSince(long timestamp)
    {
        lock (_lock)
            return !_isRunning && _subscribers.Count == 0 && _waiting.Count == 0 && _lastUse < timestamp;
    }

    internal static bool IsDatabaseFailure(Exception e) => e is NpgsqlException or IOException or TimeoutException or System.Net.Sockets.SocketException;

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

    // Numbers for the contents of new messages. Which of them keep the EMAILID of another one is known before they are: a number that is not used in the
    // end is never given again.
    internal async ValueTask<ContentId[]?> TakeContentsAsync(IReadOnlyList<AppendMessage> messages, CancellationToken cancellationToken)
    {
        try
        {
            var contents = await _host.Contents.TakeAsync(messages.Count, cancellationToken);
            List<(ContentId Content, ContentId EmailId)>? copies = null;
            for (var i = 0; i < contents.Length; i++)
            {
                if (messages[i].EmailId is { } kept)
                    (copies ??= []).Add((contents[i], kept));
            }

            if (copies is not null)
                await _host.EmailIds.AddAsync(Id, copies, cancellationToken);
            return contents;
        }
        catch (Exception e) when (IsDatabaseFailure(e))
        {
            Log.CommitFailed(_host.Logger, e.Message);
            return null;
        }
    }

    private bool TryGetFresh([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out MailboxIndex? index)
    {
        lock (_lock)
        {
            _lastUse = _host.Time.GetTimestamp();
            index = _index;
            return index is not null && !_isStale && index.HighestModSeq.Value >= _announced;
        }
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

    internal RecordPlan NewPlan(MailboxIndex index) => new(index, _memory, _firstRecent, _host.Time.GetUtcNow().ToUnixTimeSeconds());

    private async Task<bool> TryCommitAsync(MailboxCommit commit)
    {
        var outcome = await _host.Pipeline.CommitAsync(new CommitUnit(commit));
        if (outcome == CommitOutcome.Won)
        {
            Publish(commit);
            return true;
        }

        _host.Metrics.CommitLost(outcome);
        MarkUnread();
        return false;
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

    /// <summary>Brings the index to what the database has, if it is not known to be that already.</summary>
    internal async Task<bool> TryReadAsync()
    {
        try
        {
            if (_index is null)
                return await LoadAsync();
            bool isCurrent;
            lock (_lock)
            {
                isCurrent = !_isStale && _announced <= _index.HighestModSeq.Value;
                _isStale = false;
            }

            return isCurrent || await CatchUpAsync();
        }
        catch (Exception e) when (IsDatabaseFailure(e))
        {
            MarkUnread();
            _host.ReadFailed(Id, e);
            return false;
        }
    }

    private async Task<bool> LoadAsync()
    {
        lock (_lock)
            _isStale = false;
        var loaded = await _host.Store.LoadAsync(Id, CancellationToken.None);
        if (loaded is null)
        {
            // It never was, or it was purged: the same to whoever asks.
            SetIndex(MailboxIndex.Ended(Id), []);
            return true;
        }

        Account = loaded.Account;
        _snapshot = MailboxSnapshot.Of(loaded);
        lock (_lock)
            _memory.AddStored(loaded.Snapshot?.Operations ?? []);
        SetIndex(loaded.Index, loaded.Operations);
        return true;
    }

    private async Task<bool> CatchUpAsync()
    {
        var index = _index!;
        var operations = new List<CompletedOperation>();
        while (true)
        {
            var records = await _host.Store.ReadLogAsync(Id, index.HighestModSeq, LogReadLimit, CancellationToken.None);
            foreach (var record in records)
            {
                if (record.ModSeq != index.HighestModSeq.Next)
                {
                    _index = null; // the log was trimmed beyond what we know
                    return await LoadAsync();
                }

                index = index.Apply(record);
                operations.AddRange(record.Operations);
            }

            if (records.Count < LogReadLimit)
                break;
        }

        if (!ReferenceEquals(index, _index))
            SetIndex(index, operations);
        lock (_lock)
            _announced = Math.Min(_announced, index.HighestModSeq.Value);
        return true;
    }
}
