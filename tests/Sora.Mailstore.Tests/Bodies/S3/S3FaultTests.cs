using Sora.Mailstore.Bodies;
using Sora.Mailstore.Bodies.Objects;
using Sora.Mailstore.Bodies.Objects.S3;
using Sora.Testing.S3;

namespace Sora.Mailstore.Tests.Bodies.S3;

/// <summary>What networks and servers do to requests, and what becomes of objects then.</summary>
public sealed class S3FaultTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    public static TheoryData<S3Fault> OfPuts =>
    [
        S3Fault.InternalError, S3Fault.SlowDown, S3Fault.Reset, S3Fault.CutUpload, S3Fault.StallUpload, S3Fault.WrongUpload, S3Fault.LostAnswer, S3Fault.Stall,
    ];

    public static TheoryData<S3Fault> OfGets =>
        [S3Fault.InternalError, S3Fault.SlowDown, S3Fault.Reset, S3Fault.Stall, S3Fault.HalfAnswer, S3Fault.StallAnswer, S3Fault.LostAnswer];

    [S3Theory]
    [MemberData(nameof(OfPuts))]
    public async Task A_put_that_failed_is_done_again(S3Fault fault)
    {
        await using var s3 = await TestS3.StartAsync(Impatient);
        foreach (var put in new[] { TestS3.PutOf(TestS3.Bytes(5000)), s3.FileOf(TestS3.Bytes(6 << 20)), Encoded(s3.FileOf(TestS3.Bytes(1 << 20, 2)), TestS3.Bytes(2 << 20, 3)) })
        {
            s3.Proxy.Add(fault, S3Operation.Put, count: 1, time: Long);
            var before = s3.Proxy.Faults;
            (await s3.PutAsync(put)).ShouldBeNull();
            s3.Proxy.Faults.ShouldBe(before + 1);
            (await s3.Bucket.ReadAsync(TestS3.Prefix + put.Key)).ShouldBe(await StoredAsync(put));
        }
    }

    [S3Theory]
    [MemberData(nameof(OfPuts))]
    public async Task A_put_that_only_fails_is_an_IOException_and_leaves_no_wrong_object(S3Fault fault)
    {
        await using var s3 = await TestS3.StartAsync(options =>
        {
            Impatient(options);
            options.Retries = 1;
        });
        s3.Proxy.Add(fault, S3Operation.Put, time: Long);
        var put = s3.FileOf(TestS3.Bytes(1 << 20));
        (await s3.PutAsync(put)).ShouldBeOfType<S3Exception>();
        s3.Proxy.Count(S3Operation.Put).ShouldBe(2);
        if (fault == S3Fault.LostAnswer || fault == S3Fault.Stall)
            return; // the server has done it, which we cannot know
        (await s3.Bucket.KeysAsync()).ShouldBeEmpty();
    }

    [S3Theory]
    [MemberData(nameof(OfGets))]
    public async Task A_get_that_failed_is_done_again_or_read_on(S3Fault fault)
    {
        await using var s3 = await TestS3.StartAsync(Impatient);
        var put = s3.FileOf(TestS3.Bytes(3 << 20));
        (await s3.PutAsync(put)).ShouldBeNull();
        s3.Proxy.Add(fault, S3Operation.Get, count: 2, time: Long);
        (await s3.ReadAsync(put.Key)).ShouldBe(await StoredAsync(put));
        s3.Proxy.Faults.ShouldBe(2);
        s3.Proxy.Add(fault, S3Operation.Get, count: 1, time: Long);
        (await s3.ReadAsync(put.Key, 1000, 2 << 20)).ShouldBe((await StoredAsync(put))[1000..((2 << 20) + 1000)]);
    }

    [S3Theory]
    [MemberData(nameof(OfGets))]
    public async Task A_get_that_only_fails_is_an_IOException(S3Fault fault)
    {
        await using var s3 = await TestS3.StartAsync(options =>
        {
            Impatient(options);
            options.Retries = 1;
        });
        var put = s3.FileOf(TestS3.Bytes(3 << 20));
        (await s3.PutAsync(put)).ShouldBeNull();
        s3.Proxy.Add(fault, S3Operation.Get, time: Long);
        (await Should.ThrowAsync<S3Exception>(() => s3.ReadAsync(put.Key))).Trouble.ShouldBe(S3Trouble.Outage);
    }

    [S3Fact]
    public async Task What_was_changed_on_its_way_here_is_no_damage_of_the_object()
    {
        await using var s3 = await TestS3.StartAsync();
        var put = s3.FileOf(TestS3.Bytes(1 << 20));
        (await s3.PutAsync(put)).ShouldBeNull();
        s3.Proxy.Add(S3Fault.WrongAnswer, S3Operation.Get, count: 1);
        (await Should.ThrowAsync<S3Exception>(() => s3.ReadAsync(put.Key))).Trouble.ShouldBe(S3Trouble.Damaged);
        (await s3.ReadAsync(put.Key)).ShouldBe(await StoredAsync(put));
    }

    [S3Fact]
    public async Task An_object_that_is_deleted_while_it_is_read_is_not_read_to_a_wrong_end()
    {
        await using var s3 = await TestS3.StartAsync();
        var put = s3.FileOf(TestS3.Bytes(3 << 20));
        (await s3.PutAsync(put)).ShouldBeNull();
        s3.Proxy.Add(S3Fault.HalfAnswer, S3Operation.Get, count: 1);
        await using var stream = (await s3.Store.OpenAsync(put.Key, 0, null, default))!;
        await s3.Store.DeleteAsync([put.Key], default);
        await Should.ThrowAsync<IOException>(async () => await stream.CopyToAsync(Stream.Null));
    }

    [S3Theory]
    [MemberData(nameof(OfPuts))]
    public async Task A_part_that_failed_is_sent_again(S3Fault fault)
    {
        await using var s3 = await TestS3.StartAsync(Impatient);
        s3.Proxy.Add(fault, S3Operation.PutPart, count: 1, after: 1, time: Long);
        var put = s3.FileOf(TestS3.Bytes(17 << 20));
        (await s3.PutAsync(put)).ShouldBeNull();
        s3.Proxy.Faults.ShouldBe(1);
        (await s3.Bucket.ReadAsync(TestS3.Prefix + put.Key)).ShouldBe(await StoredAsync(put));
        (await s3.Bucket.UnfinishedUploadsAsync()).ShouldBe(0);
    }

    [S3Fact]
    public async Task An_upload_whose_parts_fail_is_given_up()
    {
        await using var s3 = await TestS3.StartAsync(Impatient);
        s3.Proxy.Add(S3Fault.InternalError, S3Operation.PutPart, after: 2);
        (await s3.PutAsync(s3.FileOf(TestS3.Bytes(24 << 20)))).ShouldBeOfType<S3Exception>().Code.ShouldBe("InternalError");
        (await s3.Bucket.UnfinishedUploadsAsync()).ShouldBe(0);
        s3.Proxy.Count(S3Operation.AbortParts).ShouldBe(1);
        (await s3.Bucket.KeysAsync()).ShouldBeEmpty();
    }

    [S3Fact]
    public async Task The_lost_answer_to_the_end_of_an_upload_is_found_out()
    {
        await using var s3 = await TestS3.StartAsync(Impatient);
        s3.Proxy.Add(S3Fault.LostAnswer, S3Operation.CompleteParts, count: 1);
        var put = s3.FileOf(TestS3.Bytes(17 << 20));
        (await s3.PutAsync(put)).ShouldBeNull();
        (await s3.Bucket.ReadAsync(TestS3.Prefix + put.Key)).ShouldBe(await StoredAsync(put));
    }

    [S3Fact]
    public async Task An_upload_of_wrong_bytes_is_given_up_before_it_has_a_name()
    {
        await using var s3 = await TestS3.StartAsync(Impatient);
        var put = s3.FileOf(TestS3.Bytes(17 << 20)) with { Key = TestS3.PutOf([1]).Key };
        (await s3.PutAsync(put)).ShouldBeOfType<BodyDamagedException>();
        (await s3.Bucket.UnfinishedUploadsAsync()).ShouldBe(0);
        (await s3.Bucket.KeysAsync()).ShouldBeEmpty();
    }

    [S3Fact]
    public async Task Lists_copies_and_deletes_are_done_again()
    {
        await using var s3 = await TestS3.StartAsync(Impatient);
        var puts = Enumerable.Range(0, 20).Select(static i => TestS3.PutOf(TestS3.Bytes(100, i), 1)).ToArray();
        (await s3.Store.PutAsync(puts, default)).ShouldAllBe(static outcome => outcome == null);
        foreach (var fault in new[] { S3Fault.SlowDown, S3Fault.Reset, S3Fault.HalfAnswer, S3Fault.LostAnswer, S3Fault.Stall, S3Fault.StallAnswer })
        {
            s3.Proxy.Add(fault, S3Operation.List, count: 1, after: 1, time: Long);
            var found = new List<ObjectInfo>();
            await foreach (var info in s3.Store.ListAsync("", null, default))
                found.Add(info);
            found.Count.ShouldBe(20);
            s3.Proxy.Add(fault, S3Operation.Copy, count: 1, time: Long);
            (await s3.Store.CopyAsync(puts[0].Key, puts[0].Key with { Account = new(2) }, default)).ShouldBeTrue();
            s3.Proxy.Add(fault, S3Operation.Delete, count: 1, time: Long);
            await s3.Store.DeleteAsync([puts[0].Key with { Account = new(2) }], default);
            s3.Proxy.Clear();
        }

        (await s3.Bucket.KeysAsync()).Count.ShouldBe(20);
    }

    [S3Fact]
    public async Task In_bad_weather_what_is_acknowledged_is_there_and_right()
    {
        await using var s3 = await TestS3.StartAsync(options =>
        {
            Impatient(options);
            options.Retries = 1;
        });
        foreach (var fault in new[] { S3Fault.InternalError, S3Fault.SlowDown, S3Fault.Reset, S3Fault.CutUpload, S3Fault.WrongUpload, S3Fault.LostAnswer, S3Fault.HalfAnswer })
            s3.Proxy.Add(fault, probability: 0.05);
        var puts = Enumerable.Range(0, 300).Select(static i => TestS3.PutOf(TestS3.Bytes(2000 + i, i), i % 3)).ToArray();
        var done = new HashSet<ObjectKey>();
        for (var round = 0; done.Count < puts.Length; round++)
        {
            round.ShouldBeLessThan(50);
            var left = puts.Where(put => !done.Contains(put.Key)).ToArray();
            var outcomes = await s3.Store.PutAsync(left, default);
            for (var i = 0; i < left.Length; i++)
            {
                if (outcomes[i] is null)
                    done.Add(left[i].Key);
                else
                    outcomes[i].ShouldBeOfType<S3Exception>();
            }
        }

        s3.Proxy.Faults.ShouldBeGreaterThan(20);
        (await s3.Bucket.KeysAsync()).Count.ShouldBe(puts.Length);
        foreach (var put in puts)
            (await s3.Bucket.ReadAsync(TestS3.Prefix + put.Key)).ShouldBe(put.Bytes!.Value.ToArray());
    }

    // Retries enough for a busy machine, on which an attempt may be slow without any fault
    private static void Impatient(S3Options options)
    {
        options.RequestTimeout = TimeSpan.FromSeconds(1.5);
        options.CopyTimeout = TimeSpan.FromSeconds(1.5);
        options.IdleTimeout = TimeSpan.FromSeconds(1);
        options.Retries = 6;
        options.PartSize = Configuration.ByteSize.MiB(5);
        options.MultipartThreshold = Configuration.ByteSize.MiB(8);
        options.GetBreaker.MinRequests = options.PutBreaker.MinRequests = options.DeleteBreaker.MinRequests = 10_000;
    }

    private static ObjectPut Encoded(ObjectPut put, byte[] stored) => put with { Encode = () => new MemoryStream(stored) };

    private static async Task<byte[]> StoredAsync(ObjectPut put)
    {
        await using var stream = put.Open();
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy);
        return copy.ToArray();
    }
}
