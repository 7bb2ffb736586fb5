using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Sora.Testing;

/// <summary>A request that a peer had.</summary>
public sealed record WebRequest(string Method, string Path, string Authorization, string Body, string IfNoneMatch);

/// <summary>An HTTP server on loopback (Kestrel) that answers what a test tells it to, and that can go away and come back to the same port.</summary>
public sealed class WebPeer : IAsyncDisposable
{
    private readonly X509Certificate2? _certificate;
    private WebApplication? _app;

    private WebPeer(X509Certificate2? certificate) => _certificate = certificate;

    public int Port { get; private set; }

    public string Url => string.Create(null, $"{(_certificate is null ? "http" : "https")}://localhost:{Port}");

    /// <summary>What is answered; the request's body was read before.</summary>
    public Func<HttpContext, WebRequest, Task> Answer { get; set; } = static (context, _) =>
    {
        context.Response.StatusCode = 404;
        return Task.CompletedTask;
    };

    public ConcurrentQueue<WebRequest> Requests { get; } = new();

    public int Count(string path) => Requests.Count(request => request.Path == path);

    public static async Task<WebPeer> StartAsync(X509Certificate2? certificate = null)
    {
        var peer = new WebPeer(certificate);
        await peer.ComeBackAsync();
        return peer;
    }

    /// <summary>Nobody listens any more, and connections are cut.</summary>
    public async Task GoAwayAsync()
    {
        if (_app is not { } app)
            return;
        _app = null;
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await app.StopAsync(now.Token);
        await app.DisposeAsync();
    }

    public async Task ComeBackAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, Port, listen =>
        {
            if (_certificate is not null)
                listen.UseHttps(_certificate);
        }));
        _app = builder.Build();
        _app.Run(HandleAsync);
        await _app.StartAsync();
        Port = new Uri(_app.Urls.First()).Port;
    }

    /// <summary>Answers with JSON.</summary>
    public static Task JsonAsync(HttpContext context, string json, int status = 200, string? etag = null)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        if (etag is not null)
            context.Response.Headers.ETag = etag;
        return context.Response.WriteAsync(json);
    }

    public async ValueTask DisposeAsync() => await GoAwayAsync();

    private async Task HandleAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var request = new WebRequest(
            context.Request.Method, context.Request.Path, context.Request.Headers.Authorization.ToString(), await reader.ReadToEndAsync(context.RequestAborted),
            context.Request.Headers.IfNoneMatch.ToString());
        Requests.Enqueue(request);
        try
        {
            await Answer(context, request);
        }
        catch (OperationCanceledException)
        {
            context.Abort(); // the test's answer never came, and the client has left
        }
    }
}
