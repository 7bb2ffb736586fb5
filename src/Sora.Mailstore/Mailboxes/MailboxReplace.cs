using Sora.Contracts;

namespace Sora.Mailstore.Mailboxes;

/// <summary>
/// REPLACE, and MOVE into another account: within a mailbox one record appends and expunges; between two, the destination's record appends and the
/// source's expunges, in one <see cref="TogetherCommit"/>.
/// </summary>
internal static class MailboxReplace
{
    public static async Task<MailResult<ReplaceResult>> RunAsync(
        Mailbox source, Mailbox destination, ReplaceRequest request, ContentId[] contents, MailError? refusal, long deadline, CancellationToken cancellationToken)
    {
        if (source.Id == destination.Id)
            return await source.SubmitAsync(new ReplaceWithinWrite(request, contents, refusal) { Deadline = deadline }, cancellationToken);
        var turns = await MailboxTurns.TakeAsync(source, destination, deadline, cancellationToken);
        if (!turns.IsOk)
            return turns.Error;
        using (turns.Value)
        {
            return await TogetherCommit.RunAsync(
                [source, destination],
                plans => Plan(plans[1], plans[0], request, contents, refusal),
                mailbox => MailboxTurns.NotThere(mailbox, destination),
                deadline);
        }
    }

    // Both plans are one within a mailbox. A request that comes again after it was carried out finds its messages gone and its answer remembered.
    private static MailResult<ReplaceResult> Plan(RecordPlan append, RecordPlan expunge, ReplaceRequest request, ContentId[] contents, MailError? refusal)
    {
        var replaced = expunge.Index.Existing(request.Replaced);
        var isRepeated = append.TryRecall(request.Operation, out _);
        if (replaced != request.Replaced && !isRepeated)
            return new MailError(MailErrorCode.ExpungeIssued, "Some of the messages have been expunged");
        var answer = AppendWrite.Plan(append, request.Messages, request.Operation, contents, refusal);
        if (!answer.IsOk)
            return answer.Error;
        if (isRepeated)
            return new ReplaceResult(answer.Value, expunge.Index.HighestModSeq);
        expunge.Expunge(replaced);
        return new ReplaceResult(answer.Value, expunge.ModSeq);
    }

    private sealed class ReplaceWithinWrite(ReplaceRequest request, ContentId[] contents, MailError? refusal) : WriteRequest<ReplaceResult>
    {
        public override void Plan(RecordPlan plan) => Answer = MailboxReplace.Plan(plan, plan, request, contents, refusal);
    }
}
