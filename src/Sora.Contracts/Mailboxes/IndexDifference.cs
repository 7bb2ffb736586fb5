namespace Sora.Contracts;

/// <summary>
/// What a session that knows one state of a mailbox has to tell its client about a newer one: EXPUNGE or VANISHED, FETCH of changed flags, EXISTS.
/// Chunks that both states share are passed over without a look.
/// </summary>
public sealed class IndexDifference
{
    private readonly List<int> _expunged = [];
    private readonly List<int> _changed = [];
    private readonly UidSet.Builder _expungedUids = new();

    /// <summary>Positions in the old state of messages that are gone, ascending.</summary>
    public IReadOnlyList<int> Expunged => _expunged;

    /// <summary>UIDs of messages that are gone.</summary>
    public UidSet ExpungedUids { get; private set; } = UidSet.Empty;

    /// <summary>Positions in the new state of messages that both have and whose mod-sequence has grown, ascending.</summary>
    public IReadOnlyList<int> Changed => _changed;

    /// <summary>How many messages are new; they are the last ones of the new state.</summary>
    public int Appended { get; private set; }

    public bool IsEmpty => _expunged.Count == 0 && _changed.Count == 0 && Appended == 0;

    public static IndexDifference Between(MailboxIndex older, MailboxIndex newer)
    {
        var difference = new IndexDifference();
        if (!ReferenceEquals(older, newer))
            difference.Compare(older, newer);
        difference.ExpungedUids = difference._expungedUids.ToSet();
        return difference;
    }

    private void Compare(MailboxIndex older, MailboxIndex newer)
    {
        var oldChunks = older.Chunks;
        var newChunks = newer.Chunks;
        var (oldChunk, oldRow, newChunk, newRow) = (0, 0, 0, 0);
        while (oldChunk < oldChunks.Length)
        {
            var old = oldChunks[oldChunk];
            if (newChunk == newChunks.Length)
            {
                for (; oldRow < old.Count; oldRow++)
                    Expunge(older.Starts[oldChunk] + oldRow, old.Uids[oldRow]);
                (oldChunk, oldRow) = (oldChunk + 1, 0);
                continue;
            }

            var now = newChunks[newChunk];
            if (oldRow == 0 && newRow == 0 && old.HasSameUidsAs(now))
            {
                var both = Math.Min(old.Count, now.Count);
                if (!ReferenceEquals(old, now))
                    CompareModSeqs(old.ModSeqs[..both], now.ModSeqs[..both], newer.Starts[newChunk]);
                (oldRow, newRow) = (both, both);
            }

            while (oldRow < old.Count && newRow < now.Count)
            {
                var (oldUid, newUid) = (old.Uids[oldRow], now.Uids[newRow]);
                if (oldUid == newUid)
                {
                    if (now.ModSeqs[newRow] > old.ModSeqs[oldRow])
                        _changed.Add(newer.Starts[newChunk] + newRow);
                    oldRow++;
                    newRow++;
                }
                else if (oldUid < newUid)
                {
                    Expunge(older.Starts[oldChunk] + oldRow, oldUid);
                    oldRow++;
                }
                else
                {
                    throw new ArgumentException("The newer state has a UID in the middle that the older one has not", nameof(newer));
                }
            }

            if (oldRow == old.Count)
                (oldChunk, oldRow) = (oldChunk + 1, 0);
            if (newRow == now.Count)
                (newChunk, newRow) = (newChunk + 1, 0);
        }

        Appended = newer.Count - (older.Count - _expunged.Count);
    }

    private void CompareModSeqs(ReadOnlySpan<long> old, ReadOnlySpan<long> now, int firstPosition)
    {
        var row = 0;
        while (true)
        {
            var same = old[row..].CommonPrefixLength(now[row..]);
            row += same;
            if (row == old.Length)
                return;
            _changed.Add(firstPosition + row);
            row++;
        }
    }

    private void Expunge(int position, uint uid)
    {
        _expunged.Add(position);
        _expungedUids.Add(uid);
    }
}
