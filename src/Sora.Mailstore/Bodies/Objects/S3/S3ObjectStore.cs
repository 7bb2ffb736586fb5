using System.Net;
using System.Runtime.CompilerServices;
using Amazon.S3;
using Amazon.S3.Model;
using Microsoft.Extensions.Logging;

namespace Sora.Mailstore.Bodies.Objects.S3;

/// <summary>Objects in a bucket of an S3 server. What is put is whole and right before it has its name; see docs/s3.md for what each operation costs.</summary>
public sealed class S3ObjectStore : IObjectStore, IDisposable
{
    private const int DeleteBatch = 1000;
    private const long MaxCopy = 5L << 30;
    private const long CopyPart = 512L << 20;

    private readonly S3Options _options;
    private readonly S3Connection _connection;
    private readonly AmazonS3Client _client;
    private readonly S3Calls _calls;
    private readonly S3Names _names;
    private readonly S3Upload _upload;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private DateTimeOffset _nextClean;
    private string? _startTrouble;

    /// <param name="options">[s3]; valid, with a bucket.</param>
    /// <param name="metrics">The engine's meter.</param>
    /// <exception cref="S3SetupException">It cannot be used so.</exception>
    public S3ObjectStore(S3Options options, MailstoreMetrics metrics, TimeProvider time, ILogger<S3ObjectStore> logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Bucket is null)
            throw new S3SetupException("s3.bucket must be set for storage.object_store = \"s3\"");
        _options = options;
        _time = time;
        _logger = logger;
        _connection = new S3Connection(options);
        _client = _connection.Client;
        _calls = new S3Calls(options, metrics, time, logger);
        _names = new S3Names(options.Prefix);
        _upload = new S3Upload(_client, options, _calls, _names, logger);
    }

    /// <summary>What of S3 is out of use now, for /health: null when nothing is.</summary>
    public string? Trouble
    {
        get
        {
            var paused = string.Join(", ", Enum.GetValues<S3Group>().Where(_calls.IsPaused).Select(S3Metrics.NameOf));
            return paused.Length > 0 ? $"requests are paused: {paused}" : Volatile.Read(ref _startTrouble);
        }
    }

    /// <summary>Copies of objects beyond this size are made in parts.</summary>
    internal long CopyLimit { get; init; } = MaxCopy;

    /// <summary>Size of these parts.</summary>
    internal long CopyPartSize { get; init; } = CopyPart;

    internal long PeakPartMemory => _upload.PeakMemory;

    /// <inheritdoc/>
    public string? PathOf(ObjectKey key) => null;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Exception?>> PutAsync(IReadOnlyList<ObjectPut> puts, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(puts);
        var outcomes = new Exception?[puts.Count];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = _options.ParallelPuts, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, puts.Count, parallel, async (index, token) =>
        {
            try
            {
                await _upload.PutAsync(puts[index], token);
                Volatile.Write(ref _startTrouble, null);
            }
            catch (Exception e) when (!token.IsCancellationRequested)
            {
                // Whatever it is: the others are not held up by it
                outcomes[index] = e;
            }
        });
        return outcomes;
    }

    /// <inheritdoc/>
    public async ValueTask<ObjectInfo?> FindAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        try
        {
            var head = await HeadAsync(key, cancellationToken);
            return new ObjectInfo(key, head.ContentLength, WrittenAt(head.LastModified));
        }
        catch (S3Exception e) when (e.IsMissing)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<Stream?> OpenAsync(ObjectKey key, long offset, long? count, CancellationToken cancellationToken)
    {
        if (count == 0)
            return await FindAsync(key, cancellationToken) is null ? null : Stream.Null;
        try
        {
            var body = await GetAsync(key, offset, count, null, cancellationToken);
            return body is null ? Stream.Null : new S3ReadStream(
                _calls, _options, _logger, key.ToString(), body, isWhole: offset == 0 && count is null,
                async (position, etag, token) => await ReadOnAsync(key, offset + position, count - position, etag, token));
        }
        catch (S3Exception e) when (e.IsMissing)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="S3DeleteException">Some could not be deleted; the others are.</exception>
    public async Task DeleteAsync(IReadOnlyList<ObjectKey> keys, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(keys);
        var failed = new Dictionary<ObjectKey, string>();
        foreach (var batch in keys.Distinct().Chunk(DeleteBatch))
            await DeleteAsync(batch, failed, cancellationToken);
        if (failed.Count > 0)
            throw new S3DeleteException(failed);
    }

    /// <inheritdoc/>
    public async Task<bool> CopyAsync(ObjectKey from, ObjectKey to, CancellationToken cancellationToken)
    {
        try
        {
            var head = await HeadAsync(from, cancellationToken);
            if (head.ContentLength > CopyLimit)
                await CopyPartsAsync(from, to, head.ContentLength, head.ETag, cancellationToken);
            else
                await CopyWholeAsync(from, to, cancellationToken);
            return true;
        }
        catch (S3Exception e) when (e.IsMissing)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, string? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var request = new ListObjectsV2Request
        {
            BucketName = _options.Bucket,
            Prefix = _names.Prefix + prefix,
            StartAfter = after is null ? null : _names.Prefix + after,
            MaxKeys = _options.ListPage,
        };
        while (true)
        {
            var page = await _calls.RunAsync(S3Group.Get, "list", $"list of {prefix}*", attempt => _client.ListObjectsV2Async(request, attempt.Token), cancellationToken);
            foreach (var found in page.S3Objects ?? [])
            {
                if (_names.TryParse(found.Key, out var key))
                    yield return new ObjectInfo(key, found.Size ?? 0, WrittenAt(found.LastModified));
            }

            if (page.IsTruncated != true)
                yield break;
            request.ContinuationToken = page.NextContinuationToken;
        }
    }

    /// <inheritdoc/>
    public async Task DeleteAbandonedAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        if (now < _nextClean)
            return;
        _nextClean = now + _options.AbandonedInterval;
        var oldest = now - _options.AbandonedAfter;
        var count = await DeleteUploadsAsync(before < oldest ? before : oldest, cancellationToken);
        if (count > 0)
            Log.AbandonedDeleted(_logger, count);
    }

    /// <summary>
    /// Looks whether the bucket can be used. A server that cannot be reached is logged and no failure, but false: mail waits in staging until it can.
    /// </summary>
    /// <exception cref="S3SetupException">The server was reached, and it will not do.</exception>
    public async Task<bool> CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            await S3BucketCheck.RunAsync(_client, _options, _calls, cancellationToken);
            Log.Reached(_logger, _options.Bucket!, _options.Endpoint ?? "AWS");
            return true;
        }
        catch (S3Exception e) when (S3BucketCheck.MayPass(e))
        {
            var reason = S3BucketCheck.Explain(e, _options);
            Volatile.Write(ref _startTrouble, "the bucket could not be looked at when this node started; the log says why");
            Log.NotReachable(_logger, _options.Bucket!, reason);
            return false;
        }
        catch (S3Exception e)
        {
            throw new S3SetupException($"s3: {S3BucketCheck.Explain(e, _options)}", e);
        }
    }

    public void Dispose() => _connection.Dispose();

    internal async Task<int> DeleteUploadsAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        var request = new ListMultipartUploadsRequest { BucketName = _options.Bucket, Prefix = _names.Prefix, MaxUploads = _options.ListPage };
        var count = 0;
        while (true)
        {
            var page = await _calls.RunAsync(
                S3Group.Get, "list_uploads", "list of uploads in parts", attempt => _client.ListMultipartUploadsAsync(request, attempt.Token), cancellationToken);
            foreach (var upload in page.MultipartUploads ?? [])
            {
                if (WrittenAt(upload.Initiated) >= before || !_names.TryParse(upload.Key, out var key))
                    continue;
                try
                {
                    await _calls.RunAsync(
                        S3Group.Delete, "abort", $"end of an abandoned upload of {key}",
                        attempt => _client.AbortMultipartUploadAsync(_options.Bucket, upload.Key, upload.UploadId, attempt.Token), cancellationToken);
                    count++;
                }
                catch (S3Exception e) when (e.Status == HttpStatusCode.NotFound)
                {
                    // another node was faster
                }
            }

            if (page.IsTruncated != true)
                return count;
            request.KeyMarker = page.NextKeyMarker;
            request.UploadIdMarker = page.NextUploadIdMarker;
        }
    }

    private static DateTimeOffset WrittenAt(DateTime? time) => time is { } known ? new DateTimeOffset(known.ToUniversalTime()) : DateTimeOffset.UnixEpoch;

    private Task<GetObjectMetadataResponse> HeadAsync(ObjectKey key, CancellationToken cancellationToken) => _calls.RunAsync(
        S3Group.Get, "head", $"look at {key}", attempt => _client.GetObjectMetadataAsync(_options.Bucket, _names.Of(key), attempt.Token), cancellationToken);

    // Null when the object has no byte there
    private async Task<S3Body?> GetAsync(ObjectKey key, long offset, long? count, string? etag, CancellationToken cancellationToken)
    {
        var request = new GetObjectRequest { BucketName = _options.Bucket, Key = _names.Of(key), EtagToMatch = etag };
        if (count is { } limit)
            request.ByteRange = new ByteRange(offset, checked(offset + limit - 1));
        else if (offset > 0)
            request.ByteRange = new ByteRange(string.Create(null, $"bytes={offset}-"));
        try
        {
            return await _calls.RunAsync(
                S3Group.Get, "get", $"get of {key}",
                async attempt =>
                {
                    var answer = await _client.GetObjectAsync(request, attempt.Token);
                    return new S3Body(answer.ResponseStream, answer.ContentLength, answer.ETag, answer);
                },
                cancellationToken);
        }
        catch (S3Exception e) when (e.Status == HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            return null;
        }
    }

    private async Task<S3Body?> ReadOnAsync(ObjectKey key, long offset, long? count, string? etag, CancellationToken cancellationToken)
    {
        try
        {
            return await GetAsync(key, offset, count, etag, cancellationToken);
        }
        catch (S3Exception e) when (e.IsMissing)
        {
            return null;
        }
    }

    private async Task DeleteAsync(ObjectKey[] keys, Dictionary<ObjectKey, string> failed, CancellationToken cancellationToken)
    {
        var request = new DeleteObjectsRequest
        {
            BucketName = _options.Bucket, Objects = [.. keys.Select(key => new KeyVersion { Key = _names.Of(key) })], Quiet = true,
        };
        var errors = await _calls.RunAsync(
            S3Group.Delete, "delete", $"delete of {keys.Length} objects",
            async attempt =>
            {
                try
                {
                    return (await _client.DeleteObjectsAsync(request, attempt.Token)).DeleteErrors ?? [];
                }
                catch (DeleteObjectsException e)
                {
                    return e.Response.DeleteErrors ?? [];
                }
            },
            cancellationToken);
        foreach (var error in errors)
        {
            if (_names.TryParse(error.Key, out var key) && error.Code != "NoSuchKey")
                failed[key] = error.Code;
        }
    }

    private async Task CopyWholeAsync(ObjectKey from, ObjectKey to, CancellationToken cancellationToken)
    {
        var request = new CopyObjectRequest
        {
            SourceBucket = _options.Bucket,
            SourceKey = _names.Of(from),
            DestinationBucket = _options.Bucket,
            DestinationKey = _names.Of(to),
        };
        if (_options.StorageClass is { } storageClass)
            request.StorageClass = storageClass;
        if (_options.ServerSideEncryption != S3Encryption.None)
            request.ServerSideEncryptionMethod = _options.ServerSideEncryption == S3Encryption.Kms ? ServerSideEncryptionMethod.AWSKMS : ServerSideEncryptionMethod.AES256;
        if (_options.KmsKeyId is { } kms)
            request.ServerSideEncryptionKeyManagementServiceKeyId = kms;
        await _calls.RunAsync(
            S3Group.Put, "copy", $"copy of {from}", _options.CopyTimeout, attempt => _client.CopyObjectAsync(request, attempt.Token), cancellationToken);
    }

    private async Task CopyPartsAsync(ObjectKey from, ObjectKey to, long size, string etag, CancellationToken cancellationToken) =>
        await _upload.CopyPartsAsync(from, to, size, etag, CopyPartSize, cancellationToken);
}
