using Microsoft.Extensions.Logging.Abstractions;
using Sora.Mailstore.Bodies.Objects;
using Sora.Mailstore.Bodies.Objects.S3;
using Sora.Testing.S3;

namespace Sora.Mailstore.Tests.Bodies.S3;

/// <summary>The promises of every store, against the real server.</summary>
public sealed class S3ObjectStoreTests : ObjectStorePromises
{
    private readonly MailstoreMetrics _metrics = new();
    private S3ObjectStore? _store;
    private S3Bucket? _bucket;

    [S3Theory]
    [MemberData(nameof(Promises))]
    public Task Keeps(string promise) => KeepAsync(promise);

    // Without a server there is nothing to open, and the tests are skipped
    public override Task InitializeAsync() => RadosGateway.Missing is null ? base.InitializeAsync() : Task.CompletedTask;

    internal override async Task<IObjectStore> OpenAsync()
    {
        _bucket = await S3Fixture.CreateBucketAsync();
        return _store = new S3ObjectStore(TestS3.Options(_bucket), _metrics, TimeProvider.System, NullLogger<S3ObjectStore>.Instance);
    }

    internal override Task DamageAsync(ObjectKey key, byte[] bytes) => _bucket!.WriteAsync(TestS3.Prefix + key, bytes);

    protected override void Dispose(bool disposing)
    {
        _store?.Dispose();
        _metrics.Dispose();
        base.Dispose(disposing);
    }
}
