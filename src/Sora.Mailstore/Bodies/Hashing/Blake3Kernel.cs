using System.Runtime.CompilerServices;

namespace Sora.Mailstore.Bodies.Hashing;

/// <summary>Inputs of equal length that lie at equal distances, to be compressed side by side: whole chunks, or parents.</summary>
internal unsafe struct Blake3Inputs
{
    /// <summary>The first input.</summary>
    public byte* First;

    /// <summary>Bytes from one input to the next.</summary>
    public nuint Stride;

    /// <summary>64-byte blocks of each input.</summary>
    public int Blocks;

    /// <summary>Eight words: the key, or the IV.</summary>
    public uint* Key;

    /// <summary>Counter of the first input.</summary>
    public ulong Counter;

    /// <summary>1 when the counter grows from input to input (chunks), 0 when it does not (parents).</summary>
    public uint CounterStep;

    /// <summary>Flags of every block.</summary>
    public uint Flags;

    /// <summary>Flags added on the first block of each input.</summary>
    public uint FirstFlags;

    /// <summary>Flags added on the last block of each input.</summary>
    public uint LastFlags;
}

/// <summary>The wide compression: the state of all lanes at once, one vector per state word.</summary>
internal static unsafe class Blake3Kernel
{
    /// <summary>Room for sixteen vectors of the widest kind, for eight of results, and for the alignment.</summary>
    private const int ScratchLength = 16 * 64 + 2 * 64 + 64;

    /// <summary>
    /// Writes the chaining values of the first <paramref name="count"/> (1 to Width) inputs to <paramref name="output"/>, 32 bytes each.
    /// Lanes beyond <paramref name="count"/> repeat the last input, and what they yield is dropped.
    /// </summary>
    /// <remarks>Optimised at once: a first message must not be hashed by unoptimised code, where every operation is a call.</remarks>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Compress<TLanes, TVector>(Blake3Inputs* inputs, int count, uint* output)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        var scratch = stackalloc byte[ScratchLength];
        // Whole cache lines: a vector load that straddles two costs twice
        var aligned = (byte*)(((nuint)scratch + 63) & ~(nuint)63);
        var words = (TVector*)aligned;
        var counters = (uint*)(aligned + 16 * 64);

        var lanes = stackalloc byte*[TLanes.Width];
        for (var i = 0; i < TLanes.Width; i++)
        {
            var input = (uint)Math.Min(i, count - 1);
            var counter = inputs->Counter + input * inputs->CounterStep;
            lanes[i] = inputs->First + input * inputs->Stride;
            counters[i] = (uint)counter;
            counters[16 + i] = (uint)(counter >> 32);
        }

        var key = inputs->Key;
        var s0 = TLanes.Broadcast(key[0]);
        var s1 = TLanes.Broadcast(key[1]);
        var s2 = TLanes.Broadcast(key[2]);
        var s3 = TLanes.Broadcast(key[3]);
        var s4 = TLanes.Broadcast(key[4]);
        var s5 = TLanes.Broadcast(key[5]);
        var s6 = TLanes.Broadcast(key[6]);
        var s7 = TLanes.Broadcast(key[7]);

