using Sora.Contracts;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Mailboxes;

/// <summary>
/// MOVE: the destination's record appends, the source's expunges, and one commit fences both, while the turns of both are held
/// (<see cref="MailboxTurns"/>). Another process that writes to one of them meanwhile makes the commit lose, and it is planned again.
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
            return await MoveAsync(source, destination, request, refusal, deadline);
    }

    private static async Task<MailResult<CopyResult>> MoveAsync(
        Mailbox source, Mailbox destination, CopyRequest request, MailError? refusal, long deadline)
    {
        while (true)
        {
            if (await source.TryReadAsync() && await destination.TryReadAsync())
            {
                if (source.Index!.IsEnded || destination.Index!.IsEnded)
                    return MailboxTurns.NotThere(source.Index.IsEnded ? source : destination, destination);
                var append = destination.NewPlan(destination.Index);
                var expunge = source.NewPlan(source.Index);
                if (refusal is not null && !append.TryRecall(request.Operation, out _))
                    return refusal;
                var answer = append.AppendCopies(source.Index, request);
                if (!answer.IsOk || append.IsEmpty)
                    return answer;
                expunge.Expunge(answer.Value.SourceUids);
                var commits = new[] { append.ToCommit(destination.Id, destination.Account), expunge.ToCommit(source.Id, source.Account) };
                if (await destination.CommitTogetherAsync(commits) == CommitOutcome.Won)
                {
                    destination.Publish(commits[0]);
                    source.Publish(commits[1]);
                    return answer.Value with { SourceModSeq = expunge.ModSeq };
                }

                source.MarkUnread();
                destination.MarkUnread();
            }

            if (!await source.PauseAsync(deadline))
                return MailError.Unavailable();
        }
    }

    /// <summary>A move into the same mailbox: the messages get new UIDs.</summary>
    private sealed class MoveWithinWrite(CopyRequest request) : WriteRequest<CopyResult>
    {
        public override void Plan(RecordPlan plan)
        {
            Answer = plan.AppendCopies(plan.Index, request);
            if (!Answer.IsOk)
                return;
            plan.Expunge(plan.Index.Existing(Answer.Value.SourceUids));
            Answer = Answer.Value with { SourceModSeq = plan.ModSeq };
        }
    }
}
