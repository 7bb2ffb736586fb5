namespace Sora.Contracts;

/// <summary>
/// Up to <see cref="Capacity"/> neighbouring messages of an index as columns. A chunk never changes once it is published; chunks that follow from
/// one another share the columns that are equal. Appending writes behind the end of shared columns, and the shared
/// <see cref="Tail"/> lets only one successor do so.
/// </summary>
internal sealed class MessageChunk
{
    public const int Capacity = 4096;
    private const int FirstCapacity = 8;

    /// <summary>How many rows of the shared columns are taken by any of the chunks that share them.</summary>
    private sealed class Tail(int used)
    {
        public int Used = used;
    }

    private readonly Tail _tail;
    private readonly uint[] _uids;
    private readonly long[] _modSeqs;
    private readonly ulong[] _flags;
    private readonly long[] _internalDates;
    private readonly long[] _saveDates;
    private readonly uint[] _sizes;
    private readonly long[] _contents;

    public MessageChunk(uint[] uids, long[] modSeqs, ulong[] flags, long[] internalDates, long[] saveDates, uint[] sizes, long[] contents, int count)
        : this(new Tail(count), uids, modSeqs, flags, internalDates, saveDates, sizes, contents, count)
    {
    }

    private MessageChunk(
        Tail tail, uint[] uids, long[] modSeqs, ulong[] flags, long[] internalDates, long[] saveDates, uint[] sizes, long[] contents, int count)
    {
        _tail = tail;
        _uids = uids;
        _modSeqs = modSeqs;
        _flags = flags;
        _internalDates = internalDates;
        _saveDates = saveDates;
        _sizes = sizes;
        _contents = contents;
        Count = count;
    }

    public int Count { get; }

    public ReadOnlySpan<uint> Uids => _uids.AsSpan(0, Count);

    public ReadOnlySpan<long> ModSeqs => _modSeqs.AsSpan(0, Count);

    public ReadOnlySpan<ulong> Flags => _flags.AsSpan(0, Count);

    public ReadOnlySpan<long> InternalDates => _internalDates.AsSpan(0, Count);

    public ReadOnlySpan<long> SaveDates => _saveDates.AsSpan(0, Count);

    public ReadOnlySpan<uint> Sizes => _sizes.AsSpan(0, Count);

    public ReadOnlySpan<long> Contents => _contents.AsSpan(0, Count);

    public uint FirstUid => _uids[0];

    public uint LastUid => _uids[Count - 1];

    public MessageRow this[int row] =>
        new(_uids[row], _modSeqs[row], _flags[row], _internalDates[row], _saveDates[row], _sizes[row], new ContentId(_contents[row]));

    /// <summary>True when both chunks hold the same messages in the same rows, as far as both go: only flags may differ.</summary>
    public bool HasSameUidsAs(MessageChunk other) => ReferenceEquals(_uids, other._uids);

    public static MessageChunk Create(ReadOnlySpan<AppendedMessage> messages, long modSeq) => Empty(Math.Max(FirstCapacity, messages.Length)).Append(messages, modSeq);

    /// <summary>This chunk with messages behind it; together they must not be more than <see cref="Capacity"/>.</summary>
    public MessageChunk Append(ReadOnlySpan<AppendedMessage> messages, long modSeq)
    {
        var count = Count + messages.Length;
        var shorter = Math.Min(Math.Min(_uids.Length, _flags.Length), _modSeqs.Length);
        var target = count <= shorter && Interlocked.CompareExchange(ref _tail.Used, count, Count) == Count ? this : Copy(count);
        for (var i = 0; i < messages.Length; i++)
        {
            var row = Count + i;
            target._uids[row] = messages[i].Uid;
            target._modSeqs[row] = modSeq;
            target._flags[row] = messages[i].Flags;
            target._internalDates[row] = messages[i].InternalDate;
            target._saveDates[row] = messages[i].SaveDate;
            target._sizes[row] = messages[i].Size;
            target._contents[row] = messages[i].Content.Value;
        }

        return new MessageChunk(
            target._tail, target._uids, target._modSeqs, target._flags, target._internalDates, target._saveDates, target._sizes, target._contents, count);
    }

    /// <summary>This chunk with other flags and mod-sequences; the columns must be as long as this chunk's <c>_flags</c>, which <see cref="CopyFlags"/> gives.</summary>
    public MessageChunk WithFlags(ulong[] flags, long[] modSeqs) =>
        new(_tail, _uids, modSeqs, flags, _internalDates, _saveDates, _sizes, _contents, Count);

    /// <summary>Copies of the two columns that a flag change touches, with room for as many appends as before.</summary>
    public (ulong[] Flags, long[] ModSeqs) CopyFlags()
    {
        var flags = new ulong[_uids.Length];
        var modSeqs = new long[_uids.Length];
        Flags.CopyTo(flags);
        ModSeqs.CopyTo(modSeqs);
        return (flags, modSeqs);
    }

    /// <summary>This chunk without the rows for which <paramref name="gone"/> is set; null when nothing is left.</summary>
    public MessageChunk? Without(ReadOnlySpan<bool> gone, int goneCount)
    {
        var count = Count - goneCount;
        if (count == 0)
            return null;
        var result = Empty(count);
        var to = 0;
        for (var row = 0; row < Count; row++)
        {
            if (gone[row])
                continue;
            CopyRow(result, row, to++);
        }

        return result.Counting(count);
    }

    /// <summary>Two neighbours as one.</summary>
    public static MessageChunk Join(MessageChunk left, MessageChunk right)
    {
        var result = Empty(left.Count + right.Count);
        for (var row = 0; row < left.Count; row++)
            left.CopyRow(result, row, row);
        for (var row = 0; row < right.Count; row++)
            right.CopyRow(result, row, left.Count + row);
        return result.Counting(left.Count + right.Count);
    }

    /// <summary>Row of the first message with this UID or a higher one; <see cref="Count"/> when there is none.</summary>
    public int LowerBound(uint uid)
    {
        int low = 0, high = Count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_uids[middle] < uid)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    private static MessageChunk Empty(int capacity) => new(
        new Tail(0),
        new uint[capacity],
        new long[capacity],
        new ulong[capacity],
        new long[capacity],
        new long[capacity],
        new uint[capacity],
        new long[capacity],
        0);

    private MessageChunk Counting(int count) =>
        new(new Tail(count), _uids, _modSeqs, _flags, _internalDates, _saveDates, _sizes, _contents, count);

    private MessageChunk Copy(int needed)
    {
        var capacity = Math.Min(Capacity, Math.Max(needed, Math.Max(FirstCapacity, Count * 2)));
        var copy = Empty(capacity);
        Uids.CopyTo(copy._uids);
        ModSeqs.CopyTo(copy._modSeqs);
        Flags.CopyTo(copy._flags);
        InternalDates.CopyTo(copy._internalDates);
        SaveDates.CopyTo(copy._saveDates);
        Sizes.CopyTo(copy._sizes);
        Contents.CopyTo(copy._contents);
        copy._tail.Used = needed;
        return copy;
    }

    private void CopyRow(MessageChunk target, int from, int to)
    {
        target._uids[to] = _uids[from];
        target._modSeqs[to] = _modSeqs[from];
        target._flags[to] = _flags[from];
        target._internalDates[to] = _internalDates[from];
        target._saveDates[to] = _saveDates[from];
        target._sizes[to] = _sizes[from];
        target._contents[to] = _contents[from];
    }
}
