using Sora.Configuration;
using Sora.Contracts;
using Sora.Mailstore.Bodies;
using Sora.Mailstore.Bodies.Objects;
using Sora.Mailstore.Bodies.Reading;
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

    [Theory]
    [InlineData(StagingMode.Database)]
    [InlineData(StagingMode.Disk)]
    public async Task What_was_uploaded_is_read_without_asking_the_store(StagingMode mode)
    {
        await using var bodies = await CreateAsync(new StorageOptions { Staging = mode, CacheMaxObject = ByteSize.KiB(200) }, warmsUp: true);
        var id = await UploadedAsync(bodies, TestBodies.Message(100_000));
        var large = await UploadedAsync(bodies, TestBodies.Message(300_000));
        bodies.Host.Cache.Size.ShouldBe(100_000);
        await bodies.RestartAsync();
        var reads = _store.Reads;
        (await bodies.ReadAsync(id)).ShouldBe(TestBodies.Message(100_000));
        _store.Reads.ShouldBe(reads);
        (await bodies.ReadAsync(large)).ShouldBe(TestBodies.Message(300_000));
        _store.Reads.ShouldBe(reads + 1);
        bodies.Host.Cache.Size.ShouldBe(100_000);
    }

    [Fact]
    public async Task A_large_body_that_is_read_in_parts_is_downloaded_once()
    {
        await using var bodies = await CreateAsync(new StorageOptions { CacheMaxObject = ByteSize.KiB(64), CacheOpenDownloads = 2 });
        var ids = new List<ContentId>();
        for (var i = 0; i < 3; i++)
            ids.Add(await UploadedAsync(bodies, TestBodies.Message(200_000 + i)));
        var before = _store.Reads;
        for (var offset = 0; offset < 200_000; offset += 65_536)
            await ReadPartAsync(bodies, ids[0], offset, 200_000);
        (_store.Reads - before).ShouldBe(1);

        // The last two stay open
        await bodies.ReadAsync(ids[1]);
        await bodies.ReadAsync(ids[0]);
        (_store.Reads - before).ShouldBe(2);
        await bodies.ReadAsync(ids[2]);
        await bodies.ReadAsync(ids[0]);
        (_store.Reads - before).ShouldBe(3);
        await bodies.ReadAsync(ids[1]);
        (_store.Reads - before).ShouldBe(4);
        Directory.GetFiles(bodies.Host.Cache.TemporaryFolder).ShouldBeEmpty();
    }

    [Fact]
    public async Task Readers_of_one_large_body_share_its_download_and_none_closes_it_for_the_others()
    {
        await using var bodies = await CreateAsync(new StorageOptions { CacheMaxObject = ByteSize.KiB(64), CacheOpenDownloads = 0 });
        var id = await UploadedAsync(bodies, TestBodies.Message(200_000));
        var gate = new TaskCompletionSource();
        var before = _store.Reads;
        _store.Gate = gate.Task;
        var content = await bodies.ContentAsync(id);
        var first = Task.Run(async () => await bodies.Messages.OpenAsync(content, default));
        var second = Task.Run(async () => await bodies.Messages.OpenAsync(content, default));
        await Eventually.WaitAsync(() => _store.Reads > before);
        gate.SetResult();
        var open = await first;
        await (await second).DisposeAsync();
        await (await second).DisposeAsync();
        (await TestBodies.ReadAsync(open)).ShouldBe(TestBodies.Message(200_000));
        await open.DisposeAsync();
        (_store.Reads - before).ShouldBeInRange(1, 2); // the second may have come when the first had it already
        await bodies.ReadAsync(id);
    }

    [Fact]
    public async Task An_open_download_is_closed_when_nobody_wants_it_for_a_while()
    {
        var time = new MovedTime();
        await using var downloads = new OpenDownloads(new StorageOptions { CacheOpenHold = TimeSpan.FromSeconds(30) }, time);
        using var folder = new TempFolder();
        var path = folder.File("download");
        await File.WriteAllTextAsync(path, "text");
        var asked = 0;
        Task<Microsoft.Win32.SafeHandles.SafeFileHandle?> Download()
        {
            asked++;
            return Task.FromResult<Microsoft.Win32.SafeHandles.SafeFileHandle?>(File.OpenHandle(path));
        }

        (await downloads.OpenAsync(default, 4, Download, default))!.Dispose();
        time.Advance(TimeSpan.FromSeconds(29));
        downloads.Idle.ShouldBe(1);
        var reading = (await downloads.OpenAsync(default, 4, Download, default))!;
        asked.ShouldBe(1);
        time.Advance(TimeSpan.FromSeconds(90));
        reading.File.IsClosed.ShouldBeFalse();
        reading.Dispose();
        time.Advance(TimeSpan.FromSeconds(31));
        downloads.Idle.ShouldBe(0);
        reading.File.IsClosed.ShouldBeTrue();
        (await downloads.OpenAsync(default, 4, () => Task.FromResult<Microsoft.Win32.SafeHandles.SafeFileHandle?>(null), default)).ShouldBeNull();
        await Should.ThrowAsync<IOException>(() => downloads.OpenAsync(default, 4, () => throw new IOException("gone"), default));
        (await downloads.OpenAsync(default, 4, Download, default))!.Dispose();
        asked.ShouldBe(2);
    }

    [Fact]
    public async Task Bodies_that_a_client_will_want_are_there_when_it_asks()
    {
        await using var bodies = await CreateAsync();
        var ids = new List<ContentId>();
        for (var i = 0; i < 4; i++)
            ids.Add(await UploadedAsync(bodies, TestBodies.Message(10_000 + i)));
        bodies.Messages.PrefetchDepth.ShouldBe(8);
        await bodies.Messages.PrefetchAsync(ids.ToArray(), default);
        await Eventually.WaitAsync(() => bodies.Host.Cache.Count == 4);
        _store.IsDown = true;
        foreach (var id in ids)
            await bodies.ReadAsync(id);

        // What does not answer fails for those who ask, and only for them
        _store.IsDown = false;
        var other = await UploadedAsync(bodies, TestBodies.Message(20_000));
        _store.IsDown = true;
        await bodies.Messages.PrefetchAsync(new[] { other, new ContentId(987_654) }, default);
        await Should.ThrowAsync<BodyUnavailableException>(() => bodies.ReadAsync(other));
        _store.IsDown = false;
        (await bodies.ReadAsync(other)).ShouldBe(TestBodies.Message(20_000));
    }

    [Fact]
    public async Task What_is_prefetched_is_bounded_and_forgotten_with_its_session()
    {
        await using var bodies = await CreateAsync(new StorageOptions { PrefetchParallelism = 1, PrefetchSize = ByteSize.MiB(1) });
        var ids = new List<ContentId>();
        for (var i = 0; i < 5; i++)
            ids.Add(await UploadedAsync(bodies, TestBodies.Message(300_000 + i)));
        var gate = new TaskCompletionSource();
        _store.Gate = gate.Task;
        using var session = new CancellationTokenSource();
        var before = _store.Reads;
        await bodies.Messages.PrefetchAsync(new[] { ids[0] }, default);
        await Eventually.WaitAsync(() => _store.Reads > before);
        await bodies.Messages.PrefetchAsync(new[] { ids[1] }, session.Token);
        await bodies.Messages.PrefetchAsync(ids.ToArray().AsMemory(2), default); // one of them has room

        // Who reads does not wait for what comes later
        _store.Gate = Task.CompletedTask;
        (await bodies.ReadAsync(ids[4])).ShouldBe(TestBodies.Message(300_004));
        await session.CancelAsync();
        gate.SetResult();
        await Eventually.WaitAsync(() => bodies.Host.Cache.Count == 3);
        (_store.Reads - before).ShouldBe(3);
    }

    [Fact]
    public async Task Without_room_nothing_is_kept_under_a_name_and_everything_is_readable()
    {
        await using var bodies = await CreateAsync(new StorageOptions { CacheSize = default }, warmsUp: true);
        bodies.Messages.PrefetchDepth.ShouldBe(0);
        var id = await UploadedAsync(bodies, TestBodies.Message(10_000));
        (await bodies.ReadAsync(id)).ShouldBe(TestBodies.Message(10_000));
        Cached(bodies).ShouldBeEmpty();
        bodies.Host.Cache.Size.ShouldBe(0);
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

    private async Task<TestBodies> CreateAsync(StorageOptions? options = null, bool warmsUp = false)
    {
        options ??= new StorageOptions();
        options.CacheWarmUp = warmsUp;
        return await TestBodies.CreateAsync(options, folder => _store ??= new RemoteStore(folder));
    }

    private static async Task ReadPartAsync(TestBodies bodies, ContentId id, int offset, int size)
    {
        await using var body = await bodies.Messages.OpenAsync(await bodies.ContentAsync(id), default);
        var part = new byte[Math.Min(65_536, size - offset)];
        for (var read = 0; read < part.Length;)
            read += await body.ReadAsync(offset + read, part.AsMemory(read), default);
        part.ShouldBe(TestBodies.Message(size)[offset..(offset + part.Length)]);
    }

    private static async Task<ContentId> UploadedAsync(TestBodies bodies, byte[] message)
    {
        var id = await bodies.DeliverAsync(message);
        await bodies.UploadAsync();
        return id;
    }

    private static FileInfo[] Cached(TestBodies bodies) =>
        [.. new DirectoryInfo(bodies.CacheFolder).EnumerateFiles("*", SearchOption.AllDirectories).Where(file => file.Directory!.Name != ".tmp")];
}
