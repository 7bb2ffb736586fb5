using System.Buffers.Binary;
using System.Security.Cryptography;
using Sora.Configuration;
using Sora.Contracts;
using Sora.Mailstore.Bodies;
using Sora.Mailstore.Bodies.Encoded;
using Sora.Mailstore.Bodies.Hashing;
using Sora.Mailstore.Tests.Bodies.Hashing;

namespace Sora.Mailstore.Tests.Bodies.Encoded;

public sealed class BodyCodecTests
{
    /*
     * Both objects were made by this, with Python's gzip and the package cryptography:
     *
     * import gzip, struct
     * from cryptography.hazmat.primitives.ciphers.aead import AESGCM
     * from cryptography.hazmat.primitives.kdf.hkdf import HKDF
     * from cryptography.hazmat.primitives.hashes import SHA256
     * secret = bytes(range(100, 132)); salt = bytes(range(16)); body_hash = bytes(range(32))
     * def hkdf(length, salt, info): return HKDF(SHA256(), length, salt, info).derive(secret)
     * check = hkdf(8, b"", b"sora key check 1"); aes = AESGCM(hkdf(32, salt, b"sora body 1"))
     * def header(flags, compression, bits, size):
     *     return b"\x89SORA\r\n\x1a" + bytes([1, flags, compression, bits, 0, 0, 0, 0]) + struct.pack(">q", size) + check + salt + b"k1".ljust(32, b"\0")
     * def seal(head, number, place, word, data, table=b""):
     *     return aes.encrypt(struct.pack(">iq", 0, number), data, head + body_hash + struct.pack(">qBI", number, place, word) + table)
     * text = b"Subject: vector\r\n\r\nHello\r\n"
     * head = header(1, 0, 16, len(text))
     * print((head + seal(head, 0, 1, 0, text)).hex())
     * plain = b"a" * 1024 + b"b" * 500
     * head = header(3, 1, 10, len(plain)); out = head; table = b""
     * for n, part in enumerate((plain[:1024], plain[1024:])):
     *     z = gzip.compress(part, mtime=0); word = len(z) | 1 << 31
     *     out += struct.pack(">I", word) + seal(head, n, n, word, z); table += struct.pack(">I", word)
     * print((out + table + seal(head, 2, 2, 0, b"", table)).hex())
     */
    private const string EncryptedVector =
        "89534f52410d0a1a0101001000000000000000000000001a793960f590b9030b000102030405060708090a0b0c0d0e0f6b31000000000000000000000000000000000000000000000000000000000000"
        + "d1f6bd20603e92f0401c01204f77feb39aff962869a957e6dd62fde948cccc0c9dbdab4c622ec714a6c2";

    private const string CompressedVector =
        "89534f52410d0a1a0103010a0000000000000000000005f4793960f590b9030b000102030405060708090a0b0c0d0e0f6b31000000000000000000000000000000000000000000000000000000000000"
        + "8000001d9d08d74a055de6ca62692f0f271d2fde847ec8600c7cacdcac68d936c9ce03e1c53944762fe750233e029fd6c28000001ac2474f2edc796ea86561ed745a676fa85372f8f38949f9b9308cbb"
        + "f8fe0e87379cc301052444b04458348000001d8000001aa9cd4ebc850bd8c615e5eca25ccd4aab";

    private static readonly ContentHash VectorHash = ContentHash.From(CodecSetup.Count(0, 32));

    [Fact]
    public async Task An_object_made_elsewhere_is_decrypted()
    {
        var plain = await DecodeAsync(CodecSetup.Codec(), Convert.FromHexString(EncryptedVector), VectorHash);
        plain.ShouldBe("Subject: vector\r\n\r\nHello\r\n"u8.ToArray());
    }

    [Fact]
    public async Task A_compressed_object_made_elsewhere_is_decrypted()
    {
        byte[] expected = [.. Enumerable.Repeat((byte)'a', 1024), .. Enumerable.Repeat((byte)'b', 500)];
        var encoded = Convert.FromHexString(CompressedVector);
        (await DecodeAsync(CodecSetup.Codec(), encoded, VectorHash)).ShouldBe(expected);
        (await DecodeAsync(CodecSetup.Codec(), encoded, VectorHash, 1020, 10)).ShouldBe(expected[1020..1030]);
    }

