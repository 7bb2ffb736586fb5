using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Sora.Mailstore.Bodies.Hashing;

/// <summary>The ways to compute BLAKE3; a wider one uses the narrower ones for what does not fill its lanes.</summary>
internal enum Blake3Path
{
    /// <summary>Plain 32-bit arithmetic.</summary>
    Scalar,

    /// <summary>Four chunks side by side, and the four columns of a single block side by side.</summary>
    Vector128,

    /// <summary>Eight chunks side by side (AVX2).</summary>
    Vector256,

    /// <summary>Sixteen chunks side by side (AVX-512).</summary>
    Vector512,
}

/// <summary>What this processor can run.</summary>
internal static class Blake3Paths
{
    /// <summary>The fastest path of this processor.</summary>
    public static readonly Blake3Path Best =
        IsSupported(Blake3Path.Vector512) && Vector512.IsHardwareAccelerated ? Blake3Path.Vector512
        : IsSupported(Blake3Path.Vector256) ? Blake3Path.Vector256
        : IsSupported(Blake3Path.Vector128) ? Blake3Path.Vector128
        : Blake3Path.Scalar;

    /// <summary>Whether <paramref name="path"/> runs on this processor.</summary>
    public static bool IsSupported(Blake3Path path) => path switch
    {
        Blake3Path.Scalar => true,
        // The vector paths read message words as they lie in memory, and BLAKE3 is little-endian
        Blake3Path.Vector128 => BitConverter.IsLittleEndian && (Sse41.IsSupported || AdvSimd.Arm64.IsSupported),
        Blake3Path.Vector256 => Avx2.IsSupported,
        Blake3Path.Vector512 => Avx512F.IsSupported && Avx512F.VL.IsSupported,
        _ => false,
    };
}
