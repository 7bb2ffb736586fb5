using Sora.Configuration;
using Sora.Contracts;
using Sora.Mailstore.Bodies;
using Sora.Mailstore.Bodies.Reading;

namespace Sora.Mailstore.Tests.Bodies;

public sealed class MessageStoreTests
{
    [Theory]
    [InlineData(1000, 0)]
    [InlineData(1000, 999)]
    [InlineData(100_000, 50_000)]
    [InlineData(3_000_000, 2_999_999)]
    public async Task One_wrong_byte_is_noticed_before_anything_is_given_away(int size, int position)
    {
        await using var bodies = await TestBodies.CreateAsync();
        var id = await bodies.DeliverAsync(TestBodies.Message(size));
        await bodies.UploadAsync();
        var path = bodies.ObjectPath(await bodies.ContentAsync(id));
        var bytes = await File.ReadAllBytesAsync(path);
        bytes[position] ^= 1;
        await File.WriteAllBytesAsync(path, bytes);
        (await Should.ThrowAsync<BodyUnavailableException>(() => bodies.ReadAsync(id))).IsTemporary.ShouldBeFalse();
    }

    [Fact]
    public async Task A_file_that_changed_after_it_was_checked_is_checked_again()
    {
        await using var bodies = await TestBodies.CreateAsync();
        var id = await bodies.DeliverAsync(TestBodies.Message(3_000_000));
        await bodies.UploadAsync();
        await bodies.ReadAsync(id);
        await bodies.ReadAsync(id);
        var path = bodies.ObjectPath(await bodies.ContentAsync(id));
        var bytes = await File.ReadAllBytesAsync(path);
        bytes[77] ^= 1;
        await File.WriteAllBytesAsync(path, bytes);
        await Should.ThrowAsync<BodyUnavailableException>(() => bodies.ReadAsync(id));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(999)]
    [InlineData(1001)]
    public async Task A_body_of_another_size_is_damaged(int length)
    {
        await using var bodies = await TestBodies.CreateAsync();
        var id = await bodies.DeliverAsync(TestBodies.Message(1000));
        await bodies.UploadAsync();
        await using (var file = new FileStream(bodies.ObjectPath(await bodies.ContentAsync(id)), FileMode.Open))
            file.SetLength(length);
        (await Should.ThrowAsync<BodyUnavailableException>(() => bodies.ReadAsync(id))).IsTemporary.ShouldBeFalse();
    }

    [Fact]
    public async Task A_missing_body_is_an_error_and_never_an_empty_message()
    {
        await using var bodies = await TestBodies.CreateAsync();
        var id = await bodies.DeliverAsync(TestBodies.Message(1000));
        await bodies.UploadAsync();
        File.Delete(bodies.ObjectPath(await bodies.ContentAsync(id)));
        (await Should.ThrowAsync<BodyUnavailableException>(() => bodies.ReadAsync(id))).IsTemporary.ShouldBeFalse();
    }

    [Fact]
    public async Task An_open_body_is_readable_after_its_file_has_moved()
    {
        await using var bodies = await TestBodies.CreateAsync(new StorageOptions { Staging = StagingMode.Disk });
        var bytes = TestBodies.Message(3_000_000);
        var id = await bodies.DeliverAsync(bytes);
        await using var body = await bodies.Messages.OpenAsync(await bodies.ContentAsync(id), default);
        await bodies.UploadAsync();
        bodies.Time.Offset = TimeSpan.FromDays(1);
        await bodies.Host.Uploader.CleanAsync(default);
        bodies.StagedFiles.ShouldBeEmpty();
        (await TestBodies.ReadAsync(body)).AsSpan().SequenceEqual(bytes).ShouldBeTrue();
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(200_000)]
    [InlineData(3_000_000)]
    public async Task Pieces_may_start_anywhere(int size)
    {
        await using var bodies = await TestBodies.CreateAsync();
        byte[] prefix = [.. "Received: x\r\n"u8];
        byte[] whole = [.. prefix, .. TestBodies.Message(size)];
        var id = await bodies.DeliverAsync(TestBodies.Message(size), prefix);
        await bodies.UploadAsync();
        await using var body = await bodies.Messages.OpenAsync(await bodies.ContentAsync(id), default);
        body.Length.ShouldBe(whole.Length);
        foreach (var (offset, count) in new[] { (0, 5), (5, 8), (5, 20), (13, 10), (12, 2), (whole.Length - 3, 10), (whole.Length, 4), (whole.Length + 9, 4) })
        {
            var piece = new byte[count];
            var read = await body.ReadAsync(offset, piece, default);
            read.ShouldBe(Math.Clamp(whole.Length - offset, 0, count));
            piece[..read].ShouldBe(whole.Skip(offset).Take(count));
        }
    }

