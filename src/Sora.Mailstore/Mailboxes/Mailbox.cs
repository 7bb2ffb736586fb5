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
    private int _doubts = -1; // the host's count when the log was last looked at
    private long _lastUse;
    private volatile HashSet<long>? _purged; // contents that a commit found gone: numbers of contents do not come back

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
        if (!TryGetFresh(out var index) || (_host.ConfirmsSelect && index.HighestModSeq <= known))
        {
            // What a process that was just paused or cut off has not heard of yet is in the log all the same (docs/decisions/0055)
            if (_host.ConfirmsSelect)
                MarkUnread();
            var refresh = new RefreshRequest { Deadline = Deadline() };
            Enqueue(refresh);
            var outcome = await refresh.Completion.WaitAsync(cancellationToken);
            if (!outcome.IsOk)
                return outcome.Error;
            index = _index!;
            return index.IsEnded ? MailError.NoSuchMailbox() : new MailboxUpdate(index, []);
        }

        return index.IsEnded ? MailError.NoSuchMailbox() : new MailboxUpdate(index, []) { IsUnconfirmed = _host.ConfirmsSelect };
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
        var doubts = _host.Doubts;
        lock (_lock)
        {
            _lastUse = _host.Time.GetTimestamp();
            index = _index;
            return index is not null && !_isStale && _doubts == doubts && index.HighestModSeq.Value >= _announced;
        }
    }
}
