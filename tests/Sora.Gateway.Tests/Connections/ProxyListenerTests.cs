using System.Buffers;
using System.Net;
using System.Text;
using Sora.Gateway.Connections;

namespace Sora.Gateway.Tests.Connections;

public sealed class ProxyListenerTests
{
    private const string Line = "PROXY TCP4 192.0.2.1 192.0.2.2 4711 143\r\n";

    // Says who the client is, then repeats lines
    private static readonly TestProtocol Who = new(async connection =>
    {
        connection.Output.Write(Encoding.ASCII.GetBytes($"{connection.Remote} {connection.Local} {connection.IsTlsAtProxy} {connection.Session}\r\n"));
        await TestProtocol.EchoAsync(connection);
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_header_comes_before_everything_else(bool tls)
    {
        await using var gateway = await StartAsync(tls);
        using var client = await gateway.ConnectAsync();
        await client.SendAsync(Line);
        if (tls)
            await client.StartTlsAsync();
        await client.PlayAsync("""
            S: 192.0.2.1:4711 192.0.2.2:143 False *
            S: hello
            C: PROXY TCP4 198.51.100.1 192.0.2.2 4711 143
            S: PROXY TCP4 198.51.100.1 192.0.2.2 4711 143
            """);
        gateway.Listeners.Connections.ShouldHaveSingleItem().Remote.Address.ShouldBe(IPAddress.Parse("192.0.2.1"));
    }

    [Fact]
    public async Task What_comes_with_the_header_is_not_lost_and_pieces_are_put_together()
    {
        await using var gateway = await StartAsync();
        using var client = await gateway.ConnectAsync();
        await client.SendAsync([.. ProxyHeaderBytes.WithChecksum("[2001:db8::1]:4711", "[2001:db8::2]:143"), .. "first\r\n"u8]);
        await client.PlayAsync("""
            S: [2001:db8::1]:4711 [2001:db8::2]:143 *
            S: hello
            S: first
            """);
        using var slow = await gateway.ConnectAsync();
        foreach (var octet in Line)
            await slow.SendAsync(octet.ToString());
        await slow.PlayAsync("S: 192.0.2.1:4711 *");
    }

    [Fact]
    public async Task A_proxy_that_speaks_for_itself_keeps_its_address()
    {
        await using var gateway = await StartAsync();
        foreach (var header in new[] { ProxyHeaderBytes.Local(), Encoding.ASCII.GetBytes("PROXY UNKNOWN\r\n") })
        {
            using var client = await gateway.ConnectAsync();
            await client.SendAsync(header);
            await client.PlayAsync("S: 127.0.0.1:*");
        }
    }

    [Fact]
    public async Task TLS_at_the_proxy_and_its_name_for_the_connection_are_known()
    {
        await using var gateway = await StartAsync();
        using var client = await gateway.ConnectAsync();
        await client.SendAsync(ProxyHeaderBytes.V2(
            "192.0.2.1:1", "192.0.2.2:2", [.. ProxyHeaderBytes.Item(0x20, 1, 0, 0, 0, 0), .. ProxyHeaderBytes.Item(5, [.. "id-7"u8])]));
        await client.PlayAsync("S: 192.0.2.1:1 192.0.2.2:2 True id-7");
    }

    [Fact]
    public async Task A_header_from_a_stranger_is_refused_and_never_believed()
    {
        using var refusals = new Refusals();
        await using var gateway = await TestGateway.StartAsync(
            [Who.Listener(expectsProxy: true), Who.Listener()], options: new ConnectionOptions { TrustedNetworks = ["10.0.0.0/8"] }, metrics: refusals.Metrics);
        using var stranger = await gateway.ConnectAsync();
        await stranger.PlayAsync("""
            S: * BYE proxy_not_trusted
            S!
            """);
        refusals["proxy_not_trusted"].ShouldBe(1);

        // Where no header is expected it is a line like others
        using var other = await gateway.ConnectAsync(1);
        await other.SendAsync(Line);
        await other.PlayAsync($"""
            S: {other.Socket.LocalEndPoint} *
            S: hello
            S: {Line.TrimEnd()}
            """);
    }

    [Fact]
    public async Task Without_a_header_nobody_is_served()
    {
        using var refusals = new Refusals();
        await using var gateway = await StartAsync(metrics: refusals.Metrics);
        using var client = await gateway.ConnectAsync();
        await client.PlayAsync("""
            C: a1 LOGIN somebody secret
            S: * BYE proxy_malformed
            S!
            """);
        using var halfway = await gateway.ConnectAsync();
        await halfway.SendAsync("PROXY TCP4 ");
        halfway.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
        await halfway.PlayAsync("S: * BYE proxy_malformed");
        refusals["proxy_malformed"].ShouldBe(2);
        gateway.Listeners.OpenConnections.ShouldBe(0);
    }

    [Fact]
    public async Task A_header_that_does_not_come_is_waited_for_only_so_long()
    {
        await using var gateway = await StartAsync(timeout: TimeSpan.FromMilliseconds(50));
        using var silent = await gateway.ConnectAsync();
        await silent.PlayAsync("""
            S: * BYE proxy_timeout
            S!
            """);
    }

    [Fact]
    public async Task The_limit_per_address_counts_clients_and_not_proxies()
    {
        await using var gateway = await StartAsync(limits: new ConnectionLimits(MaxConnectionsPerIp: 1));
        using var first = await gateway.ConnectAsync();
        await first.SendAsync("PROXY TCP6 2001:db8::1 ::1 1 2\r\n");
        await first.PlayAsync("S: [2001:db8::1]:1 *");
        using var other = await gateway.ConnectAsync();
        await other.SendAsync("PROXY TCP6 2001:db8:0:1::1 ::1 1 2\r\n");
        await other.PlayAsync("S: [2001:db8:0:1::1]:1 *");
        using (var neighbour = await gateway.ConnectAsync())
        {
            await neighbour.SendAsync("PROXY TCP6 2001:db8::2 ::1 1 2\r\n");
            await neighbour.PlayAsync("S: * BYE max_connections_per_ip");
        }

        first.Dispose();
        await Wait.UntilAsync(() => gateway.Listeners.OpenConnections == 1, "the first to go");
        using var next = await gateway.ConnectAsync();
        await next.SendAsync("PROXY TCP6 2001:db8::2 ::1 1 2\r\n");
        await next.PlayAsync("S: [2001:db8::2]:1 *");
    }

    private static Task<TestGateway> StartAsync(bool tls = false, ConnectionLimits? limits = null, GatewayMetrics? metrics = null, TimeSpan? timeout = null) =>
        TestGateway.StartAsync(
            [Who.Listener(tls, limits, expectsProxy: true)], tls,
            new ConnectionOptions { TrustedNetworks = ["127.0.0.0/8"], ProxyTimeout = timeout ?? Wait.Deadline }, metrics: metrics);
}
