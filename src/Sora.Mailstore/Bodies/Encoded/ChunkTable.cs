using System.Buffers;
using System.Buffers.Binary;

namespace Sora.Mailstore.Bodies.Encoded;

/// <summary>
/// The lengths of the chunks of a compressed object, behind its last chunk and sealed like one, so that a range can be found. An object of
/// one chunk has none.
/// </summary>
internal sealed class ChunkTable : IDisposable
{
    private const uint CompressedBit = 1u << 31;

    private readonly int _length;
    private byte[]? _bytes;

    public ChunkTable(EncodingHeader header)
    {
        _length = (int)header.ChunkCount * sizeof(uint);
        _bytes = ArrayPool<byte>.Shared.Rent(_length + ChunkCipher.TagLength);
    }

    /// <summary>Where it is read to, with its tag.</summary>
    public Memory<byte> Buffer => _bytes.AsMemory(0, _length + ChunkCipher.TagLength);

    public static bool IsNeeded(EncodingHeader header) => header.HasLengths && header.ChunkCount > 1;

    /// <summary>Its size in the object, with its tag.</summary>
    public static int SizeOf(EncodingHeader header) => (int)header.ChunkCount * sizeof(uint) + ChunkCipher.TagLength;

    /// <summary>What stands before a chunk, and in the table.</summary>
    public static uint Word(int length, bool isCompressed) => (uint)length | (isCompressed ? CompressedBit : 0);

    /// <summary>Reads a word; false when the chunk cannot be so long.</summary>
    public static bool TryReadWord(uint word, int plainLength, out int length, out bool isCompressed)
    {
        isCompressed = (word & CompressedBit) != 0;
        var value = word & ~CompressedBit;
        length = (int)value;
        return isCompressed ? value > 0 && value < plainLength : value == plainLength;
    }

    /// <summary>Whether it is what was sealed.</summary>
    public bool IsSealed(ChunkCipher cipher, EncodingHeader header) =>
        cipher.TryOpen(header.ChunkCount, ChunkPlace.Table, 0, [], _bytes.AsSpan(0, _length), _bytes.AsSpan(_length, ChunkCipher.TagLength));

    /// <summary>The word of a chunk.</summary>
    public uint this[long chunk]
    {
        get => BinaryPrimitives.ReadUInt32BigEndian(_bytes.AsSpan((int)chunk * sizeof(uint)));
        set => BinaryPrimitives.WriteUInt32BigEndian(_bytes.AsSpan((int)chunk * sizeof(uint)), value);
    }

    /// <summary>Where a chunk begins, the number of chunks being the end of the last.</summary>
    /// <exception cref="BodyDamagedException">A chunk has a length that it cannot have.</exception>
    public long OffsetOf(long chunk, EncodingHeader header)
    {
        long offset = EncodingHeader.Length;
        for (var i = 0L; i < chunk; i++)
        {
            if (!TryReadWord(this[i], header.PlainLength(i), out var length, out _))
                throw new BodyDamagedException($"its chunk {i} has a length that cannot be");
            offset += sizeof(uint) + length + ChunkCipher.TagLength;
        }

        return offset;
    }

    public void Dispose()
    {
        if (_bytes is { } bytes)
            ArrayPool<byte>.Shared.Return(bytes);
        _bytes = null;
    }
}
