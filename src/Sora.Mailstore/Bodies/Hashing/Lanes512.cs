using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Sora.Mailstore.Bodies.Hashing;

/// <summary>Sixteen lanes: AVX-512F.</summary>
internal readonly unsafe struct Lanes512 : ILanes<Vector512<uint>>
{
    public static int Width => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Broadcast(uint value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Load(uint* source) => Vector512.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<uint> value, uint* target) => value.Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Add(Vector512<uint> left, Vector512<uint> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Xor(Vector512<uint> left, Vector512<uint> right) => left ^ right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> XorRotate16(Vector512<uint> left, Vector512<uint> right) => Avx512F.RotateRight(left ^ right, 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> XorRotate12(Vector512<uint> left, Vector512<uint> right) => Avx512F.RotateRight(left ^ right, 12);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> XorRotate8(Vector512<uint> left, Vector512<uint> right) => Avx512F.RotateRight(left ^ right, 8);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> XorRotate7(Vector512<uint> left, Vector512<uint> right) => Avx512F.RotateRight(left ^ right, 7);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void LoadBlocks(byte** lanes, nuint offset, Vector512<uint>* words)
    {
        // Four lanes at a time: word 4q + w of lanes 4g..4g+3 comes to lie in quarter q of vector w
        LoadFour(lanes, offset, out var a0, out var a1, out var a2, out var a3);
        LoadFour(lanes + 4, offset, out var b0, out var b1, out var b2, out var b3);
        LoadFour(lanes + 8, offset, out var c0, out var c1, out var c2, out var c3);
        LoadFour(lanes + 12, offset, out var d0, out var d1, out var d2, out var d3);
        StoreQuarters(a0, b0, c0, d0, words);
        StoreQuarters(a1, b1, c1, d1, words + 1);
        StoreQuarters(a2, b2, c2, d2, words + 2);
        StoreQuarters(a3, b3, c3, d3, words + 3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void LoadFour(
        byte** lanes, nuint offset, out Vector512<uint> w0, out Vector512<uint> w1, out Vector512<uint> w2, out Vector512<uint> w3)
    {
        var r0 = Vector512.Load((uint*)(lanes[0] + offset));
        var r1 = Vector512.Load((uint*)(lanes[1] + offset));
        var r2 = Vector512.Load((uint*)(lanes[2] + offset));
        var r3 = Vector512.Load((uint*)(lanes[3] + offset));
        var low01 = Avx512F.UnpackLow(r0, r1).AsUInt64();
        var high01 = Avx512F.UnpackHigh(r0, r1).AsUInt64();
        var low23 = Avx512F.UnpackLow(r2, r3).AsUInt64();
        var high23 = Avx512F.UnpackHigh(r2, r3).AsUInt64();
        w0 = Avx512F.UnpackLow(low01, low23).AsUInt32();
        w1 = Avx512F.UnpackHigh(low01, low23).AsUInt32();
        w2 = Avx512F.UnpackLow(high01, high23).AsUInt32();
        w3 = Avx512F.UnpackHigh(high01, high23).AsUInt32();
    }

    /// <summary>Brings quarter q of the four vectors together as word 4q.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreQuarters(Vector512<uint> a, Vector512<uint> b, Vector512<uint> c, Vector512<uint> d, Vector512<uint>* words)
    {
        var abLow = Avx512F.Shuffle4x128(a, b, 0x44);
        var abHigh = Avx512F.Shuffle4x128(a, b, 0xEE);
        var cdLow = Avx512F.Shuffle4x128(c, d, 0x44);
        var cdHigh = Avx512F.Shuffle4x128(c, d, 0xEE);
        words[0] = Avx512F.Shuffle4x128(abLow, cdLow, 0x88);
        words[4] = Avx512F.Shuffle4x128(abLow, cdLow, 0xDD);
        words[8] = Avx512F.Shuffle4x128(abHigh, cdHigh, 0x88);
        words[12] = Avx512F.Shuffle4x128(abHigh, cdHigh, 0xDD);
    }
}
