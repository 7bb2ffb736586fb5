using System.Collections.Concurrent;
using Sora.Configuration;
using Sora.Contracts;
using Sora.Mailstore.Bodies;
using Sora.Mailstore.Bodies.Objects;
using Sora.Testing;
using Sora.Testing.S3;

namespace Sora.Mailstore.Tests.Bodies.S3;

/// <summary>Two nodes take 2,000 messages while the way to a real S3 server does whatever such ways do.</summary>
public sealed class FaultyDeliveriesTests
{
    private const int Messages = 2000;

    [S3Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Nothing_acknowledged_is_lost_and_nothing_is_doubled(bool packing)
    {
        await using var s3 = await TestS3.StartAsync(static options =>
        {
            options.Retries = 1;
            options.RequestTimeout = TimeSpan.FromSeconds(2);
            options.IdleTimeout = TimeSpan.FromSeconds(2);
            options.GetBreaker.Pause = options.PutBreaker.Pause = options.DeleteBreaker.Pause = TimeSpan.FromMilliseconds(500);
        });
        var options = new StorageOptions
        {
            Packing = packing,
            PackSize = ByteSize.KiB(256),
            PackWait = TimeSpan.FromSeconds(1),
            DatabaseStagingLimit = ByteSize.KiB(8),
            StagingObjectTimeout = TimeSpan.FromSeconds(3),
            UploadInterval = TimeSpan.FromMilliseconds(50),
            UploadParallelism = 2,
            UploadRetry = TimeSpan.FromMilliseconds(100),
            UploadRetryMax = TimeSpan.FromSeconds(1),
            UploadLease = TimeSpan.FromSeconds(10),
            CacheSize = ByteSize.MiB(1),
            CacheMaxObject = ByteSize.KiB(256),
        };
        await using var bodies = await TestBodies.CreateAsync(options, _ => s3.Store);
        using var folder = new TempFolder();
        await using var other = bodies.OpenOther(folder.Path);
        await bodies.Host.StartAsync();
        await other.StartAsync();
        foreach (var fault in Enum.GetValues<S3Fault>())
            s3.Proxy.Add(fault, probability: 0.02, time: fault is S3Fault.Delay ? TimeSpan.FromMilliseconds(50) : TimeSpan.FromSeconds(3));

        var taken = new ConcurrentDictionary<ContentId, int>();
        await Parallel.ForAsync(0, Messages, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, _) =>
        {
            await using var message = await bodies.TakeAsync(MessageOf(i));
            foreach (var id in await bodies.CommitAsync(message, [], (i % 5) + 1, (i % 3) + 10))
                taken[id] = i;
        });
        taken.Count.ShouldBe(Messages * 2);
        await Eventually.WaitAsync(() => s3.Proxy.Faults > 50 || s3.Proxy.Traffic.Values.Sum(static traffic => traffic.Requests) > Messages);
        s3.Proxy.Faults.ShouldBeGreaterThan(0);
        s3.Proxy.Clear();
        await Eventually.WaitAsync(async () => await bodies.CountStagedAsync() == 0, TimeSpan.FromMinutes(2));

        await Parallel.ForEachAsync(
            taken, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (one, _) => (await bodies.ReadAsync(one.Key, other)).ShouldBe(MessageOf(one.Value)));
        var rows = (string)(await bodies.ScalarAsync(
            """
            SELECT string_agg(name, ' ' ORDER BY name COLLATE "C") FROM (
                SELECT CASE WHEN account_id = 0 THEN 'staging/' ELSE account_id || '/' END || encode(hash, 'hex') AS name FROM bodies WHERE pack_id IS NULL AND state = 1
                UNION ALL SELECT account_id || '/packs/' || encode(hash, 'hex') FROM packs WHERE state = 1) AS n
            """))!;
        var pending = (string?)await bodies.ScalarAsync(
            """
            SELECT coalesce(string_agg(name, ' '), '') FROM (
                SELECT 'staging/' || encode(hash, 'hex') AS name FROM bodies WHERE account_id = 0 AND state = 0
                UNION ALL SELECT account_id || '/packs/' || encode(hash, 'hex') FROM packs WHERE state = 0) AS n
            """);
        var keys = (await s3.Bucket.KeysAsync()).Select(static key => key[TestS3.Prefix.Length..]).Where(static key => !key.StartsWith(ObjectKey.OwnerPrefix, StringComparison.Ordinal)).Except(pending!.Split(' ')).Order(StringComparer.Ordinal);
        string.Join(' ', keys).ShouldBe(rows);
        (await bodies.ScalarAsync("SELECT count(*) FROM bodies WHERE account_id <> 0 AND state = 1")).ShouldBe(Messages * 2L);
    }

    private static byte[] MessageOf(int i) => TestBodies.Message(i % 20 == 0 ? 40_000 : 500 + (i % 3000), i);
}
