using System.Buffers.Binary;

namespace Sora.Contracts;

/// <summary>Reads little-endian base-128 integers; every fault of the data is an <see cref="InvalidDataException"/>.</summary>
public ref struct VarintReader(ReadOnlySpan<byte> data)
{
    private ReadOnlySpan<byte> _rest = data;

    public readonly bool IsAtEnd => _rest.IsEmpty;

    /// <summary>Bytes that are left.</summary>
    public readonly int Remaining => _rest.Length;

    public byte ReadByte()
    {
        if (_rest.IsEmpty)
            throw Truncated();
        var value = _rest[0];
        _rest = _rest[1..];
        return value;
    }

    public ulong ReadVarint()
    {
        var value = 0ul;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var b = ReadByte();
            value |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80)
                return value;
        }

        throw new InvalidDataException("Integer is too long");
    }

    public long ReadSigned()
    {
        var value = ReadVarint();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    public uint ReadUInt32() => ReadVarint() is <= uint.MaxValue and var value ? (uint)value : throw new InvalidDataException("Integer out of range");

    public ulong ReadUInt64()
    {
        if (_rest.Length < 8)
            throw Truncated();
        var value = BinaryPrimitives.ReadUInt64LittleEndian(_rest);
        _rest = _rest[8..];
        return value;
    }

    /// <summary>A count of items that take at least <paramref name="minimumBytes"/> each, so that damaged data cannot ask for more memory than it could fill.</summary>
    public int ReadCount(int minimumBytes)
    {
        var count = ReadVarint();
        return count <= (ulong)(_rest.Length / minimumBytes) ? (int)count : throw Truncated();
    }

    public ReadOnlySpan<byte> ReadBytes(int limit)
    {
        var length = ReadVarint();
        if (length > (ulong)limit || length > (ulong)_rest.Length)
            throw Truncated();
        var bytes = _rest[..(int)length];
        _rest = _rest[(int)length..];
        return bytes;
    }

    /// <summary>Exactly so many bytes.</summary>
    public ReadOnlySpan<byte> ReadSpan(int length)
    {
        if (_rest.Length < length)
            throw Truncated();
        var bytes = _rest[..length];
        _rest = _rest[length..];
        return bytes;
    }

    private static InvalidDataException Truncated() => new("Data ends too early");
}
