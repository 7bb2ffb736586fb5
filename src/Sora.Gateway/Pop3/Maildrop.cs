using System.Collections;
using Sora.Contracts;

namespace Sora.Gateway.Pop3;

/// <summary>
/// A session's view of INBOX: the messages that were there when it began, and which of them it has marked as deleted (RFC 1939 section 5). What others do
/// to the mailbox meanwhile does not change it.
/// </summary>
internal sealed class Maildrop
{
    private readonly IReadOnlyDictionary<ContentId, long> _lineEnds;
    private readonly long _allOctets;
    private BitArray? _deleted;
    private BitArray? _retrieved;

    /// <param name="lineEnds">Octets by which contents grow when all their lines end with CRLF.</param>
    public Maildrop(MailboxIndex index, IReadOnlyDictionary<ContentId, long> lineEnds)
    {
        Index = index;
        _lineEnds = lineEnds;
        _allOctets = index.Totals.Size;
        if (lineEnds.Count > 0)
        {
            for (var chunk = 0; chunk < index.ChunkCount; chunk++)
            {
                foreach (var content in index.Columns(chunk).Contents)
                    _allOctets += lineEnds.GetValueOrDefault(new ContentId(content));
            }
        }

        Octets = _allOctets;
    }

    public MailboxIndex Index { get; }

    /// <summary>The highest message-number.</summary>
    public int Count => Index.Count;

    /// <summary>Messages that are not marked as deleted.</summary>
    public int Messages => Count - Deleted;

    /// <summary>Their octets, as they are sent.</summary>
    public long Octets { get; private set; }

    public int Deleted { get; private set; }

    /// <summary>Whether there is a message of this number that is not marked as deleted.</summary>
    public bool Has(int number) => number >= 1 && number <= Count && !IsDeleted(number);

    public bool IsDeleted(int number) => _deleted is not null && _deleted[number - 1];

    /// <summary>The number of the message behind this one that is not marked as deleted; one more than the highest when there is none.</summary>
    public int Next(int number)
    {
        do
            number++;
        while (number <= Count && IsDeleted(number));
        return number;
    }

    public MessageRow this[int number] => Index[number - 1];

    /// <summary>A message's octets as they are sent, without the dots that are put before lines.</summary>
    public long OctetsOf(in MessageRow row) => row.Size + (_lineEnds.Count == 0 ? 0 : _lineEnds.GetValueOrDefault(row.Content));

    public void Delete(int number)
    {
        _deleted ??= new BitArray(Count);
        _deleted[number - 1] = true;
        Deleted++;
        Octets -= OctetsOf(this[number]);
    }

    /// <summary>Takes all marks off (RSET).</summary>
    public void Reset()
    {
        _deleted = null;
        Deleted = 0;
        Octets = _allOctets;
    }

    /// <summary>Notes that a message was sent.</summary>
    public void Retrieve(int number)
    {
        _retrieved ??= new BitArray(Count);
        _retrieved[number - 1] = true;
    }

    /// <summary>What is to be removed from the mailbox.</summary>
    public UidSet DeletedUids() => Uids(_deleted, static _ => true);

    /// <summary>What was retrieved, stays, and was not marked as read when the session began.</summary>
    public UidSet UnseenRetrieved(bool deletedAreGone) => Uids(
        _retrieved is null || _deleted is null || !deletedAreGone ? _retrieved : new BitArray(_retrieved).And(new BitArray(_deleted).Not()),
        static row => (row.Flags & FlagMask.Seen) == 0);

    private UidSet Uids(BitArray? marked, Func<MessageRow, bool> isWanted)
    {
        var builder = new UidSet.Builder();
        for (var position = 0; marked is not null && position < marked.Count; position++)
        {
            if (marked[position] && isWanted(Index[position]))
                builder.Add(Index.UidAt(position));
        }

        return builder.ToSet();
    }
}
