using System.Collections.Immutable;
using Sora.Contracts;
using Sora.Mailstore.Accounts;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Mailboxes;

/// <summary>
/// One message, or versions of it, into several mailboxes: each mailbox's record appends, and one commit fences them all, while the turns of all are held
/// (<see cref="MailboxTurns"/>). What another process writes to one of them meanwhile makes the commit lose, and it is planned again.
/// </summary>
internal static class MailboxDelivery
{
    public static async Task<MailResult<ImmutableArray<AppendResult>>> RunAsync(MailboxHost host, IReadOnlyList<MailboxAppend> appends, CancellationToken cancellationToken)
    {
        var parts = new Part[appends.Count];
        for (var i = 0; i < parts.Length; i++)
        {
            ArgumentOutOfRangeException.ThrowIfZero(appends[i].Request.Messages.Count);
            var mailbox = host.Find(appends[i].Mailbox);
            if (await mailbox.TakeContentsAsync(appends[i].Request.Messages, cancellationToken) is not { } contents)
                return MailError.Unavailable();
            var operation = appends[i].Request.Operation;
            parts[i] = new Part(mailbox, appends[i].Request.Messages, operation.IsNone ? OperationId.New() : operation, contents, i);
        }

        Array.Sort(parts, static (left, right) => left.Mailbox.Id.Value.CompareTo(right.Mailbox.Id.Value));
        var holds = new List<QuotaHold>();
        try
        {
            var refusal = await HoldAsync(parts, holds, cancellationToken);
            var deadline = parts[0].Mailbox.Deadline();
            var (turns, missing) = await MailboxTurns.TakeAsync(Array.ConvertAll(parts, static part => part.Mailbox), deadline, cancellationToken);
            if (missing is not null)
                return NotThere(missing);
            using (turns)
                return await AppendAsync(parts, refusal, deadline);
        }
        finally
        {
            foreach (var hold in holds)
                hold.Dispose();
        }
    }

    // What goes into mailboxes of one account is held together, else each might fit and all of them not
    private static async ValueTask<MailError?> HoldAsync(Part[] parts, List<QuotaHold> holds, CancellationToken cancellationToken)
    {
        var accounts = new Dictionary<AccountId, (Mailbox Mailbox, long Bytes, int Messages)>();
        foreach (var part in parts)
        {
            if (!await part.Mailbox.MayBeLimitedAsync(cancellationToken))
                continue;
            var (_, bytes, messages) = accounts.GetValueOrDefault(part.Mailbox.Account);
            foreach (var message in part.Messages)
                bytes += message.Prefix.Length + message.Content.Size;
            accounts[part.Mailbox.Account] = (part.Mailbox, bytes, messages + part.Messages.Count);
        }

        foreach (var (mailbox, bytes, messages) in accounts.Values)
        {
            var hold = await mailbox.HoldAsync(bytes, messages, cancellationToken);
            holds.Add(hold);
            if (hold.Refusal is { } refusal)
                return refusal;
        }

        return null;
    }

    private static async Task<MailResult<ImmutableArray<AppendResult>>> AppendAsync(Part[] parts, MailError? refusal, long deadline)
    {
        var results = new AppendResult[parts.Length];
        var commits = new List<(Mailbox Mailbox, MailboxCommit Commit)>(parts.Length);
        while (true)
        {
            if (await TryReadAsync(parts))
            {
                commits.Clear();
                foreach (var part in parts)
                {
                    if (part.Mailbox.Index!.IsEnded)
                        return NotThere(part.Mailbox);
                    var plan = part.Mailbox.NewPlan(part.Mailbox.Index);
                    var answer = AppendWrite.Plan(plan, part.Messages, part.Operation, part.Contents, refusal);
                    if (!answer.IsOk)
                        return answer.Error;
                    results[part.Position] = answer.Value;
                    if (!plan.IsEmpty)
                        commits.Add((part.Mailbox, plan.ToCommit(part.Mailbox.Id, part.Mailbox.Account)));
                }

                if (commits.Count == 0)
                    return ImmutableArray.Create(results);
                if (await parts[0].Mailbox.CommitTogetherAsync([.. commits.Select(static one => one.Commit)]) == CommitOutcome.Won)
                {
                    foreach (var (mailbox, commit) in commits)
                        mailbox.Publish(commit);
                    return ImmutableArray.Create(results);
                }

                foreach (var part in parts)
                    part.Mailbox.MarkUnread();
            }

            if (!await parts[0].Mailbox.PauseAsync(deadline))
                return MailError.Unavailable();
        }
    }

    private static async Task<bool> TryReadAsync(Part[] parts)
    {
        foreach (var part in parts)
        {
            if (!await part.Mailbox.TryReadAsync())
                return false;
        }

        return true;
    }

    private static MailError NotThere(Mailbox mailbox) => mailbox.Index is { IsEnded: true } ? MailError.NoSuchMailbox() : MailError.Unavailable();

    /// <param name="Position">In the request.</param>
    private sealed record Part(Mailbox Mailbox, IReadOnlyList<AppendMessage> Messages, OperationId Operation, ContentId[] Contents, int Position);
}
