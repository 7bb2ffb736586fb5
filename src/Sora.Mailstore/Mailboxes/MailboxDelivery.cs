using System.Collections.Immutable;
using Sora.Contracts;
using Sora.Mailstore.Accounts;

namespace Sora.Mailstore.Mailboxes;

/// <summary>
/// One message, or versions of it, into several mailboxes: each mailbox's record appends, in one <see cref="TogetherCommit"/>.
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
            var mailboxes = Array.ConvertAll(parts, static part => part.Mailbox);
            var (turns, missing) = await MailboxTurns.TakeAsync(mailboxes, deadline, cancellationToken);
            if (missing is not null)
                return NotThere(missing);
            using (turns)
                return await TogetherCommit.RunAsync(mailboxes, plans => Plan(parts, plans, refusal), NotThere, deadline);
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

    private static MailResult<ImmutableArray<AppendResult>> Plan(Part[] parts, RecordPlan[] plans, MailError? refusal)
    {
        var results = new AppendResult[parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            var answer = AppendWrite.Plan(plans[i], parts[i].Messages, parts[i].Operation, parts[i].Contents, refusal);
            if (!answer.IsOk)
                return answer.Error;
            results[parts[i].Position] = answer.Value;
        }

        return ImmutableArray.Create(results);
    }

    private static MailError NotThere(Mailbox mailbox) => mailbox.Index is { IsEnded: true } ? MailError.NoSuchMailbox() : MailError.Unavailable();

    /// <param name="Position">In the request.</param>
    private sealed record Part(Mailbox Mailbox, IReadOnlyList<AppendMessage> Messages, OperationId Operation, ContentId[] Contents, int Position);
}
