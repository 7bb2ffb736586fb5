using Sora.Contracts;

namespace Sora.Mailstore.Mailboxes;

/// <summary>
/// The turns of the mailboxes that one commit changes. They are taken in the order of the mailboxes' numbers, so that requests for the same ones
/// cannot wait for each other.
/// </summary>
internal sealed class MailboxTurns : IDisposable
{
    private readonly TurnRequest[] _turns;

    private MailboxTurns(int count, long deadline)
    {
        _turns = new TurnRequest[count];
        for (var i = 0; i < count; i++)
            _turns[i] = new TurnRequest { Deadline = deadline };
    }

    /// <summary>Waits for both turns; they are held until the result is disposed.</summary>
    public static async Task<MailResult<MailboxTurns>> TakeAsync(
        Mailbox source, Mailbox destination, long deadline, CancellationToken cancellationToken)
    {
        var (turns, missing) = await TakeAsync(source.Id.Value < destination.Id.Value ? [source, destination] : [destination, source], deadline, cancellationToken);
        return missing is null ? turns! : NotThere(missing, destination);
    }

    /// <summary>Waits for all turns, or for one that cannot be had: then none is held.</summary>
    /// <param name="mailboxes">In ascending order of their numbers.</param>
    public static async Task<(MailboxTurns? Turns, Mailbox? Missing)> TakeAsync(
        IReadOnlyList<Mailbox> mailboxes, long deadline, CancellationToken cancellationToken)
    {
        var turns = new MailboxTurns(mailboxes.Count, deadline);
        var areTaken = false;
        try
        {
            for (var i = 0; i < mailboxes.Count; i++)
            {
                mailboxes[i].Enqueue(turns._turns[i]);
                if (!await turns._turns[i].Taken.WaitAsync(cancellationToken))
                    return (null, mailboxes[i]);
            }

            areTaken = true;
            return (turns, null);
        }
        finally
        {
            if (!areTaken)
                turns.Dispose();
        }
    }

    /// <summary>Why nothing can be done with a mailbox that is not at hand: the destination could be created, the source could not.</summary>
    public static MailError NotThere(Mailbox mailbox, Mailbox destination)
    {
        if (mailbox.Index is not { IsEnded: true })
            return MailError.Unavailable();
        return ReferenceEquals(mailbox, destination) ? new MailError(MailErrorCode.TryCreate, "Mailbox does not exist") : MailError.NoSuchMailbox();
    }

    public void Dispose()
    {
        for (var i = _turns.Length - 1; i >= 0; i--)
            _turns[i].Return();
    }
}
