using Sora.Configuration;
using Sora.Contracts;
using Sora.Mailstore.Bodies;
using Sora.Mailstore.Bodies.Objects;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Bodies;

public sealed class PackTests
{
    private static StorageOptions Options => new()
    {
        Packing = true,
        PackSize = ByteSize.KiB(100),
        PackMaxBody = ByteSize.KiB(20),
        PackWait = TimeSpan.Zero,
        DatabaseStagingLimit = ByteSize.KiB(10),
    };

    [Fact]
    public async Task Small_bodies_of_one_account_become_one_object()
    {
        RemoteStore? store = null;
        await using var bodies = await TestBodies.CreateAsync(Options, folder => store ??= new RemoteStore(folder));
        var ids = new List<ContentId>();
        for (var i = 0; i < 50; i++)
            ids.Add(await bodies.DeliverAsync(TestBodies.Message(1000 + i, i), 7));
        await PackAsync(bodies);
        store!.Puts.ShouldBe(1);
        (await bodies.CountStagedAsync()).ShouldBe(0);
        for (var i = 0; i < 50; i++)
            (await bodies.ReadAsync(ids[i])).ShouldBe([7, .. TestBodies.Message(1000 + i, i)]);
        (await KeysAsync(bodies)).ShouldHaveSingleItem().Kind.ShouldBe(ObjectKind.Pack);
    }

    [Fact]
    public async Task Large_bodies_go_alone_and_so_does_one_that_found_no_others()
    {
        await using var bodies = await TestBodies.CreateAsync(Options);
        var large = await bodies.DeliverAsync(TestBodies.Message(30_000));
        var single = await bodies.DeliverAsync(TestBodies.Message(3000));
        await bodies.UploadAsync();
        (await bodies.CountStagedAsync()).ShouldBe(1);
        await PackAsync(bodies);
        (await bodies.CountStagedAsync()).ShouldBe(0);
        (await KeysAsync(bodies)).ShouldAllBe(static key => key.Kind == ObjectKind.Body);
        (await bodies.ReadAsync(large)).ShouldBe(TestBodies.Message(30_000));
        (await bodies.ReadAsync(single)).ShouldBe(TestBodies.Message(3000));
    }

    [Fact]
    public async Task Bodies_wait_until_there_are_enough_or_for_long_enough()
    {
        var options = Options;
        options.PackWait = TimeSpan.FromHours(1);
        await using var bodies = await TestBodies.CreateAsync(options);
        for (var i = 0; i < 10; i++)
            await bodies.DeliverAsync(TestBodies.Message(9000, i));
        (await bodies.Host.Uploader.PackAsync(default)).Taken.ShouldBe(0);
        for (var i = 10; i < 13; i++)
            await bodies.DeliverAsync(TestBodies.Message(9000, i));
        (await bodies.Host.Uploader.PackAsync(default)).Moved.ShouldBe(11, "as many as fit into pack_size");
        (await bodies.Host.Uploader.PackAsync(default)).Taken.ShouldBe(0);
        await bodies.ScalarAsync("UPDATE staged_bodies SET created_at = now() - interval '2 hours'");
        (await bodies.Host.Uploader.PackAsync(default)).Moved.ShouldBe(2);
    }

    [Fact]
    public async Task A_body_of_several_accounts_is_in_a_pack_of_each()
    {
        await using var bodies = await TestBodies.CreateAsync(Options);
        var shared = TestBodies.Message(2000);
        ContentId[] ids;
        await using (var message = await bodies.TakeAsync(shared))
            ids = await bodies.CommitAsync(message, [], 1, 2, 3);
        await bodies.DeliverAsync(TestBodies.Message(2001)); // account 1
        await PackAsync(bodies);
        (await bodies.CountStagedAsync()).ShouldBe(0);
        foreach (var id in ids)
            (await bodies.ReadAsync(id)).ShouldBe(shared);
        (await KeysAsync(bodies)).Select(static key => (key.Account.Value, key.Kind)).Order()
            .ShouldBe([(1, ObjectKind.Pack), (2, ObjectKind.Body), (3, ObjectKind.Body)]);
    }

    [Fact]
    public async Task A_damaged_body_does_not_hold_up_its_pack()
    {
        await using var bodies = await TestBodies.CreateAsync(Options);
        var good = new[] { await bodies.DeliverAsync(TestBodies.Message(2000, 1)), await bodies.DeliverAsync(TestBodies.Message(2000, 2)) };
        await bodies.DeliverAsync(TestBodies.Message(15_000));
        await File.WriteAllBytesAsync(bodies.StagedFiles.Single(), new byte[15_000]);
        var large = await bodies.DeliverAsync(TestBodies.Message(15_001)); // from a file, too
        await PackAsync(bodies);
        (await bodies.ReadAsync(large)).ShouldBe(TestBodies.Message(15_001));
        (await bodies.ReadAsync(good[0])).ShouldBe(TestBodies.Message(2000, 1));
        (await bodies.ReadAsync(good[1])).ShouldBe(TestBodies.Message(2000, 2));
        (await bodies.ScalarAsync("SELECT attempts FROM staged_bodies")).ShouldBe(1);
    }

