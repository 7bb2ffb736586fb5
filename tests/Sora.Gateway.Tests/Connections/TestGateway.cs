using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Sora.Contracts;
using Sora.Gateway.Connections;

namespace Sora.Gateway.Tests.Connections;

/// <summary>A real Kestrel on loopback with the gateway's listeners; the n-th definition listens on the n-th endpoint.</summary>
internal sealed class TestGateway : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly string? _folder;

    private TestGateway(WebApplication app, GatewayListeners listeners, string? folder)
    {
        _app = app;
        _folder = folder;
        Listeners = listeners;
    }

    public GatewayListeners Listeners { get; }

    public static IPEndPoint AnyPort { get; } = new(IPAddress.Loopback, 0);

    public static async Task<TestGateway> StartAsync(
        IEnumerable<ListenerDefinition> definitions, bool tls = false, ConnectionOptions? options = null, TimeProvider? time = null, GatewayMetrics? metrics = null,
        CertificateSource? certificates = null, ILogger<GatewayListeners>? logger = null, ISessionNews? news = null)
    {
        var folder = tls ? Directory.CreateTempSubdirectory("sora-gateway-").FullName : null;
        certificates ??= folder is null
            ? null
            : CertificateSource.Create(
                new TlsOptions { SelfSigned = true }, folder, "mail.example.org", TimeProvider.System, NullLogger<CertificateSource>.Instance);
        var listeners = new GatewayListeners(
            definitions, options ?? new ConnectionOptions(), certificates, metrics ?? new GatewayMetrics(), logger ?? NullLogger<GatewayListeners>.Instance, time ?? TimeProvider.System, news);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => listeners.Configure(kestrel));
        listeners.AddTransport(builder.Services);
        builder.Services.AddHostedService(_ => new DrainOnStop(listeners, options ?? new ConnectionOptions(), NullLogger<DrainOnStop>.Instance));
        var app = builder.Build();
        await app.StartAsync();
        return new TestGateway(app, listeners, folder);
    }

    public Task<TestClient> ConnectAsync(int listener = 0) => TestClient.ConnectAsync(Listeners.Endpoints[listener].Bound);

    /// <summary>Lets time pass until the gateway has given up all its clients.</summary>
    public Task OutlastAsync(ManualTime time, string what) => Wait.UntilAsync(
        () =>
        {
            time.Advance(TimeSpan.FromMinutes(1));
            Listeners.Deadlines.Tick();
            return Listeners.OpenConnections == 0;
        },
        what);

    /// <summary>What SIGTERM does.</summary>
    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await Listeners.Drain.BeginAsync(TimeSpan.Zero, CancellationToken.None);
        await StopAsync();
        await _app.DisposeAsync();
        Listeners.Dispose();
        if (_folder is not null)
            Directory.Delete(_folder, recursive: true);
    }
}