    [Fact]
    public void What_is_written_is_what_the_format_says()
    {
        var plain = CodecSetup.Random(2500, 1);
        var hash = CodecSetup.HashOf(plain);
        var encoded = CodecSetup.Codec(chunk: 1024).Encode(plain, hash).ToArray();
        encoded.Length.ShouldBe(80 + 2500 + (3 * 16));
        var salt = encoded[32..48];
        encoded[..32].ShouldBe(Convert.FromHexString("89534f52410d0a1a" + "0101000a00000000" + "00000000000009c4" + "793960f590b9030b"));
        encoded[48..80].ShouldBe("k1"u8.ToArray().Concat(new byte[30]));
        var key = HKDF.DeriveKey(HashAlgorithmName.SHA256, CodecSetup.Count(100, 32), 32, salt, "sora body 1"u8.ToArray());
        using var aes = new AesGcm(key, 16);
        for (var i = 0; i < 3; i++)
        {
            var length = Math.Min(1024, 2500 - (i * 1024));
            var chunk = encoded.AsSpan(80 + (i * 1040), length);
            var nonce = new byte[12];
            nonce[11] = (byte)i;
            byte[] associated = [.. encoded[..80], .. hash.ToArray(), 0, 0, 0, 0, 0, 0, 0, (byte)i, (byte)(i == 2 ? 1 : 0), 0, 0, 0, 0];
            var opened = new byte[length];
            aes.Decrypt(nonce, chunk, encoded.AsSpan(80 + (i * 1040) + length, 16), opened, associated);
            opened.ShouldBe(plain[(i * 1024)..Math.Min(2500, (i + 1) * 1024)]);
        }
    }

    [Fact]
    public void Without_a_key_the_tag_is_a_hash()
    {
        var plain = EncodingHeader.Magic.ToArray();
        var encoded = CodecSetup.Codec(encrypts: false).Encode(plain, CodecSetup.HashOf(plain)).ToArray();
        var header = new byte[80];
        Convert.FromHexString("89534f52410d0a1a" + "0100001000000000" + "0000000000000008").CopyTo(header, 0);
        encoded[..80].ShouldBe(header);
        encoded[80..88].ShouldBe(plain);
        byte[] covered = [.. header, .. CodecSetup.HashOf(plain).ToArray(), 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, .. plain];
        encoded[88..].ShouldBe(ReferenceTree.Hash(covered)[..16]);
    }

    [Fact]
    public void No_two_objects_have_the_same_salt()
    {
        var codec = CodecSetup.Codec();
        var plain = CodecSetup.Random(10, 1);
        Enumerable.Range(0, 100).Select(_ => Convert.ToHexString(codec.Encode(plain, CodecSetup.HashOf(plain)).Span.Slice(32, 16))).Distinct().Count().ShouldBe(100);
    }

    [Fact]
    public void Without_options_a_body_is_stored_as_it_is_unless_it_looks_encoded()
    {
        var codec = CodecSetup.Codec(encrypts: false);
        codec.IsIdentity.ShouldBeTrue();
        var plain = CodecSetup.Random(5000, 1);
        codec.Encode(plain, CodecSetup.HashOf(plain)).ToArray().ShouldBe(plain);
        var encoded = CodecSetup.Codec().Encode(plain, CodecSetup.HashOf(plain)).ToArray();
        codec.Encode(encoded, CodecSetup.HashOf(encoded)).Length.ShouldBe(80 + encoded.Length + 16);
    }

