using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Sora.EndToEnd.Tests.Servers;
using Sora.EndToEnd.Tests.Wire;
using Sora.Histories.Nodes;
using Sora.Testing;

namespace Sora.EndToEnd.Tests.Clients;

/// <summary>A Sora that believes a HAProxy on 127.0.0.1, and clients that come from other addresses of this machine.</summary>
public sealed class HaproxyFixture : IAsyncLifetime
{
    internal const string Password = "secret";

    internal SoraProcess Sora { get; private set; } = null!;

    internal Haproxy Proxy { get; private set; } = null!;

    /// <summary>Where Sora waits for PROXY headers and IMAP.</summary>
    internal int HeaderPort { get; } = FreePort.NextRange(6);

    public async Task InitializeAsync()
    {
        Sora = await SoraProcess.StartAsync(
            "connections.trusted_networks=127.0.0.1/32",
            "connections.max_connections_per_user_per_ip=2",
            "imap.max_connections_per_ip=3",
            "imap.auth_failure_delay=0s",
            "login_limits.delay=0s",
            "audit.flush_interval=10ms",
            $"imap.proxy_listen={Listen(0)}",
            $"imap.proxy_tls_listen={Listen(1)}",
            $"pop3.proxy_listen={Listen(2)}",
            $"pop3.proxy_tls_listen={Listen(3)}",
            $"managesieve.proxy_listen={Listen(4)}",
            $"lmtp.proxy_listen={Listen(5)}");
        await Sora.CreateAccountsAsync(Password, [.. Enumerable.Range(1, 9).Select(static i => $"user{i}@example.com")]);
        Proxy = await Haproxy.StartAsync(new Dictionary<string, int>(StringComparer.Ordinal)
        {
            ["IMAP"] = HeaderPort, ["IMAPS"] = HeaderPort + 1, ["POP3"] = HeaderPort + 2, ["POP3S"] = HeaderPort + 3, ["SIEVE"] = HeaderPort + 4, ["LMTP"] = HeaderPort + 5,
        });
    }

    public async Task DisposeAsync()
    {
        if (Proxy is not null)
            await Proxy.DisposeAsync();
        if (Sora is not null)
            await Sora.DisposeAsync();
    }

    private string Listen(int place) => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{HeaderPort + place}");
}

/// <summary>Clients behind HAProxy, which is configured by the file that comes with Sora.</summary>
public sealed class HaproxyTests(HaproxyFixture servers) : IClassFixture<HaproxyFixture>
{
    private const string Password = HaproxyFixture.Password;

    private readonly SoraProcess _sora = servers.Sora;
    private readonly Haproxy _proxy = servers.Proxy;

    [Fact]
    public async Task Health_checks_of_all_protocols_pass_and_are_nobodys_failures()
    {
        await Eventually.WaitAsync(async () => (await _proxy.ChecksAsync()) is { Count: 7 } checks && checks.All(static one => one.Check == "L7OK"));
        _sora.Output.ShouldNotContain("connection from 127.0.0.1 refused");
    }

