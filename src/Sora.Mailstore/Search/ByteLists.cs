using System.Buffers.Binary;

namespace Sora.Mailstore.Search;

/// <summary>Many lists of bytes that grow side by side, in blocks of one array: the first block of a list is small, each further one twice as large.</summary>
internal struct ByteLists : IDisposable
{
    private const int Link = sizeof(int); // at the end of a block, where the next one begins
    private const int FirstBlock = 6 + Link;
    private const int LargestBlock = 4096;

    private byte[] _bytes;
    private int _used;

    public ByteLists() => _bytes = [];

    /// <summary>Appends an integer as <see cref="Contracts.VarintReader"/> reads it.</summary>
    public void Varint(ref ByteList list, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            Append(ref list, (byte)(value | 0x80));
        Append(ref list, (byte)value);
    }

    public readonly void CopyTo(ByteList list, ref SegmentWriter writer)
    {
        var at = list.First;
        var left = list.Length;
        for (var size = FirstBlock; left > 0; size = Next(size))
        {
            var count = Math.Min(left, size - Link);
            writer.Bytes(_bytes.AsSpan(at, count));
            left -= count;
            if (left > 0)
                at = BinaryPrimitives.ReadInt32LittleEndian(_bytes.AsSpan(at + count));
        }
    }

    public void Dispose()
    {
        Pooled.Return(ref _bytes);
        _used = 0;
    }

    private void Append(ref ByteList list, byte value)
    {
        if (list.At == list.Limit)
            Grow(ref list);
        _bytes[list.At++] = value;
        list.Length++;
    }

    private void Grow(ref ByteList list)
    {
        var isFirst = list.Block == 0;
        list.Block = isFirst ? FirstBlock : Next(list.Block);
        if (_bytes.Length - _used < list.Block)
            Pooled.Grow(ref _bytes, _used, list.Block);
        if (isFirst)
            list.First = _used;
        else
            BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(list.Limit), _used);
        list.At = _used;
        list.Limit = _used + list.Block - Link;
        _used += list.Block;
    }

    private static int Next(int block) => Math.Min(2 * block, LargestBlock);
}

/// <summary>One of them.</summary>
internal struct ByteList
{
    public int First;
    public int At;
    public int Limit;
    public int Block;

    /// <summary>Bytes in it.</summary>
    public int Length;
}
