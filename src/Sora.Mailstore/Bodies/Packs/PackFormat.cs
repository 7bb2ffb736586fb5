using System.Buffers.Binary;
using System.Security.Cryptography;
using Sora.Contracts;

namespace Sora.Mailstore.Bodies.Packs;

/// <summary>
/// A pack: magic (8 bytes), random bytes (16) that make its name its own, the number of bodies (4), for each body its hash (32), position (8)
/// and length (4), all little-endian; then the bodies as they are stored alone. The database says the same; the pack says it for the day when
/// there is no database.
/// </summary>
internal static class PackFormat
{
    public static ReadOnlySpan<byte> Magic => "SoraPk\x01\0"u8;

    private const int SaltLength = 16;
    private const int FixedLength = 8 + SaltLength + sizeof(int);
    private const int EntryLength = ContentHash.Length + sizeof(long) + sizeof(int);

    /// <summary>Bytes before the first of so many bodies.</summary>
    public static int HeaderLength(int bodies) => FixedLength + (EntryLength * bodies);

    /// <summary>Writes the header of a pack whose bodies have these lengths, and gives their positions.</summary>
    public static long[] WriteHeader(Span<byte> header, IReadOnlyList<(ContentHash Hash, int Length)> bodies)
    {
        Magic.CopyTo(header);
        RandomNumberGenerator.Fill(header.Slice(8, SaltLength));
        BinaryPrimitives.WriteInt32LittleEndian(header[(8 + SaltLength)..], bodies.Count);
        var positions = new long[bodies.Count];
        long position = HeaderLength(bodies.Count);
        for (var i = 0; i < bodies.Count; i++)
        {
            var entry = header[(FixedLength + (EntryLength * i))..];
            bodies[i].Hash.ToArray().CopyTo(entry);
            BinaryPrimitives.WriteInt64LittleEndian(entry[ContentHash.Length..], position);
            BinaryPrimitives.WriteInt32LittleEndian(entry[(ContentHash.Length + sizeof(long))..], bodies[i].Length);
            positions[i] = position;
            position += bodies[i].Length;
        }

        return positions;
    }
}