    [Theory]
    [InlineData("IMAP", false, "* OK", "a LOGIN user1@example.com secret", "a OK", "")]
    [InlineData("IMAPS", true, "* OK", "a LOGIN user2@example.com secret", "a OK", "TLSv1.3 ")]
    [InlineData("IMAPS_ENDED", true, "* OK", "a LOGIN user3@example.com secret", "a OK", "at the proxy")]
    [InlineData("POP3", false, "+OK", "AUTH PLAIN AHVzZXI0QGV4YW1wbGUuY29tAHNlY3JldA==", "+OK", "")]
    [InlineData("POP3S", true, "+OK", "AUTH PLAIN AHVzZXI1QGV4YW1wbGUuY29tAHNlY3JldA==", "+OK", "TLSv1.3 ")]
    [InlineData("SIEVE", false, "OK", "AUTHENTICATE \"PLAIN\" \"AHVzZXI2QGV4YW1wbGUuY29tAHNlY3JldA==\"", "OK", "")]
    public async Task The_client_behind_the_proxy_is_the_client(string listener, bool tls, string greeting, string login, string answer, string tlsText)
    {
        var from = IPAddress.Parse("127.0.0.7");
        using var client = await LineConnection.ConnectAsync(_proxy.Port(listener), tls, from);
        await ReadUntilAsync(client, greeting);
        await client.WriteAsync(login + "\r\n");
        await ReadUntilAsync(client, answer);

        var user = $"user{Array.IndexOf(["IMAP", "IMAPS", "IMAPS_ENDED", "POP3", "POP3S", "SIEVE"], listener) + 1}@example.com";
        var session = JsonDocument.Parse((await _sora.AdminAsync("connections", "list", "--address", "127.0.0.7", "--user", user, "--json")).Output)
            .RootElement.GetProperty("sessions").EnumerateArray().Single();
        session.GetProperty("client").GetString().ShouldStartWith("127.0.0.7:");
        session.GetProperty("proxy").GetString().ShouldStartWith("127.0.0.1:");
        session.GetProperty("server").GetString().ShouldBe($"127.0.0.1:{_proxy.Port(listener)}");
        session.GetProperty("tls").GetString()!.ShouldStartWith(tlsText);

        // The unique id of the header is the one that HAProxy has in its own log format: client, listener, time
        var port = session.GetProperty("client").GetString()!.Split(':')[1];
        session.GetProperty("proxy_session").GetString().ShouldStartWith(string.Create(CultureInfo.InvariantCulture, $"7F000007:{ushort.Parse(port, CultureInfo.InvariantCulture):X4}_"));
        await Eventually.WaitAsync(async () =>
            (await _sora.AdminAsync("audit", "list", "--kind", "login", "--user", user, "--address", "127.0.0.7", "--json")).Output.Contains("\"outcome\": \"ok\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Mail_for_LMTP_comes_from_the_client_that_a_header_of_version_1_names()
    {
        using (var lmtp = await LineConnection.ConnectAsync(_proxy.Port("LMTP"), from: IPAddress.Parse("127.0.0.6")))
        {
            await ReadUntilAsync(lmtp, "220 ");
            await lmtp.WriteAsync("LHLO mta.example.net\r\n");
            await ReadUntilAsync(lmtp, "250 ");
            await lmtp.WriteAsync("MAIL FROM:<sender@example.org>\r\nRCPT TO:<user9@example.com>\r\nDATA\r\n");
            await ReadUntilAsync(lmtp, "354 ");
            await lmtp.WriteAsync("Subject: x\r\n\r\nx\r\n.\r\n");
            await ReadUntilAsync(lmtp, "250 ");
        }

        using var imap = await ImapClient.OpenInboxAsync(_sora.ImapPort, "user9@example.com", Password);
        Encoding.UTF8.GetString(await imap.FetchAsync(imap.View.Uids.Single(), "BODY.PEEK[HEADER]")).ShouldContain("Received: from mta.example.net ([127.0.0.6])");
    }

    [Fact]
    public async Task Connections_are_counted_for_the_client_and_not_for_the_proxy()
    {
        var open = new List<LineConnection>();
        try
        {
            for (var i = 0; i < 3; i++)
            {
                open.Add(await LineConnection.ConnectAsync(_proxy.Port("IMAP"), from: IPAddress.Parse("127.0.0.8")));
                await ReadUntilAsync(open[^1], "* OK");
            }

            using var fourth = await LineConnection.ConnectAsync(_proxy.Port("IMAP"), from: IPAddress.Parse("127.0.0.8"));
            (await fourth.ReadToEndAsync()).ShouldStartWith("* BYE [UNAVAILABLE] Too many connections from your address");
            await Eventually.WaitAsync(() => _sora.Output.Contains("imap connection from 127.0.0.8 refused: max_connections_per_ip", StringComparison.Ordinal));
            using var other = await LineConnection.ConnectAsync(_proxy.Port("IMAP"), from: IPAddress.Parse("127.0.0.9"));
            await ReadUntilAsync(other, "* OK");

            // And sessions of one user, over IMAP and POP3 together
            for (var i = 0; i < 2; i++)
            {
                await open[i].WriteAsync("a LOGIN user7@example.com secret\r\n");
                await ReadUntilAsync(open[i], "a OK");
            }

            using var pop3 = await LineConnection.ConnectAsync(_proxy.Port("POP3"), from: IPAddress.Parse("127.0.0.8"));
            await ReadUntilAsync(pop3, "+OK");
            await pop3.WriteAsync("AUTH PLAIN AHVzZXI3QGV4YW1wbGUuY29tAHNlY3JldA==\r\n");
            Encoding.ASCII.GetString(await pop3.ReadLineAsync()).ShouldBe("-ERR [SYS/TEMP] Too many connections of this user from your address");
            await other.WriteAsync("a LOGIN user7@example.com secret\r\n");
            await ReadUntilAsync(other, "a OK");
        }
        finally
        {
            open.ForEach(static one => one.Dispose());
        }
    }

    [Fact]
    public async Task Wrong_passwords_block_the_client_and_not_the_proxy()
    {
        var first = IPAddress.Parse("127.0.0.10");
        for (var i = 0; i < 5; i++)
            (await LogInAsync(first, "wrong")).ShouldContain("a NO [AUTHENTICATIONFAILED]");
        (await LogInAsync(first, Password)).ShouldContain("a NO [LIMIT]");
        (await LogInAsync(IPAddress.Parse("127.0.0.11"), Password)).ShouldContain("a OK");
        (await _sora.AdminAsync("auth", "blocked")).Output.ShouldContain("127.0.0.10");
        await Eventually.WaitAsync(() => _sora.Output.Contains("of user8@example.com from 127.0.0.10 failed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Who_comes_past_the_proxy_cannot_speak_for_others()
    {
        using var stranger = await LineConnection.ConnectAsync(servers.HeaderPort, from: IPAddress.Parse("127.0.0.12"));
        await stranger.WriteAsync("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n");
        (await stranger.ReadToEndAsync()).ShouldStartWith("* BYE Your address may not speak for others here");
        await Eventually.WaitAsync(() => _sora.Output.Contains("imap connection from 127.0.0.12 refused: proxy_not_trusted", StringComparison.Ordinal));
    }

    private async Task<string> LogInAsync(IPAddress from, string password)
    {
        using var client = await LineConnection.ConnectAsync(_proxy.Port("IMAP"), from: from);
        await client.WriteAsync($"a LOGIN user8@example.com {password}\r\nb LOGOUT\r\n");
        return await client.ReadToEndAsync();
    }

    private static async Task ReadUntilAsync(LineConnection connection, string start)
    {
        while (!Encoding.UTF8.GetString(await connection.ReadLineAsync()).StartsWith(start, StringComparison.Ordinal))
        {
            // Lines before the one that counts, as capabilities
        }
    }
}
