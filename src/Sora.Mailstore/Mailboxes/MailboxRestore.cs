using Sora.Contracts;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Mailboxes;

/// <summary>A message that is to be brought back: what its new one has.</summary>
internal sealed record RestorableMessage(uint Uid, ContentId Content, long InternalDate, uint Size, FlagSet Flags);

/// <summary>
/// Brings expunged messages back: the mailbox's record appends them again, by reference, under new UIDs, in one transaction with the marks that say so. While it runs the mailbox's turn is
/// held, as for <see cref="MailboxTouch"/>; when another process has taken the record's number, everything is done again.
/// </summary>
internal static class MailboxRestore
{
    /// <param name="target">Where they go.</param>
    /// <param name="source">Where they were; it may be the same.</param>
    /// <param name="messages">In the order of their UIDs. Those that were restored or purged meanwhile are left out.</param>
    /// <param name="store">Keeps the marks.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The old and the new UIDs. NONEXISTENT, UNAVAILABLE, LIMIT.</returns>
    public static async Task<MailResult<(UidSet Old, UidSet New)>> RunAsync(
        Mailbox target, MailboxId source, IReadOnlyList<RestorableMessage> messages, RestoreStore store, CancellationToken cancellationToken)
    {
        var deadline = target.Deadline();
        var turn = new TurnRequest { Deadline = deadline };
        try
        {
            target.Enqueue(turn);
            if (!await turn.Taken.WaitAsync(cancellationToken))
                return target.Index is { IsEnded: true } ? MailError.NoSuchMailbox() : MailError.Unavailable();
            return await CommitAsync(target, source, messages, store, deadline, cancellationToken);
        }
        finally
        {
            turn.Return();
        }
    }

    private static async Task<MailResult<(UidSet Old, UidSet New)>> CommitAsync(
        Mailbox target, MailboxId source, IReadOnlyList<RestorableMessage> messages, RestoreStore store, long deadline, CancellationToken cancellationToken)
    {
        var skip = new HashSet<uint>();
        while (true)
        {
            if (await target.TryReadAsync())
            {
                if (target.Index!.IsEnded)
                    return MailError.NoSuchMailbox();
                var plan = target.NewPlan(target.Index);
                if (!plan.HasRoomFor(messages.Count))
                    return new MailError(MailErrorCode.Limit, "The mailbox has no UIDs left");
                var first = plan.UidNext;
                var restored = plan.AppendRestored([.. messages.Where(message => !skip.Contains(message.Uid))]);
                if (restored.Count == 0)
                    return (UidSet.Empty, UidSet.Empty);
                var record = plan.ToCommit(target.Id, target.Account);
                var unit = new CommitUnit(record);
                var outcome = await TryAsync(target, () => store.CommitAsync(source, restored, unit, skip, cancellationToken));
                if (outcome == CommitOutcome.Won)
                {
                    target.Publish(record);
                    return (UidSet.Of([.. restored]), UidSet.Range(first, first + (uint)restored.Count - 1));
                }

                target.RememberPurged(unit);
                target.MarkUnread();
            }

            if (!await target.PauseAsync(deadline))
                return MailError.Unavailable();
        }
    }

    private static async Task<CommitOutcome> TryAsync(Mailbox target, Func<Task<CommitOutcome>> commit)
    {
        try
        {
            return await commit();
        }
        catch
        {
            target.MarkUnread(); // whether the record was written is unknown; the marks were written with it or not at all
            throw;
        }
    }
}
