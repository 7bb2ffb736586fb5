using Sora.Contracts;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Mailboxes;

/// <summary>A request that waits in a mailbox's queue.</summary>
internal abstract class WriteRequest
{
    /// <summary>When the client has to hear UNAVAILABLE, as a timestamp of <see cref="TimeProvider"/>.</summary>
    public required long Deadline { get; init; }

    /// <summary>Plans the request on top of what comes before it in the record. Called again, from the start, whenever a commit was lost.</summary>
    public abstract void Plan(RecordPlan plan);

    /// <summary>The record is durable (or none was needed): answer.</summary>
    public abstract void Complete(MailboxIndex index);

    public abstract void Fail(MailError error);
}

/// <summary>A request with an answer.</summary>
internal abstract class WriteRequest<T> : WriteRequest
{
    private readonly TaskCompletionSource<MailResult<T>> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The answer as planned; it is given when the record is durable.</summary>
    protected MailResult<T> Answer { get; set; }

    public Task<MailResult<T>> Completion => _completion.Task;

    public override void Complete(MailboxIndex index) => _completion.TrySetResult(Answer);

    public override void Fail(MailError error) => _completion.TrySetResult(error);
}

/// <summary>Appends new messages. With a <paramref name="refusal"/> it only answers what was carried out before: a repeated request must not fail.</summary>
internal sealed class AppendWrite(AppendRequest request, OperationId operation, ContentId[] contents, MailError? refusal = null)
    : WriteRequest<AppendResult>
{
    public override void Plan(RecordPlan plan) => Answer = Plan(plan, request.Messages, operation, contents, refusal);

    /// <summary>Appends the messages in a record, unless the operation was carried out before.</summary>
    public static MailResult<AppendResult> Plan(
        RecordPlan plan, IReadOnlyList<AppendMessage> messages, OperationId operation, ContentId[] contents, MailError? refusal)
    {
        if (plan.TryRecall(operation, out var done))
            return new AppendResult(done.UidValidity, done.Uids, new ModSeq(done.ModSeq), Repeated: true);
        if (refusal is not null)
            return refusal;
        var rows = new AppendedMessage[messages.Count];
        if (!plan.HasRoomFor(rows.Length))
            return new MailError(MailErrorCode.Limit, "The mailbox has no UIDs left");
        for (var i = 0; i < rows.Length; i++)
        {
            var message = messages[i];
            rows[i] = new AppendedMessage(
                plan.UidNext + (uint)i,
                plan.MaskOfSome(message.Flags),
                message.InternalDate.ToUnixTimeSeconds(),
                plan.Now,
                (uint)Math.Min(uint.MaxValue, message.Prefix.Length + message.Content.Size),
                contents[i]);
            plan.AddContent(new NewContent(contents[i], (Bodies.StagedMessage)message.Content, message.Prefix));
        }

        var uids = UidSet.Range(rows[0].Uid, rows[^1].Uid);
        plan.Append(rows);
        plan.Remember(operation, uids, UidSet.Empty);
        return new AppendResult(plan.Index.UidValidity, uids, plan.ModSeq);
    }
}

/// <summary>Appends messages whose contents another mailbox of the account has (COPY).</summary>
internal sealed class AppendCopiesWrite(MailboxIndex source, CopyRequest request, OperationId operation, MailError? refusal = null) : WriteRequest<CopyResult>
{
    public override void Plan(RecordPlan plan) => Answer = refusal is null || plan.TryRecall(operation, out _)
        ? plan.AppendCopies(source, request with { Operation = operation })
        : refusal;
}

internal sealed class StoreWrite(StoreRequest request) : WriteRequest<StoreResult>
{
    private IReadOnlyList<ChangedFlags> _changes = [];

