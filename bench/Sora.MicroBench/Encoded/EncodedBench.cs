using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Sora.Configuration;
using Sora.Contracts;
using Sora.Mailstore.Bodies;
using Sora.Mailstore.Bodies.Encoded;
using Sora.Mailstore.Bodies.Hashing;

namespace Sora.MicroBench.Encoded;

/// <summary>MB/s of one core for encoding and decoding bodies, and what is left of them. The text is this project's documentation.</summary>
internal static class EncodedBench
{
    private static readonly TimeSpan Sample = TimeSpan.FromMilliseconds(700);

    public static void Run()
    {
        var text = ReadText();
        var attachment = Encoding.ASCII.GetBytes(Convert.ToBase64String(RandomNumberGenerator.GetBytes(2_000_000), Base64FormattingOptions.InsertLineBreaks));
        (string Name, byte[] Body)[] bodies =
        [
            ("text, 5 KB", text[..5000]),
            ("text, 100 KB", text[..100_000]),
            ("Base64, 2.7 MB", attachment),
        ];
        Console.WriteLine($"{"",-28}{string.Concat(bodies.Select(static body => $"{body.Name,30}"))}");
        Console.WriteLine($"{"",-28}{string.Concat(bodies.Select(static _ => $"{"enc MB/s",12}{"dec MB/s",10}{"left",8}"))}");
        Print("aes", Options(true, BodyCompression.None, 4), bodies);
        foreach (var level in new[] { 1, 4, 6 })
        {
            Print($"aes + gzip {level}", Options(true, BodyCompression.Gzip, level), bodies);
            Print($"aes + brotli {level}", Options(true, BodyCompression.Brotli, level), bodies);
        }

        Print("brotli 4", Options(false, BodyCompression.Brotli, 4), bodies);
    }

    private static void Print(string name, StorageOptions options, (string Name, byte[] Body)[] bodies)
    {
        var codec = new BodyCodec(options);
        Console.Write($"{name,-28}");
        foreach (var (_, body) in bodies)
        {
            var hash = new byte[32];
            Blake3Hasher.Hash(body, hash);
            var named = ContentHash.From(hash);
            var encoded = codec.Encode(body, named);
            var buffer = new byte[128 * 1024];
            var encoding = Measure(body.Length, () =>
            {
                using var stream = codec.Encode(new MemoryStream(body), named, body.Length);
                while (stream.Read(buffer) > 0)
                {
                }
            });
            var decoding = Measure(body.Length, () => DecodeAsync(codec, encoded, named, buffer).GetAwaiter().GetResult());
            Console.Write(string.Create(CultureInfo.InvariantCulture, $"{encoding,12:F0}{decoding,10:F0}{100.0 * encoded.Length / body.Length,7:F1}%"));
        }

        Console.WriteLine();
    }

    private static async Task DecodeAsync(BodyCodec codec, ReadOnlyMemory<byte> encoded, ContentHash hash, byte[] buffer)
    {
        await using var stream = (await codec.DecodeAsync(new MemorySource(encoded), hash, 0, null, default))!;
        while (await stream.ReadAsync(buffer) > 0)
        {
        }
    }

    private static double Measure(int length, Action work)
    {
        work();
        var best = 0.0;
        for (var sample = 0; sample < 3; sample++)
        {
            var rounds = 0L;
            var start = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(start) < Sample / 3)
            {
                work();
                rounds++;
            }

            best = Math.Max(best, rounds * length / 1e6 / Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }

    private static StorageOptions Options(bool encrypts, BodyCompression compression, int level) => new()
    {
        Compression = compression,
        CompressionLevel = level,
        Encryption = encrypts
            ? new EncryptionOptions { ActiveKey = "k", Keys = [new EncryptionKeyOptions { Id = "k", Secret = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)) }] }
            : new EncryptionOptions(),
    };

    // People's words, not a generator's: those compress too well
    private static byte[] ReadText()
    {
        var folder = AppContext.BaseDirectory;
        while (!Directory.Exists(Path.Combine(folder, "docs", "decisions")))
            folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("Not in a checkout");
        var text = new MemoryStream();
        foreach (var file in Directory.EnumerateFiles(Path.Combine(folder, "docs"), "*.md", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            text.Write(File.ReadAllBytes(file));
        return text.ToArray();
    }
}
