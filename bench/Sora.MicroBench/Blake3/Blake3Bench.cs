using System.Diagnostics;
using System.Globalization;
using Sora.Mailstore.Bodies.Hashing;

namespace Sora.MicroBench.Blake3;

/// <summary>GB/s (10^9 bytes) of one core, by path and input size, for the one-shot hash and for the hasher fed in 32 KiB pieces.</summary>
internal static class Blake3Bench
{
    private const int PieceLength = 32 * 1024;

    // Many short samples: the best of them fell between the interruptions of a busy machine
    private const int Samples = 60;

    private static readonly TimeSpan Warmup = TimeSpan.FromMilliseconds(60);
    private static readonly TimeSpan Sample = TimeSpan.FromMilliseconds(2);
    private static readonly (string Name, int Length)[] Sizes =
        [("64 B", 64), ("2 KiB", 2048), ("2000 B", 2000), ("16 KiB", 16 * 1024), ("1 MiB", 1024 * 1024)];

    public static void Run()
    {
        Console.WriteLine($"default path: {Blake3Paths.Best}; GB/s, best of {Samples} samples");
        Console.WriteLine($"{"",-24}{string.Concat(Sizes.Select(size => $"{size.Name,10}"))}");
        foreach (var path in Enum.GetValues<Blake3Path>())
        {
            if (!Blake3Paths.IsSupported(path))
            {
                Console.WriteLine($"{path,-24} not on this processor");
                continue;
            }
            var hasher = new Blake3Hasher(path);
            var hash = new byte[Blake3Hasher.HashLength];
            Print($"{path} Hash", input => Blake3Hasher.Hash(path, input, hash));
            Print($"{path} Update", input =>
            {
                hasher.Reset();
                for (var at = 0; at < input.Length; at += PieceLength)
                    hasher.Update(input.AsSpan(at, Math.Min(PieceLength, input.Length - at)));
                hasher.Finalize(hash);
            });
        }
    }

    private static void Print(string name, Action<byte[]> hash)
    {
        Console.Write($"{name,-24}");
        foreach (var (_, length) in Sizes)
        {
            var input = new byte[length];
            new Random(1).NextBytes(input);
            Measure(hash, input, Warmup);
            var best = 0.0;
            for (var i = 0; i < Samples; i++)
                best = Math.Max(best, Measure(hash, input, Sample));
            Console.Write(string.Create(CultureInfo.InvariantCulture, $"{best,10:F2}"));
        }
        Console.WriteLine();
    }

    private static double Measure(Action<byte[]> hash, byte[] input, TimeSpan duration)
    {
        // Enough rounds between two looks at the clock that the clock does not count
        var rounds = Math.Max(1, 64 * 1024 / input.Length);
        var bytes = 0L;
        var start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < duration)
        {
            for (var i = 0; i < rounds; i++)
                hash(input);
            bytes += (long)rounds * input.Length;
        }
        return bytes / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9;
    }
}
