namespace Sora.Contracts;

/// <summary>
/// The state of a mailbox at one mod-sequence, as an immutable value: which messages it has, in UID order, with flags, dates, sizes and
/// content numbers. Positions are zero-based; a sequence number is the position plus one. Keeping an old one costs
/// nothing but the chunks that have changed since.
/// </summary>
[Immutable]
public sealed partial class MailboxIndex
{
    private readonly MessageChunk[] _chunks;
    private readonly int[] _starts; // position of each chunk's first message

    private MailboxIndex(MessageChunk[] chunks, int[] starts)
    {
        _chunks = chunks;
        _starts = starts;
    }

    public required MailboxId Id { get; init; }

    public required UidValidity UidValidity { get; init; }

    /// <summary>The UID that the next message will have or exceed (RFC 9051 section 2.3.1.1).</summary>
    public required Uid UidNext { get; init; }

    /// <summary>HIGHESTMODSEQ (RFC 7162 section 3.1.2.1): the newest record that is part of this state.</summary>
    public required ModSeq HighestModSeq { get; init; }

    public required KeywordTable Keywords { get; init; }

    public required MailboxTotals Totals { get; init; }

    /// <summary>The first UID that no session has been told of as \Recent.</summary>
    public required Uid FirstRecent { get; init; }

    /// <summary>The mailbox was deleted in this state.</summary>
    public bool IsEnded { get; init; }

    /// <summary>Number of messages (EXISTS).</summary>
    public int Count => Totals.Messages;

    public int ChunkCount => _chunks.Length;

    public static MailboxIndex Empty(MailboxId id, UidValidity uidValidity) => new([], [])
    {
        Id = id,
        UidValidity = uidValidity,
        UidNext = new Uid(1),
        HighestModSeq = new ModSeq(0),
        Keywords = KeywordTable.Empty,
        Totals = default,
        FirstRecent = new Uid(1),
    };

    /// <summary>A mailbox that does not exist, or no longer.</summary>
    public static MailboxIndex Ended(MailboxId id) =>
        Restore(id, default, new Uid(1), default, KeywordTable.Empty, new Uid(1), isEnded: true, []);

