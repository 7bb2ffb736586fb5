using System.Buffers;
using Microsoft.Win32.SafeHandles;
using Sora.Contracts;
using Sora.Mailstore.Bodies.Hashing;

namespace Sora.Mailstore.Bodies;

/// <summary>Bytes that are not those that were stored.</summary>
public sealed class BodyDamagedException(string message) : Exception(message);

/// <summary>Checks bodies against the hash that names them.</summary>
internal static class BodyHash
{
    private const int PieceSize = 256 * 1024;

    /// <exception cref="BodyDamagedException">They are not the bytes that were stored.</exception>
    public static void Check(ReadOnlySpan<byte> body, ContentHash hash, long size)
    {
        CheckSize(body.Length, size);
        Span<byte> actual = stackalloc byte[Blake3Hasher.HashLength];
        Blake3Hasher.Hash(body, actual);
        Compare(actual, hash);
    }

    /// <exception cref="BodyDamagedException">They are not the bytes that were stored.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static void Check(string file, ContentHash hash, long size)
    {
        using var handle = File.OpenHandle(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.SequentialScan);
        Check(handle, hash, size);
    }

    /// <inheritdoc cref="Check(string, ContentHash, long)"/>
    public static void Check(SafeFileHandle file, ContentHash hash, long size)
    {
        CheckSize(RandomAccess.GetLength(file), size);
        var piece = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(size, 1, PieceSize));
        try
        {
            var hasher = new Blake3Hasher();
            var position = 0L;
            while (position < size)
            {
                var count = RandomAccess.Read(file, piece, position);
                if (count == 0)
                    break;
                hasher.Update(piece.AsSpan(0, count));
                position += count;
            }

            CheckSize(position, size);
            Span<byte> actual = stackalloc byte[Blake3Hasher.HashLength];
            hasher.Finalize(actual);
            Compare(actual, hash);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    public static void Compare(ReadOnlySpan<byte> actual, ContentHash hash)
    {
        if (ContentHash.From(actual) != hash)
            throw new BodyDamagedException("its bytes have another hash");
    }

    public static void CheckSize(long actual, long size)
    {
        if (actual != size)
            throw new BodyDamagedException($"it has {actual} bytes instead of {size}");
    }
}
