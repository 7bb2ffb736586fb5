using Sora.Contracts;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Mailboxes;

/// <summary>
/// Something that belongs to a mailbox and does not stand in its log (its annotations) changes together with the log: one transaction has the change and
/// a record without any message, whose number is the mailbox's new mod-sequence. While it runs the mailbox's turn is held, so that no record of this
/// process has the same number; when another process has taken it, everything is done again.
/// </summary>
internal static class MailboxTouch
{
    /// <param name="mailbox">Whose log it is.</param>
    /// <param name="commit">Commits the change with the record; without an outcome nothing was to be changed.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<MailResult<T>> RunAsync<T>(
        Mailbox mailbox, Func<MailboxCommit, Task<(CommitOutcome? Outcome, MailResult<T> Answer)>> commit, CancellationToken cancellationToken)
    {
        var deadline = mailbox.Deadline();
        var turn = new TurnRequest { Deadline = deadline };
        try
        {
            mailbox.Enqueue(turn);
            if (!await turn.Taken.WaitAsync(cancellationToken))
                return mailbox.Index is { IsEnded: true } ? MailError.NoSuchMailbox() : MailError.Unavailable();
            return await CommitAsync(mailbox, commit, deadline);
        }
        finally
        {
            turn.Return();
        }
    }

    private static async Task<MailResult<T>> CommitAsync<T>(
        Mailbox mailbox, Func<MailboxCommit, Task<(CommitOutcome? Outcome, MailResult<T> Answer)>> commit, long deadline)
    {
        while (true)
        {
            if (await mailbox.TryReadAsync())
            {
                if (mailbox.Index!.IsEnded)
                    return MailError.NoSuchMailbox();
                var plan = mailbox.NewPlan(mailbox.Index);
                plan.Touch();
                var record = plan.ToCommit(mailbox.Id, mailbox.Account);
                var (outcome, answer) = await TryAsync(mailbox, record, commit);
                if (outcome == CommitOutcome.Won)
                    mailbox.Publish(record);
                if (outcome != CommitOutcome.Lost)
                    return answer;
                mailbox.MarkUnread();
            }

            if (!await mailbox.PauseAsync(deadline))
                return MailError.Unavailable();
        }
    }

    private static async Task<(CommitOutcome? Outcome, MailResult<T> Answer)> TryAsync<T>(
        Mailbox mailbox, MailboxCommit record, Func<MailboxCommit, Task<(CommitOutcome? Outcome, MailResult<T> Answer)>> commit)
    {
        try
        {
            return await commit(record);
        }
        catch
        {
            mailbox.MarkUnread(); // whether the record was written is unknown
            throw;
        }
    }
}
