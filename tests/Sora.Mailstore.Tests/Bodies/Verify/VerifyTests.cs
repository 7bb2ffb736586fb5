using Sora.Configuration;
using Sora.Contracts;
using Sora.Mailstore.Bodies;
using Sora.Mailstore.Bodies.Objects;
using Sora.Mailstore.Bodies.Verify;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Bodies.Verify;

public sealed class VerifyTests
{
    private static readonly VerifyRequest Quick = new() { Settle = TimeSpan.FromMilliseconds(1), SaveInterval = TimeSpan.Zero, Page = 3 };
    private static readonly VerifyRequest Deep = Quick with { IsDeep = true };
    private static readonly VerifyRequest Fix = Deep with { Fixes = true };

    private static StorageOptions Packed => new()
    {
        Packing = true, PackSize = ByteSize.KiB(100), PackMaxBody = ByteSize.KiB(20), PackWait = TimeSpan.Zero,
    };

    [Fact]
    public async Task What_is_whole_is_no_finding()
    {
        await using var store = await VerifiedStore.CreateAsync(Packed);
        for (var i = 0; i < 20; i++)
            await store.DeliverAsync(TestBodies.Message(1000 + i, i), 1 + (i % 3));
        await store.DeliverAsync(TestBodies.Message(70_000), 1);
        await store.DeliverAsync(TestBodies.Message(70_001), 2);
        (await store.VerifyAsync(Deep)).ShouldBeEmpty("all is staged");
        await store.MoveAsync();
        await store.DeliverAsync(TestBodies.Message(5000), 1);
        (await store.VerifyAsync(Quick)).ShouldBeEmpty();
        (await store.VerifyAsync(Deep with { Grace = TimeSpan.Zero, Parallelism = 3 })).ShouldBeEmpty();
        store.Last!.Totals.Bodies.ShouldBeGreaterThan(22);
        store.Last.Totals.Bytes.ShouldBeGreaterThan(140_000);
    }

