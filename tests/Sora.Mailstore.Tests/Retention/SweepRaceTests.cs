using Microsoft.Extensions.Logging.Abstractions;
using Sora.Contracts;
using Sora.Mailstore.Bodies;
using Sora.Mailstore.Bodies.Objects;
using Sora.Mailstore.Retention;
using Sora.Mailstore.Storage;
using Sora.Mailstore.Tests.Bodies;

namespace Sora.Mailstore.Tests.Retention;

/// <summary>The same bodies come, are moved to the object store, die and are swept, all at once and without any grace.</summary>
public sealed class SweepRaceTests
{
    private const int Bodies = 6;
    private static readonly CancellationToken None = CancellationToken.None;

    [Theory]
    [InlineData(StagingMode.Database)]
    [InlineData(StagingMode.Disk)]
    public async Task What_lives_can_be_read_and_what_is_dead_goes(StagingMode staging)
    {
        const int Rounds = 20;
        await using var bodies = await TestBodies.CreateAsync(new StorageOptions { Staging = staging });
        using var metrics = new MailstoreMetrics();
        var retention = new RetentionMetrics(metrics);
        byte[][] texts = [.. Enumerable.Range(1, Bodies).Select(static seed => TestBodies.Message(3000, seed))];
        var live = new List<(ContentId Id, int Body)>();
        for (var round = 0; round < Rounds; round++)
        {
            // Some of what lives dies while the same bodies come again
            var dying = live.Where((_, i) => (i + round) % 3 != 0).ToList();
            live.RemoveAll(dying.Contains);
            var coming = new List<(ContentId, int)>();
            await Task.WhenAll(
                DeliverAsync(bodies, texts, coming),
                PurgeAsync(bodies, dying),
                RepeatAsync(async () => await bodies.Host.Uploader.MoveAsync(None)),
                RepeatAsync(async () => await bodies.Host.Uploader.MoveAsync(None)),
                RepeatAsync(async () => await Sweep(bodies, retention).RunAsync(None)),
                RepeatAsync(async () => await Sweep(bodies, retention).RunAsync(None)));
            live.AddRange(coming);
            foreach (var (id, body) in live)
                (await bodies.ReadAsync(id)).ShouldBe(texts[body], $"round {round}");
        }

        await PurgeAsync(bodies, live);
        await Sora.Testing.Eventually.WaitAsync(
            async () =>
            {
                await bodies.UploadAsync();
                await Sweep(bodies, retention).RunAsync(None);
                return (long)(await bodies.ScalarAsync("SELECT count(*) FROM bodies"))! == 0;
            },
            TimeSpan.FromSeconds(60));
        (await bodies.Host.Objects.ListAsync("", null, None).ToListAsync()).ShouldHaveSingleItem().Key.Kind.ShouldBe(ObjectKind.Owner);
        (await bodies.CountStagedAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_pack_that_was_taken_for_abandoned_while_it_was_being_put_lives_again()
    {
        await using var bodies = await TestBodies.CreateAsync();
        var pack = await AddPackAsync(bodies, seed: 1);
        var sweep = new SweepStore(bodies.Database.Write, TimeSpan.Zero, TimeSpan.FromHours(1));
        await sweep.MarkEmptyPacksAsync(10, None);
        (await bodies.ScalarAsync("SELECT dead_since IS NOT NULL FROM packs")).ShouldBe(true);

        await StoreAsync(bodies, pack);
        (await bodies.ScalarAsync("SELECT state || ' ' || (dead_since IS NULL) FROM packs")).ShouldBe("1 true");
        (await sweep.MarkPacksAsync(TimeSpan.Zero, 10, None)).Packs.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_pack_that_is_being_deleted_is_not_put_any_more()
    {
        await using var bodies = await TestBodies.CreateAsync();
        var pack = await AddPackAsync(bodies, seed: 1);
        var sweep = new SweepStore(bodies.Database.Write, TimeSpan.Zero, TimeSpan.FromHours(1));
        await sweep.MarkEmptyPacksAsync(10, None);
        (await sweep.MarkPacksAsync(TimeSpan.Zero, 10, None)).Packs.ShouldBe([pack]);
        await Should.ThrowAsync<IOException>(() => StoreAsync(bodies, pack));
    }

    private static Task<long> AddPackAsync(TestBodies bodies, int seed) => new PackStore(bodies.Database.Write).AddAsync(
        new ObjectKey(new AccountId(7), ContentHash.From(TestBodies.Message(ContentHash.Length, seed)), ObjectKind.Pack), 1000, null, None);

    private static async Task StoreAsync(TestBodies bodies, long pack)
    {
        await using var connection = await bodies.Database.Write.OpenConnectionAsync();
        await PackStore.StoredAsync(connection, pack, None);
    }

    private static async Task DeliverAsync(TestBodies bodies, byte[][] texts, List<(ContentId, int)> coming)
    {
        for (var body = 0; body < texts.Length; body++)
            coming.Add((await bodies.DeliverAsync(texts[body]), body));
    }

    // No message has these contents, as after the purge of the last one
    private static async Task PurgeAsync(TestBodies bodies, List<(ContentId Id, int Body)> dying)
    {
        foreach (var half in dying.Chunk(3))
        {
            await using var connection = await bodies.Database.Write.OpenConnectionAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            (await PurgeStore.DeleteContentsAsync(connection, [.. half.Select(static one => one.Id.Value)], None)).ShouldBe(half.Length);
            await transaction.CommitAsync();
        }
    }

    private static async Task RepeatAsync(Func<Task> work)
    {
        for (var i = 0; i < 6; i++)
            await work();
    }

    private static ObjectSweep Sweep(TestBodies bodies, RetentionMetrics metrics)
    {
        var options = new RetentionOptions { ObjectGrace = TimeSpan.Zero, BatchPause = TimeSpan.Zero, ObjectsPerSecond = 0 };
        return new ObjectSweep(
            new SweepStore(bodies.Database.Write, TimeSpan.Zero, TimeSpan.FromHours(1)), bodies.Host.Objects, options, new BatchPace(options, TimeProvider.System), metrics,
            TimeProvider.System, NullLogger.Instance);
    }
}
