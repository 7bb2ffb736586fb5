using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Sora.Mailstore.Bodies.Hashing;

/// <summary>Eight lanes: AVX2, with the rotations of AVX-512VL where the processor has them.</summary>
internal readonly unsafe struct Lanes256 : ILanes<Vector256<uint>>
{
    public static int Width => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Broadcast(uint value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Load(uint* source) => Vector256.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<uint> value, uint* target) => value.Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Add(Vector256<uint> left, Vector256<uint> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Xor(Vector256<uint> left, Vector256<uint> right) => left ^ right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> XorRotate16(Vector256<uint> left, Vector256<uint> right)
    {
        var value = left ^ right;
        if (Avx512F.VL.IsSupported)
            return Avx512F.VL.RotateRight(value, 16);
        var bytes = Vector256.Create(Vector128.Create((byte)2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));
        return Avx2.Shuffle(value.AsByte(), bytes).AsUInt32();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> XorRotate12(Vector256<uint> left, Vector256<uint> right)
    {
        var value = left ^ right;
        return Avx512F.VL.IsSupported ? Avx512F.VL.RotateRight(value, 12) : (value >>> 12) | (value << 20);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> XorRotate8(Vector256<uint> left, Vector256<uint> right)
    {
        var value = left ^ right;
        if (Avx512F.VL.IsSupported)
            return Avx512F.VL.RotateRight(value, 8);
        var bytes = Vector256.Create(Vector128.Create((byte)1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12));
        return Avx2.Shuffle(value.AsByte(), bytes).AsUInt32();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> XorRotate7(Vector256<uint> left, Vector256<uint> right)
    {
        var value = left ^ right;
        return Avx512F.VL.IsSupported ? Avx512F.VL.RotateRight(value, 7) : (value >>> 7) | (value << 25);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void LoadBlocks(byte** lanes, nuint offset, Vector256<uint>* words)
    {
        for (nuint half = 0; half < 2; half++)
        {
            var at = offset + half * 32;
            var r0 = Vector256.Load((uint*)(lanes[0] + at));
            var r1 = Vector256.Load((uint*)(lanes[1] + at));
            var r2 = Vector256.Load((uint*)(lanes[2] + at));
            var r3 = Vector256.Load((uint*)(lanes[3] + at));
            var r4 = Vector256.Load((uint*)(lanes[4] + at));
            var r5 = Vector256.Load((uint*)(lanes[5] + at));
            var r6 = Vector256.Load((uint*)(lanes[6] + at));
            var r7 = Vector256.Load((uint*)(lanes[7] + at));

            // Words by pairs of lanes, then by fours; each 128-bit half still holds its own four words
            var p0 = Avx2.UnpackLow(r0, r1).AsUInt64();
            var p1 = Avx2.UnpackHigh(r0, r1).AsUInt64();
            var p2 = Avx2.UnpackLow(r2, r3).AsUInt64();
            var p3 = Avx2.UnpackHigh(r2, r3).AsUInt64();
            var p4 = Avx2.UnpackLow(r4, r5).AsUInt64();
            var p5 = Avx2.UnpackHigh(r4, r5).AsUInt64();
            var p6 = Avx2.UnpackLow(r6, r7).AsUInt64();
            var p7 = Avx2.UnpackHigh(r6, r7).AsUInt64();

            var q0 = Avx2.UnpackLow(p0, p2).AsUInt32();
            var q1 = Avx2.UnpackHigh(p0, p2).AsUInt32();
            var q2 = Avx2.UnpackLow(p1, p3).AsUInt32();
            var q3 = Avx2.UnpackHigh(p1, p3).AsUInt32();
            var q4 = Avx2.UnpackLow(p4, p6).AsUInt32();
            var q5 = Avx2.UnpackHigh(p4, p6).AsUInt32();
            var q6 = Avx2.UnpackLow(p5, p7).AsUInt32();
            var q7 = Avx2.UnpackHigh(p5, p7).AsUInt32();

            var target = words + half * 8;
            target[0] = Avx2.Permute2x128(q0, q4, 0x20);
            target[1] = Avx2.Permute2x128(q1, q5, 0x20);
            target[2] = Avx2.Permute2x128(q2, q6, 0x20);
            target[3] = Avx2.Permute2x128(q3, q7, 0x20);
            target[4] = Avx2.Permute2x128(q0, q4, 0x31);
            target[5] = Avx2.Permute2x128(q1, q5, 0x31);
            target[6] = Avx2.Permute2x128(q2, q6, 0x31);
            target[7] = Avx2.Permute2x128(q3, q7, 0x31);
        }
    }
}
