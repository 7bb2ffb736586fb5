using System.Buffers;
using Sora.Contracts;

namespace Sora.Mailstore.Bodies.Encoded;

/// <summary>
/// Encodes bodies as the configuration says, and decodes whatever any configuration has encoded, as long as its key is known.
/// The format is described in docs/encryption.md.
/// </summary>
internal sealed class BodyCodec
{
    private readonly Dictionary<string, BodyKey> _keys = new(StringComparer.Ordinal);
    private readonly BodyKey? _active;
    private readonly BodyCompression _compression;
    private readonly int _level;
    private readonly int _chunkBits;

    public BodyCodec(StorageOptions options)
    {
        foreach (var key in options.Encryption.Keys)
            _keys.Add(key.Id, new BodyKey(key.Id, Convert.FromBase64String(key.Secret!)));
        _active = options.Encryption.ActiveKey is { } active ? _keys[active] : null;
        _compression = options.Compression;
        _level = options.CompressionLevel;
        _chunkBits = System.Numerics.BitOperations.Log2((uint)options.EncodingChunk.Bytes);
    }

    /// <summary>Bodies are stored as they are, but for those that look encoded.</summary>
    public bool IsIdentity => _active is null && _compression == BodyCompression.None;

    /// <summary>Name of the key that bodies are encrypted with; null when they are not.</summary>
    public string? KeyId => _active?.Id;

    /// <summary>Whether a body that begins like this (8 bytes, or all it has) is stored as it is.</summary>
    public bool StoresAsIs(ReadOnlySpan<byte> start) => IsIdentity && !EncodingHeader.IsEncoded(start);

    /// <summary>
    /// Reads as the encoded form what it reads from the plain body. Its end is a <see cref="BodyDamagedException"/> when the body has not the hash
    /// and size that it should have. Owns <paramref name="plain"/>.
    /// </summary>
    public Stream Encode(Stream plain, ContentHash hash, long size)
    {
        var header = new EncodingHeader { Compression = _compression, ChunkBits = _chunkBits, Size = size, KeyId = KeyId };
        return new EncodingStream(plain, hash, header, _active, _level);
    }

    /// <summary>What is stored of a body in memory: the bytes themselves when they are stored as they are.</summary>
    /// <exception cref="BodyDamagedException">It has another hash.</exception>
    public ReadOnlyMemory<byte> Encode(ReadOnlyMemory<byte> plain, ContentHash hash)
    {
        if (StoresAsIs(plain.Span))
        {
            BodyHash.Check(plain.Span, hash, plain.Length);
            return plain;
        }

        using var encoded = Encode(new Objects.ObjectPut(default, plain.Length) { Bytes = plain }.OpenPlain(), hash, plain.Length);
        var target = new ArrayBufferWriter<byte>(EncodingHeader.Length + plain.Length + (plain.Length / 512) + 64);
        while (encoded.Read(target.GetSpan(1)) is > 0 and var count)
            target.Advance(count);
        return target.WrittenMemory;
    }

    /// <summary>Name of the key that an object is encrypted with, of which these are the first 80 bytes; null when it is not encrypted.</summary>
    /// <exception cref="BodyDamagedException">Its header is damaged.</exception>
    public static string? KeyIdOf(ReadOnlySpan<byte> start) => EncodingHeader.IsEncoded(start) ? EncodingHeader.Read(start).KeyId : null;

    /// <summary>
    /// Opens a body, or a range of it; null when the source is not there. What was stored as it is is read as it is, and not checked. Reading throws
    /// <see cref="BodyDamagedException"/> where the object is not what was stored, before a wrong byte is given away.
    /// </summary>
    /// <param name="source">What is stored.</param>
    /// <param name="hash">BLAKE3 of the plain body.</param>
    /// <param name="offset">Where in the plain body to begin.</param>
    /// <param name="count">Most bytes to read; null to the end.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="BodyDamagedException">Its header is damaged.</exception>
    /// <exception cref="BodyKeyException">Its key is not known here.</exception>
    public async ValueTask<Stream?> DecodeAsync(
        IEncodedSource source, ContentHash hash, long offset, long? count, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        return offset == 0 && count is null
            ? await DecodeWholeAsync(source, hash, cancellationToken)
            : await DecodeRangeAsync(source, hash, offset, count, cancellationToken);
    }

