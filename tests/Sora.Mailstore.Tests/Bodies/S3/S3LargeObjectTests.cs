using Amazon.S3.Model;
using Sora.Configuration;
using Sora.Contracts;
using Sora.Mailstore.Bodies.Hashing;
using Sora.Mailstore.Bodies.Objects;
using Sora.Testing;
using Sora.Testing.S3;

namespace Sora.Mailstore.Tests.Bodies.S3;

public sealed class S3LargeObjectTests
{
    [S3Fact]
    public async Task A_hundred_MiB_go_in_parts_and_take_no_more_memory_than_they_may()
    {
        const int size = 100 << 20;
        await using var s3 = await TestS3.StartAsync(static options =>
        {
            options.PartSize = ByteSize.MiB(5);
            options.ParallelParts = 2;
        });
        using var folder = new TempFolder();
        var put = Large(folder.File("large"), size);
        (await s3.PutAsync(put)).ShouldBeNull();
        s3.Store.PeakPartMemory.ShouldBe(10 << 20);
        s3.Proxy.Count(S3Operation.PutPart).ShouldBeGreaterThanOrEqualTo(20);
        s3.Proxy.Count(S3Operation.Put).ShouldBe(0);
        (await s3.Store.FindAsync(put.Key, default))!.Value.Size.ShouldBe(size);

        var hasher = new Blake3Hasher();
        var read = 0L;
        await using (var stream = (await s3.Store.OpenAsync(put.Key, 0, null, default))!)
        {
            var piece = new byte[128 << 10];
            for (int count; (count = await stream.ReadAsync(piece)) > 0; read += count)
                hasher.Update(piece.AsSpan(0, count));
        }

        read.ShouldBe(size);
        var hash = new byte[32];
        hasher.Finalize(hash);
        ContentHash.From(hash).ShouldBe(put.Key.Hash);
    }

    [S3Fact]
    public async Task What_is_encoded_goes_in_one_request_or_in_parts_as_its_length_turns_out()
    {
        await using var s3 = await TestS3.StartAsync(static options => options.PartSize = ByteSize.MiB(5));
        foreach (var size in new[] { 0, 1, 70_000, (5 << 20) - 1, 5 << 20, (5 << 20) + 1, 11 << 20 })
        {
            // The plain bytes are few, so each of the larger ones outgrows what was expected
            var stored = TestS3.Bytes(size);
            var put = TestS3.PutOf(TestS3.Bytes(100, size)) with { Encode = () => new MemoryStream(stored) };
            (await s3.PutAsync(put)).ShouldBeNull();
            (await s3.ReadAsync(put.Key)).ShouldBe(stored);
        }

        s3.Store.PeakPartMemory.ShouldBeLessThanOrEqualTo(20 << 20);
        (await s3.Bucket.UnfinishedUploadsAsync()).ShouldBe(0);
    }

    [S3Fact]
    public async Task Copies_of_what_is_too_large_for_one_request_are_made_in_parts()
    {
        await using var s3 = await TestS3.StartAsync(copyLimit: 5 << 20);
        var put = s3.FileOf(TestS3.Bytes(12 << 20));
        (await s3.PutAsync(put)).ShouldBeNull();
        var copy = put.Key with { Account = new AccountId(2) };
        (await s3.Store.CopyAsync(put.Key, copy, default)).ShouldBeTrue();
        s3.Proxy.Count(S3Operation.Copy).ShouldBe(3);
        (await s3.Bucket.ReadAsync(TestS3.Prefix + copy)).ShouldBe(TestS3.Bytes(12 << 20));
    }

    [S3Fact]
    public async Task Uploads_that_nobody_finished_go_by_age()
    {
        await using var s3 = await TestS3.StartAsync();
        for (var i = 0; i < 10; i++)
            await s3.Bucket.Client.InitiateMultipartUploadAsync(s3.Bucket.Name, TestS3.Prefix + TestS3.PutOf([(byte)i]).Key);
        await s3.Bucket.Client.InitiateMultipartUploadAsync(new InitiateMultipartUploadRequest { BucketName = s3.Bucket.Name, Key = "not-ours" });
        (await s3.Store.DeleteUploadsAsync(DateTimeOffset.UtcNow.AddHours(-1), default)).ShouldBe(0);
        (await s3.Bucket.UnfinishedUploadsAsync()).ShouldBe(11);
        (await s3.Store.DeleteUploadsAsync(DateTimeOffset.UtcNow.AddHours(1), default)).ShouldBe(10);
        (await s3.Bucket.UnfinishedUploadsAsync()).ShouldBe(1);

        // A younger one than s3.abandoned_after is somebody's work, and it is looked for once in s3.abandoned_interval
        await s3.Bucket.Client.InitiateMultipartUploadAsync(s3.Bucket.Name, TestS3.Prefix + TestS3.PutOf([1]).Key);
        s3.Proxy.ResetCounts();
        await s3.Store.DeleteAbandonedAsync(DateTimeOffset.UtcNow.AddHours(1), default);
        await s3.Store.DeleteAbandonedAsync(DateTimeOffset.UtcNow.AddHours(1), default);
        s3.Proxy.Count(S3Operation.ListParts).ShouldBe(1);
        (await s3.Bucket.UnfinishedUploadsAsync()).ShouldBe(2);
    }

    private static ObjectPut Large(string path, int size)
    {
        var random = new Random(3);
        var piece = new byte[1 << 20];
        var hasher = new Blake3Hasher();
        using (var file = File.Create(path))
        {
            for (var left = size; left > 0; left -= piece.Length)
            {
                random.NextBytes(piece);
                hasher.Update(piece);
                file.Write(piece);
            }
        }

        var hash = new byte[32];
        hasher.Finalize(hash);
        return new ObjectPut(new ObjectKey(new AccountId(1), ContentHash.From(hash)), size) { File = path };
    }
}
