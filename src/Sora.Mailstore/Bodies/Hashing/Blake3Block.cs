using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sora.Mailstore.Bodies.Hashing;

/// <summary>The compression of one block (paper, section 2.2): what is left over where the wide kernel has no lanes to fill.</summary>
internal static unsafe class Blake3Block
{
    /// <summary>
    /// Compresses one 64-byte block. Writes the eight words of the next chaining value to <paramref name="output"/> or, when
    /// <paramref name="whole"/>, all sixteen words of output. <paramref name="output"/> may be <paramref name="chain"/> itself.
    /// </summary>
    public static void Compress(
        Blake3Path path, uint* chain, byte* block, uint blockLength, ulong counter, uint flags, uint* output, bool whole)
    {
        if (path == Blake3Path.Scalar)
            CompressScalar(chain, block, blockLength, counter, flags, output, whole);
        else
            CompressRows(chain, block, blockLength, counter, flags, output, whole);
    }

    /// <summary>Compresses <paramref name="count"/> whole blocks one after the other into <paramref name="chain"/>.</summary>
    public static void CompressChain(
        Blake3Path path, uint* chain, byte* blocks, int count, ulong counter, uint flags, uint firstFlags, uint lastFlags)
    {
        for (var i = 0; i < count; i++)
        {
            var blockFlags = flags | (i == 0 ? firstFlags : 0) | (i == count - 1 ? lastFlags : 0);
            Compress(path, chain, blocks + i * Blake3Constants.BlockLength, Blake3Constants.BlockLength, counter, blockFlags, chain, whole: false);
        }
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CompressScalar(
        uint* chain, byte* block, uint blockLength, ulong counter, uint flags, uint* output, bool whole)
    {
        var words = stackalloc uint[16];
        for (var i = 0; i < 16; i++)
            words[i] = BinaryPrimitives.ReadUInt32LittleEndian(new ReadOnlySpan<byte>(block + i * 4, 4));

        uint s0 = chain[0], s1 = chain[1], s2 = chain[2], s3 = chain[3], s4 = chain[4], s5 = chain[5], s6 = chain[6], s7 = chain[7];
        uint s8 = Blake3Constants.Iv0, s9 = Blake3Constants.Iv1, s10 = Blake3Constants.Iv2, s11 = Blake3Constants.Iv3;
        uint s12 = (uint)counter, s13 = (uint)(counter >> 32), s14 = blockLength, s15 = flags;

        fixed (byte* schedule = Blake3Constants.Schedule)
        {
            for (byte* m = schedule, end = schedule + Blake3Constants.Schedule.Length; m < end; m += 16)
            {
                Mix(ref s0, ref s4, ref s8, ref s12, words[m[0]], words[m[1]]);
                Mix(ref s1, ref s5, ref s9, ref s13, words[m[2]], words[m[3]]);
                Mix(ref s2, ref s6, ref s10, ref s14, words[m[4]], words[m[5]]);
                Mix(ref s3, ref s7, ref s11, ref s15, words[m[6]], words[m[7]]);
                Mix(ref s0, ref s5, ref s10, ref s15, words[m[8]], words[m[9]]);
                Mix(ref s1, ref s6, ref s11, ref s12, words[m[10]], words[m[11]]);
                Mix(ref s2, ref s7, ref s8, ref s13, words[m[12]], words[m[13]]);
                Mix(ref s3, ref s4, ref s9, ref s14, words[m[14]], words[m[15]]);
            }
        }

        if (whole)
        {
            // Before the first half is written: output may be the chain
            var high = stackalloc uint[8] { s8, s9, s10, s11, s12, s13, s14, s15 };
            for (var i = 0; i < 8; i++)
                output[8 + i] = high[i] ^ chain[i];
        }
        output[0] = s0 ^ s8;
        output[1] = s1 ^ s9;
        output[2] = s2 ^ s10;
        output[3] = s3 ^ s11;
        output[4] = s4 ^ s12;
        output[5] = s5 ^ s13;
        output[6] = s6 ^ s14;
        output[7] = s7 ^ s15;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Mix(ref uint a, ref uint b, ref uint c, ref uint d, uint x, uint y)
    {
        a = a + b + x;
        d = BitOperations.RotateRight(d ^ a, 16);
        c += d;
        b = BitOperations.RotateRight(b ^ c, 12);
        a = a + b + y;
        d = BitOperations.RotateRight(d ^ a, 8);
        c += d;
        b = BitOperations.RotateRight(b ^ c, 7);
    }

    /// <summary>
    /// The state as four rows of four words: one step works on the four columns at once, and turning the rows against each other
    /// makes columns of the diagonals. The second row, which every step ends with, stays in place and the three others turn.
    /// </summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CompressRows(
        uint* chain, byte* block, uint blockLength, ulong counter, uint flags, uint* output, bool whole)
    {
        var chain0 = Vector128.Load(chain);
        var chain1 = Vector128.Load(chain + 4);
        var row0 = chain0;
        var row1 = chain1;
        var row2 = Vector128.Create(Blake3Constants.Iv0, Blake3Constants.Iv1, Blake3Constants.Iv2, Blake3Constants.Iv3);
        var row3 = Vector128.Create((uint)counter, (uint)(counter >> 32), blockLength, flags);

        var words = (uint*)block;
        fixed (byte* order = RowOrder)
        {
            for (byte* m = order, end = order + RowOrder.Length; m < end; m += 16)
            {
                Round(
                    ref row0,
                    ref row1,
                    ref row2,
                    ref row3,
                    Vector128.Create(words[m[0]], words[m[1]], words[m[2]], words[m[3]]),
                    Vector128.Create(words[m[4]], words[m[5]], words[m[6]], words[m[7]]),
                    Vector128.Create(words[m[8]], words[m[9]], words[m[10]], words[m[11]]),
                    Vector128.Create(words[m[12]], words[m[13]], words[m[14]], words[m[15]]));
            }
        }

        (row0 ^ row2).Store(output);
        (row1 ^ row3).Store(output + 4);
        if (whole)
        {
            (row2 ^ chain0).Store(output + 8);
            (row3 ^ chain1).Store(output + 12);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(
        ref Vector128<uint> row0,
        ref Vector128<uint> row1,
        ref Vector128<uint> row2,
        ref Vector128<uint> row3,
        Vector128<uint> columns0,
        Vector128<uint> columns1,
        Vector128<uint> diagonals0,
        Vector128<uint> diagonals1)
    {
        HalfRound(ref row0, ref row1, ref row2, ref row3, columns0, columns1);
        row0 = Vector128.Shuffle(row0, Vector128.Create(3u, 0, 1, 2));
        row3 = Vector128.Shuffle(row3, Vector128.Create(2u, 3, 0, 1));
        row2 = Vector128.Shuffle(row2, Vector128.Create(1u, 2, 3, 0));
        HalfRound(ref row0, ref row1, ref row2, ref row3, diagonals0, diagonals1);
        row0 = Vector128.Shuffle(row0, Vector128.Create(1u, 2, 3, 0));
        row3 = Vector128.Shuffle(row3, Vector128.Create(2u, 3, 0, 1));
        row2 = Vector128.Shuffle(row2, Vector128.Create(3u, 0, 1, 2));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void HalfRound(
        ref Vector128<uint> row0,
        ref Vector128<uint> row1,
        ref Vector128<uint> row2,
        ref Vector128<uint> row3,
        Vector128<uint> words0,
        Vector128<uint> words1)
    {
        // The message is added before row 1 is waited for
        row0 = row0 + words0 + row1;
        row3 = Lanes128.XorRotate16(row3, row0);
        row2 += row3;
        row1 = Lanes128.XorRotate12(row1, row2);
        row0 = row0 + words1 + row1;
        row3 = Lanes128.XorRotate8(row3, row0);
        row2 += row3;
        row1 = Lanes128.XorRotate7(row1, row2);
    }

    /// <summary>
    /// <see cref="Blake3Constants.Schedule"/> in the order the rows take it: first and second words of the columns, then of the
    /// diagonals, these beginning with the last one, because row 0 has been turned by one.
    /// </summary>
    private static ReadOnlySpan<byte> RowOrder =>
    [
        0, 2, 4, 6, 1, 3, 5, 7, 14, 8, 10, 12, 15, 9, 11, 13,
        2, 3, 7, 4, 6, 10, 0, 13, 15, 1, 12, 9, 8, 11, 5, 14,
        3, 10, 13, 7, 4, 12, 2, 14, 8, 6, 9, 11, 1, 5, 0, 15,
        10, 12, 14, 13, 7, 9, 3, 15, 1, 4, 11, 5, 6, 0, 2, 8,
        12, 9, 15, 14, 13, 11, 10, 8, 6, 7, 5, 0, 4, 2, 3, 1,
        9, 11, 8, 15, 14, 5, 12, 1, 4, 13, 0, 2, 7, 3, 10, 6,
        11, 5, 1, 8, 15, 0, 9, 6, 7, 14, 2, 3, 13, 10, 12, 4,
    ];
}
