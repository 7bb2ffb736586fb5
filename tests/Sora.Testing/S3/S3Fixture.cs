using System.Globalization;

namespace Sora.Testing.S3;

/// <summary>
/// One real S3 server for all tests of a process, in memory, started when the first test needs it and stopped with the process. Every bucket it gives is
/// new. Tests that use it are marked <see cref="S3FactAttribute"/> or <see cref="S3TheoryAttribute"/>.
/// </summary>
public static class S3Fixture
{
    private static int _buckets;

    /// <summary>The server.</summary>
    public static Task<RadosGateway> ServerAsync() => FirstUse.Server;

    /// <summary>A new bucket on the server of this process, or on another one.</summary>
    public static async Task<S3Bucket> CreateBucketAsync(RadosGateway? server = null)
    {
        server ??= await FirstUse.Server;
        var bucket = new S3Bucket(server.Endpoint, string.Create(CultureInfo.InvariantCulture, $"test-{Interlocked.Increment(ref _buckets)}"));
        await bucket.Client.PutBucketAsync(bucket.Name);
        return bucket;
    }

    private static async Task<RadosGateway> StartAsync()
    {
        var server = await RadosGateway.StartAsync();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Task.Run(() => server.DisposeAsync().AsTask()).Wait(TimeSpan.FromSeconds(20));
        return server;
    }

    // A class is initialised when it is first used, and once
    private static class FirstUse
    {
        public static readonly Task<RadosGateway> Server = Task.Run(StartAsync);
    }
}
