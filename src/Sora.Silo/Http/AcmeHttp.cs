using System.Text;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Sora.Acme;
using Sora.Contracts;
using Sora.Gateway.Connections;
using Sora.Silo.Composition;

namespace Sora.Silo.Http;

/// <summary>
/// Answers ACME servers that look for a proof over HTTP (RFC 8555 section 8.3), whichever node has ordered the certificate, and nothing else. It is open to the world, so it does as little as it can.
/// </summary>
internal sealed class AcmeHttp : IAsyncDisposable
{
    private const string Prefix = "/.well-known/acme-challenge/";
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly WebApplication _app;
    private readonly IAcmeChallenges _challenges;

    private AcmeHttp(WebApplication app, IAcmeChallenges challenges)
    {
        _app = app;
        _challenges = challenges;
    }

    /// <summary>Where it listens.</summary>
    public IEnumerable<string> Urls => _app.Urls;

    /// <exception cref="StartException">An address cannot be listened on.</exception>
    public static async Task<AcmeHttp> StartAsync(AcmeOptions options, IAcmeChallenges challenges, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "sora" });
        builder.Services.AddSingleton(loggers);
        builder.Services.Replace(ServiceDescriptor.Singleton<IHostLifetime, NoSignals>());
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = StopTimeout);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = options.HttpMaxConnections;
            kestrel.Limits.MaxRequestBodySize = 0;
            kestrel.Limits.KeepAliveTimeout = Patience;
            kestrel.Limits.RequestHeadersTimeout = Patience;
            foreach (var address in options.HttpListen)
                kestrel.Listen(ListenAddress.Parse(address));
        });
        var app = builder.Build();
        var http = new AcmeHttp(app, challenges);
        app.Run(http.AnswerAsync);
        try
        {
            await app.StartAsync(cancellationToken);
            return http;
        }
        catch (Exception e)
        {
            await http.DisposeAsync();
            if (StartException.FromListening(e, options.HttpListen.Select(address => ("acme.http_listen", ListenAddress.Parse(address)))) is { } start)
                throw start;
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var isGet = HttpMethods.IsGet(context.Request.Method);
        if ((!isGet && !HttpMethods.IsHead(context.Request.Method)) || context.Request.Path.Value is not { } path || !path.StartsWith(Prefix, StringComparison.Ordinal))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        var found = await _challenges.FindHttpAsync(path[Prefix.Length..], context.RequestAborted);
        context.Response.StatusCode = !found.IsOk ? StatusCodes.Status503ServiceUnavailable : found.Value is null ? StatusCodes.Status404NotFound : StatusCodes.Status200OK;
        if (!found.IsOk || found.Value is not { } keyAuthorization)
            return;
        var body = Encoding.ASCII.GetBytes(keyAuthorization);
        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = body.Length;
        if (isGet)
            await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }
}
