using Sora.Contracts;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Mailboxes;

/// <summary>
/// One commit that fences the records of several mailboxes, whose turns the caller holds (<see cref="MailboxTurns"/>). Another process that writes to one of
/// them meanwhile makes the commit lose, and it is planned again.
/// </summary>
internal static class TogetherCommit
{
    /// <param name="mailboxes">The mailboxes, one or more.</param>
    /// <param name="plan">Plans all records and gives the answer to them; called again after each loss. Where it plans nothing, nothing is committed.</param>
    /// <param name="notThere">The error when a mailbox has been deleted.</param>
    /// <param name="deadline">A timestamp after which it gives up.</param>
    public static async Task<MailResult<T>> RunAsync<T>(
        Mailbox[] mailboxes, Func<RecordPlan[], MailResult<T>> plan, Func<Mailbox, MailError> notThere, long deadline)
    {
        var plans = new RecordPlan[mailboxes.Length];
        while (true)
        {
            if (await TryReadAsync(mailboxes))
            {
                for (var i = 0; i < mailboxes.Length; i++)
                {
                    if (mailboxes[i].Index!.IsEnded)
                        return notThere(mailboxes[i]);
                    plans[i] = mailboxes[i].NewPlan(mailboxes[i].Index!);
                }

                var answer = plan(plans);
                if (!answer.IsOk || await TryCommitAsync(mailboxes, plans))
                    return answer;
            }

            if (!await mailboxes[0].PauseAsync(deadline))
                return MailError.Unavailable();
        }
    }

    private static async Task<bool> TryReadAsync(Mailbox[] mailboxes)
    {
        foreach (var mailbox in mailboxes)
        {
            if (!await mailbox.TryReadAsync())
                return false;
        }

        return true;
    }

    private static async Task<bool> TryCommitAsync(Mailbox[] mailboxes, RecordPlan[] plans)
    {
        var commits = new List<MailboxCommit>(plans.Length);
        var changed = new List<Mailbox>(plans.Length);
        for (var i = 0; i < plans.Length; i++)
        {
            if (plans[i].IsEmpty)
                continue;
            commits.Add(plans[i].ToCommit(mailboxes[i].Id, mailboxes[i].Account));
            changed.Add(mailboxes[i]);
        }

        if (commits.Count == 0)
            return true;
        if (await mailboxes[0].CommitTogetherAsync([.. commits]) == CommitOutcome.Won)
        {
            for (var i = 0; i < commits.Count; i++)
                changed[i].Publish(commits[i]);
            return true;
        }

        foreach (var mailbox in mailboxes)
            mailbox.MarkUnread();
        return false;
    }
}
