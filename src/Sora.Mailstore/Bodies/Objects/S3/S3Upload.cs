using Amazon.S3;
using Amazon.S3.Model;
using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Mailstore.Bodies.Hashing;

namespace Sora.Mailstore.Bodies.Objects.S3;

/// <summary>Puts objects, each in one request or in parts, and never a wrong one under a name.</summary>
internal sealed class S3Upload(IAmazonS3 client, S3Options options, S3Calls calls, S3Names names, ILogger logger)
{
    private const int MaxParts = 10_000;
    private const int EncodingSlack = 64 * 1024;

    private readonly PartMemory _memory = new(options.PartSize.Bytes * options.ParallelParts);

    /// <summary>The most memory that parts have taken.</summary>
    public long PeakMemory => _memory.Peak;

    private int PartSize => (int)options.PartSize.Bytes;

    /// <exception cref="S3Exception">S3 did not take it.</exception>
    /// <exception cref="BodyDamagedException">It is not what it should be.</exception>
    public async Task PutAsync(ObjectPut put, CancellationToken cancellationToken)
    {
        try
        {
            if (put.Encode is not null)
                await PutEncodedAsync(put, cancellationToken);
            else if (put.Bytes is { } bytes && put.Size <= options.MultipartThreshold.Bytes)
                await PutBytesAsync(put, bytes, cancellationToken);
            else
                await PutFileAsync(put, cancellationToken);
        }
        catch (LocalFailureException e)
        {
            throw e.Unwrap();
        }
    }

    private async Task PutBytesAsync(ObjectPut put, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        BodyHash.Check(bytes.Span, put.Key.Hash, put.Size);
        await PutWholeAsync(put.Key, put.OpenPlain, put.Size, null, ETags.HashMd5(bytes.Span), mayBeThere: true, cancellationToken);
    }

    private async Task PutFileAsync(ObjectPut put, CancellationToken cancellationToken)
    {
        await using var plain = put.OpenPlain();
        BodyHash.CheckSize(plain.Length, put.Size);
        ContentHash? hash = put.Key.Hash;
        if (put.Size <= options.MultipartThreshold.Bytes)
        {
            await PutWholeAsync(put.Key, put.OpenPlain, put.Size, hash, null, mayBeThere: true, cancellationToken);
        }
        else if (!options.ConditionalPut || await SizeOfAsync(put.Key, cancellationToken) != put.Size)
        {
            await PutPartsAsync(put.Key, plain, null, 0, hash, put.Size, cancellationToken);
        }
    }

    // How long it is shows at its end, so it is read into memory first: as much as a part holds
    private async Task PutEncodedAsync(ObjectPut put, CancellationToken cancellationToken)
    {
        var estimate = (int)Math.Min(PartSize, put.Size + (put.Size / 16) + EncodingSlack);
        while (true)
        {
            var lease = await _memory.TakeAsync(estimate, cancellationToken);
            try
            {
                await using var encoded = put.Open();
                var count = await encoded.ReadAtLeastAsync(lease.Bytes.AsMemory(0, estimate), estimate, throwOnEndOfStream: false, cancellationToken);
                if (count < estimate)
                {
                    var (bytes, md5) = (lease.Bytes, ETags.HashMd5(lease.Bytes.AsSpan(0, count)));
                    await PutWholeAsync(put.Key, () => new MemoryStream(bytes, 0, count, writable: false), count, null, md5, mayBeThere: false, cancellationToken);
                    return;
                }

                if (estimate == PartSize)
                {
                    var first = lease;
                    lease = null;
                    await PutPartsAsync(put.Key, encoded, first, count, null, null, cancellationToken);
                    return;
                }
            }
            finally
            {
                lease?.Dispose();
            }

            estimate = PartSize; // it has grown by more than was expected: once more, with all the memory there may be
        }
    }

