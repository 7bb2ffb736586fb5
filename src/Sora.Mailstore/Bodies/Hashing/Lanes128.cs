using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Sora.Mailstore.Bodies.Hashing;

/// <summary>Four lanes: SSE4.1 or AdvSimd.</summary>
internal readonly unsafe struct Lanes128 : ILanes<Vector128<uint>>
{
    public static int Width => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<uint> Broadcast(uint value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<uint> Load(uint* source) => Vector128.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<uint> value, uint* target) => value.Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<uint> Add(Vector128<uint> left, Vector128<uint> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<uint> Xor(Vector128<uint> left, Vector128<uint> right) => left ^ right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<uint> XorRotate16(Vector128<uint> left, Vector128<uint> right)
    {
        var value = left ^ right;
        if (Avx512F.VL.IsSupported)
            return Avx512F.VL.RotateRight(value, 16);
        if (Ssse3.IsSupported)
            return Ssse3.Shuffle(value.AsByte(), Vector128.Create((byte)2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13)).AsUInt32();
        return (value >>> 16) | (value << 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<uint> XorRotate12(Vector128<uint> left, Vector128<uint> right)
    {
        var value = left ^ right;
        return Avx512F.VL.IsSupported ? Avx512F.VL.RotateRight(value, 12) : (value >>> 12) | (value << 20);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<uint> XorRotate8(Vector128<uint> left, Vector128<uint> right)
    {
        var value = left ^ right;
        if (Avx512F.VL.IsSupported)
            return Avx512F.VL.RotateRight(value, 8);
        if (Ssse3.IsSupported)
            return Ssse3.Shuffle(value.AsByte(), Vector128.Create((byte)1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12)).AsUInt32();
        return (value >>> 8) | (value << 24);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<uint> XorRotate7(Vector128<uint> left, Vector128<uint> right)
    {
        var value = left ^ right;
        return Avx512F.VL.IsSupported ? Avx512F.VL.RotateRight(value, 7) : (value >>> 7) | (value << 25);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void LoadBlocks(byte** lanes, nuint offset, Vector128<uint>* words)
    {
        for (nuint quarter = 0; quarter < 4; quarter++)
        {
            var at = offset + quarter * 16;
            var a = Vector128.Load((uint*)(lanes[0] + at));
            var b = Vector128.Load((uint*)(lanes[1] + at));
            var c = Vector128.Load((uint*)(lanes[2] + at));
            var d = Vector128.Load((uint*)(lanes[3] + at));
            var abLow = InterleaveLow(a, b).AsUInt64();
            var abHigh = InterleaveHigh(a, b).AsUInt64();
            var cdLow = InterleaveLow(c, d).AsUInt64();
            var cdHigh = InterleaveHigh(c, d).AsUInt64();
            var target = words + quarter * 4;
            target[0] = InterleaveLow(abLow, cdLow).AsUInt32();
            target[1] = InterleaveHigh(abLow, cdLow).AsUInt32();
            target[2] = InterleaveLow(abHigh, cdHigh).AsUInt32();
            target[3] = InterleaveHigh(abHigh, cdHigh).AsUInt32();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> InterleaveLow(Vector128<uint> left, Vector128<uint> right) =>
        Sse2.IsSupported ? Sse2.UnpackLow(left, right) : AdvSimd.Arm64.ZipLow(left, right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> InterleaveHigh(Vector128<uint> left, Vector128<uint> right) =>
        Sse2.IsSupported ? Sse2.UnpackHigh(left, right) : AdvSimd.Arm64.ZipHigh(left, right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> InterleaveLow(Vector128<ulong> left, Vector128<ulong> right) =>
        Sse2.IsSupported ? Sse2.UnpackLow(left, right) : AdvSimd.Arm64.ZipLow(left, right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> InterleaveHigh(Vector128<ulong> left, Vector128<ulong> right) =>
        Sse2.IsSupported ? Sse2.UnpackHigh(left, right) : AdvSimd.Arm64.ZipHigh(left, right);
}
