using System.Buffers;
using System.Buffers.Binary;
using Sora.Contracts;

namespace Sora.Mailstore.Search;

/// <summary>
/// The compressed form of <c>content_text.text</c>, made to be read quickly: a search may look into tens of thousands. First the length of the text; then, until
/// that is reached, how many bytes follow as they are, those bytes, and (unless the text ends there) how many bytes are repeated and from how far back. Numbers
/// have seven bits per byte, lowest first.
/// </summary>
internal static class TextCodec
{
    private const int MaxLength = 64 * 1024 * 1024; // what search.max_text allows
    private const int ShortestRepeat = 4;
    private const int TableBits = 13;

    public static byte[] Compress(ReadOnlySpan<byte> text)
    {
        var writer = new SegmentWriter();
        writer.Varint((ulong)text.Length);

        // Where four bytes with this hash were seen last, plus one
        var table = ArrayPool<int>.Shared.Rent(1 << TableBits);
        table.AsSpan(0, 1 << TableBits).Clear();
        var copied = 0;
        for (var at = 0; at <= text.Length - ShortestRepeat;)
        {
            var four = BinaryPrimitives.ReadUInt32LittleEndian(text[at..]);
            ref var seen = ref table[(int)((four * 2654435761u) >> (32 - TableBits))];
            var earlier = seen - 1;
            seen = at + 1;
            if (earlier < 0 || BinaryPrimitives.ReadUInt32LittleEndian(text[earlier..]) != four)
            {
                at++;
                continue;
            }

            var length = ShortestRepeat + text[(at + ShortestRepeat)..].CommonPrefixLength(text[(earlier + ShortestRepeat)..]);
            writer.Varint((ulong)(at - copied));
            writer.Bytes(text[copied..at]);
            writer.Varint((ulong)(length - ShortestRepeat));
            writer.Varint((ulong)(at - earlier));
            at += length;
            copied = at;
        }

        if (copied < text.Length)
        {
            writer.Varint((ulong)(text.Length - copied));
            writer.Bytes(text[copied..]);
        }

        ArrayPool<int>.Shared.Return(table);
        return writer.ToArray();
    }

    /// <summary>Whether a folded text stands in the one that was compressed.</summary>
    /// <exception cref="InvalidDataException">The data is damaged.</exception>
    public static bool Contains(ReadOnlySpan<byte> compressed, ReadOnlySpan<byte> wanted)
    {
        var reader = new VarintReader(compressed);
        var length = reader.ReadVarint();
        if (length > MaxLength)
            throw new InvalidDataException("A text is longer than any that is kept");
        var buffer = ArrayPool<byte>.Shared.Rent(Math.Max(1, (int)length));
        try
        {
            var text = buffer.AsSpan(0, (int)length);
            Decompress(ref reader, text);
            return text.IndexOf(wanted) >= 0;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static void Decompress(ref VarintReader reader, Span<byte> text)
    {
        for (var at = 0; at < text.Length;)
        {
            var plain = reader.ReadBytes(text.Length - at);
            plain.CopyTo(text[at..]);
            at += plain.Length;
            if (at == text.Length)
                break;
            var length = reader.ReadVarint();
            var back = reader.ReadVarint();
            if (length > (ulong)(text.Length - at - ShortestRepeat) || text.Length - at < ShortestRepeat || back == 0 || back > (ulong)at)
                throw new InvalidDataException("A text repeats what is not there");
            at = Repeat(text, at, (int)length + ShortestRepeat, (int)back);
        }
    }

    // What is repeated may reach into itself
    private static int Repeat(Span<byte> text, int at, int length, int back)
    {
        while (length > 0)
        {
            var piece = Math.Min(length, back);
            text.Slice(at - back, piece).CopyTo(text[at..]);
            at += piece;
            length -= piece;
        }

        return at;
    }
}
