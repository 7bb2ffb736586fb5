using System.Buffers;
using Sora.Contracts;
using Sora.Mailstore.Bodies.Encoded;
using Sora.Mailstore.Bodies.Hashing;
using Sora.Mailstore.Bodies.Objects;

namespace Sora.Mailstore.Bodies.Verify;

/// <summary>Reads stored bodies and says whether they are what they should be. Memory does not grow with the body.</summary>
internal sealed class BodyReading(IObjectStore raw, BodyCodec codec, Func<long, CancellationToken, ValueTask> spend)
{
    private const int PieceSize = 128 * 1024;

    /// <summary>Reads an object, or a part of a pack; null when it is not there.</summary>
    /// <param name="source">The object.</param>
    /// <param name="position">Where in it the body begins.</param>
    /// <param name="length">Its length there; null up to the end.</param>
    /// <param name="hash">What the plain body must hash to.</param>
    /// <param name="size">What its size must be, if that is known.</param>
    /// <param name="target">Where the plain body is written to, too.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<BodyRead?> ReadAsync(
        ObjectKey source, long position, long? length, ContentHash hash, long? size, Stream? target, CancellationToken cancellationToken)
    {
        try
        {
            return await raw.OpenAsync(source, position, length, cancellationToken) is { } stream
                ? await ReadAsync(stream, hash, size, target, cancellationToken)
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException && raw.PathOf(source) is not null)
        {
            return new BodyRead($"it cannot be read: {e.Message}", null); // a file of this machine: the volume is at fault
        }
    }

    /// <summary>Reads what is stored from a stream, which it owns.</summary>
    public async Task<BodyRead> ReadAsync(Stream stored, ContentHash hash, long? size, Stream? target, CancellationToken cancellationToken)
    {
        await using var opened = stored;
        var head = new byte[EncodingHeader.Length];
        var count = await opened.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken);
        string? keyId = null;
        try
        {
            keyId = BodyCodec.KeyIdOf(head.AsSpan(0, count));
            var source = new OpenedSource(new PrefixedStream(head.AsMemory(0, count), opened));
            await using var plain = (await codec.DecodeAsync(source, hash, 0, null, cancellationToken))!;
            await CopyAsync(plain, hash, size, target, cancellationToken);
            return new BodyRead(null, keyId) { IsWhole = true };
        }
        catch (BodyDamagedException e)
        {
            return new BodyRead(e.Message, keyId) { IsWhole = true };
        }
        catch (BodyKeyException e)
        {
            return new BodyRead(null, keyId) { KeyProblem = e.Message };
        }
    }

    /// <summary>Reads only the header of an object whose size is odd; null when it is not there.</summary>
    public async Task<BodyRead?> LookAsync(ObjectInfo found, long size, CancellationToken cancellationToken)
    {
        var head = new byte[EncodingHeader.Length];
        await using var stream = await raw.OpenAsync(found.Key, 0, head.Length, cancellationToken);
        if (stream is null)
            return null;
        var count = await stream.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken);
        await spend(count, cancellationToken);
        try
        {
            if (!EncodingHeader.IsEncoded(head.AsSpan(0, count)))
            {
                BodyHash.CheckSize(found.Size, size);
                return new BodyRead(null, null);
            }

            var header = EncodingHeader.Read(head.AsSpan(0, count));
            BodyHash.CheckSize(header.Size, size);
            var last = header.ChunkCount - 1;
            if (!header.HasLengths && found.Size != header.OffsetOf(last) + header.PlainLength(last) + ChunkCipher.TagLength)
                return new BodyRead("it is cut off, or has more than it should", header.KeyId);
            return new BodyRead(null, header.KeyId);
        }
        catch (BodyDamagedException e)
        {
            return new BodyRead(e.Message, null);
        }
    }

    /// <summary>Reads a plain body to its end.</summary>
    /// <exception cref="BodyDamagedException">It is another.</exception>
    public async Task CopyAsync(Stream plain, ContentHash hash, long? size, Stream? target, CancellationToken cancellationToken)
    {
        var piece = ArrayPool<byte>.Shared.Rent(PieceSize);
        try
        {
            var hasher = new Blake3Hasher();
            var read = 0L;
            while (await plain.ReadAsync(piece, cancellationToken) is > 0 and var count)
            {
                hasher.Update(piece.AsSpan(0, count));
                read += count;
                if (read > size)
                    break;
                if (target is not null)
                    await target.WriteAsync(piece.AsMemory(0, count), cancellationToken);
                await spend(count, cancellationToken);
            }

            BodyHash.CheckSize(read, size ?? read);
            Compare(hasher, hash);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    private static void Compare(Blake3Hasher hasher, ContentHash hash)
    {
        Span<byte> actual = stackalloc byte[Blake3Hasher.HashLength];
        hasher.Finalize(actual);
        BodyHash.Compare(actual, hash);
    }

    /// <summary>A stream that is open already, from the start of what is stored.</summary>
    private sealed class OpenedSource(Stream stream) : IEncodedSource
    {
        public ValueTask<long?> SizeAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<Stream?> OpenAsync(long offset, long? count, CancellationToken cancellationToken) => ValueTask.FromResult<Stream?>(stream);
    }
}
