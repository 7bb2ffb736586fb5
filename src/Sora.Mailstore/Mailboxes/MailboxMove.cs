using Sora.Contracts;

namespace Sora.Mailstore.Mailboxes;

/// <summary>
/// MOVE: the destination's record appends, the source's expunges, in one <see cref="TogetherCommit"/>.
/// </summary>
internal static class MailboxMove
{
    public static async Task<MailResult<CopyResult>> RunAsync(
        Mailbox source, Mailbox destination, CopyRequest request, MailError? refusal, long deadline, CancellationToken cancellationToken)
    {
        if (source.Id == destination.Id)
            return await source.SubmitAsync(new MoveWithinWrite(request) { Deadline = deadline }, cancellationToken);

        var turns = await MailboxTurns.TakeAsync(source, destination, deadline, cancellationToken);
        if (!turns.IsOk)
            return turns.Error;
        using (turns.Value)
        {
            return await TogetherCommit.RunAsync(
                [source, destination], plans => Plan(plans[1], plans[0], request, refusal), mailbox => MailboxTurns.NotThere(mailbox, destination), deadline);
        }
    }

    private static MailResult<CopyResult> Plan(RecordPlan append, RecordPlan expunge, CopyRequest request, MailError? refusal)
    {
        if (refusal is not null && !append.TryRecall(request.Operation, out _))
            return refusal;
        var answer = append.AppendCopies(expunge.Index, request);
        if (!answer.IsOk || append.IsEmpty)
            return answer;
        expunge.Expunge(answer.Value.SourceUids, areMoved: true);
        return answer.Value with { SourceModSeq = expunge.ModSeq };
    }

    /// <summary>A move into the same mailbox: the messages get new UIDs.</summary>
    private sealed class MoveWithinWrite(CopyRequest request) : WriteRequest<CopyResult>
    {
        public override void Plan(RecordPlan plan)
        {
            Answer = plan.AppendCopies(plan.Index, request);
            if (!Answer.IsOk)
                return;
            plan.Expunge(plan.Index.Existing(Answer.Value.SourceUids), areMoved: true);
            Answer = Answer.Value with { SourceModSeq = plan.ModSeq };
        }
    }
}