    private async Task PutWholeAsync(
        ObjectKey key, Func<Stream> open, long size, ContentHash? hash, byte[]? md5, bool mayBeThere, CancellationToken cancellationToken)
    {
        if (options.ConditionalPut && mayBeThere)
        {
            try
            {
                await SendAsync(isConditional: true);
                return;
            }
            catch (S3Exception e) when (e.Status is System.Net.HttpStatusCode.PreconditionFailed or System.Net.HttpStatusCode.Conflict)
            {
                // It is there already; whether it is whole, the size and the ETag say
                if (await IsAsync(key, size, md5, cancellationToken))
                    return;
            }
        }

        await SendAsync(isConditional: false);

        Task SendAsync(bool isConditional) => calls.RunAsync(
            S3Group.Put, "put", $"put of {key}",
            async attempt =>
            {
                await using var inner = open();
                await using var body = Body(inner, size, hash, attempt, md5);
                var request = new PutObjectRequest
                {
                    BucketName = options.Bucket,
                    Key = names.Of(key),
                    InputStream = size == 0 ? new MemoryStream() : body, // a server would expect a chunk's signature of a stream
                    AutoCloseStream = false,
                    AutoResetStreamPosition = false,
                    ContentType = "application/octet-stream",
                    MD5Digest = md5 is null ? null : Convert.ToBase64String(md5),
                    IfNoneMatch = isConditional ? "*" : null,
                };
                request.Headers.ContentLength = size;
                if (options.StorageClass is { } storageClass)
                    request.StorageClass = storageClass;
                if (options.ServerSideEncryption != S3Encryption.None)
                    request.ServerSideEncryptionMethod = Method;
                if (options.KmsKeyId is { } kms)
                    request.ServerSideEncryptionKeyManagementServiceKeyId = kms;
                var answer = await ReadingAsync(body, () => client.PutObjectAsync(request, attempt.Token));
                ETags.Compare(answer.ETag, body.Md5, options, key.ToString());
                calls.Metrics.Sent(size);
                return true;
            },
            cancellationToken);
    }

    // With a hash, the bytes must have it before the parts are put together
    private async Task PutPartsAsync(
        ObjectKey key, Stream source, PartMemory.Lease? first, int firstCount, ContentHash? hash, long? size, CancellationToken cancellationToken)
    {
        string? id = null;
        var parts = new List<Task<UploadPartResponse>>();
        var lease = first;
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            id = await BeginAsync(key, cancellationToken);
            var hasher = new Blake3Hasher();
            var total = 0L;
            while (true)
            {
                var count = firstCount;
                if (lease is null)
                {
                    lease = await _memory.TakeAsync(PartSize, failed.Token);
                    count = await source.ReadAtLeastAsync(lease.Bytes.AsMemory(0, PartSize), PartSize, throwOnEndOfStream: false, failed.Token);
                }

                if (count == 0)
                    break;
                if (parts.Count == MaxParts)
                    throw new IOException($"{key} needs more than {MaxParts} parts: s3.part_size is too small for it");
                hasher.Update(lease.Bytes.AsSpan(0, count));
                total += count;
                parts.Add(SendPartAsync(key, id, parts.Count + 1, lease, count, failed));
                lease = null;
                if (count < PartSize)
                    break;
            }

            var answers = await Task.WhenAll(parts);
            if (size is { } expected)
                BodyHash.CheckSize(total, expected);
            if (hash is { } name)
                CheckHash(hasher, name);
            var request = new CompleteMultipartUploadRequest();
            request.AddPartETags(answers);
            await FinishAsync(key, id, request, total, cancellationToken);
        }
        catch (Exception e)
        {
            await failed.CancelAsync();
            await Task.WhenAll(parts.ConvertAll<Task>(static part => part)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (id is not null)
                await AbortAsync(key, id);

            // The first part that failed has cancelled the others, and the reading
            if (e is OperationCanceledException && !cancellationToken.IsCancellationRequested && parts.Find(static part => part.IsFaulted)?.Exception is { } cause)
                throw cause.InnerException!;
            throw;
        }
        finally
        {
            lease?.Dispose();
        }
    }

    /// <summary>Copies what is too large for one request.</summary>
    public async Task CopyPartsAsync(ObjectKey from, ObjectKey to, long size, string etag, long partSize, CancellationToken cancellationToken)
    {
        partSize = Math.Max(partSize, (size + MaxParts - 1) / MaxParts);
        var id = await BeginAsync(to, cancellationToken);
        try
        {
            var parts = new List<PartETag>();
            for (var start = 0L; start < size; start += partSize)
            {
                var request = new CopyPartRequest
                {
                    SourceBucket = options.Bucket,
                    SourceKey = names.Of(from),
                    DestinationBucket = options.Bucket,
                    DestinationKey = names.Of(to),
                    UploadId = id,
                    PartNumber = parts.Count + 1,
                    FirstByte = start,
                    LastByte = Math.Min(start + partSize, size) - 1,
                    ETagToMatch = [etag],
                };
                var answer = await calls.RunAsync(
                    S3Group.Put, "copy", $"copy of part {request.PartNumber} of {from}", options.CopyTimeout, attempt => client.CopyPartAsync(request, attempt.Token), cancellationToken);
                parts.Add(new PartETag(answer));
            }

            await FinishAsync(to, id, new CompleteMultipartUploadRequest { PartETags = parts }, size, cancellationToken);
        }
        catch
        {
            await AbortAsync(to, id);
            throw;
        }
    }

    private static void CheckHash(Blake3Hasher hasher, ContentHash name)
    {
        Span<byte> actual = stackalloc byte[Blake3Hasher.HashLength];
        hasher.Finalize(actual);
        BodyHash.Compare(actual, name);
    }

