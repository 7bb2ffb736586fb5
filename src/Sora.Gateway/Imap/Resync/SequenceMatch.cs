using Sora.Contracts;

namespace Sora.Gateway.Imap.Resync;

/// <summary>
/// Message sequence match data (RFC 7162 section 3.2.5.2): message numbers with the UIDs that they had for the client. Where a pair still
/// holds, the client knows of all expunges up to that message.
/// </summary>
internal sealed class SequenceMatch(IReadOnlyList<UidRange> numbers, IReadOnlyList<UidRange> uids)
{
    /// <summary>The highest UID up to which the client's numbers are those of the mailbox; 0 when no pair holds.</summary>
    public uint KnownUpTo(MailboxIndex index)
    {
        var known = 0u;
        var (at, number, uid) = (0, default(UidRange), default(UidRange));
        var (numberLeft, uidLeft) = (0u, 0u);
        for (var i = 0; ;)
        {
            if (numberLeft == 0)
            {
                if (i == numbers.Count)
                    return known;
                number = numbers[i++];
                numberLeft = number.Count;
            }

            if (uidLeft == 0)
            {
                uid = uids[at++];
                uidLeft = uid.Count;
            }

            var run = Math.Min(numberLeft, uidLeft);
            known = Math.Max(known, LastMatch(index, number.Last - numberLeft + 1, uid.Last - uidLeft + 1, run));
            numberLeft -= run;
            uidLeft -= run;
        }
    }

    // In a run of consecutive numbers and UIDs the mailbox's UIDs grow at least as fast: what is too low comes first, then what is equal.
    private static uint LastMatch(MailboxIndex index, uint number, uint uid, uint count)
    {
        long low = 0, high = Math.Min(count, index.Count - (long)number + 1) - 1;
        var match = 0u;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var actual = index.UidAt((int)(number + middle - 1));
            if (actual > uid + middle)
            {
                high = middle - 1;
                continue;
            }

            if (actual == uid + middle)
                match = actual;
            low = middle + 1;
        }

        return match;
    }
}
