using System.IO.Compression;

namespace Sora.Mailstore.Bodies.Encoded;

/// <summary>Compresses and expands single chunks, each for itself, so that any can be read without those before it.</summary>
internal static class ChunkCompressor
{
    private const int BrotliWindowBits = 18;

    /// <summary>Compresses into the target; 0 when it does not fit.</summary>
    public static int Compress(BodyCompression compression, int level, ReadOnlySpan<byte> plain, byte[] target, int offset, int room)
    {
        if (compression == BodyCompression.Brotli)
            return BrotliEncoder.TryCompress(plain, target.AsSpan(offset, room), out var written, level, BrotliWindowBits) ? written : 0;
        using var stream = new MemoryStream(target, offset, room);
        try
        {
            using (var gzip = new GZipStream(stream, new ZLibCompressionOptions { CompressionLevel = level }, leaveOpen: true))
                gzip.Write(plain);
            return (int)stream.Position;
        }
        catch (NotSupportedException)
        {
            return 0; // the stream's way to say that it is full
        }
    }

    /// <summary>Expands into exactly the target; false when the chunk holds more, less or something else. No more than the target is ever written.</summary>
    public static bool TryExpand(BodyCompression compression, byte[] compressed, int length, Span<byte> target)
    {
        if (compression == BodyCompression.Brotli)
        {
            using var decoder = default(BrotliDecoder);
            var state = decoder.Decompress(compressed.AsSpan(0, length), target, out var consumed, out var written);
            return state == System.Buffers.OperationStatus.Done && consumed == length && written == target.Length;
        }

        try
        {
            using var stream = new MemoryStream(compressed, 0, length, writable: false);
            using var gzip = new GZipStream(stream, CompressionMode.Decompress);
            Span<byte> more = stackalloc byte[1];
            return gzip.ReadAtLeast(target, target.Length, throwOnEndOfStream: false) == target.Length && gzip.Read(more) == 0;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }
}