    /// <summary>The message at a position (0 to <see cref="Count"/> - 1).</summary>
    public MessageRow this[int position]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)position, (uint)Count, nameof(position));
            var chunk = ChunkAt(position);
            return _chunks[chunk][position - _starts[chunk]];
        }
    }

    public uint UidAt(int position)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)position, (uint)Count, nameof(position));
        var chunk = ChunkAt(position);
        return _chunks[chunk].Uids[position - _starts[chunk]];
    }

    /// <summary>Position of the message with this UID, or -1.</summary>
    public int PositionOf(uint uid)
    {
        var position = LowerBound(uid);
        return position < Count && UidAt(position) == uid ? position : -1;
    }

    /// <summary>Position of the first message with this UID or a higher one; <see cref="Count"/> when there is none.</summary>
    public int LowerBound(uint uid)
    {
        var chunk = ChunkOf(_chunks, uid);
        return chunk == _chunks.Length ? Count : _starts[chunk] + _chunks[chunk].LowerBound(uid);
    }

    /// <summary>The columns of one chunk, for scans.</summary>
    public IndexColumns Columns(int chunk) => new(_chunks[chunk], _starts[chunk]);

    /// <summary>
    /// The UIDs at positions <paramref name="from"/> to <paramref name="to"/> (both included) as one range: within this state it names exactly
    /// those messages.
    /// </summary>
    public UidRange UidRangeOf(int from, int to) => new(UidAt(from), UidAt(to));

    /// <summary>Those of the set that exist in this state.</summary>
    public UidSet Existing(UidSet uids)
    {
        var builder = new UidSet.Builder();
        var scan = new UidScan(_chunks, uids);
        while (scan.Next(out var chunk, out var from, out var to))
        {
            foreach (var uid in _chunks[chunk].Uids[from..to])
                builder.Add(uid);
        }

        return builder.ToSet();
    }

    /// <summary>All UIDs.</summary>
    public UidSet Uids() => Existing(UidSet.All);

    /// <summary>Names a chunk's content: the same object in two states means the same messages with the same flags.</summary>
    public object ChunkIdentity(int chunk) => _chunks[chunk];

    internal static MailboxIndex Restore(
        MailboxId id, UidValidity uidValidity, Uid uidNext, ModSeq modSeq, KeywordTable keywords, Uid firstRecent, bool isEnded, MessageChunk[] chunks)
    {
        var totals = default(MailboxTotals);
        foreach (var chunk in chunks)
            totals = Add(totals, chunk);
        return new MailboxIndex(chunks, StartsOf(chunks))
        {
            Id = id,
            UidValidity = uidValidity,
            UidNext = uidNext,
            HighestModSeq = modSeq,
            Keywords = keywords,
            Totals = totals,
            FirstRecent = firstRecent,
            IsEnded = isEnded,
        };
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.AggressiveOptimization)]
    private static MailboxTotals Add(MailboxTotals totals, MessageChunk chunk)
    {
        var (unseen, deleted, size, deletedSize) = (totals.Unseen, totals.Deleted, totals.Size, totals.DeletedSize);
        for (var row = 0; row < chunk.Count; row++)
        {
            var flags = chunk.Flags[row];
            size += chunk.Sizes[row];
            unseen += (flags & FlagMask.Seen) == 0 ? 1 : 0;
            if ((flags & FlagMask.Deleted) == 0)
                continue;
            deleted++;
            deletedSize += chunk.Sizes[row];
        }

        return new MailboxTotals(totals.Messages + chunk.Count, unseen, deleted, size, deletedSize);
    }

    internal ReadOnlySpan<MessageChunk> Chunks => _chunks;

    internal ReadOnlySpan<int> Starts => _starts;

    // The last chunk that starts at or before the position.
    private int ChunkAt(int position)
    {
        var at = Array.BinarySearch(_starts, position);
        return at >= 0 ? at : ~at - 1;
    }

    // The first chunk whose last UID is not below.
    private static int ChunkOf(MessageChunk[] chunks, uint uid)
    {
        int low = 0, high = chunks.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (chunks[middle].LastUid < uid)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    /// <summary>Walks the runs of rows that a UID set names, chunk by chunk: work is with the ranges and the chunks, not with the UIDs.</summary>
    private struct UidScan
    {
        private readonly MessageChunk[] _chunks;
        private readonly UidSet _uids;
        private int _range;
        private int _chunk;
        private int _row;

        public UidScan(MessageChunk[] chunks, UidSet uids)
        {
            _chunks = chunks;
            _uids = uids;
            _chunk = uids.IsEmpty ? chunks.Length : ChunkOf(chunks, uids.Ranges[0].First);
        }

        public bool Next(out int chunk, out int from, out int to)
        {
            while (_range < _uids.Ranges.Length && _chunk < _chunks.Length)
            {
                var range = _uids.Ranges[_range];
                var rows = _chunks[_chunk];
                if (range.Last < rows.FirstUid)
                {
                    _range++;
                    continue;
                }

                if (range.First > rows.LastUid)
                {
                    _chunk = ChunkOf(_chunks, range.First);
                    _row = 0;
                    continue;
                }

                from = Math.Max(_row, rows.LowerBound(range.First));
                to = range.Last >= rows.LastUid ? rows.Count : rows.LowerBound(range.Last + 1);
                chunk = _chunk;
                if (to == rows.Count)
                {
                    _chunk++;
                    _row = 0;
                    if (range.Last <= rows.LastUid)
                        _range++;
                }
                else
                {
                    _row = to;
                    _range++;
                }

                if (from < to)
                    return true;
            }

            chunk = from = to = 0;
            return false;
        }
    }
}

/// <summary>The columns of one chunk of an index, row by row in UID order.</summary>
public readonly ref struct IndexColumns
{
    internal IndexColumns(MessageChunk chunk, int firstPosition)
    {
        FirstPosition = firstPosition;
        Uids = chunk.Uids;
        ModSeqs = chunk.ModSeqs;
        Flags = chunk.Flags;
        InternalDates = chunk.InternalDates;
        SaveDates = chunk.SaveDates;
        Sizes = chunk.Sizes;
        Contents = chunk.Contents;
    }

    /// <summary>Zero-based position in the mailbox of row 0.</summary>
    public int FirstPosition { get; }

    public ReadOnlySpan<uint> Uids { get; }

    public ReadOnlySpan<long> ModSeqs { get; }

    public ReadOnlySpan<ulong> Flags { get; }

    public ReadOnlySpan<long> InternalDates { get; }

    public ReadOnlySpan<long> SaveDates { get; }

    public ReadOnlySpan<uint> Sizes { get; }

    public ReadOnlySpan<long> Contents { get; }
}