    [Fact]
    public async Task What_the_store_refused_is_packed_again()
    {
        RemoteStore? store = null;
        var options = Options;
        options.UploadRetry = options.UploadRetryMax = TimeSpan.FromHours(1);
        await using var bodies = await TestBodies.CreateAsync(options, folder => store ??= new RemoteStore(folder));
        var ids = new[] { await bodies.DeliverAsync(TestBodies.Message(2000, 1)), await bodies.DeliverAsync(TestBodies.Message(2000, 2)) };
        store!.IsDown = true;
        await PackAsync(bodies);
        (await bodies.ReadAsync(ids[0])).ShouldBe(TestBodies.Message(2000, 1));
        store.IsDown = false;
        await bodies.ScalarAsync("UPDATE staged_bodies SET not_before = now()");
        await PackAsync(bodies);
        (await bodies.CountStagedAsync()).ShouldBe(0);
        (await bodies.ReadAsync(ids[0])).ShouldBe(TestBodies.Message(2000, 1));
        (await KeysAsync(bodies)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task The_same_body_again_is_not_packed_again()
    {
        await using var bodies = await TestBodies.CreateAsync(Options);
        for (var i = 0; i < 2; i++)
        {
            await bodies.DeliverAsync(TestBodies.Message(2000));
            await bodies.DeliverAsync(TestBodies.Message(2000));
            await bodies.DeliverAsync(TestBodies.Message(2001));
            await PackAsync(bodies);
        }

        (await KeysAsync(bodies)).Count.ShouldBe(1);
        (await bodies.ScalarAsync("SELECT count(*) FROM bodies")).ShouldBe(2L);
    }

    [Fact]
    public async Task Two_nodes_pack_each_body_once()
    {
        var options = Options;
        options.PackSize = ByteSize.KiB(20);
        options.PackMaxBody = ByteSize.KiB(10);
        await using var bodies = await TestBodies.CreateAsync(options);
        using var folder = new TempFolder();
        await using var other = bodies.OpenOther(folder.Path);
        for (var i = 0; i < 60; i++)
            await bodies.DeliverAsync(TestBodies.Message(1000 + i));
        var moved = await Task.WhenAll(new[] { bodies.Host, other }.Select(host => Task.Run(async () =>
        {
            var sum = 0;
            while (await host.Uploader.PackAsync(default) is { Taken: > 0 } batch)
                sum += batch.Moved;
            return sum;
        })));
        moved.Sum().ShouldBe(60);
        (await bodies.ScalarAsync("SELECT count(*) FROM bodies WHERE state = 1")).ShouldBe(60L);
    }

    [Fact]
    public async Task A_pack_that_is_mostly_dead_is_written_anew()
    {
        await using var bodies = await TestBodies.CreateAsync(Options);
        var ids = new List<ContentId>();
        for (var i = 0; i < 10; i++)
            ids.Add(await bodies.DeliverAsync(TestBodies.Message(2000 + i)));
        await PackAsync(bodies);
        (await bodies.Host.Compactor.CompactAsync(default)).ShouldBeFalse();

        // As the clean-up does with bodies that nobody needs
        await bodies.ScalarAsync(
            """
            WITH gone AS (DELETE FROM bodies WHERE position IN (SELECT position FROM bodies ORDER BY position LIMIT 7) RETURNING length)
            UPDATE packs SET dead_size = dead_size + (SELECT sum(length) FROM gone)
            """);
        var old = (await KeysAsync(bodies)).Single();
        (await bodies.Host.Compactor.CompactAsync(default)).ShouldBeTrue();
        (await bodies.Host.Compactor.CompactAsync(default)).ShouldBeFalse();
        (await bodies.ScalarAsync("SELECT count(*) FROM packs WHERE dead_since IS NULL AND state = 1 AND dead_size = 0")).ShouldBe(1L);
        (await bodies.ScalarAsync("SELECT count(*) FROM packs WHERE dead_since IS NOT NULL AND dead_size = size")).ShouldBe(1L);
        await bodies.Host.Objects.DeleteAsync([old], default);
        for (var i = 7; i < 10; i++)
            (await bodies.ReadAsync(ids[i])).ShouldBe(TestBodies.Message(2000 + i));
        (await KeysAsync(bodies)).ShouldHaveSingleItem().ShouldNotBe(old);
    }

    [Fact]
    public async Task What_is_damaged_stays_in_its_old_pack()
    {
        await using var bodies = await TestBodies.CreateAsync(Options);
        var ids = new List<ContentId>();
        for (var i = 0; i < 4; i++)
            ids.Add(await bodies.DeliverAsync(TestBodies.Message(2000 + i)));
        await PackAsync(bodies);
        var pack = new FilesystemObjectStore(bodies.BodiesFolder).PathOf((await KeysAsync(bodies)).Single());
        var bytes = await File.ReadAllBytesAsync(pack);
        bytes[^10] ^= 1; // in the last body
        await File.WriteAllBytesAsync(pack, bytes);
        await bodies.ScalarAsync("UPDATE packs SET dead_size = size - 1");
        (await bodies.Host.Compactor.CompactAsync(default)).ShouldBeTrue();
        (await KeysAsync(bodies)).Count.ShouldBe(2);
        (await bodies.ScalarAsync("SELECT count(*) FROM packs WHERE dead_since IS NULL")).ShouldBe(2L);
        (await bodies.ScalarAsync("SELECT count(*) FROM bodies WHERE damaged_at IS NOT NULL")).ShouldBe(1L);
        for (var i = 0; i < 3; i++)
            (await bodies.ReadAsync(ids[i])).ShouldBe(TestBodies.Message(2000 + i));
        await Should.ThrowAsync<BodyUnavailableException>(() => bodies.ReadAsync(ids[3]));
    }

    private static async Task PackAsync(TestBodies bodies)
    {
        while ((await bodies.Host.Uploader.PackAsync(default)).Taken > 0)
        {
        }
    }

    private static async Task<List<ObjectKey>> KeysAsync(TestBodies bodies)
    {
        var keys = new List<ObjectKey>();
        await foreach (var found in bodies.Host.Objects.ListAsync("", null, default))
        {
            if (found.Key.Kind != ObjectKind.Owner)
                keys.Add(found.Key);
        }

        return keys;
    }
}
