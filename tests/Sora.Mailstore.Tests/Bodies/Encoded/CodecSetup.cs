using System.Text;
using Sora.Configuration;
using Sora.Contracts;
using Sora.Mailstore.Bodies;
using Sora.Mailstore.Bodies.Encoded;
using Sora.Mailstore.Bodies.Hashing;

namespace Sora.Mailstore.Tests.Bodies.Encoded;

/// <summary>Codecs and bodies for tests.</summary>
internal static class CodecSetup
{
    /// <summary>Options with the key k1, whose secret is the bytes from 100 on.</summary>
    public static StorageOptions Options(bool encrypts = true, BodyCompression compression = BodyCompression.None, int chunk = 65536, int level = 4)
    {
        var options = new StorageOptions { Compression = compression, EncodingChunk = new ByteSize(chunk), CompressionLevel = level, CacheWarmUp = false };
        if (encrypts)
        {
            options.Encryption = new EncryptionOptions
            {
                ActiveKey = "k1",
                Keys = [new EncryptionKeyOptions { Id = "k1", Secret = Convert.ToBase64String(Count(100, 32)) }],
            };
        }

        return options;
    }

    public static BodyCodec Codec(bool encrypts = true, BodyCompression compression = BodyCompression.None, int chunk = 65536, int level = 4) =>
        new(Options(encrypts, compression, chunk, level));

    /// <summary>By name, with chunks of 1,024 bytes; "framed" encodes only what looks encoded.</summary>
    public static BodyCodec Shape(string shape) => Codec(
        shape.StartsWith("aes", StringComparison.Ordinal),
        shape.EndsWith("gzip", StringComparison.Ordinal) ? BodyCompression.Gzip : shape.EndsWith("brotli", StringComparison.Ordinal) ? BodyCompression.Brotli : BodyCompression.None,
        chunk: 1024);

    public static byte[] Plain(string shape, int size, bool isText)
    {
        var plain = isText ? Text(size) : Random(size, size);
        if (shape == "framed" && size >= 8)
            EncodingHeader.Magic.CopyTo(plain);
        return plain;
    }

    public static ContentHash HashOf(ReadOnlySpan<byte> plain)
    {
        Span<byte> hash = stackalloc byte[32];
        Blake3Hasher.Hash(plain, hash);
        return ContentHash.From(hash);
    }

    public static byte[] Count(int first, int count) => [.. Enumerable.Range(first, count).Select(static value => (byte)value)];

    public static byte[] Random(int size, int seed)
    {
        var bytes = new byte[size];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static byte[] Text(int size)
    {
        string[] words = ["the", "mail", "of", "yesterday", "was", "delivered", "before", "noon", "and", "nobody", "has", "read", "it", "since", "\r\n"];
        var random = new Random(7);
        var text = new StringBuilder();
        while (text.Length < size)
            text.Append(words[random.Next(words.Length)]).Append(random.Next(1000)).Append(' ');
        return Encoding.ASCII.GetBytes(text.ToString(0, size));
    }
}
