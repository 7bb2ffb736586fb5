using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Sora.Gateway.Connections;
using Sora.Silo.Composition;
using Sora.Silo.Configuration;
using Sora.Silo.Metrics;

namespace Sora.Silo.Http;

/// <summary>
/// The HTTP listener for operators. It is the first to start and the last to stop: a probe gets an answer while PostgreSQL recovers, and
/// while sessions drain.
/// </summary>
internal sealed class AdminHttp : IAsyncDisposable
{
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(2);

    private readonly WebApplication _app;
    private readonly HttpOptions _options;

    private AdminHttp(WebApplication app, HttpOptions options)
    {
        _app = app;
        _options = options;
    }

    /// <summary>Addresses it is bound to.</summary>
    public IEnumerable<IPEndPoint> Endpoints =>
        _app.Urls.Select(url => new Uri(url)).Select(url => new IPEndPoint(IPAddress.TryParse(url.Host.Trim('[', ']'), out var address) ? address : IPAddress.Any, url.Port));

    /// <exception cref="StartException">An address cannot be listened on.</exception>
    public static async Task<AdminHttp> StartAsync(
        HttpOptions options,
        HealthOptions health,
        Readiness readiness,
        IReadOnlyList<HealthCheck> checks,
        MetricsPipeline? metrics,
        NodeControl? control,
        Dashboard? dashboard,
        ILoggerFactory loggers,
        CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "sora" });
        builder.Services.AddSingleton(loggers);
        builder.Services.AddRoutingCore();
        builder.Services.Replace(ServiceDescriptor.Singleton<IHostLifetime, NoSignals>());
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = StopTimeout);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = options.MaxConnections;
            kestrel.Limits.MaxRequestBodySize = 0;
            foreach (var address in options.Listen)
                kestrel.Listen(ListenAddress.Parse(address));
        });
        var app = builder.Build();
        var networks = options.AllowedNetworks.Select(text => IPNetwork.Parse(text)).ToArray();
        app.Use(next => context => IsAllowed(networks, context.Connection.RemoteIpAddress) ? next(context) : RefuseAsync(context));
        app.UseRouting();
        Map(app, health, readiness, checks, metrics);
        control?.Map(app);
        dashboard?.Map(app);
        try
        {
            if (options.Listen.Count > 0)
                await app.StartAsync(cancellationToken);
        }
        catch (Exception e)
        {
            await app.DisposeAsync();
            if (StartException.FromListening(e, options.Listen.Select(address => ("http.listen", ListenAddress.Parse(address)))) is { } start)
                throw start;
            throw;
        }

        return new AdminHttp(app, options);
    }

    public async ValueTask DisposeAsync()
    {
        if (_options.Listen.Count > 0)
            await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private static void Map(
        WebApplication app, HealthOptions health, Readiness readiness, IReadOnlyList<HealthCheck> checks, MetricsPipeline? metrics)
    {
        // Never asks anything outside the process: a database that is down must not get the process killed
        Get(app, ["/health/livez", "/livez"], static context => TextAsync(context, 200, "alive\n"));
        Get(app, ["/health/readyz", "/readyz", "/healthz"], context =>
            TextAsync(context, readiness.IsReady ? 200 : 503, readiness.State + "\n"));
        Get(app, ["/health"], async context =>
        {
            var report = await HealthReport.MakeAsync(checks, health, context.RequestAborted);
            await WriteAsync(context, report.Status == HealthStatus.Failing ? 503 : 200, "application/json", report.ToJson(readiness.State));
        });
        if (metrics is not null)
            Get(app, ["/metrics"], context => WriteAsync(context, 200, PrometheusText.ContentType, Encoding.UTF8.GetBytes(metrics.Scrape())));
    }

    private static void Get(WebApplication app, string[] paths, RequestDelegate handler)
    {
        foreach (var path in paths)
            app.MapMethods(path, [HttpMethods.Get, HttpMethods.Head], handler);
    }

    private static bool IsAllowed(IPNetwork[] networks, IPAddress? address)
    {
        if (address is null)
            return false;
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        return Array.Exists(networks, network => network.Contains(address));
    }

    private static Task RefuseAsync(HttpContext context) => TextAsync(context, 403, "not from your address (http.allowed_networks)\n");

    private static Task TextAsync(HttpContext context, int status, string text) =>
        WriteAsync(context, status, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes(text));

    private static async Task WriteAsync(HttpContext context, int status, string contentType, byte[] body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        context.Response.ContentLength = body.Length;
        context.Response.Headers.CacheControl = "no-store";
        if (!HttpMethods.IsHead(context.Request.Method))
            await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }
}
