using System.Collections.Concurrent;
using System.Net;
using Sora.Testing;

namespace Sora.EndToEnd.Tests.Tracing;

/// <summary>Takes what is sent by OTLP over HTTP, and keeps what matters here.</summary>
internal sealed class Collector : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly ConcurrentQueue<Span> _spans = new();
    private readonly ConcurrentDictionary<string, int> _requests = new();

    public Collector()
    {
        Address = $"http://127.0.0.1:{FreePort.Next()}";
        _listener.Prefixes.Add(Address + "/");
        _listener.Start();
        _ = TakeAsync();
    }

    public string Address { get; }

    public IReadOnlyList<Span> Spans => [.. _spans];

    /// <summary>How often something was sent to a path.</summary>
    public int Requests(string path) => _requests.GetValueOrDefault(path);

    public void Dispose() => _listener.Close();

    private async Task TakeAsync()
    {
        try
        {
            while (true)
            {
                var context = await _listener.GetContextAsync();
                using var body = new MemoryStream();
                await context.Request.InputStream.CopyToAsync(body);
                var path = context.Request.Url!.AbsolutePath;
                if (path == "/v1/traces")
                {
                    foreach (var span in Span.Read(body.ToArray()))
                        _spans.Enqueue(span);
                }

                context.Response.Close();
                _requests.AddOrUpdate(path, 1, static (_, count) => count + 1);
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // closed
        }
    }
}