    [Fact]
    public async Task A_missing_body_is_found_and_put_again_from_another_account()
    {
        await using var store = await VerifiedStore.CreateAsync();
        var bytes = TestBodies.Message(5000);
        var first = await store.DeliverAsync(bytes, 1);
        await store.DeliverAsync(bytes, 2);
        var lost = await store.DeliverAsync(TestBodies.Message(6000), 1);
        await store.MoveAsync();
        File.Delete(await store.PathAsync(first));
        File.Delete(await store.PathAsync(lost));
        (await store.VerifyAsync(Quick)).Select(static one => one.Kind).ShouldBe([FindingKind.Missing, FindingKind.Missing]);
        var fixedOnes = await store.VerifyAsync(Fix);
        fixedOnes.Count(static one => one.IsRepaired).ShouldBe(1);
        (await store.Bodies.ReadAsync(first)).ShouldBe(bytes);
        (await store.Bodies.ScalarAsync("SELECT count(*) FROM bodies WHERE damaged_at IS NOT NULL")).ShouldBe(1L);

        // The same body again is put, because its row is marked
        var again = await store.DeliverAsync(TestBodies.Message(6000), 1);
        await store.MoveAsync();
        (await store.Bodies.ReadAsync(again)).ShouldBe(TestBodies.Message(6000));
        (await store.Bodies.ReadAsync(lost)).ShouldBe(TestBodies.Message(6000));
        (await store.VerifyAsync(Deep)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_damaged_body_is_found_and_a_wrong_size_without_reading()
    {
        await using var store = await VerifiedStore.CreateAsync();
        var bytes = TestBodies.Message(5000);
        var flipped = await store.DeliverAsync(bytes, 1);
        await store.DeliverAsync(bytes, 2);
        var cut = await store.DeliverAsync(TestBodies.Message(6000), 3);
        await store.MoveAsync();
        await DamageAsync(await store.PathAsync(flipped), 100);
        await File.WriteAllBytesAsync(await store.PathAsync(cut), TestBodies.Message(6000)[..5999]);
        (await store.VerifyAsync(Quick)).ShouldHaveSingleItem().Detail.ShouldContain("5999 bytes instead of 6000");
        (await store.VerifyAsync(Deep)).Select(static one => one.Kind).ShouldBe([FindingKind.Damaged, FindingKind.Damaged]);
        await store.VerifyAsync(Fix);
        (await store.Bodies.ReadAsync(flipped)).ShouldBe(bytes);
        (await store.VerifyAsync(Deep)).ShouldHaveSingleItem().Account.ShouldBe(new AccountId(3));
    }

    [Fact]
    public async Task An_object_that_nothing_knows_of_is_left_over_when_it_is_old()
    {
        await using var store = await VerifiedStore.CreateAsync();
        await store.DeliverAsync(TestBodies.Message(5000), 1);
        await store.MoveAsync();
        foreach (var key in new[] { KeyOf(1, ObjectKind.Body), KeyOf(77, ObjectKind.Body), KeyOf(1, ObjectKind.Pack), KeyOf(0, ObjectKind.Staged) })
        {
            var path = store.Objects.PathOf(key);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllTextAsync(path, "left over");
        }

        (await store.VerifyAsync(Deep)).ShouldBeEmpty("they may be on their way");
        var found = await store.VerifyAsync(Deep with { Grace = TimeSpan.Zero });
        found.Select(static one => (one.Kind, one.Account.Value)).Order().ShouldBe(
            [(FindingKind.Orphaned, 0), (FindingKind.Orphaned, 1), (FindingKind.Orphaned, 1), (FindingKind.Orphaned, 77)]);
        (await store.VerifyAsync(Fix with { Grace = TimeSpan.Zero })).ShouldAllBe(static one => one.IsRepaired);
        (await store.Bodies.ScalarAsync("SELECT count(*) FROM bodies WHERE dead_since IS NOT NULL")).ShouldBe(3L);
        (await store.Bodies.ScalarAsync("SELECT count(*) FROM packs WHERE dead_since IS NOT NULL")).ShouldBe(1L);
        (await store.VerifyAsync(Deep with { Grace = TimeSpan.Zero })).ShouldBeEmpty();
    }

    [Fact]
    public async Task Rows_that_lie_are_found_and_put_right()
    {
        await using var store = await VerifiedStore.CreateAsync();
        var messages = Enumerable.Range(0, 6).Select(static i => TestBodies.Message(3000 + i, i)).ToArray();
        var ids = new List<ContentId>();
        foreach (var (message, i) in messages.Select(static (message, i) => (message, i)))
            ids.Add(await store.DeliverAsync(message, i + 1));
        await store.MoveAsync();
        await store.ExecuteAsync(
            """
            DELETE FROM bodies WHERE account_id = 1;
            UPDATE bodies SET state = 0 WHERE account_id = 2;
            UPDATE bodies SET key_id = 'old' WHERE account_id = 3;
            UPDATE bodies SET damaged_at = now() WHERE account_id = 4;
            DELETE FROM messages WHERE content_id IN (SELECT id FROM contents WHERE account_id = 5);
            DELETE FROM contents WHERE account_id = 5;
            INSERT INTO staged_bodies (hash, accounts, size, body, not_before) SELECT hash, ARRAY[6], body_size, 'x', now() + interval '1 hour' FROM contents WHERE account_id = 6
            """);
        File.Delete(await store.PathAsync(ids[5]));
        var expected = new[]
        {
            (1L, FindingKind.Unlisted), (2L, FindingKind.Unfinished), (3L, FindingKind.WrongKey), (4L, FindingKind.Sound), (5L, FindingKind.Leaked), (6L, FindingKind.Gone),
        };
        var request = Quick with { Grace = TimeSpan.Zero };
        (await store.VerifyAsync(request)).Select(static one => (one.Account.Value, one.Kind)).Order().ShouldBe(expected);
        (await store.VerifyAsync(request with { Fixes = true })).ShouldAllBe(static one => one.IsRepaired);
        (await store.VerifyAsync(request)).ShouldBeEmpty();
        (await store.Bodies.ScalarAsync("SELECT state::int FROM bodies WHERE account_id = 6")).ShouldBe(0);
        for (var i = 0; i < 4; i++)
            (await store.Bodies.ReadAsync(ids[i])).ShouldBe(messages[i]);
    }

    [Fact]
    public async Task Packs_are_looked_into()
    {
        await using var store = await VerifiedStore.CreateAsync(Packed);
        var ids = new List<ContentId>();
        for (var i = 0; i < 30; i++)
            ids.Add(await store.DeliverAsync(TestBodies.Message(2000, i), 1 + (i % 3)));
        await store.MoveAsync();
        var packs = new Dictionary<long, string>();
        await foreach (var found in store.Objects.ListAsync("", null, default))
        {
            if (found.Key.Kind == ObjectKind.Pack)
                packs[found.Key.Account.Value] = store.Objects.PathOf(found.Key);
        }

        packs.Count.ShouldBe(3);
        var size = new FileInfo(packs[1]).Length;
        await DamageAsync(packs[1], (int)size - 1); // in the last body
        await using (var file = File.OpenWrite(packs[2]))
            file.SetLength(size - 2500); // the last two
        File.Delete(packs[3]); // all ten
        var quick = await store.VerifyAsync(Quick);
        quick.Where(static one => one.Kind == FindingKind.Missing).CountBy(static one => one.Account.Value).Select(static one => (one.Key, one.Value)).Order().ShouldBe([(2, 2), (3, 10)]);
        var deep = await store.VerifyAsync(Deep);
        deep.Count(static one => one is { Kind: FindingKind.Damaged, Account.Value: 1 }).ShouldBe(1);
        await DamageAsync(packs[1], (int)size - 1);
        (await store.VerifyAsync(Deep)).ShouldAllBe(static one => one.Account.Value != 1);
        await DamageAsync(packs[1], 10); // its header
        (await store.VerifyAsync(Deep)).Single(static one => one.Account.Value == 1).Detail.ShouldContain("beside its bodies");
    }

    [Fact]
    public async Task Staged_bodies_are_looked_at()
    {
        await using var store = await VerifiedStore.CreateAsync(new StorageOptions { DatabaseStagingLimit = ByteSize.KiB(4) });
        await store.DeliverAsync(TestBodies.Message(1000), 1);
        await store.DeliverAsync(TestBodies.Message(9000, 1), 2);
        await store.DeliverAsync(TestBodies.Message(9000, 2), 3);
        (await store.VerifyAsync(Deep)).ShouldBeEmpty();
        var files = store.Bodies.StagedFiles;
        await DamageAsync(files[0], 5);
        File.Delete(files[1]);
        await store.ExecuteAsync("UPDATE staged_bodies SET body = 'another' WHERE body IS NOT NULL");
        (await store.VerifyAsync(Quick)).ShouldHaveSingleItem().Kind.ShouldBe(FindingKind.Missing);
        (await store.VerifyAsync(Deep)).Select(static one => one.Kind).Order().ShouldBe([FindingKind.Missing, FindingKind.Damaged, FindingKind.Damaged]);
    }

    [Fact]
    public async Task Encrypted_bodies_are_read_with_their_keys()
    {
        var options = new StorageOptions();
        options.Encryption.ActiveKey = "a";
        options.Encryption.Keys = [new() { Id = "a", Secret = Convert.ToBase64String(new byte[32]) }];
        await using var store = await VerifiedStore.CreateAsync(options);
        var good = await store.DeliverAsync(TestBodies.Message(5000), 1);
        var cut = await store.DeliverAsync(TestBodies.Message(200_000), 2);
        await store.MoveAsync();
        (await store.VerifyAsync(Quick)).ShouldBeEmpty();
        (await store.VerifyAsync(Deep)).ShouldBeEmpty();
        await store.ExecuteAsync("UPDATE bodies SET key_id = NULL WHERE account_id = 1");
        await DamageAsync(await store.PathAsync(cut), 30_000);
        (await store.VerifyAsync(Deep)).Select(static one => one.Kind).Order().ShouldBe([FindingKind.Damaged, FindingKind.WrongKey]);
        await store.VerifyAsync(Fix);
        (await store.Bodies.ScalarAsync("SELECT key_id FROM bodies WHERE account_id = 1")).ShouldBe("a");
        (await store.Bodies.ReadAsync(good)).ShouldBe(TestBodies.Message(5000));
        var without = new StorageOptions();
        (await store.VerifyAsync(Deep with { Account = new AccountId(1) }, without)).ShouldHaveSingleItem().Kind.ShouldBe(FindingKind.Unreadable);
    }

    [Fact]
    public async Task One_that_was_cut_off_goes_on_where_it_was()
    {
        await using var store = await VerifiedStore.CreateAsync();
        var ids = new List<ContentId>();
        for (var i = 0; i < 30; i++)
            ids.Add(await store.DeliverAsync(TestBodies.Message(1000 + i, i), 1 + (i % 2)));
        await store.MoveAsync();
        foreach (var id in ids)
            File.Delete(await store.PathAsync(id));
        var seen = new List<string>();
        seen.AddRange((await store.VerifyAsync(Quick with { Limit = 5 })).Select(static one => one.Where));
        store.Last!.IsFinished.ShouldBeFalse();
        seen.Count.ShouldBeInRange(5, 10);
        seen.AddRange((await store.ResumeAsync(new VerifyRequest { Limit = 4 })).Select(static one => one.Where));
        seen.AddRange((await store.ResumeAsync(new VerifyRequest())).Select(static one => one.Where));
        store.Last.IsFinished.ShouldBeTrue();
        store.Last.Totals.Findings.ShouldBe(30);
        seen.Distinct().Count().ShouldBe(30);
        seen.Count.ShouldBe(30, "none twice");
        await Should.ThrowAsync<VerifyException>(() => store.ResumeAsync(Quick));
    }

    [Fact]
    public async Task Deliveries_uploads_and_purges_under_way_are_no_findings()
    {
        await using var store = await VerifiedStore.CreateAsync(Packed);
        using var stopping = new CancellationTokenSource();
        var busy = Task.Run(async () =>
        {
            for (var i = 0; !stopping.IsCancellationRequested; i++)
            {
                var id = await store.DeliverAsync(TestBodies.Message(i % 7 == 0 ? 70_000 : 1000 + i, i), 1 + (i % 3));
                if (i % 5 == 0)
                    await store.MoveAsync();
                if (i % 3 == 0)
                    await store.PurgeAsync(id);
            }
        });
        for (var round = 0; round < 15; round++)
            (await store.VerifyAsync(Deep with { Grace = TimeSpan.FromSeconds(30), Parallelism = 2 })).ShouldBeEmpty();
        await stopping.CancelAsync();
        await busy;
        (await store.Bodies.ScalarAsync("SELECT count(*) > 10 FROM contents")).ShouldBe(true);
    }

    [Fact]
    public async Task One_body_is_shown()
    {
        await using var store = await VerifiedStore.CreateAsync();
        var id = await store.DeliverAsync(TestBodies.Message(5000), 1);
        var hash = (await store.Bodies.ContentAsync(id)).Hash;
        (await store.Open().InspectAsync(hash, new AccountId(1), default)).ShouldHaveSingleItem().Staged.Count.ShouldBe(1);
        await store.MoveAsync();
        var stored = (await store.Open().InspectAsync(hash, new AccountId(1), default)).ShouldHaveSingleItem();
        stored.IsGood.ShouldBeTrue();
        stored.Problem.ShouldBeNull();
        stored.Messages.Count.ShouldBe(1);
        File.Delete(await store.PathAsync(id));
        (await store.Open().InspectAsync(hash, new AccountId(1), default)).Single().Problem.ShouldNotBeNull();
    }

    private static ObjectKey KeyOf(long account, ObjectKind kind) => new(new AccountId(account), ContentHash.From([.. Enumerable.Repeat((byte)0xAB, 32)]), kind);

    private static async Task DamageAsync(string path, int position)
    {
        var bytes = await File.ReadAllBytesAsync(path);
        bytes[position] ^= 1;
        await File.WriteAllBytesAsync(path, bytes);
    }
}