    [Fact]
    public async Task Contents_come_in_the_order_asked_for_with_the_parts_asked_for()
    {
        await using var bodies = await TestBodies.CreateAsync();
        var ids = new List<ContentId>();
        for (var i = 0; i < 5; i++)
            ids.Add(await bodies.DeliverAsync(TestBodies.Message(500 + i), (byte)i));
        ContentId[] asked = [ids[3], new ContentId(-1), ids[0], ids[3], ids[4]];
        foreach (var parts in new[] { ContentParts.Envelope, ContentParts.None, ContentParts.Header | ContentParts.Structure, ContentParts.All, ContentParts.Header })
        {
            for (var round = 0; round < 2; round++)
            {
                var contents = await bodies.Messages.ReadAsync(asked, parts, default);
                contents.Select(content => content?.Id).ShouldBe([ids[3], null, ids[0], ids[3], ids[4]]);
                foreach (var content in contents.OfType<MessageContent>())
                {
                    var i = ids.IndexOf(content.Id);
                    content.Account.ShouldBe(new AccountId(1));
                    content.Size.ShouldBe(501 + i);
                    content.Prefix.ToArray().ShouldBe([(byte)i]);
                    content.Header.HasValue.ShouldBe(parts.HasFlag(ContentParts.Header));
                    content.Envelope.HasValue.ShouldBe(parts.HasFlag(ContentParts.Envelope));
                    content.Structure.HasValue.ShouldBe(parts.HasFlag(ContentParts.Structure));
                }
            }
        }
    }

    [Fact]
    public async Task Contents_once_read_need_no_database()
    {
        await using var bodies = await TestBodies.CreateAsync();
        var id = await bodies.DeliverAsync(TestBodies.Message(500));
        await bodies.Messages.ReadAsync(new[] { id }, ContentParts.Envelope, default);
        await bodies.Messages.ReadAsync(new[] { id }, ContentParts.Header, default);
        await bodies.ScalarAsync("DELETE FROM contents");
        var content = (await bodies.Messages.ReadAsync(new[] { id }, ContentParts.Envelope | ContentParts.Header, default))[0]!;
        content.Header.HasValue.ShouldBeTrue();
        content.Envelope.HasValue.ShouldBeTrue();
        (await bodies.Messages.ReadAsync(new[] { id }, ContentParts.All, default))[0].ShouldBeNull();
    }

    [Fact]
    public async Task Contents_in_memory_stay_within_their_bound_and_the_oldest_go_first()
    {
        await using var bodies = await TestBodies.CreateAsync(new StorageOptions { ContentCacheSize = ByteSize.KiB(64) });
        var store = (MessageStore)bodies.Messages;
        var ids = new List<ContentId>();
        for (var i = 0; i < 200; i++)
        {
            ids.Add(await bodies.DeliverAsync([.. "Subject: "u8, .. new byte[1000 + i], .. "\r\n\r\n"u8]));
            await bodies.Messages.ReadAsync(new[] { ids[0], ids[i] }, ContentParts.All, default);
            store.ContentCacheSize.ShouldBeInRange(1, 64 * 1024);
        }

        await bodies.ScalarAsync("DELETE FROM contents");
        (await bodies.Messages.ReadAsync(new[] { ids[0], ids[1], ids[199] }, ContentParts.All, default))
            .Select(content => content is not null).ShouldBe([true, false, true]);
    }
}
