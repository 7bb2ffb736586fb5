using System.Buffers.Binary;
using System.Security.Cryptography;
using Sora.Contracts;
using Sora.Mailstore.Bodies.Hashing;

namespace Sora.Mailstore.Bodies.Encoded;

/// <summary>
/// Seals and opens the chunks of one object. With a key: AES-256-GCM, the nonce being the chunk's number. Without: the chunk as it is, and
/// the first 16 bytes of BLAKE3 as its tag, which finds damage but no forgery. Either covers the header, the body's hash, the chunk's
/// number, place and length, so that no chunk can be moved, repeated, cut off or taken from another body.
/// </summary>
internal sealed class ChunkCipher : IDisposable
{
    public const int TagLength = 16;
    public const int KeyLength = 32;

    private const int NonceLength = 12;
    private const int NumberOffset = EncodingHeader.Length + ContentHash.Length;
    private const int PlaceOffset = NumberOffset + sizeof(long);
    private const int LengthOffset = PlaceOffset + 1;

    private readonly byte[] _associated = new byte[LengthOffset + sizeof(uint)];
    private readonly AesGcm? _aes;
    private readonly Blake3Hasher? _hasher;

    /// <param name="header">The object's first bytes.</param>
    /// <param name="hash">BLAKE3 of the plain body.</param>
    /// <param name="key">The key that the header names; null when it names none.</param>
    public ChunkCipher(ReadOnlySpan<byte> header, ContentHash hash, BodyKey? key)
    {
        header[..EncodingHeader.Length].CopyTo(_associated);
        hash.WriteTo(_associated.AsSpan(EncodingHeader.Length));
        if (key is null)
        {
            _hasher = new Blake3Hasher();
            return;
        }

        Span<byte> derived = stackalloc byte[KeyLength];
        key.Derive(EncodingHeader.SaltOf(header), derived);
        _aes = new AesGcm(derived, TagLength);
        CryptographicOperations.ZeroMemory(derived);
    }

    /// <summary>Seals a chunk in its place.</summary>
    /// <param name="number">Its number; that of the table is the number of chunks.</param>
    /// <param name="place">What it is.</param>
    /// <param name="length">What stands before it as its length, or 0.</param>
    /// <param name="data">The chunk; of the table, which is not encrypted, empty.</param>
    /// <param name="table">The table; of chunks, empty.</param>
    /// <param name="tag">Gets the tag.</param>
    public void Seal(long number, ChunkPlace place, uint length, Span<byte> data, ReadOnlySpan<byte> table, Span<byte> tag)
    {
        Span<byte> nonce = stackalloc byte[NonceLength];
        Bind(number, place, length, nonce);
        if (_aes is null)
            Hash(data, table, tag);
        else if (table.IsEmpty)
            _aes.Encrypt(nonce, data, data, tag, _associated);
        else
            _aes.Encrypt(nonce, [], [], tag, WithTable(table));
    }

    /// <summary>Opens a chunk in its place; false when it is not what was sealed.</summary>
    public bool TryOpen(long number, ChunkPlace place, uint length, Span<byte> data, ReadOnlySpan<byte> table, ReadOnlySpan<byte> tag)
    {
        Span<byte> nonce = stackalloc byte[NonceLength];
        Bind(number, place, length, nonce);
        if (_aes is null)
        {
            Span<byte> actual = stackalloc byte[TagLength];
            Hash(data, table, actual);
            return actual.SequenceEqual(tag);
        }

        try
        {
            if (table.IsEmpty)
                _aes.Decrypt(nonce, data, tag, data, _associated);
            else
                _aes.Decrypt(nonce, [], tag, [], WithTable(table));
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }

    public void Dispose() => _aes?.Dispose();

    private void Bind(long number, ChunkPlace place, uint length, Span<byte> nonce)
    {
        BinaryPrimitives.WriteInt64BigEndian(_associated.AsSpan(NumberOffset), number);
        _associated[PlaceOffset] = (byte)place;
        BinaryPrimitives.WriteUInt32BigEndian(_associated.AsSpan(LengthOffset), length);
        nonce.Clear();
        BinaryPrimitives.WriteInt64BigEndian(nonce[(NonceLength - sizeof(long))..], number);
    }

    private void Hash(ReadOnlySpan<byte> data, ReadOnlySpan<byte> table, Span<byte> tag)
    {
        var hasher = _hasher!;
        hasher.Reset();
        hasher.Update(_associated);
        hasher.Update(data);
        hasher.Update(table);
        hasher.Finalize(tag);
    }

    // Once for an object, and small: four bytes for each chunk.
    private byte[] WithTable(ReadOnlySpan<byte> table) => [.. _associated, .. table];
}

/// <summary>What a chunk is.</summary>
internal enum ChunkPlace : byte
{
    /// <summary>More follow.</summary>
    Middle,

    /// <summary>None follows.</summary>
    Last,

    /// <summary>The table of lengths behind the last.</summary>
    Table,
}
