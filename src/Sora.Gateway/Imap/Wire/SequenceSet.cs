using Sora.Contracts;

namespace Sora.Gateway.Imap.Wire;

/// <summary>
/// A sequence-set as the client wrote it (RFC 9051 section 9): of sequence numbers or of UIDs, with <c>*</c> still open; or the saved
/// result <c>$</c> of RFC 5182.
/// </summary>
internal sealed class SequenceSet(List<UidRange> ranges)
{
    /// <summary>Stands for <c>*</c>: numbers of messages and UIDs begin at 1.</summary>
    public const uint Star = 0;

    public static readonly SequenceSet Saved = new([]) { IsSaved = true };

    public bool IsSaved { get; private init; }

    /// <summary>Nothing but ranges that end with <c>*</c>, such as <c>1:*</c>: clients send it for empty mailboxes too.</summary>
    public bool IsAll => ranges.TrueForAll(static range => range.First == Star || range.Last == Star);

    /// <summary>The ranges as they came, with <see cref="Star"/> for <c>*</c>.</summary>
    public IReadOnlyList<UidRange> Ranges => ranges;

    public bool HasStar => ranges.Exists(static range => range.First == Star || range.Last == Star);

    /// <summary>Each number is larger than the one before it, and there is no <c>*</c>.</summary>
    public bool IsAscending
    {
        get
        {
            uint last = 0;
            foreach (var range in ranges)
            {
                if (range.First <= last || range.Last < range.First)
                    return false;
                last = range.Last;
            }

            return true;
        }
    }

    /// <summary>How many numbers the set names; without <c>*</c>, and ascending.</summary>
    public long Count
    {
        get
        {
            var count = 0L;
            foreach (var range in ranges)
                count += range.Count;
            return count;
        }
    }

    /// <summary>The UIDs meant that were ever given, whether their messages still exist or not; <c>*</c> is the last one given.</summary>
    public UidSet ResolveGiven(Uid uidNext) => uidNext.Value == 1
        ? UidSet.Empty
        : Resolve(uidNext.Value - 1).Intersect(UidSet.Range(1, uidNext.Value - 1));

    /// <summary>
    /// The UIDs meant, of which not all need to exist: <c>*</c> is the UID of the last message that the client was told of, so that "all" does not
    /// touch what has just come; a UID that the client names it may know from another connection.
    /// </summary>
    public UidSet ResolveUids(MailboxIndex view)
    {
        if (view.Count == 0)
            return UidSet.Empty;
        return Resolve(view.UidAt(view.Count - 1));
    }

    /// <summary>
    /// The UIDs of the messages with these numbers, or null when a number is above the number of messages (BAD, RFC 9051 section 9 "seq-number").
    /// </summary>
    public UidSet? ResolveNumbers(MailboxIndex view)
    {
        var count = (uint)view.Count;
        if (count == 0)
            return null;
        var numbers = Resolve(count);
        if (numbers.Ranges[^1].Last > count)
            return null;
        var builder = new UidSet.Builder();
        foreach (var range in numbers.Ranges)
        {
            var uids = view.UidRangeOf((int)range.First - 1, (int)range.Last - 1);
            builder.Add(uids.First, uids.Last);
        }

        return builder.ToSet();
    }

    /// <summary>As <see cref="ResolveNumbers"/>, leaving out numbers that do not exist (SEARCH).</summary>
    public UidSet ResolveExistingNumbers(MailboxIndex view)
    {
        if (view.Count == 0)
            return UidSet.Empty;
        var builder = new UidSet.Builder();
        foreach (var range in Resolve((uint)view.Count).Intersect(UidSet.Range(1, (uint)view.Count)).Ranges)
        {
            var uids = view.UidRangeOf((int)range.First - 1, (int)range.Last - 1);
            builder.Add(uids.First, uids.Last);
        }

        return builder.ToSet();
    }

    private UidSet Resolve(uint last)
    {
        var resolved = new UidRange[ranges.Count];
        for (var i = 0; i < resolved.Length; i++)
        {
            var (from, to) = ranges[i];
            from = from == Star ? last : from;
            to = to == Star ? last : to;
            resolved[i] = from <= to ? new UidRange(from, to) : new UidRange(to, from);
        }

        return UidSet.Of(resolved);
    }
}
