using Sora.Gateway.Connections;
using Sora.Gateway.Tests.Connections;

namespace Sora.Gateway.Tests.Lmtp;

public sealed class XClientTests
{
    private static readonly ConnectionOptions Trusting = new() { TrustedNetworks = ["127.0.0.0/8"] };

    [Fact]
    public async Task A_trusted_proxy_names_the_client()
    {
        await using var lmtp = await LmtpFixture.StartAsync(connections: Trusting);
        using var client = await lmtp.Gateway.ConnectAsync();
        await client.PlayAsync("""
            S: 220 *
            C: LHLO proxy.example.org
            """);
        (await LmtpFixture.SkipExtensionsAsync(client)).ShouldContain(line => line.StartsWith("250-XCLIENT NAME ADDR PORT PROTO HELO LOGIN", StringComparison.Ordinal));
        await client.PlayAsync("""
            C: XCLIENT NAME=mail.example.net ADDR=IPV6:2001:db8::7 PORT=4711 PROTO=ESMTP HELO=helo.example.net LOGIN=ada+40example.org
            S: 220 mx.example.org LMTP Sora
            C: MAIL FROM:<>
            S: 503 *
            C: LHLO again.example.org
            """);
        await LmtpFixture.SkipExtensionsAsync(client);
        await client.PlayAsync("""
            C: MAIL FROM:<x@example.net>
            C: RCPT TO:<ada@example.org>
            C: DATA
            S: 250 *
            S: 250 *
            S: 354 *
            C: text
            C: .
            S: 250 *
            """);
        var connection = lmtp.Gateway.Listeners.Connections.ShouldHaveSingleItem();
        connection.Remote.ToString().ShouldBe("[2001:db8::7]:4711");
        connection.Peer.Address.ToString().ShouldBe("127.0.0.1");
        lmtp.Store.Arrivals.Single().Received.ShouldContain("Received: from helo.example.net (mail.example.net [IPv6:2001:db8::7])");
    }

    [Theory]
    [InlineData("ADDR=192.0.2.1", "220")]
    [InlineData("addr=192.0.2.1 port=25", "220")]
    [InlineData("ADDR=[UNAVAILABLE] NAME=[TEMPUNAVAIL] PORT=[UNAVAILABLE]", "220")]
    [InlineData("NAME=[UNAVAILABLE] XFUTURE=1", "220")]
    [InlineData("ADDR=2001:db8::1", "220")]
    [InlineData("ADDR=IPV6:192.0.2.1", "501")]
    [InlineData("ADDR=192.0.2", "501")]
    [InlineData("ADDR=localhost", "501")]
    [InlineData("ADDR=fe80::1%25eth0", "501")]
    [InlineData("PORT=65536", "501")]
    [InlineData("NAME=a+0D+0Ab", "501")]
    [InlineData("NAME=a+00b", "501")]
    [InlineData("PROTO=HTTP", "501")]
    [InlineData("HELO=a+20b NAME=a_b", "220")]
    [InlineData("ADDR", "501")]
    [InlineData("", "501")]
    public async Task Attributes_are_xtext_and_checked(string attributes, string code)
    {
        await using var lmtp = await LmtpFixture.StartAsync(connections: Trusting);
        using var client = await lmtp.ReadyAsync();
        await client.PlayAsync($"C: XCLIENT {attributes}\nS: {code} *");
        if (code != "220" || !attributes.Contains("192", StringComparison.Ordinal))
            lmtp.Gateway.Listeners.Connections.ShouldHaveSingleItem().Remote.Address.ToString().ShouldBeOneOf("127.0.0.1", "2001:db8::1");
    }

    [Fact]
    public async Task A_stranger_is_neither_told_of_it_nor_believed()
    {
        await using var lmtp = await LmtpFixture.StartAsync();
        using var client = await lmtp.Gateway.ConnectAsync();
        await client.PlayAsync("S: 220 *\nC: LHLO client.example.net");
        (await LmtpFixture.SkipExtensionsAsync(client)).ShouldNotContain(line => line.Contains("XCLIENT", StringComparison.Ordinal));
        await client.PlayAsync("C: XCLIENT ADDR=192.0.2.1\nS: 550 5.7.0 *\nC: MAIL FROM:<>\nS: 250 *");
        lmtp.Gateway.Listeners.Connections.ShouldHaveSingleItem().Remote.Address.ToString().ShouldBe("127.0.0.1");
    }

    [Fact]
    public async Task Who_came_through_a_proxy_speaks_for_nobody_else()
    {
        await using var lmtp = await LmtpFixture.StartAsync(
            options => (options.Listen, options.ProxyListen, options.TrustedNetworks) = ([], ["127.0.0.1:0"], ["192.0.2.0/24"]), connections: Trusting);
        using var client = await lmtp.Gateway.ConnectAsync();
        await client.SendAsync("PROXY TCP4 192.0.2.1 192.0.2.9 1 24\r\n");
        await client.PlayAsync("S: 220 *\nC: XCLIENT ADDR=198.51.100.1\nS: 550 5.7.0 *");
        using var stranger = await lmtp.Gateway.ConnectAsync();
        await stranger.SendAsync("PROXY TCP4 203.0.113.1 192.0.2.9 1 24\r\n");
        await stranger.PlayAsync("S: 554 5.7.1 *\nS!");
    }

    [Fact]
    public async Task It_comes_between_transactions_only()
    {
        await using var lmtp = await LmtpFixture.StartAsync(connections: Trusting);
        using var client = await lmtp.ReadyAsync();
        await client.PlayAsync("C: MAIL FROM:<>\nS: 250 *\nC: XCLIENT ADDR=192.0.2.1\nS: 503 *\nC: RSET\nS: 250 *\nC: XCLIENT ADDR=192.0.2.1\nS: 220 *");
    }

    [Fact]
    public async Task Clients_behind_a_proxy_are_counted_by_their_own_addresses()
    {
        await using var lmtp = await LmtpFixture.StartAsync(options => options.MaxConnectionsPerIp = 1, connections: Trusting);
        using var first = await lmtp.ReadyAsync();
        using var second = await lmtp.ReadyAsync();
        await first.PlayAsync("C: XCLIENT ADDR=192.0.2.1\nS: 220 *");
        await second.PlayAsync("C: XCLIENT ADDR=192.0.2.1\nS: 421 4.3.2 *\nS!");
    }
}
