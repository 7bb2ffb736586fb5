using System.Buffers;
using System.IO.Compression;
using Sora.Contracts;

namespace Sora.Mailstore.Search;

/// <summary>The compressed form of <c>content_text.text</c>: the length in UTF-8, then Brotli.</summary>
internal static class TextCodec
{
    // The quickest; more would take most of the time of indexing
    private const int Quality = 1;
    private const int Window = 18;
    private const int MaxLength = 64 * 1024 * 1024; // what search.max_text allows

    public static byte[] Compress(ReadOnlySpan<byte> text)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BrotliEncoder.GetMaxCompressedLength(text.Length));
        try
        {
            if (!BrotliEncoder.TryCompress(text, buffer, out var written, Quality, Window))
                throw new InvalidOperationException("The compressed text is longer than it can be");
            var writer = new SegmentWriter();
            writer.Varint((ulong)text.Length);
            writer.Bytes(buffer.AsSpan(0, written));
            var compressed = writer.ToArray();
            writer.Dispose();
            return compressed;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
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
            if (!BrotliDecoder.TryDecompress(reader.ReadSpan(reader.Remaining), buffer, out var written) || written != (int)length)
                throw new InvalidDataException("A text cannot be decompressed");
            return buffer.AsSpan(0, written).IndexOf(wanted) >= 0;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