    public override void Plan(RecordPlan plan)
    {
        if (plan.TryRecall(request.Operation, out var done))
        {
            // Planned here before, it is a commit whose outcome was not known: it was won, with what was planned then
            Answer = new StoreResult(new ModSeq(done.ModSeq), done.Uids) { Changes = _changes };
            return;
        }

        // A record's flag changes come before its expunges and after its appends: name only what exists now.
        var uids = plan.Bounded(request.Uids);
        var modified = UidSet.Empty;
        if (request.UnchangedSince is { } limit)
        {
            modified = ModifiedSince(plan.Index, uids, limit);
            uids = uids.Except(modified);
        }

        var flags = request.Flags.CoveredBy(request.FlagRights);

        // A keyword takes a slot when a message gets it, not when one loses it or none is there.
        var onlyKnown = request.Mode == StoreMode.Remove || plan.Index.Existing(uids).IsEmpty;
        if ((onlyKnown ? plan.Index.Keywords.MaskOf(flags) : plan.MaskOf(flags)) is not { } mask)
        {
            Answer = new MailError(MailErrorCode.Limit, "The mailbox has too many keywords");
            return;
        }

        var covered = FlagMask.Covered(request.FlagRights);
        mask &= covered;
        var before = plan.Index;
        plan.Store(request.Mode switch
        {
            StoreMode.Add => new FlagChange(uids, mask, 0),
            StoreMode.Remove => new FlagChange(uids, 0, mask),
            _ => new FlagChange(uids, mask, ~mask & covered),
        });
        if (request.TellChanges)
            _changes = FlagDifference.Between(before, plan.Index);
        if (!request.Operation.IsNone)
            plan.Remember(request.Operation, modified, UidSet.Empty);
        Answer = new StoreResult(plan.ModSeq, modified) { Changes = _changes };
    }

    public override void Complete(MailboxIndex index)
    {
        // A record that would have changed nothing was not written.
        if (Answer.IsOk && Answer.Value.ModSeq > index.HighestModSeq)
            Answer = Answer.Value with { ModSeq = index.HighestModSeq };
        base.Complete(index);
    }

    private static UidSet ModifiedSince(MailboxIndex index, UidSet uids, ModSeq limit)
    {
        var modified = new UidSet.Builder();
        foreach (var uid in index.Existing(uids))
        {
            if (index[index.PositionOf(uid)].ModSeq > limit.Value)
                modified.Add(uid);
        }

        return modified.ToSet();
    }
}

internal sealed class ExpungeWrite(ExpungeRequest request) : WriteRequest<ExpungeResult>
{
    public override void Plan(RecordPlan plan)
    {
        if (plan.TryRecall(request.Operation, out var done))
        {
            Answer = new ExpungeResult(new ModSeq(done.ModSeq), done.Uids);
            return;
        }

        var expunged = request.OnlyDeleted ? Deleted(plan.Index, request.Uids) : plan.Index.Existing(request.Uids);
        plan.Expunge(expunged);
        if (!request.Operation.IsNone && !expunged.IsEmpty)
            plan.Remember(request.Operation, expunged, UidSet.Empty);
        Answer = new ExpungeResult(plan.ModSeq, expunged);
    }

    public override void Complete(MailboxIndex index)
    {
        if (Answer.IsOk && Answer.Value.ModSeq > index.HighestModSeq)
            Answer = Answer.Value with { ModSeq = index.HighestModSeq };
        base.Complete(index);
    }

    private static UidSet Deleted(MailboxIndex index, UidSet uids)
    {
        var builder = new UidSet.Builder();
        if (index.Totals.Deleted == 0)
            return UidSet.Empty;
        for (var chunk = 0; chunk < index.ChunkCount; chunk++)
        {
            var columns = index.Columns(chunk);
            for (var row = 0; row < columns.Flags.Length; row++)
            {
                if ((columns.Flags[row] & FlagMask.Deleted) != 0 && uids.Contains(columns.Uids[row]))
                    builder.Add(columns.Uids[row]);
            }
        }

        return builder.ToSet();
    }
}

/// <summary>Ends the mailbox (DELETE): whoever still holds it finds out at its next change.</summary>
internal sealed class EndWrite : WriteRequest<Done>
{
    public override void Plan(RecordPlan plan)
    {
        plan.End();
        Answer = default(Done);
    }
}

/// <summary>
/// Hands the mailbox's turn to somebody who changes several mailboxes at once: nothing else is planned until it is given back.
/// </summary>
internal sealed class TurnRequest : WriteRequest
{
    private readonly TaskCompletionSource<bool> _taken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _returned = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>True when the turn has come, false when it cannot be had.</summary>
    public Task<bool> Taken => _taken.Task;

    public Task Returned => _returned.Task;

    /// <summary>False when whoever asked has given up waiting.</summary>
    public bool TryHandOver() => _taken.TrySetResult(true);

    public void Return()
    {
        _taken.TrySetResult(false);
        _returned.TrySetResult();
    }

    public override void Plan(RecordPlan plan) => throw new InvalidOperationException("A turn is not part of a record");

    public override void Complete(MailboxIndex index)
    {
    }

    public override void Fail(MailError error) => Return();
}

/// <summary>Reads what other processes have written.</summary>
internal sealed class RefreshRequest : WriteRequest<Done>
{
    public override void Plan(RecordPlan plan) => Answer = default(Done);
}