        fixed (byte* schedule = Blake3Constants.Schedule)
        {
            for (var block = 0; block < inputs->Blocks; block++)
            {
                TLanes.LoadBlocks(lanes, (nuint)block * Blake3Constants.BlockLength, words);
                var flags = inputs->Flags
                    | (block == 0 ? inputs->FirstFlags : 0)
                    | (block == inputs->Blocks - 1 ? inputs->LastFlags : 0);

                var s8 = TLanes.Broadcast(Blake3Constants.Iv0);
                var s9 = TLanes.Broadcast(Blake3Constants.Iv1);
                var s10 = TLanes.Broadcast(Blake3Constants.Iv2);
                var s11 = TLanes.Broadcast(Blake3Constants.Iv3);
                var s12 = TLanes.Load(counters);
                var s13 = TLanes.Load(counters + 16);
                var s14 = TLanes.Broadcast(Blake3Constants.BlockLength);
                var s15 = TLanes.Broadcast(flags);

                for (byte* m = schedule, end = schedule + Blake3Constants.Schedule.Length; m < end; m += 16)
                {
                    // The four columns, step by step: four independent chains keep the vector units busy
                    s0 = TLanes.Add(TLanes.Add(s0, s4), words[m[0]]);
                    s1 = TLanes.Add(TLanes.Add(s1, s5), words[m[2]]);
                    s2 = TLanes.Add(TLanes.Add(s2, s6), words[m[4]]);
                    s3 = TLanes.Add(TLanes.Add(s3, s7), words[m[6]]);
                    s12 = TLanes.XorRotate16(s12, s0);
                    s13 = TLanes.XorRotate16(s13, s1);
                    s14 = TLanes.XorRotate16(s14, s2);
                    s15 = TLanes.XorRotate16(s15, s3);
                    s8 = TLanes.Add(s8, s12);
                    s9 = TLanes.Add(s9, s13);
                    s10 = TLanes.Add(s10, s14);
                    s11 = TLanes.Add(s11, s15);
                    s4 = TLanes.XorRotate12(s4, s8);
                    s5 = TLanes.XorRotate12(s5, s9);
                    s6 = TLanes.XorRotate12(s6, s10);
                    s7 = TLanes.XorRotate12(s7, s11);
                    s0 = TLanes.Add(TLanes.Add(s0, words[m[1]]), s4);
                    s1 = TLanes.Add(TLanes.Add(s1, words[m[3]]), s5);
                    s2 = TLanes.Add(TLanes.Add(s2, words[m[5]]), s6);
                    s3 = TLanes.Add(TLanes.Add(s3, words[m[7]]), s7);
                    s12 = TLanes.XorRotate8(s12, s0);
                    s13 = TLanes.XorRotate8(s13, s1);
                    s14 = TLanes.XorRotate8(s14, s2);
                    s15 = TLanes.XorRotate8(s15, s3);
                    s8 = TLanes.Add(s8, s12);
                    s9 = TLanes.Add(s9, s13);
                    s10 = TLanes.Add(s10, s14);
                    s11 = TLanes.Add(s11, s15);
                    s4 = TLanes.XorRotate7(s4, s8);
                    s5 = TLanes.XorRotate7(s5, s9);
                    s6 = TLanes.XorRotate7(s6, s10);
                    s7 = TLanes.XorRotate7(s7, s11);

                    // The four diagonals
                    s0 = TLanes.Add(TLanes.Add(s0, s5), words[m[8]]);
                    s1 = TLanes.Add(TLanes.Add(s1, s6), words[m[10]]);
                    s2 = TLanes.Add(TLanes.Add(s2, s7), words[m[12]]);
                    s3 = TLanes.Add(TLanes.Add(s3, s4), words[m[14]]);
                    s15 = TLanes.XorRotate16(s15, s0);
                    s12 = TLanes.XorRotate16(s12, s1);
                    s13 = TLanes.XorRotate16(s13, s2);
                    s14 = TLanes.XorRotate16(s14, s3);
                    s10 = TLanes.Add(s10, s15);
                    s11 = TLanes.Add(s11, s12);
                    s8 = TLanes.Add(s8, s13);
                    s9 = TLanes.Add(s9, s14);
                    s5 = TLanes.XorRotate12(s5, s10);
                    s6 = TLanes.XorRotate12(s6, s11);
                    s7 = TLanes.XorRotate12(s7, s8);
                    s4 = TLanes.XorRotate12(s4, s9);
                    s0 = TLanes.Add(TLanes.Add(s0, words[m[9]]), s5);
                    s1 = TLanes.Add(TLanes.Add(s1, words[m[11]]), s6);
                    s2 = TLanes.Add(TLanes.Add(s2, words[m[13]]), s7);
                    s3 = TLanes.Add(TLanes.Add(s3, words[m[15]]), s4);
                    s15 = TLanes.XorRotate8(s15, s0);
                    s12 = TLanes.XorRotate8(s12, s1);
                    s13 = TLanes.XorRotate8(s13, s2);
                    s14 = TLanes.XorRotate8(s14, s3);
                    s10 = TLanes.Add(s10, s15);
                    s11 = TLanes.Add(s11, s12);
                    s8 = TLanes.Add(s8, s13);
                    s9 = TLanes.Add(s9, s14);
                    s5 = TLanes.XorRotate7(s5, s10);
                    s6 = TLanes.XorRotate7(s6, s11);
                    s7 = TLanes.XorRotate7(s7, s8);
                    s4 = TLanes.XorRotate7(s4, s9);
                }

                s0 = TLanes.Xor(s0, s8);
                s1 = TLanes.Xor(s1, s9);
                s2 = TLanes.Xor(s2, s10);
                s3 = TLanes.Xor(s3, s11);
                s4 = TLanes.Xor(s4, s12);
                s5 = TLanes.Xor(s5, s13);
                s6 = TLanes.Xor(s6, s14);
                s7 = TLanes.Xor(s7, s15);
            }
        }

        var results = (uint*)words;
        TLanes.Store(s0, results);
        TLanes.Store(s1, results + TLanes.Width);
        TLanes.Store(s2, results + 2 * TLanes.Width);
        TLanes.Store(s3, results + 3 * TLanes.Width);
        TLanes.Store(s4, results + 4 * TLanes.Width);
        TLanes.Store(s5, results + 5 * TLanes.Width);
        TLanes.Store(s6, results + 6 * TLanes.Width);
        TLanes.Store(s7, results + 7 * TLanes.Width);
        for (var i = 0; i < count; i++)
        {
            for (var word = 0; word < 8; word++)
                output[i * 8 + word] = results[word * TLanes.Width + i];
        }
    }
}