    public static TheoryData<string, int, int> Shapes()
    {
        var data = new TheoryData<string, int, int>();
        foreach (var shape in new[] { "aes", "aes+brotli", "aes+gzip", "brotli", "gzip", "framed" })
        {
            foreach (var size in new[] { 0, 1, 1023, 1024, 1025, 2047, 2048, 2049, 5000 })
            {
                data.Add(shape, size, 0);
                data.Add(shape, size, 1);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task Every_range_reads_what_was_encoded(string shape, int size, int text)
    {
        var codec = CodecSetup.Shape(shape);
        var plain = CodecSetup.Plain(shape, size, text == 1);
        var hash = CodecSetup.HashOf(plain);
        var encoded = codec.Encode(plain, hash);
        (await DecodeAsync(codec, encoded, hash)).ShouldBe(plain);
        int[] edges = [.. new[] { 0, 1, 1023, 1024, 1025, 2047, 2048, 2049, 3000, size - 1, size, size + 1, size + 2000 }.Where(edge => edge >= 0).Distinct()];
        foreach (var offset in edges)
        {
            var start = Math.Min(offset, size);
            (await DecodeAsync(codec, encoded, hash, offset, null)).ShouldBe(plain[start..]);
            foreach (var end in edges.Where(edge => edge >= offset))
                (await DecodeAsync(codec, encoded, hash, offset, end - offset)).ShouldBe(plain[start..Math.Min(end, size)]);
        }
    }

    [Theory]
    [InlineData("aes")]
    [InlineData("aes+brotli")]
    [InlineData("aes+gzip")]
    [InlineData("gzip")]
    [InlineData("framed")]
    public async Task Every_flipped_byte_is_found(string shape)
    {
        var codec = CodecSetup.Shape(shape);
        var plain = CodecSetup.Plain(shape, 2300, isText: true);
        var hash = CodecSetup.HashOf(plain);
        var encoded = codec.Encode(plain, hash).ToArray();
        for (var i = 0; i < encoded.Length; i++)
        {
            var damaged = encoded.ToArray();
            damaged[i] ^= (byte)(1 << (i % 8));
            await ShouldBeFoundAsync(codec, damaged, hash, plain);
            damaged[i] = (byte)~encoded[i];
            await ShouldBeFoundAsync(codec, damaged, hash, plain);
        }
    }

    [Theory]
    [InlineData("aes")]
    [InlineData("aes+brotli")]
    [InlineData("gzip")]
    [InlineData("framed")]
    public async Task Every_cut_and_every_addition_is_found(string shape)
    {
        var codec = CodecSetup.Shape(shape);
        var plain = CodecSetup.Plain(shape, 2300, isText: true);
        var hash = CodecSetup.HashOf(plain);
        var encoded = codec.Encode(plain, hash).ToArray();
        for (var length = 0; length < encoded.Length; length++)
            await ShouldBeFoundAsync(codec, encoded[..length], hash, plain);
        await ShouldBeFoundAsync(codec, [.. encoded, 0], hash, plain);
        await ShouldBeFoundAsync(codec, [.. encoded, .. encoded], hash, plain);
    }

    [Fact]
    public async Task Chunks_cannot_change_places_or_come_from_elsewhere()
    {
        var codec = CodecSetup.Codec(chunk: 1024);
        var plain = CodecSetup.Random(4096, 1);
        var hash = CodecSetup.HashOf(plain);
        var encoded = codec.Encode(plain, hash).ToArray();
        var again = codec.Encode(plain, hash).ToArray();
        byte[] Chunk(byte[] from, int index) => from[(80 + (index * 1040))..(80 + ((index + 1) * 1040))];
        var head = encoded[..80];
        await ShouldBeFoundAsync(codec, [.. head, .. Chunk(encoded, 1), .. Chunk(encoded, 0), .. Chunk(encoded, 2), .. Chunk(encoded, 3)], hash, plain);
        await ShouldBeFoundAsync(codec, [.. head, .. Chunk(encoded, 0), .. Chunk(encoded, 0), .. Chunk(encoded, 2), .. Chunk(encoded, 3)], hash, plain);
        await ShouldBeFoundAsync(codec, [.. head, .. Chunk(encoded, 0), .. Chunk(again, 1), .. Chunk(encoded, 2), .. Chunk(encoded, 3)], hash, plain);
        await ShouldBeFoundAsync(codec, [.. again[..80], .. encoded[80..]], hash, plain);

        // Cut at a chunk's end, with a size that fits
        byte[] shorter = [.. encoded[..(80 + (3 * 1040))]];
        BinaryPrimitives.WriteInt64BigEndian(shorter.AsSpan(16), 3072);
        await ShouldBeFoundAsync(codec, shorter, hash, plain);

        // Another body's object under this name
        var other = CodecSetup.Random(4096, 2);
        await ShouldBeFoundAsync(codec, codec.Encode(other, CodecSetup.HashOf(other)).ToArray(), hash, plain);
        await Should.ThrowAsync<BodyDamagedException>(() => DecodeAsync(codec, codec.Encode(other, CodecSetup.HashOf(other)), hash));
    }

    [Fact]
    public async Task A_key_that_is_not_there_or_another_is_an_error_of_its_own()
    {
        var plain = CodecSetup.Random(100, 1);
        var hash = CodecSetup.HashOf(plain);
        var encoded = CodecSetup.Codec().Encode(plain, hash);
        var without = CodecSetup.Codec(encrypts: false);
        (await Should.ThrowAsync<BodyKeyException>(() => DecodeAsync(without, encoded, hash))).KeyId.ShouldBe("k1");
        (await Should.ThrowAsync<BodyKeyException>(() => DecodeAsync(without, encoded, hash, 1, 1))).KeyId.ShouldBe("k1");
        var options = CodecSetup.Options();
        options.Encryption.Keys[0].Secret = Convert.ToBase64String(CodecSetup.Count(1, 32));
        await Should.ThrowAsync<BodyKeyException>(() => DecodeAsync(new BodyCodec(options), encoded, hash));
        BodyCodec.KeyIdOf(encoded.Span).ShouldBe("k1");
        BodyCodec.KeyIdOf(plain).ShouldBeNull();
    }

    [Fact]
    public async Task Old_objects_stay_readable_when_the_options_change()
    {
        var plain = CodecSetup.Text(5000);
        var hash = CodecSetup.HashOf(plain);
        var options = CodecSetup.Options(compression: BodyCompression.Brotli);
        options.Encryption.Keys = [options.Encryption.Keys[0], new EncryptionKeyOptions { Id = "k2", Secret = Convert.ToBase64String(CodecSetup.Count(7, 32)) }];
        options.Encryption.ActiveKey = "k2";
        var codec = new BodyCodec(options);
        BodyCodec.KeyIdOf(codec.Encode(plain, hash).Span).ShouldBe("k2");
        foreach (var old in new[] { "aes", "aes+gzip", "gzip", "brotli", "framed" })
            (await DecodeAsync(codec, CodecSetup.Shape(old).Encode(plain, hash), hash)).ShouldBe(plain);
        (await DecodeAsync(codec, plain, hash)).ShouldBe(plain);
        (await DecodeAsync(codec, plain, hash, 10, 20)).ShouldBe(plain[10..30]);
    }

    [Fact]
    public void A_body_that_is_not_what_it_should_be_is_not_encoded_to_its_end()
    {
        var codec = CodecSetup.Codec(chunk: 1024);
        var plain = CodecSetup.Random(3000, 1);
        Should.Throw<BodyDamagedException>(() => codec.Encode(plain, CodecSetup.HashOf([1])));
        foreach (var size in new[] { 0, 1, 2999, 3001, 5000 })
        {
            using var stream = codec.Encode(new MemoryStream(plain), CodecSetup.HashOf(plain), size);
            Should.Throw<BodyDamagedException>(() => stream.CopyTo(Stream.Null));
        }
    }

    [Fact]
    public void Text_gets_smaller_and_what_does_not_is_not_compressed()
    {
        foreach (var compression in new[] { BodyCompression.Gzip, BodyCompression.Brotli })
        {
            var codec = CodecSetup.Codec(compression: compression, chunk: 65536);
            var text = CodecSetup.Text(300_000);
            codec.Encode(text, CodecSetup.HashOf(text)).Length.ShouldBeLessThan(150_000);
            var noise = CodecSetup.Random(300_000, 1);
            codec.Encode(noise, CodecSetup.HashOf(noise)).Length.ShouldBe(80 + 300_000 + (5 * 16));

            // What begins as text and goes on as something else
            byte[] mixed = [.. text[..65536], .. noise];
            codec.Encode(mixed, CodecSetup.HashOf(mixed)).Length.ShouldBeLessThan(300_000 + 40_000);
        }
    }

    [Fact]
    public async Task A_chunk_that_expands_beyond_its_size_is_refused()
    {
        // Sealed by somebody who has no key: 100 MB of zeros that claim to be 1,024 bytes
        var bomb = new MemoryStream();
        using (var gzip = new System.IO.Compression.GZipStream(bomb, System.IO.Compression.CompressionLevel.Optimal, leaveOpen: true))
            gzip.Write(new byte[900_000]);
        var data = bomb.ToArray();
        var header = new byte[80];
        Convert.FromHexString("89534f52410d0a1a" + "0102010a00000000" + "0000000000000400").CopyTo(header, 0);
        var word = BitConverter.GetBytes(BinaryPrimitives.ReverseEndianness((uint)data.Length | 1u << 31));
        byte[] covered = [.. header, .. VectorHash.ToArray(), 0, 0, 0, 0, 0, 0, 0, 0, 1, .. word, .. data];
        var tag = new byte[32];
        Blake3Hasher.Hash(covered, tag);
        byte[] encoded = [.. header, .. word, .. data, .. tag[..16]];
        await Should.ThrowAsync<BodyDamagedException>(() => DecodeAsync(CodecSetup.Codec(), encoded, VectorHash));
    }

    [Fact]
    public async Task Whatever_is_given_to_the_decoder_it_says_that_it_is_damaged_or_reads_the_body()
    {
        var random = new Random(20261128);
        for (var round = 0; round < 4000; round++)
        {
            string[] shapes = ["aes", "aes+brotli", "aes+gzip", "gzip", "brotli", "framed"];
            var shape = shapes[round % shapes.Length];
            var codec = CodecSetup.Shape(shape);
            var plain = CodecSetup.Plain(shape, random.Next(0, 6000), random.Next(2) == 0);
            var hash = CodecSetup.HashOf(plain);
            var bytes = codec.Encode(plain, hash).ToArray();
            for (var changes = random.Next(1, 5); changes > 0; changes--)
            {
                var at = random.Next(bytes.Length);
                switch (random.Next(4))
                {
                    case 0:
                        bytes[at] = (byte)random.Next(256);
                        break;
                    case 1:
                        bytes = [.. bytes[..at], .. bytes[random.Next(at, bytes.Length)..]];
                        break;
                    case 2:
                        bytes = [.. bytes[..at], .. bytes[random.Next(at)..]];
                        break;
                    default:
                        random.NextBytes(bytes.AsSpan(at, Math.Min(bytes.Length - at, random.Next(40))));
                        break;
                }

                if (bytes.Length == 0)
                    break;
            }

            await ShouldBeFoundAsync(codec, bytes, hash, plain);
        }
    }

    [Fact]
    public async Task Memory_does_not_grow_with_the_body()
    {
        const long size = 200L << 20;
        using var plain = new PatternStream(size);
        var hash = PatternStream.HashOf(size);
        var codec = CodecSetup.Codec(chunk: 65536, compression: BodyCompression.Brotli, level: 1);
        await using var encoded = codec.Encode(plain, hash, size);
        var pipe = new OneWaySource(encoded);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var buffer = new byte[128 * 1024];
        var decoded = (await codec.DecodeAsync(pipe, hash, 0, null, default))!;
        var hasher = new Blake3Hasher();
        var total = 0L;
        while (true)
        {
            var reading = decoded.ReadAsync(buffer);
            reading.IsCompleted.ShouldBeTrue(); // so that all of it is on this thread
            var count = await reading;
            if (count == 0)
                break;
            total += count;
            hasher.Update(buffer.AsSpan(0, count));
        }

        total.ShouldBe(size);
        var actual = new byte[32];
        hasher.Finalize(actual);
        ContentHash.From(actual).ShouldBe(hash);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(2 << 20);
    }

    // Errors of the decoder, or bytes that the reader's check of the whole body's hash refuses. A range is refused or right.
    private static async Task ShouldBeFoundAsync(BodyCodec codec, byte[] encoded, ContentHash hash, byte[] plain)
    {
        try
        {
            var decoded = await DecodeAsync(codec, encoded, hash);
            if (EncodingHeader.IsEncoded(encoded))
                decoded.AsSpan().SequenceEqual(plain).ShouldBeTrue();
            else
                Should.Throw<BodyDamagedException>(() => BodyHash.Check(decoded, hash, plain.Length));
        }
        catch (Exception e) when (e is BodyDamagedException or BodyKeyException)
        {
            // that is how it should be
        }

        if (!EncodingHeader.IsEncoded(encoded))
            return;
        try
        {
            var offset = plain.Length / 3;
            (await DecodeAsync(codec, encoded, hash, offset, 700)).ShouldBe(plain[offset..Math.Min(plain.Length, offset + 700)]);
        }
        catch (Exception e) when (e is BodyDamagedException or BodyKeyException)
        {
            // likewise
        }
    }

    private static async Task<byte[]> DecodeAsync(BodyCodec codec, ReadOnlyMemory<byte> encoded, ContentHash hash, long offset = 0, long? count = null)
    {
        await using var stream = (await codec.DecodeAsync(new MemorySource(encoded), hash, offset, count, default))!;
        var target = new MemoryStream();
        await stream.CopyToAsync(target, 777);
        return target.ToArray();
    }

    private sealed class OneWaySource(Stream stream) : IEncodedSource
    {
        public ValueTask<long?> SizeAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<Stream?> OpenAsync(long offset, long? count, CancellationToken cancellationToken)
        {
            offset.ShouldBe(0);
            return ValueTask.FromResult<Stream?>(stream);
        }
    }
}
