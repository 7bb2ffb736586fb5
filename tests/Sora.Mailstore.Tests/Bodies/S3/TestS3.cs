using Microsoft.Extensions.Logging.Abstractions;
using Sora.Contracts;
using Sora.Mailstore.Bodies.Hashing;
using Sora.Mailstore.Bodies.Objects;
using Sora.Mailstore.Bodies.Objects.S3;
using Sora.Testing;
using Sora.Testing.S3;

namespace Sora.Mailstore.Tests.Bodies.S3;

/// <summary>A store on a bucket of its own, behind a proxy that makes faults. Pauses are short, so that tests are.</summary>
internal sealed class TestS3 : IAsyncDisposable
{
    public const string Prefix = "mail/";

    private readonly MailstoreMetrics _metrics = new();
    private readonly TempFolder _folder = new();

    private TestS3(S3Bucket bucket, S3FaultProxy proxy, S3Options options, long? copyLimit)
    {
        Bucket = bucket;
        Proxy = proxy;
        Store = new S3ObjectStore(options, _metrics, TimeProvider.System, NullLogger<S3ObjectStore>.Instance)
        {
            CopyLimit = copyLimit ?? 5L << 30, CopyPartSize = copyLimit ?? 512L << 20,
        };
    }

    public S3Bucket Bucket { get; }

    public S3FaultProxy Proxy { get; }

    public S3ObjectStore Store { get; }

    public static async Task<TestS3> StartAsync(Action<S3Options>? change = null, long? copyLimit = null)
    {
        var bucket = await S3Fixture.CreateBucketAsync();
        var proxy = new S3FaultProxy(bucket.Endpoint);
        var options = Options(bucket);
        options.Endpoint = proxy.Endpoint;
        change?.Invoke(options);
        return new TestS3(bucket, proxy, options, copyLimit);
    }

    public static S3Options Options(S3Bucket bucket) => new()
    {
        Endpoint = bucket.Endpoint,
        Bucket = bucket.Name,
        Prefix = Prefix,
        AccessKey = RadosGateway.AccessKey,
        SecretKey = RadosGateway.SecretKey,
        RetryDelay = TimeSpan.FromMilliseconds(5),
        RetryDelayMax = TimeSpan.FromMilliseconds(20),
        ListPage = 7,
    };

    public static ObjectPut PutOf(byte[] bytes, int account = 1)
    {
        var hash = new byte[32];
        Blake3Hasher.Hash(bytes, hash);
        return new ObjectPut(new ObjectKey(new AccountId(account), ContentHash.From(hash)), bytes.Length) { Bytes = bytes };
    }

    /// <summary>The same in a file.</summary>
    public ObjectPut FileOf(byte[] bytes, int account = 1)
    {
        var file = _folder.File(Path.GetRandomFileName());
        File.WriteAllBytes(file, bytes);
        return PutOf(bytes, account) with { Bytes = null, File = file };
    }

    /// <summary>Bytes that do not compress and are the same in each run.</summary>
    public static byte[] Bytes(int size, int seed = 1)
    {
        var bytes = new byte[size];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public async Task<Exception?> PutAsync(ObjectPut put) => (await Store.PutAsync([put], default)).Single();

    public async Task<byte[]> ReadAsync(ObjectKey key, long offset = 0, long? count = null)
    {
        await using var stream = (await Store.OpenAsync(key, offset, count, default)).ShouldNotBeNull();
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy);
        return copy.ToArray();
    }

    public async ValueTask DisposeAsync()
    {
        Store.Dispose();
        await Proxy.DisposeAsync();
        _metrics.Dispose();
        _folder.Dispose();
    }
}