    private async ValueTask<Stream?> DecodeWholeAsync(IEncodedSource source, ContentHash hash, CancellationToken cancellationToken)
    {
        var stream = await source.OpenAsync(0, null, cancellationToken);
        if (stream is null)
            return null;
        var isOpen = false;
        try
        {
            var bytes = new byte[EncodingHeader.Length];
            var length = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
            Stream decoded;
            if (EncodingHeader.IsEncoded(bytes.AsSpan(0, length)))
            {
                var header = EncodingHeader.Read(bytes.AsSpan(0, length));
                decoded = new DecodingStream(stream, header, new ChunkCipher(bytes, hash, KeyOf(header, bytes)), 0, header.Size, isWhole: true);
            }
            else
            {
                decoded = new PrefixedStream(bytes.AsMemory(0, length), stream);
            }

            isOpen = true;
            return decoded;
        }
        finally
        {
            if (!isOpen)
                await stream.DisposeAsync();
        }
    }

    private async ValueTask<Stream?> DecodeRangeAsync(
        IEncodedSource source, ContentHash hash, long offset, long? count, CancellationToken cancellationToken)
    {
        var bytes = new byte[EncodingHeader.Length];
        int length;
        await using (var stream = await source.OpenAsync(0, bytes.Length, cancellationToken))
        {
            if (stream is null)
                return null;
            length = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
        }

        if (!EncodingHeader.IsEncoded(bytes.AsSpan(0, length)))
            return await source.OpenAsync(offset, count, cancellationToken);
        var header = EncodingHeader.Read(bytes.AsSpan(0, length));
        var cipher = new ChunkCipher(bytes, hash, KeyOf(header, bytes));
        var isOpen = false;
        try
        {
            if (offset >= header.Size || count <= 0)
                return Stream.Null;
            var wanted = Math.Min(count ?? long.MaxValue, header.Size - offset);
            var (start, end) = await RangeAsync(source, header, cipher, offset, wanted, cancellationToken);
            if (await source.OpenAsync(start, end - start, cancellationToken) is not { } range)
                return null;
            isOpen = true;
            return new DecodingStream(range, header, cipher, offset, wanted, isWhole: false);
        }
        finally
        {
            if (!isOpen)
                cipher.Dispose();
        }
    }

    // Where in the object the chunks of a range are.
    private static async ValueTask<(long Start, long End)> RangeAsync(
        IEncodedSource source, EncodingHeader header, ChunkCipher cipher, long offset, long count, CancellationToken cancellationToken)
    {
        var first = offset >> header.ChunkBits;
        var last = (offset + count - 1) >> header.ChunkBits;
        if (!header.HasLengths)
            return (header.OffsetOf(first), Math.Min(header.OffsetOf(last + 1), header.OffsetOf(last) + header.PlainLength(last) + ChunkCipher.TagLength));
        if (!ChunkTable.IsNeeded(header))
            return (EncodingHeader.Length, EncodingHeader.Length + sizeof(uint) + header.ChunkSize + ChunkCipher.TagLength);
        using var table = new ChunkTable(header);
        var size = await source.SizeAsync(cancellationToken) ?? 0;
        if (size < EncodingHeader.Length + table.Buffer.Length)
            throw new BodyDamagedException("it is cut off");
        await using (var stream = await source.OpenAsync(size - table.Buffer.Length, table.Buffer.Length, cancellationToken) ?? Stream.Null)
        {
            if (await stream.ReadAtLeastAsync(table.Buffer, table.Buffer.Length, throwOnEndOfStream: false, cancellationToken) != table.Buffer.Length
                || !table.IsSealed(cipher, header))
            {
                throw new BodyDamagedException("its table is damaged");
            }
        }

        return (table.OffsetOf(first, header), table.OffsetOf(last + 1, header));
    }

    private BodyKey? KeyOf(EncodingHeader header, ReadOnlySpan<byte> bytes)
    {
        if (header.KeyId is not { } id)
            return null;
        if (!_keys.TryGetValue(id, out var key))
            throw new BodyKeyException(id, $"It is encrypted with key '{id}', which storage.encryption.keys does not have");
        return key.Check.SequenceEqual(EncodingHeader.CheckOf(bytes))
            ? key
            : throw new BodyKeyException(id, $"It is encrypted with another secret than the one that storage.encryption.keys has for '{id}'");
    }
}
