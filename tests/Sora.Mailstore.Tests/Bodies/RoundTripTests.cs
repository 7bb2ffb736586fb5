using Sora.Configuration;
using Sora.Contracts;
using Sora.Mailstore.Bodies;
using Sora.Mailstore.Bodies.Hashing;
using Sora.Mime;

namespace Sora.Mailstore.Tests.Bodies;

public sealed class RoundTripTests
{
    private const int KiB = 1024;
    private const int MiB = 1024 * 1024;
    private static readonly byte[] Prefix = "Return-Path: <a@sora.example>\r\n"u8.ToArray();
    private static readonly int[] Sizes = [0, 1, (64 * KiB) - 1, 64 * KiB, (64 * KiB) + 1, MiB - 1, MiB, MiB + 1, 5 * MiB];

    [Theory]
    [InlineData(StagingMode.Auto)]
    [InlineData(StagingMode.Database)]
    [InlineData(StagingMode.Disk)]
    public async Task Every_size_comes_back_byte_for_byte_before_and_after_the_upload(StagingMode mode)
    {
        await using var bodies = await TestBodies.CreateAsync(new StorageOptions { Staging = mode });
        var messages = Sizes.Select(size => TestBodies.Message(size, size)).ToArray();
        var ids = new List<ContentId>();
        foreach (var message in messages)
            ids.Add(await bodies.DeliverAsync(message, Prefix));
        (await bodies.CountStagedAsync()).ShouldBe(Sizes.Length);
        for (var i = 0; i < ids.Count; i++)
            ShouldBe(await bodies.ReadAsync(ids[i]), [.. Prefix, .. messages[i]]);

        await bodies.UploadAsync();

        (await bodies.CountStagedAsync()).ShouldBe(0);
        for (var i = 0; i < ids.Count; i++)
        {
            ShouldBe(await bodies.ReadAsync(ids[i]), [.. Prefix, .. messages[i]]);
            File.Exists(bodies.ObjectPath(await bodies.ContentAsync(ids[i]))).ShouldBeTrue();
        }
    }

    [Theory]
    [InlineData(StagingMode.Auto, 64 * KiB, true)]
    [InlineData(StagingMode.Auto, (64 * KiB) + 1, false)]
    [InlineData(StagingMode.Disk, 1, false)]
    [InlineData(StagingMode.Database, 2 * MiB, true)]
    public async Task The_mode_says_where_a_body_waits(StagingMode mode, int size, bool inDatabase)
    {
        await using var bodies = await TestBodies.CreateAsync(new StorageOptions { Staging = mode });
        await using var message = await bodies.TakeAsync(TestBodies.Message(size));
        (message.Body is not null).ShouldBe(inDatabase);
        (message.Path is not null).ShouldBe(!inDatabase);
        bodies.StagedFiles.Length.ShouldBe(inDatabase ? 0 : 1);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(4096, 3000)]
    [InlineData(4096, 4096)]
    [InlineData(4096, 5000)]
    [InlineData(70_000, 60_000)]
    [InlineData(200_000, 10)]
    [InlineData(200_000, 200_000)]
    [InlineData(3_000_000, 3_000_000)]
    public async Task A_wrong_hint_and_small_chunks_change_nothing(int size, long hint)
    {
        await using var bodies = await TestBodies.CreateAsync(new StorageOptions { MemoryBuffer = ByteSize.KiB(128) });
        var bytes = TestBodies.Message(size);
        foreach (var chunk in new[] { 1 + (size / 3000), 4095, 65_537, size })
        {
            await using var message = await bodies.TakeAsync(bytes, chunk, hint);
            message.Size.ShouldBe(size);
            message.Hash.ShouldBe(HashOf(bytes));
            if (message.Body is { } body)
                ShouldBe(body.ToArray(), bytes);
            else
                ShouldBe(await File.ReadAllBytesAsync(Path.Combine(bodies.StagingFolder, message.Path!)), bytes);
        }
    }

    [Theory]
    [InlineData(100)]
    [InlineData(500_000)]
    [InlineData(2_000_000)]
    public async Task What_is_known_of_a_message_does_not_depend_on_its_size(int bodySize)
    {
        await using var bodies = await TestBodies.CreateAsync();
        var header = "Subject: hello\r\nMessage-ID: <abc@sora.example>\r\nContent-Type: text/plain\r\n\r\n"u8.ToArray();
        byte[] bytes = [.. header, .. Enumerable.Repeat("line of text\r\n"u8.ToArray(), bodySize / 14).SelectMany(line => line)];
        await using var message = await bodies.TakeAsync(bytes);
        message.Header.ToArray().ShouldBe(header);
        message.HeaderTruncated.ShouldBeFalse();
        message.MessageId.ShouldBe("abc@sora.example");
        Envelope.Deserialize(message.Envelope.Span).Subject.ShouldBe("hello"u8.ToArray());
        MimeMessage.DeserializeStructure(message.Structure.Span).End.ShouldBe(bytes.Length);
    }

    [Fact]
    public async Task A_header_beyond_the_limit_is_cut_and_not_kept_beside_the_body()
    {
        await using var bodies = await TestBodies.CreateAsync(new StorageOptions { HeaderLimit = ByteSize.KiB(1) });
        byte[] bytes = [.. "X: "u8, .. Enumerable.Repeat((byte)'x', 2000), .. "\r\n\r\nbody"u8];
        await using var message = await bodies.TakeAsync(bytes);
        message.HeaderTruncated.ShouldBeTrue();
        message.Header.Length.ShouldBe(1024);
        var id = (await bodies.CommitAsync(message, [], 1))[0];
        (await bodies.Messages.ReadAsync(new[] { id }, ContentParts.All, default))[0]!.Header.ShouldBeNull();
    }

    private static ContentHash HashOf(byte[] bytes)
    {
        var hash = new byte[32];
        Blake3Hasher.Hash(bytes, hash);
        return ContentHash.From(hash);
    }

    // Shouldly would compare and print element by element
    private static void ShouldBe(byte[] actual, byte[] expected) => actual.AsSpan().SequenceEqual(expected).ShouldBeTrue();
}
