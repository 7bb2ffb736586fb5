using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Sora.Gateway.Tests.Connections;

/// <summary>A connection that comes from another machine, as far as the server can see.</summary>
internal sealed class RemoteConnection : ConnectionContext
{
    private readonly Pipe _client = new();
    private readonly Pipe _server = new();

    public RemoteConnection() => Transport = new Duplex(_client.Reader, _server.Writer);

    public override string ConnectionId { get; set; } = "remote";

    public override IFeatureCollection Features { get; } = new FeatureCollection();

    public override IDictionary<object, object?> Items { get; set; } = new Dictionary<object, object?>();

    public override IDuplexPipe Transport { get; set; }

    public override EndPoint? RemoteEndPoint { get; set; } = new IPEndPoint(IPAddress.Parse("192.0.2.1"), 4711);

    public override EndPoint? LocalEndPoint { get; set; } = new IPEndPoint(IPAddress.Parse("192.0.2.2"), 4190);

    /// <summary>The lines that the first listener of a gateway answers to these, which end with the session.</summary>
    public async Task<string[]> PlayAsync(TestGateway gateway, string sent)
    {
        var serving = gateway.Listeners.ServeAsync(0, this);
        await _client.Writer.WriteAsync(Encoding.ASCII.GetBytes(sent));
        await serving;
        await _server.Writer.CompleteAsync();
        var read = await _server.Reader.ReadAtLeastAsync(1_000_000);
        return Encoding.UTF8.GetString(read.Buffer.ToArray()).Split("\r\n");
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
