using Microsoft.Extensions.Logging.Abstractions;
using Sora.Configuration;
using Sora.Gateway.Connections;
using Sora.Gateway.Lmtp;
using Sora.Gateway.Tests.Connections;

namespace Sora.Gateway.Tests.Lmtp;

/// <summary>An LMTP server on loopback over a store in memory.</summary>
internal sealed class LmtpFixture : IAsyncDisposable
{
    private LmtpFixture(TestGateway gateway, MemoryStore store)
    {
        Gateway = gateway;
        Store = store;
    }

    public TestGateway Gateway { get; }

    public MemoryStore Store { get; }

    public static async Task<LmtpFixture> StartAsync(Action<LmtpOptions>? configure = null, bool tls = false, TimeProvider? time = null, BounceReturn? returns = null, ConnectionOptions? connections = null,
        GatewayMetrics? metrics = null, ListLog? log = null)
    {
        var options = new LmtpOptions
        {
            Listen = ["127.0.0.1:0"],
            TlsListen = tls ? ["127.0.0.1:0"] : [],
            HostName = "mx.example.org",
            MaxMessageSize = ByteSize.KiB(64),
        };
        configure?.Invoke(options);
        options.Validate().ShouldBeEmpty();
        var store = new MemoryStore();
        foreach (var user in new[] { "ada", "bob", "carl" })
            store.Add($"{user}@example.org");
        store.Add("alias@example.org", "ada@example.org");
        store.Add("plus+name@example.org");
        store.Add("ada+own@example.org");
        store.Add("\"odd name\"@example.org");
        store.Add("jörg@example.org");
        metrics ??= new GatewayMetrics();
        var server = new LmtpServer(options, store, store, store, metrics, NullLogger<LmtpServer>.Instance, time ?? TimeProvider.System) { Returns = returns };
        return new LmtpFixture(await TestGateway.StartAsync(server.Listeners(), tls, connections, time: time, metrics: metrics, logger: log), store);
    }

    /// <summary>A client that has said LHLO.</summary>
    public async Task<TestClient> ReadyAsync(int listener = 0)
    {
        var client = await Gateway.ConnectAsync(listener);
        await client.PlayAsync("""
            S: 220 mx.example.org LMTP Sora
            C: LHLO client.example.net
            """);
        await SkipExtensionsAsync(client);
        return client;
    }

    public static async Task<List<string>> SkipExtensionsAsync(TestClient client)
    {
        var lines = new List<string>();
        do
            lines.Add((await client.LineAsync())!);
        while (lines[^1][3] == '-');
        return lines;
    }

    public ValueTask DisposeAsync() => Gateway.DisposeAsync();
}