    private async Task<string> BeginAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        var request = new InitiateMultipartUploadRequest { BucketName = options.Bucket, Key = names.Of(key), ContentType = "application/octet-stream" };
        if (options.StorageClass is { } storageClass)
            request.StorageClass = storageClass;
        if (options.ServerSideEncryption != S3Encryption.None)
            request.ServerSideEncryptionMethod = Method;
        if (options.KmsKeyId is { } kms)
            request.ServerSideEncryptionKeyManagementServiceKeyId = kms;
        return await calls.RunAsync(
            S3Group.Put, "begin", $"begin of an upload of {key}", async attempt => (await client.InitiateMultipartUploadAsync(request, attempt.Token)).UploadId, cancellationToken);
    }

    private async Task<UploadPartResponse> SendPartAsync(ObjectKey key, string id, int number, PartMemory.Lease lease, int count, CancellationTokenSource failed)
    {
        try
        {
            using (lease)
            {
                var md5 = ETags.HashMd5(lease.Bytes.AsSpan(0, count));
                return await calls.RunAsync(
                    S3Group.Put, "part", $"put of part {number} of {key}",
                    async attempt =>
                    {
                        await using var inner = new MemoryStream(lease.Bytes, 0, count, writable: false);
                        await using var body = Body(inner, count, null, attempt, md5);
                        var request = new UploadPartRequest
                        {
                            BucketName = options.Bucket,
                            Key = names.Of(key),
                            UploadId = id,
                            PartNumber = number,
                            PartSize = count,
                            InputStream = body,
                            MD5Digest = Convert.ToBase64String(md5),
                        };
                        var answer = await ReadingAsync(body, () => client.UploadPartAsync(request, attempt.Token));
                        ETags.Compare(answer.ETag, md5, options, key.ToString());
                        calls.Metrics.Sent(count);
                        return answer;
                    },
                    failed.Token);
            }
        }
        catch
        {
            await failed.CancelAsync();
            throw;
        }
    }

    private async Task FinishAsync(ObjectKey key, string id, CompleteMultipartUploadRequest request, long size, CancellationToken cancellationToken)
    {
        (request.BucketName, request.Key, request.UploadId) = (options.Bucket, names.Of(key), id);
        try
        {
            await calls.RunAsync(
                S3Group.Put, "complete", $"end of an upload of {key}", options.CopyTimeout,
                attempt => client.CompleteMultipartUploadAsync(request, attempt.Token), cancellationToken);
        }
        catch (S3Exception e) when (e.Code == "NoSuchUpload")
        {
            // The answer to an earlier try may have been lost
            if (await SizeOfAsync(key, cancellationToken) != size)
                throw;
        }
    }

    private async Task AbortAsync(ObjectKey key, string id)
    {
        try
        {
            // Also when the caller has given up: the parts cost money until somebody does it
            await calls.RunAsync(
                S3Group.Delete, "abort", $"end of a given up upload of {key}",
                attempt => client.AbortMultipartUploadAsync(options.Bucket, names.Of(key), id, attempt.Token), CancellationToken.None);
        }
        catch (S3Exception e)
        {
            if (e.Code != "NoSuchUpload")
                Log.AbortFailed(logger, key.ToString(), e);
        }
    }

    private async Task<long?> SizeOfAsync(ObjectKey key, CancellationToken cancellationToken) => (await HeadAsync(key, cancellationToken))?.ContentLength;

    private async Task<bool> IsAsync(ObjectKey key, long size, byte[]? md5, CancellationToken cancellationToken) =>
        await HeadAsync(key, cancellationToken) is { } head && head.ContentLength == size
        && (md5 is null || ETags.Md5Of(head.ETag, options) is not { } there || there.AsSpan().SequenceEqual(md5));

    private async Task<GetObjectMetadataResponse?> HeadAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        try
        {
            return await calls.RunAsync(
                S3Group.Get, "head", $"look at {key}", attempt => client.GetObjectMetadataAsync(options.Bucket, names.Of(key), attempt.Token), cancellationToken);
        }
        catch (S3Exception e) when (e.IsMissing)
        {
            return null;
        }
    }

    private static UploadStream Body(Stream inner, long size, ContentHash? hash, S3Attempt attempt, byte[]? md5)
    {
        try
        {
            return new UploadStream(inner, size, hash, attempt, md5);
        }
        catch (BodyDamagedException e)
        {
            throw new LocalFailureException(e);
        }
    }

    private static async Task<T> ReadingAsync<T>(UploadStream body, Func<Task<T>> send)
    {
        try
        {
            return await send();
        }
        catch (Exception) when (body.Error is { } error)
        {
            throw new LocalFailureException(error);
        }
    }

    private ServerSideEncryptionMethod Method =>
        options.ServerSideEncryption == S3Encryption.Kms ? ServerSideEncryptionMethod.AWSKMS : ServerSideEncryptionMethod.AES256;
}
