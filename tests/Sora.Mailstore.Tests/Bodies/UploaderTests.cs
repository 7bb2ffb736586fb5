using Sora.Configuration;
using Sora.Contracts;
using Sora.Mailstore.Bodies;
using Sora.Mailstore.Bodies.Objects;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Bodies;

public sealed class UploaderTests
{
    [Theory]
    [InlineData(StagingMode.Database)]
    [InlineData(StagingMode.Disk)]
    public async Task One_staged_body_becomes_an_object_of_each_account(StagingMode mode)
    {
        await using var bodies = await TestBodies.CreateAsync(new StorageOptions { Staging = mode });
        var bytes = TestBodies.Message(5000);
        ContentId[] ids;
        await using (var message = await bodies.TakeAsync(bytes))
            ids = await bodies.CommitAsync(message, [1, 2], 7, 8, 7);
        (await bodies.CountStagedAsync()).ShouldBe(1);
        foreach (var id in ids)
            (await bodies.ReadAsync(id)).ShouldBe([1, 2, .. bytes]);

        await bodies.UploadAsync();

        (await bodies.CountStagedAsync()).ShouldBe(0);
        foreach (var id in ids)
            (await bodies.ReadAsync(id)).ShouldBe([1, 2, .. bytes]);
        (await ObjectsAsync(bodies)).Select(found => found.Key.Account.Value).Order().ShouldBe([7, 8]);
    }

    [Fact]
    public async Task The_same_body_again_is_the_same_object()
    {
        await using var bodies = await TestBodies.CreateAsync();
        var bytes = TestBodies.Message(5000);
        var first = await bodies.DeliverAsync(bytes, 1);
        await bodies.UploadAsync();
        var second = await bodies.DeliverAsync(bytes, 2);
        var third = await bodies.DeliverAsync(bytes, 3);
        await bodies.UploadAsync();
        (await bodies.CountStagedAsync()).ShouldBe(0);
        (await ObjectsAsync(bodies)).Count.ShouldBe(1);
        (await bodies.ReadAsync(first)).ShouldBe([1, .. bytes]);
        (await bodies.ReadAsync(second)).ShouldBe([2, .. bytes]);
        (await bodies.ReadAsync(third)).ShouldBe([3, .. bytes]);
    }

