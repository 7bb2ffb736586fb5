using System.Runtime.Intrinsics;

namespace Sora.Mailstore.Bodies.Hashing;

/// <summary>Spreads many inputs over the lanes of a path.</summary>
internal static unsafe class Blake3Wide
{
    /// <summary>
    /// Writes the chaining values of <paramref name="count"/> inputs to <paramref name="output"/>, 32 bytes each. The output may be
    /// the place of the inputs themselves when these are parents: results never overtake what is still to be read.
    /// </summary>
    public static void Compress(Blake3Path path, Blake3Inputs inputs, int count, uint* output)
    {
        while (count > 0)
        {
            // More than half of the lanes must be of use, else the narrower path is as quick
            int taken;
            if (path >= Blake3Path.Vector512 && count > 8)
            {
                taken = Math.Min(count, 16);
                Blake3Kernel.Compress<Lanes512, Vector512<uint>>(&inputs, taken, output);
            }
            else if (path >= Blake3Path.Vector256 && count > 4)
            {
                taken = Math.Min(count, 8);
                Blake3Kernel.Compress<Lanes256, Vector256<uint>>(&inputs, taken, output);
            }
            else if (path >= Blake3Path.Vector128 && count > 1)
            {
                taken = Math.Min(count, 4);
                Blake3Kernel.Compress<Lanes128, Vector128<uint>>(&inputs, taken, output);
            }
            else
            {
                taken = 1;
                CompressOne(path, &inputs, output);
            }
            inputs.First += (nuint)taken * inputs.Stride;
            inputs.Counter += (uint)taken * inputs.CounterStep;
            output += taken * 8;
            count -= taken;
        }
    }

    private static void CompressOne(Blake3Path path, Blake3Inputs* inputs, uint* output)
    {
        var chain = stackalloc uint[8];
        new ReadOnlySpan<uint>(inputs->Key, 8).CopyTo(new Span<uint>(chain, 8));
        Blake3Block.CompressChain(
            path, chain, inputs->First, inputs->Blocks, inputs->Counter, inputs->Flags, inputs->FirstFlags, inputs->LastFlags);
        new ReadOnlySpan<uint>(chain, 8).CopyTo(new Span<uint>(output, 8));
    }
}
