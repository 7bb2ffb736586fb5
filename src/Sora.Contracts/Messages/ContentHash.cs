using System.Buffers.Binary;

namespace Sora.Contracts;

/// <summary>BLAKE3-256 of a body as it arrived.</summary>
[GenerateSerializer, Alias("sora.ContentHash"), Immutable]
public readonly record struct ContentHash([property: Id(0)] ulong A, [property: Id(1)] ulong B, [property: Id(2)] ulong C, [property: Id(3)] ulong D)
{
    public const int Length = 32;

    /// <summary>Reads a hash of exactly <see cref="Length"/> bytes.</summary>
    public static ContentHash From(ReadOnlySpan<byte> bytes) => bytes.Length == Length
        ? new ContentHash(
            BinaryPrimitives.ReadUInt64BigEndian(bytes),
            BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]),
            BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]),
            BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]))
        : throw new ArgumentException("A content hash has 32 bytes", nameof(bytes));

    public void WriteTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, A);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], B);
        BinaryPrimitives.WriteUInt64BigEndian(destination[16..], C);
        BinaryPrimitives.WriteUInt64BigEndian(destination[24..], D);
    }

    public byte[] ToArray()
    {
        var bytes = new byte[Length];
        WriteTo(bytes);
        return bytes;
    }

    /// <summary>64 lower-case hexadecimal digits, as in object keys.</summary>
    public override string ToString() => $"{A:x16}{B:x16}{C:x16}{D:x16}";
}