    [Fact]
    public async Task A_crash_between_put_and_delete_does_no_harm()
    {
        await using var bodies = await TestBodies.CreateAsync(new StorageOptions { Staging = StagingMode.Disk });
        var bytes = TestBodies.Message(5000);
        var id = await bodies.DeliverAsync(bytes);
        var content = await bodies.ContentAsync(id);
        (await bodies.Host.Objects.PutAsync([new ObjectPut(new ObjectKey(content.Account, content.Hash), 5000) { Bytes = bytes }], default))[0].ShouldBeNull();
        (await bodies.ReadAsync(id)).ShouldBe(bytes);
        await bodies.RestartAsync();
        await bodies.UploadAsync();
        (await bodies.CountStagedAsync()).ShouldBe(0);
        (await bodies.ReadAsync(id)).ShouldBe(bytes);
        Directory.EnumerateFiles(Path.Combine(bodies.BodiesFolder, ".tmp")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_damaged_object_is_replaced_by_what_is_staged()
    {
        await using var bodies = await TestBodies.CreateAsync();
        var bytes = TestBodies.Message(5000);
        var id = await bodies.DeliverAsync(bytes);
        var path = bodies.ObjectPath(await bodies.ContentAsync(id));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllBytesAsync(path, bytes[..100]);
        (await bodies.ReadAsync(id)).ShouldBe(bytes);
        await bodies.UploadAsync();
        (await bodies.ReadAsync(id)).ShouldBe(bytes);
        (await File.ReadAllBytesAsync(path)).ShouldBe(bytes);
    }

    [Fact]
    public async Task A_body_that_cannot_be_moved_is_put_off_and_does_not_hold_up_others()
    {
        await using var bodies = await TestBodies.CreateAsync(new StorageOptions { Staging = StagingMode.Disk, UploadRetry = TimeSpan.FromHours(1), UploadRetryMax = TimeSpan.FromHours(1) });
        var bad = await bodies.DeliverAsync(TestBodies.Message(5000, 1));
        var file = bodies.StagedFiles.Single();
        var good = await bodies.DeliverAsync(TestBodies.Message(5000, 2));
        await File.WriteAllBytesAsync(file, new byte[5000]);

        await bodies.UploadAsync();

        (await bodies.ReadAsync(good)).ShouldBe(TestBodies.Message(5000, 2));
        (await bodies.CountStagedAsync()).ShouldBe(1);
        (await bodies.ScalarAsync("SELECT attempts FROM staged_bodies WHERE not_before > now() + interval '20 minutes'")).ShouldBe(1);
        (await bodies.ScalarAsync("SELECT last_error FROM staged_bodies")).ShouldBeOfType<string>().ShouldContain("hash");
        (await Should.ThrowAsync<BodyUnavailableException>(() => bodies.ReadAsync(bad))).IsTemporary.ShouldBeFalse();

        // Once it is whole again and due, it goes its way
        await File.WriteAllBytesAsync(file, TestBodies.Message(5000, 1));
        await bodies.ScalarAsync("UPDATE staged_bodies SET not_before = now()");
        await bodies.UploadAsync();
        (await bodies.CountStagedAsync()).ShouldBe(0);
        (await bodies.ReadAsync(bad)).ShouldBe(TestBodies.Message(5000, 1));
    }

    [Fact]
    public async Task A_body_that_is_not_what_was_taken_is_set_aside()
    {
        await using var bodies = await TestBodies.CreateAsync(new StorageOptions { Staging = StagingMode.Disk, UploadAttempts = 2 });
        await bodies.DeliverAsync(TestBodies.Message(5000, 1));
        File.Delete(bodies.StagedFiles.Single());
        for (var i = 0; i < 2; i++)
        {
            (await bodies.ScalarAsync("SELECT failed_at FROM staged_bodies")).ShouldBe(DBNull.Value);
            await bodies.UploadAsync();
            await bodies.ScalarAsync("UPDATE staged_bodies SET not_before = now()");
        }

        (await bodies.ScalarAsync("SELECT failed_at IS NOT NULL FROM staged_bodies")).ShouldBe(true);
        (await bodies.Host.Uploader.MoveAsync(default)).Taken.ShouldBe(0);
    }

    [Fact]
    public async Task A_store_that_is_down_is_no_reason_to_set_a_body_aside()
    {
        RemoteStore? store = null;
        await using var bodies = await TestBodies.CreateAsync(new StorageOptions { UploadAttempts = 1 }, folder => store ??= new RemoteStore(folder));
        var id = await bodies.DeliverAsync(TestBodies.Message(5000));
        store!.IsDown = true;
        for (var i = 0; i < 3; i++)
        {
            await bodies.UploadAsync();
            await bodies.ScalarAsync("UPDATE staged_bodies SET not_before = now()");
        }

        store.IsDown = false;
        await bodies.UploadAsync();
        (await bodies.CountStagedAsync()).ShouldBe(0);
        (await bodies.ReadAsync(id)).ShouldBe(TestBodies.Message(5000));
    }

    [Fact]
    public async Task Nobody_else_takes_what_is_on_its_way_and_somebody_does_when_its_node_died()
    {
        RemoteStore? store = null;
        await using var bodies = await TestBodies.CreateAsync(new StorageOptions(), folder => store ??= new RemoteStore(folder));
        using var folder = new TempFolder();
        await using var other = bodies.OpenOther(folder.Path);
        await bodies.DeliverAsync(TestBodies.Message(5000));
        var arrived = new TaskCompletionSource();
        var gate = new TaskCompletionSource();
        store!.PutGate = () =>
        {
            arrived.TrySetResult();
            return gate.Task;
        };
        var moving = bodies.Host.Uploader.MoveAsync(default);
        await arrived.Task;
        store.PutGate = static () => Task.CompletedTask;
        (await other.Uploader.MoveAsync(default)).Taken.ShouldBe(0);
        (await bodies.ScalarAsync("SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation WHERE c.relname = 'staged_bodies' AND l.mode <> 'AccessShareLock'"))
            .ShouldBe(0L, "no transaction is open while the store is asked");

        // As if the lease had not been renewed
        await bodies.ScalarAsync("UPDATE staged_bodies SET not_before = now()");
        (await other.Uploader.MoveAsync(default)).Moved.ShouldBe(1);
        gate.SetResult();
        await moving;
        (await bodies.CountStagedAsync()).ShouldBe(0);
        (await bodies.ScalarAsync("SELECT count(*) FROM bodies WHERE state = 1 AND dead_since IS NULL")).ShouldBe(1L);
    }

    [Fact]
    public async Task What_is_being_deleted_is_put_again_afterwards()
    {
        await using var bodies = await TestBodies.CreateAsync();
        var first = await bodies.DeliverAsync(TestBodies.Message(5000));
        await bodies.UploadAsync();
        await bodies.ScalarAsync("DELETE FROM contents; UPDATE bodies SET state = 2, dead_since = now()");
        var second = await bodies.DeliverAsync(TestBodies.Message(5000));
        (await bodies.Host.Uploader.MoveAsync(default)).Moved.ShouldBe(0);
        await bodies.Host.Objects.DeleteAsync([new ObjectKey(new AccountId(1), (await bodies.ContentAsync(second)).Hash)], default);
        await bodies.ScalarAsync("DELETE FROM bodies; UPDATE staged_bodies SET not_before = now()");
        await bodies.UploadAsync();
        (await bodies.ReadAsync(second)).ShouldBe(TestBodies.Message(5000));
        first.ShouldNotBe(second);
    }

    [Fact]
    public async Task A_body_whose_object_is_damaged_is_put_again_when_it_comes_again()
    {
        await using var bodies = await TestBodies.CreateAsync();
        var id = await bodies.DeliverAsync(TestBodies.Message(5000));
        await bodies.UploadAsync();
        await File.WriteAllBytesAsync(bodies.ObjectPath(await bodies.ContentAsync(id)), new byte[5000]);
        await Should.ThrowAsync<BodyUnavailableException>(() => bodies.ReadAsync(id));
        (await bodies.ScalarAsync("SELECT damaged_at IS NOT NULL FROM bodies")).ShouldBe(true);
        await bodies.DeliverAsync(TestBodies.Message(5000));
        await bodies.UploadAsync();
        (await bodies.ReadAsync(id)).ShouldBe(TestBodies.Message(5000));
        (await bodies.ScalarAsync("SELECT damaged_at IS NULL FROM bodies")).ShouldBe(true);
    }

    [Fact]
    public async Task A_staged_file_goes_when_it_was_moved_and_no_commit_can_come_any_more()
    {
        await using var bodies = await TestBodies.CreateAsync(new StorageOptions { Staging = StagingMode.Disk });
        var bytes = TestBodies.Message(5000);
        await using (var message = await bodies.TakeAsync(bytes))
        {
            await bodies.CommitAsync(message, [], 1);
            await bodies.UploadAsync();
            bodies.Time.Offset = TimeSpan.FromDays(1);
            await bodies.Host.Uploader.CleanAsync(default);

            // The second recipient's commit comes late
            var late = (await bodies.CommitAsync(message, [], 2))[0];
            (await bodies.ReadAsync(late)).ShouldBe(bytes);
        }

        await bodies.Host.Uploader.CleanAsync(default);
        bodies.StagedFiles.Length.ShouldBe(1);
        await bodies.UploadAsync();
        await bodies.Host.Uploader.CleanAsync(default);
        bodies.StagedFiles.ShouldBeEmpty();
    }

    [Fact]
    public async Task Batches_are_bounded_by_number_and_by_size()
    {
        await using var bodies = await TestBodies.CreateAsync(new StorageOptions { UploadBatch = 3, UploadBatchSize = ByteSize.KiB(64) });
        foreach (var size in new[] { 1000, 1001, 1002, 40_000, 30_000, 60_000 })
            await bodies.DeliverAsync(TestBodies.Message(size));
        var batches = new List<int>();
        while ((await bodies.Host.Uploader.MoveAsync(default)) is { Taken: > 0 } batch)
        {
            batches.Add(batch.Taken);
            batch.HasMore.ShouldBe(batches.Sum() < 6);
        }

        batches.ShouldBe([3, 1, 1, 1]);
    }

    [Fact]
    public async Task Nodes_share_the_work_and_leave_files_to_the_node_that_has_them()
    {
        await using var bodies = await TestBodies.CreateAsync(new StorageOptions { DatabaseStagingLimit = ByteSize.KiB(2) });
        using var folder = new TempFolder();
        await using var other = bodies.OpenOther(folder.Path);
        var small = await bodies.DeliverAsync(TestBodies.Message(1000));
        var large = await bodies.DeliverAsync(TestBodies.Message(5000));

        (await Should.ThrowAsync<BodyUnavailableException>(() => bodies.ReadAsync(large, other))).IsTemporary.ShouldBeTrue();
        (await bodies.ReadAsync(small, other)).ShouldBe(TestBodies.Message(1000));
        (await other.Uploader.MoveAsync(default)).Moved.ShouldBe(1);
        (await bodies.CountStagedAsync()).ShouldBe(1);
        await bodies.UploadAsync();
        (await bodies.ReadAsync(large, other)).ShouldBe(TestBodies.Message(5000));
    }

    [Fact]
    public async Task A_node_that_only_takes_mail_in_moves_its_own_files_and_leaves_the_rest_to_others()
    {
        await using var bodies = await TestBodies.CreateAsync(new StorageOptions { DatabaseStagingLimit = ByteSize.KiB(2) });
        using var folder = new TempFolder();
        await using var gateway = bodies.OpenOther(folder.Path, ownFilesOnly: true);
        var inDatabase = await bodies.DeliverAsync(TestBodies.Message(1000));
        var inFile = await bodies.DeliverAsync(TestBodies.Message(5000), gateway);

        (await gateway.Uploader.MoveAsync(default)).Moved.ShouldBe(1);
        (await bodies.ReadAsync(inFile)).ShouldBe(TestBodies.Message(5000));
        (await gateway.Uploader.MoveAsync(default)).Taken.ShouldBe(0);
        (await bodies.CountStagedAsync()).ShouldBe(1);
        await bodies.UploadAsync();
        (await bodies.CountStagedAsync()).ShouldBe(0);
        (await bodies.ReadAsync(inDatabase, gateway)).ShouldBe(TestBodies.Message(1000));
    }

    [Fact]
    public async Task Two_uploaders_never_take_the_same_body()
    {
        await using var bodies = await TestBodies.CreateAsync(new StorageOptions { UploadBatch = 5 });
        using var folder = new TempFolder();
        await using var other = bodies.OpenOther(folder.Path);
        for (var i = 0; i < 60; i++)
            await bodies.DeliverAsync(TestBodies.Message(100 + i));
        var moved = await Task.WhenAll(new[] { bodies.Host, other, bodies.Host, other }.Select(host => Task.Run(async () =>
        {
            var sum = 0;
            while ((await host.Uploader.MoveAsync(default)) is { Taken: > 0 } batch)
                sum += batch.Moved;
            return sum;
        })));
        moved.Sum().ShouldBe(60);
        (await ObjectsAsync(bodies)).Count.ShouldBe(60);
    }

    [Fact]
    public async Task It_gives_way_while_this_process_commits()
    {
        var time = new MovedTime();
        RemoteStore? store = null;
        var options = new StorageOptions { UploadBatch = 1, UploadParallelism = 1, UploadYield = TimeSpan.FromHours(1), Packing = false };
        await using var bodies = await TestBodies.CreateAsync(options, folder => store ??= new RemoteStore(folder), time);
        for (var i = 0; i < 3; i++)
            await bodies.DeliverAsync(TestBodies.Message(5000, i));
        store!.PutGate = () =>
        {
            // A batch that takes a second is followed by a pause of up to nine, in slices of a quarter
            time.Advance(TimeSpan.FromSeconds(1));
            return Task.CompletedTask;
        };
        await bodies.Host.StartAsync();
        await Eventually.WaitAsync(async () => await bodies.CountStagedAsync() == 2);
        await CommitAsync(bodies, time, TimeSpan.FromSeconds(6), 1000);

        (await bodies.CountStagedAsync()).ShouldBe(2);
        await Eventually.WaitAsync(async () =>
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            return await bodies.CountStagedAsync() == 0;
        });
    }

    [Fact]
    public async Task What_leaves_is_paid_for_by_what_comes()
    {
        const int BatchSize = 40;
        var time = new MovedTime();
        RemoteStore? store = null;
        var options = new StorageOptions
        {
            UploadBatch = BatchSize, UploadParallelism = 1, UploadYield = TimeSpan.FromHours(1), MaxStagingSize = ByteSize.MiB(100), Packing = false,
        };
        await using var bodies = await TestBodies.CreateAsync(options, folder => store ??= new RemoteStore(folder), time);
        for (var i = 0; i < 3 * BatchSize; i++)
            await bodies.DeliverAsync(TestBodies.Message(5000, i));
        var puts = 0;
        store!.PutGate = () =>
        {
            if (Interlocked.Increment(ref puts) % BatchSize == 1)
                time.Advance(TimeSpan.FromMilliseconds(400));
            return Task.CompletedTask;
        };
        await bodies.Host.StartAsync();
        await Eventually.WaitAsync(async () => await bodies.CountStagedAsync() == 2 * BatchSize);

        // A tenth of the time is over after 4 seconds; but 600 kB of 100 MB ask for no more than some hundredth of what comes
        await CommitAsync(bodies, time, TimeSpan.FromSeconds(8), 10);

        (await bodies.CountStagedAsync()).ShouldBe(2 * BatchSize);
        await CommitAsync(bodies, time, TimeSpan.FromSeconds(1), 10000);

        await Eventually.WaitAsync(async () => await bodies.CountStagedAsync() <= BatchSize);
    }

    [Fact]
    public async Task It_runs_by_itself_and_stops()
    {
        await using var bodies = await TestBodies.CreateAsync(new StorageOptions { UploadInterval = TimeSpan.FromMilliseconds(10), UploadParallelism = 2 });
        await bodies.Host.StartAsync();
        var id = await bodies.DeliverAsync(TestBodies.Message(100_000));
        await Eventually.WaitAsync(async () => await bodies.CountStagedAsync() == 0);
        await bodies.Host.DisposeAsync();
        (await bodies.ReadAsync(id)).ShouldBe(TestBodies.Message(100_000));
        await bodies.DeliverAsync(TestBodies.Message(100));
        (await bodies.CountStagedAsync()).ShouldBe(1);
    }

    // So many records in each tenth of a second
    private static async Task CommitAsync(TestBodies bodies, MovedTime time, TimeSpan duration, int records)
    {
        var step = TimeSpan.FromMilliseconds(100);
        for (var passed = TimeSpan.Zero; passed < duration; passed += step)
        {
            bodies.Metrics.Committed(records, TimeSpan.Zero);
            time.Advance(step);
            await Task.Delay(1);
        }
    }

    private static async Task<List<ObjectInfo>> ObjectsAsync(TestBodies bodies)
    {
        var objects = new List<ObjectInfo>();
        await foreach (var found in bodies.Host.Objects.ListAsync("", null, default))
        {
            if (found.Key.Kind != ObjectKind.Owner)
                objects.Add(found);
        }

        return objects;
    }
}
