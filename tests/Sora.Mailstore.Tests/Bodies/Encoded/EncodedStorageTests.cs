using Sora.Configuration;
using Sora.Contracts;
using Sora.Mailstore.Bodies;
using Sora.Mailstore.Bodies.Encoded;
using Sora.Mailstore.Bodies.Objects;

namespace Sora.Mailstore.Tests.Bodies.Encoded;

public sealed class EncodedStorageTests
{
    private static readonly int[] Sizes = [1, 1000, 65_535, 65_536, 65_537, 2_000_000, 3_000_000];

    [Theory]
    [InlineData(StagingMode.Database, BodyCompression.None)]
    [InlineData(StagingMode.Disk, BodyCompression.Brotli)]
    [InlineData(StagingMode.Disk, BodyCompression.Gzip)]
    public async Task What_is_on_the_disk_is_not_what_was_delivered_and_what_is_read_is(StagingMode mode, BodyCompression compression)
    {
        var options = CodecSetup.Options(compression: compression);
        options.Staging = mode;
        await using var bodies = await TestBodies.CreateAsync(options);
        var ids = new List<ContentId>();
        foreach (var size in Sizes)
            ids.Add(await bodies.DeliverAsync(Message(size)));
        await bodies.UploadAsync();
        for (var i = 0; i < ids.Count; i++)
        {
            var stored = await File.ReadAllBytesAsync(bodies.ObjectPath(await bodies.ContentAsync(ids[i])));
            EncodingHeader.IsEncoded(stored).ShouldBeTrue();
            stored.AsSpan().IndexOf("yesterday"u8).ShouldBe(-1);
            (await bodies.ReadAsync(ids[i])).AsSpan().SequenceEqual(Message(Sizes[i])).ShouldBeTrue();
            (await bodies.ReadAsync(ids[i])).AsSpan().SequenceEqual(Message(Sizes[i])).ShouldBeTrue();
        }

        bodies.Host.Cache.Size.ShouldBe(Sizes.Sum());
        await bodies.RestartAsync();
        bodies.Host.Cache.Size.ShouldBe(Sizes.Sum());
    }

    [Fact]
    public async Task Without_options_objects_are_the_bodies_and_are_read_where_they_are()
    {
        await using var bodies = await TestBodies.CreateAsync();
        var id = await bodies.DeliverAsync(Message(100_000));
        await bodies.UploadAsync();
        (await File.ReadAllBytesAsync(bodies.ObjectPath(await bodies.ContentAsync(id)))).ShouldBe(Message(100_000));
        (await bodies.ReadAsync(id)).ShouldBe(Message(100_000));
        bodies.Host.Cache.Size.ShouldBe(0);
    }

    [Fact]
    public async Task A_message_that_looks_encoded_is_a_message_like_any_other()
    {
        await using var bodies = await TestBodies.CreateAsync();
        foreach (var staging in new[] { 200, 100_000 }) // one waits in the database, one in a file
        {
            byte[] message = [.. EncodingHeader.Magic, .. Message(staging)];
            var id = await bodies.DeliverAsync(message);
            await bodies.UploadAsync();
            (await bodies.ReadAsync(id)).ShouldBe(message);
            new FileInfo(bodies.ObjectPath(await bodies.ContentAsync(id))).Length.ShouldBeGreaterThan(message.Length);
        }
    }

    [Fact]
    public async Task What_was_stored_before_an_option_was_changed_stays_readable()
    {
        var options = CodecSetup.Options(encrypts: false);
        await using var bodies = await TestBodies.CreateAsync(options);
        var keys = CodecSetup.Options().Encryption.Keys;
        var ids = new List<ContentId>();
        foreach (var (active, compression) in new[] { (false, BodyCompression.None), (true, BodyCompression.None), (true, BodyCompression.Brotli), (false, BodyCompression.Gzip), (false, BodyCompression.None) })
        {
            options.Encryption = new EncryptionOptions { Keys = keys, ActiveKey = active ? "k1" : null };
            options.Compression = compression;
            await bodies.RestartAsync();
            ids.Add(await bodies.DeliverAsync(Message(70_000 + ids.Count)));
            await bodies.UploadAsync();
            for (var i = 0; i < ids.Count; i++)
                (await bodies.ReadAsync(ids[i])).ShouldBe(Message(70_000 + i));
        }
    }

    [Fact]
    public async Task A_missing_key_is_an_error_that_passes_and_never_an_empty_message()
    {
        var options = CodecSetup.Options();
        await using var bodies = await TestBodies.CreateAsync(options);
        var id = await bodies.DeliverAsync(Message(5000));
        await bodies.UploadAsync();
        var encryption = options.Encryption;
        options.Encryption = new EncryptionOptions();
        await bodies.RestartAsync();
        (await Should.ThrowAsync<BodyUnavailableException>(() => bodies.ReadAsync(id))).IsTemporary.ShouldBeTrue();
        options.Encryption = encryption;
        await bodies.RestartAsync();
        (await bodies.ReadAsync(id)).ShouldBe(Message(5000));
    }

    [Fact]
    public async Task A_damaged_or_foreign_object_is_an_error()
    {
        await using var bodies = await TestBodies.CreateAsync(CodecSetup.Options());
        var id = await bodies.DeliverAsync(Message(5000));
        var other = await bodies.DeliverAsync(Message(5001));
        await bodies.UploadAsync();
        var path = bodies.ObjectPath(await bodies.ContentAsync(id));
        var good = await File.ReadAllBytesAsync(path);
        foreach (var bad in new[] { good[..^1], [], [.. good, 1], await File.ReadAllBytesAsync(bodies.ObjectPath(await bodies.ContentAsync(other))), Message(5001) })
        {
            await File.WriteAllBytesAsync(path, bad);
            (await Should.ThrowAsync<BodyUnavailableException>(() => bodies.ReadAsync(id))).IsTemporary.ShouldBeFalse();
        }

        await File.WriteAllBytesAsync(path, good);
        (await bodies.ReadAsync(id)).ShouldBe(Message(5000));
    }

    [Fact]
    public async Task Staged_objects_become_bodies_by_a_copy()
    {
        await using var bodies = await TestBodies.CreateAsync(CodecSetup.Options(compression: BodyCompression.Gzip));
        var plain = CodecSetup.Text(100_000);
        var hash = CodecSetup.HashOf(plain);
        var objects = bodies.Host.Objects;
        (await objects.PutAsync([new ObjectPut(ObjectKey.Staged(hash), plain.Length) { Bytes = plain }], default)).ShouldHaveSingleItem().ShouldBeNull();
        var key = new ObjectKey(new AccountId(3), hash);
        (await objects.CopyAsync(ObjectKey.Staged(hash), key, default)).ShouldBeTrue();
        await using var stream = (await objects.OpenAsync(key, 65_530, 20, default))!;
        var read = new MemoryStream();
        await stream.CopyToAsync(read);
        read.ToArray().ShouldBe(plain[65_530..65_550]);
        (await objects.OpenAsync(new ObjectKey(new AccountId(4), hash), 0, null, default)).ShouldBeNull();
        (await objects.OpenAsync(new ObjectKey(new AccountId(4), hash), 5, 5, default)).ShouldBeNull();
    }

    private static byte[] Message(int size) => CodecSetup.Text(size);
}
