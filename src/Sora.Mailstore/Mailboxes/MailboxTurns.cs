using Sora.Contracts;

namespace Sora.Mailstore.Mailboxes;

/// <summary>
/// The turns of two mailboxes that one commit changes. They are taken in the order of the mailboxes' numbers, so that requests in opposite
/// directions cannot wait for each other.
/// </summary>
internal sealed class MailboxTurns : IDisposable
{
    private readonly TurnRequest _first;
    private readonly TurnRequest _second;

    private MailboxTurns(long deadline)
    {
        _first = new TurnRequest { Deadline = deadline };
        _second = new TurnRequest { Deadline = deadline };
    }

    /// <summary>Waits for both turns; they are held until the result is disposed.</summary>
    public static async Task<MailResult<MailboxTurns>> TakeAsync(
        Mailbox source, Mailbox destination, long deadline, CancellationToken cancellationToken)
    {
        var turns = new MailboxTurns(deadline);
        var (first, second) = source.Id.Value < destination.Id.Value ? (source, destination) : (destination, source);
        var areTaken = false;
        try
        {
            first.Enqueue(turns._first);
            if (!await turns._first.Taken.WaitAsync(cancellationToken))
                return NotThere(first, destination);
            second.Enqueue(turns._second);
            if (!await turns._second.Taken.WaitAsync(cancellationToken))
                return NotThere(second, destination);
            areTaken = true;
            return turns;
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
        _second.Return();
        _first.Return();
    }
}
