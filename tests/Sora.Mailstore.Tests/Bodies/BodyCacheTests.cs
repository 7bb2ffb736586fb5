using Sora.Configuration;
using Sora.Contracts;
using Sora.Mailstore.Bodies;
using Sora.Mailstore.Bodies.Objects;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Bodies;

public sealed class BodyCacheTests
{
    private RemoteStore _store = null!;

    [Fact]
    public async Task A_body_is_fetched_once_and_survives_a_restart()
    {
        await using var bodies = await CreateAsync();
        var id = await UploadedAsync(bodies, TestBodies.Message(100_000));
        (await bodies.ReadAsync(id)).ShouldBe(TestBodies.Message(100_000));
        var reads = _store.Reads;
        (await bodies.ReadAsync(id)).ShouldBe(TestBodies.Message(100_000));
        _store.Reads.ShouldBe(reads);
        await bodies.RestartAsync();
        _store.IsDown = true;
        (await bodies.ReadAsync(id)).ShouldBe(TestBodies.Message(100_000));
        bodies.Host.Cache!.Size.ShouldBe(100_000);
    }

    [Fact]
    public async Task Misses_of_the_same_body_share_a_fetch()
    {
        await using var bodies = await CreateAsync();
        var id = await UploadedAsync(bodies, TestBodies.Message(5000));
        var gate = new TaskCompletionSource();
        var before = _store.Reads;
        _store.Gate = gate.Task;
        var reads = Enumerable.Range(0, 20).Select(_ => Task.Run(() => bodies.ReadAsync(id))).ToArray();
        await Eventually.WaitAsync(() => _store.Reads > before);
        gate.SetResult();
        foreach (var read in reads)
            (await read).ShouldBe(TestBodies.Message(5000));
        (_store.Reads - before).ShouldBe(1);
    }

    [Fact]
    public async Task Its_size_is_bounded_and_the_oldest_go_first()
    {
        await using var bodies = await CreateAsync(new StorageOptions { CacheSize = ByteSize.MiB(1), CacheMaxObject = ByteSize.KiB(512) });
        var ids = new List<ContentId>();
        for (var i = 0; i < 30; i++)
        {
            ids.Add(await UploadedAsync(bodies, TestBodies.Message(100_000 + i)));
            await bodies.ReadAsync(ids[0]);
            await bodies.ReadAsync(ids[i]);
            Cached(bodies).Sum(file => file.Length).ShouldBeInRange(1, 1024 * 1024);
        }

        bodies.Host.Cache!.Size.ShouldBe(Cached(bodies).Sum(file => file.Length));
        _store.IsDown = true;
        await bodies.ReadAsync(ids[0]);
        await bodies.ReadAsync(ids[29]);
        (await Should.ThrowAsync<BodyUnavailableException>(() => bodies.ReadAsync(ids[1]))).IsTemporary.ShouldBeTrue();
    }

    [Fact]
    public async Task A_body_beyond_the_limit_is_read_past_the_cache()
    {
        await using var bodies = await CreateAsync(new StorageOptions { CacheMaxObject = ByteSize.KiB(64) });
        var bytes = TestBodies.Message(3_000_000);
        var id = await UploadedAsync(bodies, bytes);
        (await bodies.ReadAsync(id)).AsSpan().SequenceEqual(bytes).ShouldBeTrue();
        Cached(bodies).ShouldBeEmpty();
        Directory.GetFiles(Path.Combine(bodies.CacheFolder, ".tmp")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(100_000)]
    public async Task A_damaged_file_of_the_cache_is_fetched_anew(int length)
    {
        await using var bodies = await CreateAsync();
        var id = await UploadedAsync(bodies, TestBodies.Message(100_000));
        await bodies.ReadAsync(id);
        await File.WriteAllBytesAsync(Cached(bodies).Single().FullName, new byte[length]);
        (await bodies.ReadAsync(id)).ShouldBe(TestBodies.Message(100_000));
        bodies.Host.Cache!.Size.ShouldBe(100_000);
    }

    [Theory]
    [InlineData(64)]
    [InlineData(100_000)]
    public async Task A_damaged_object_is_an_error_and_is_not_kept(int length)
    {
        await using var bodies = await CreateAsync();
        var id = await UploadedAsync(bodies, TestBodies.Message(100_000));
        var content = await bodies.ContentAsync(id);
        await File.WriteAllBytesAsync(_store.FileOf(new ObjectKey(content.Account, content.Hash)), new byte[length]);
        (await Should.ThrowAsync<BodyUnavailableException>(() => bodies.ReadAsync(id))).IsTemporary.ShouldBeFalse();
        Cached(bodies).ShouldBeEmpty();
        bodies.Host.Cache!.Size.ShouldBe(0);
    }

    [Fact]
    public async Task A_missing_object_is_missing_for_good_and_a_store_that_is_down_is_not()
    {
        await using var bodies = await CreateAsync();
        var id = await UploadedAsync(bodies, TestBodies.Message(1000));
        _store.IsDown = true;
        (await Should.ThrowAsync<BodyUnavailableException>(() => bodies.ReadAsync(id))).IsTemporary.ShouldBeTrue();
        _store.IsDown = false;
        var content = await bodies.ContentAsync(id);
        File.Delete(_store.FileOf(new ObjectKey(content.Account, content.Hash)));
        (await Should.ThrowAsync<BodyUnavailableException>(() => bodies.ReadAsync(id))).IsTemporary.ShouldBeFalse();
    }

    [Fact]
    public async Task Mail_that_waits_is_readable_and_taken_while_the_store_is_down()
    {
        await using var bodies = await CreateAsync();
        _store.IsDown = true;
        var id = await bodies.DeliverAsync(TestBodies.Message(1000));
        (await bodies.ReadAsync(id)).ShouldBe(TestBodies.Message(1000));
        await bodies.UploadAsync();
        (await bodies.CountStagedAsync()).ShouldBe(1);
        _store.IsDown = false;
        await bodies.ScalarAsync("UPDATE staged_bodies SET not_before = now()");
        await bodies.UploadAsync();
        (await bodies.ReadAsync(id)).ShouldBe(TestBodies.Message(1000));
        (await bodies.CountStagedAsync()).ShouldBe(0);
    }

    private async Task<TestBodies> CreateAsync(StorageOptions? options = null) =>
        await TestBodies.CreateAsync(options, folder => _store ??= new RemoteStore(folder));

    private static async Task<ContentId> UploadedAsync(TestBodies bodies, byte[] message)
    {
        var id = await bodies.DeliverAsync(message);
        await bodies.UploadAsync();
        return id;
    }

    private static FileInfo[] Cached(TestBodies bodies) =>
        [.. new DirectoryInfo(bodies.CacheFolder).EnumerateFiles("*", SearchOption.AllDirectories).Where(file => file.Directory!.Name != ".tmp")];
}
