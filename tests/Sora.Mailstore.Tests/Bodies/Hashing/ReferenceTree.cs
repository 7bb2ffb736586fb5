using System.Buffers.Binary;
using System.Numerics;

namespace Sora.Mailstore.Tests.Bodies.Hashing;

/// <summary>BLAKE3 as its definition reads, recursive and slow: what the tree of the real one is held against.</summary>
internal static class ReferenceTree
{
    private const uint ChunkStart = 1, ChunkEnd = 2, Parent = 4, Root = 8;

    private static readonly uint[] Iv =
        [0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19];

    private static readonly int[] Permutation = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8];

    public static byte[] Hash(ReadOnlySpan<byte> input)
    {
        var words = Subtree(input, 0, Root);
        var hash = new byte[32];
        for (var i = 0; i < 8; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(hash.AsSpan(i * 4), words[i]);
        return hash;
    }

    private static uint[] Subtree(ReadOnlySpan<byte> input, ulong chunk, uint root)
    {
        if (input.Length <= 1024)
            return Chunk(input, chunk, root);
        // The left side is the largest power of two of chunks that leaves something for the right side
        var left = 1024 * (int)BitOperations.RoundUpToPowerOf2((uint)((input.Length + 1023) / 1024)) / 2;
        uint[] words = [.. Subtree(input[..left], chunk, 0), .. Subtree(input[left..], chunk + (ulong)left / 1024, 0)];
        return Compress(Iv, words, 0, 64, Parent | root);
    }

    private static uint[] Chunk(ReadOnlySpan<byte> input, ulong chunk, uint root)
    {
        var chain = Iv;
        var flags = ChunkStart;
        Span<byte> block = stackalloc byte[64];
        while (true)
        {
            var length = Math.Min(64, input.Length);
            block.Clear();
            input[..length].CopyTo(block);
            input = input[length..];
            var words = new uint[16];
            for (var i = 0; i < 16; i++)
                words[i] = BinaryPrimitives.ReadUInt32LittleEndian(block[(i * 4)..]);
            if (input.IsEmpty)
                return Compress(chain, words, chunk, (uint)length, flags | ChunkEnd | root);
            chain = Compress(chain, words, chunk, 64, flags);
            flags = 0;
        }
    }

    private static uint[] Compress(uint[] chain, uint[] words, ulong counter, uint length, uint flags)
    {
        uint[] s = [.. chain, Iv[0], Iv[1], Iv[2], Iv[3], (uint)counter, (uint)(counter >> 32), length, flags];
        for (var round = 0; round < 7; round++)
        {
            for (var i = 0; i < 4; i++)
                Mix(s, i, 4 + i, 8 + i, 12 + i, words[2 * i], words[2 * i + 1]);
            for (var i = 0; i < 4; i++)
                Mix(s, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4, words[8 + 2 * i], words[9 + 2 * i]);
            words = Array.ConvertAll(Permutation, i => words[i]);
        }
        var result = new uint[8];
        for (var i = 0; i < 8; i++)
            result[i] = s[i] ^ s[i + 8];
        return result;
    }

    private static void Mix(uint[] s, int a, int b, int c, int d, uint x, uint y)
    {
        s[a] += s[b] + x;
        s[d] = BitOperations.RotateRight(s[d] ^ s[a], 16);
        s[c] += s[d];
        s[b] = BitOperations.RotateRight(s[b] ^ s[c], 12);
        s[a] += s[b] + y;
        s[d] = BitOperations.RotateRight(s[d] ^ s[a], 8);
        s[c] += s[d];
        s[b] = BitOperations.RotateRight(s[b] ^ s[c], 7);
    }
}
