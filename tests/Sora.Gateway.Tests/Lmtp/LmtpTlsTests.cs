using Sora.Gateway.Tests.Connections;

namespace Sora.Gateway.Tests.Lmtp;

public sealed class LmtpTlsTests
{
    private const string Delivery = """
        C: MAIL FROM:<>
        C: RCPT TO:<ada@example.org>
        C: DATA
        S: 250 2.1.0 *
        S: 250 2.1.5 *
        S: 354 *
        C: text
        C: .
        S: 250 2.0.0 *

        """;

    [Fact]
    public async Task Starttls_forgets_what_was_said_and_shows_in_the_trace()
    {
        await using var lmtp = await LmtpFixture.StartAsync(tls: true);
        using var client = await lmtp.ReadyAsync();
        await client.PlayAsync("""
            C: STARTTLS x
            S: 501 5.5.4 *
            C: STARTTLS
            S: 220 2.0.0 *
            """);
        await client.StartTlsAsync();
        await client.PlayAsync("""
            C: MAIL FROM:<>
            S: 503 5.5.1 *
            C: LHLO client.example.net
            """);
        (await LmtpFixture.SkipExtensionsAsync(client)).ShouldNotContain("250-STARTTLS");
        await client.PlayAsync($"""
            C: STARTTLS
            S: 503 5.5.1 *
            {Delivery}
            """);
        lmtp.Store.Arrivals.Single().Received.ShouldMatch(" with LMTPS id [0-9a-z]{13}\r\n\t\\(using TLSv1\\.[23] with cipher TLS_[A-Z0-9_]+\\)\r\n\tfor <ada@example\\.org>;");
    }

    [Fact]
    public async Task Implicit_tls_needs_no_starttls()
    {
        await using var lmtp = await LmtpFixture.StartAsync(tls: true);
        using var client = await lmtp.Gateway.ConnectAsync(1);
        await client.StartTlsAsync();
        await client.PlayAsync("""
            S: 220 *
            C: LHLO client.example.net
            """);
        await LmtpFixture.SkipExtensionsAsync(client);
        await client.PlayAsync(Delivery);
        lmtp.Store.Arrivals.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("MAIL FROM:<evil@example.net>\r\nRCPT TO:<ada@example.org>\r\nBDAT 4 LAST\r\nevil")]
    [InlineData("NOOP\r\n")]
    [InlineData("\r\n")]
    public async Task Commands_behind_starttls_in_one_segment_are_never_run(string injected)
    {
        await using var lmtp = await LmtpFixture.StartAsync(tls: true);
        using var client = await lmtp.ReadyAsync();
        await client.SendAsync("STARTTLS\r\n" + injected);
        client.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
        (await client.LineAsync()).ShouldBe("220 2.0.0 Ready to start TLS");
        for (string? line; (line = await client.LineAsync()) is not null;)
            line.ShouldNotStartWith("2");
        lmtp.Store.Arrivals.ShouldBeEmpty();
    }

    [Fact]
    public async Task Starttls_is_refused_inside_a_transaction()
    {
        await using var lmtp = await LmtpFixture.StartAsync(tls: true);
        using var client = await lmtp.ReadyAsync();
        await client.PlayAsync("""
            C: MAIL FROM:<>
            C: STARTTLS
            S: 250 *
            S: 503 5.5.1 *
            """);
    }
}
