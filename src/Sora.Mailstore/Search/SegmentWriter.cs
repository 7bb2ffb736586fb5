using System.Buffers.Binary;

namespace Sora.Mailstore.Search;

/// <summary>Bytes that grow, out of the pool; integers as <see cref="Contracts.VarintReader"/> reads them. One that is not disposed of costs a buffer, no more.</summary>
internal struct SegmentWriter : IDisposable
{
    private byte[]? _bytes;

    public int Length { get; private set; }

    public readonly ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    public readonly byte[] ToArray() => Written.ToArray();

    public void Clear() => Length = 0;

    public void Varint(ulong value)
    {
        var room = Room(10);
        var count = 0;
        for (; value >= 0x80; value >>= 7)
            room[count++] = (byte)(value | 0x80);
        room[count++] = (byte)value;
        Length += count;
    }

    public void Signed(long value) => Varint((ulong)((value << 1) ^ (value >> 63)));

    public void UInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(Room(8), value);
        Length += 8;
    }

    public void Int32(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(Room(4), value);
        Length += 4;
    }

    public void Byte(byte value)
    {
        Room(1)[0] = value;
        Length++;
    }

    public void Bytes(ReadOnlySpan<byte> value)
    {
        value.CopyTo(Room(value.Length));
        Length += value.Length;
    }

    public void Dispose()
    {
        if (_bytes is not null)
            Pooled.Return(ref _bytes);
        _bytes = null;
        Length = 0;
    }

    private Span<byte> Room(int count)
    {
        _bytes ??= [];
        if (_bytes.Length - Length < count)
            Pooled.Grow(ref _bytes, Length, Math.Max(count, 64));
        return _bytes.AsSpan(Length);
    }
}
