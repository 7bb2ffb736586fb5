using System.Security.Cryptography;
using Sora.Mailstore.Bodies.Hashing;

namespace Sora.Mailstore.Tests.Bodies.Hashing;

public sealed class Blake3HasherTests
{
    private static readonly Blake3Path[] Supported = [.. Enum.GetValues<Blake3Path>().Where(Blake3Paths.IsSupported)];

    [Theory]
    [MemberData(nameof(Blake3Vectors.All), MemberType = typeof(Blake3Vectors))]
    public void Every_path_yields_the_published_vectors(int length, string hash, string keyed, string derived, string longDigest)
    {
        var input = Blake3Vectors.Input(length);
        foreach (var path in Supported)
        {
            Blake3Hasher[] modes =
            [
                new(path),
                Blake3Hasher.CreateKeyed(path, Blake3Vectors.Key),
                Blake3Hasher.CreateDeriveKey(path, Blake3Vectors.Context),
            ];
            var outputs = new byte[modes.Length * Blake3Vectors.LongLength];
            for (var i = 0; i < modes.Length; i++)
            {
                modes[i].Update(input);
                Hex(modes[i], 32).ShouldBe(i switch { 0 => hash, 1 => keyed, _ => derived }, $"{path}, mode {i}");
                modes[i].Finalize(outputs.AsSpan(i * Blake3Vectors.LongLength, Blake3Vectors.LongLength));
            }
            Convert.ToHexStringLower(SHA256.HashData(outputs)).ShouldBe(longDigest, path.ToString());

            var oneShot = new byte[32];
            Blake3Hasher.Hash(path, input, oneShot);
            Convert.ToHexStringLower(oneShot).ShouldBe(hash, path.ToString());
        }
    }

    [Fact]
    public void The_widest_path_of_this_processor_is_the_default()
    {
        Supported.ShouldContain(Blake3Path.Scalar);
        Supported.ShouldContain(Blake3Paths.Best);

        var expected = new byte[32];
        var actual = new byte[32];
        var input = Blake3Vectors.Input(70_000);
        Blake3Hasher.Hash(Blake3Path.Scalar, input, expected);
        Blake3Hasher.Hash(input, actual);
        actual.ShouldBe(expected);
    }

    /// <summary>Trees of every shape: whole batches, groups and chunks, one byte less and more, and odd tails.</summary>
    [Theory]
    [InlineData(16 * 1024)]
    [InlineData(17 * 1024)]
    [InlineData(31 * 1024)]
    [InlineData(32 * 1024)]
    [InlineData(47 * 1024 + 512)]
    [InlineData(64 * 1024)]
    [InlineData(112 * 1024)]
    [InlineData(128 * 1024)]
    [InlineData(144 * 1024)]
    [InlineData(255 * 1024)]
    [InlineData(256 * 1024)]
    [InlineData(403 * 1024)]
    [InlineData(1024 * 1024)]
    public void All_paths_agree_on_large_trees(int length)
    {
        foreach (var exact in new[] { length - 1, length, length + 1 })
        {
            var input = Blake3Vectors.Input(exact);
            var expected = ReferenceTree.Hash(input);
            foreach (var path in Supported)
            {
                var actual = new byte[32];
                Blake3Hasher.Hash(path, input, actual);
                actual.ShouldBe(expected, $"{path}, {exact} bytes");
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(1024)]
    [InlineData(4096)]
    [InlineData(16 * 1024 - 1)]
    [InlineData(16 * 1024)]
    [InlineData(16 * 1024 + 1)]
    [InlineData(50_000)]
    [InlineData(65_536)]
    public void Pieces_of_any_size_yield_what_the_whole_yields(int piece)
    {
        var input = Blake3Vectors.Input(piece == 1 ? 40_000 : 300_000);
        var expected = new byte[32];
        Blake3Hasher.Hash(Blake3Path.Scalar, input, expected);

        foreach (var path in Supported)
        {
            var hasher = new Blake3Hasher(path);
            for (var at = 0; at < input.Length; at += piece)
                hasher.Update(input.AsSpan(at, Math.Min(piece, input.Length - at)));
            Hex(hasher, 32).ShouldBe(Convert.ToHexStringLower(expected), path.ToString());
        }
    }

    [Fact]
    public void Pieces_of_random_sizes_yield_what_the_whole_yields()
    {
        var random = new Random(20_251_122);
        var hasher = new Blake3Hasher();
        var expected = new byte[32];
        for (var round = 0; round < 200; round++)
        {
            var input = new byte[random.Next(200_000)];
            random.NextBytes(input);
            Blake3Hasher.Hash(input, expected);
            hasher.Reset();
            for (var at = 0; at < input.Length;)
            {
                var piece = Math.Min(random.Next(1 << random.Next(1, 18)), input.Length - at);
                hasher.Update(input.AsSpan(at, piece));
                at += piece;
            }
            Hex(hasher, 32).ShouldBe(Convert.ToHexStringLower(expected), $"round {round}");
        }
    }

    [Fact]
    public void Finalize_can_be_asked_on_the_way()
    {
        var input = Blake3Vectors.Input(100_000);
        var hasher = new Blake3Hasher();
        var expected = new byte[32];
        for (var at = 0; at < input.Length; at += 10_000)
        {
            hasher.Update(input.AsSpan(at, 10_000));
            Blake3Hasher.Hash(input.AsSpan(0, at + 10_000), expected);
            Hex(hasher, 32).ShouldBe(Convert.ToHexStringLower(expected));
            Hex(hasher, 32).ShouldBe(Convert.ToHexStringLower(expected));
        }
    }

    [Fact]
    public void Reset_keeps_the_key()
    {
        var hasher = Blake3Hasher.CreateKeyed(Blake3Vectors.Key);
        hasher.Update("first"u8);
        var first = Hex(hasher, 32);
        hasher.Update(Blake3Vectors.Input(50_000));
        hasher.Reset();
        hasher.Update("first"u8);
        Hex(hasher, 32).ShouldBe(first);
        hasher.Reset();
        hasher.Update("second"u8);
        Hex(hasher, 32).ShouldNotBe(first);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    public void A_key_of_another_length_is_refused(int length) =>
        Should.Throw<ArgumentException>(() => Blake3Hasher.CreateKeyed(new byte[length]));

    [Fact]
    public void Hashing_allocates_nothing()
    {
        var small = Blake3Vectors.Input(2048);
        var large = Blake3Vectors.Input(300_000);
        var hash = new byte[32];
        var hasher = new Blake3Hasher();
        HashAll();

        // A collection started by another test counts the rest of this thread's allocation buffer, hence the least of several rounds
        var least = long.MaxValue;
        for (var round = 0; round < 10; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            HashAll();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        least.ShouldBe(0);

        void HashAll()
        {
            Blake3Hasher.Hash(small, hash);
            Blake3Hasher.Hash(large, hash);
            hasher.Reset();
            hasher.Update(small);
            hasher.Update(large);
            hasher.Finalize(hash);
        }
    }

    private static string Hex(Blake3Hasher hasher, int length)
    {
        var hash = new byte[length];
        hasher.Finalize(hash);
        return Convert.ToHexStringLower(hash);
    }
}
