using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Sora.Gateway.Tests.ManageSieve;

/// <summary>A client that is not on this machine must use TLS before it sends a password (RFC 5804 section 5).</summary>
[Collection("managesieve")]
public sealed class RemoteClientTests(ManageSieveFixture sieve)
{
    [Fact]
    public async Task Passwords_need_tls()
    {
        var (client, server) = (new Pipe(), new Pipe());
        var context = new RemoteConnection(new Duplex(client.Reader, server.Writer));
        var serving = sieve.Gateway.Listeners.ServeAsync(0, context);
        await client.Writer.WriteAsync(Encoding.ASCII.GetBytes($"AUTHENTICATE \"PLAIN\" \"{ManageSieveFixture.Plain(await sieve.AddressAsync())}\"\r\nLOGOUT\r\n"));
        await serving;
        await server.Writer.CompleteAsync();
        var read = await server.Reader.ReadAtLeastAsync(1_000_000);
        var lines = Encoding.UTF8.GetString(read.Buffer.ToArray()).Split("\r\n");
        lines.ShouldContain("\"SASL\" \"\"");
        lines.ShouldContain("\"STARTTLS\"");
        lines.ShouldContain("NO (ENCRYPT-NEEDED) \"Use TLS before you send a password\"");
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    private sealed class RemoteConnection(IDuplexPipe transport) : ConnectionContext
    {
        public override string ConnectionId { get; set; } = "remote";

        public override IFeatureCollection Features { get; } = new FeatureCollection();

        public override IDictionary<object, object?> Items { get; set; } = new Dictionary<object, object?>();

        public override IDuplexPipe Transport { get; set; } = transport;

        public override EndPoint? RemoteEndPoint { get; set; } = new IPEndPoint(IPAddress.Parse("192.0.2.1"), 4711);

        public override EndPoint? LocalEndPoint { get; set; } = new IPEndPoint(IPAddress.Parse("192.0.2.2"), 4190);
    }
}
