using Sora.Gateway.Connections;

namespace Sora.Gateway.Tests.Connections;

/// <summary>Each reason not to serve a client, or no longer, over each protocol: the reply, the counter and the line in the log.</summary>
public sealed class RefusalTests(ProtocolSites sites) : IClassFixture<ProtocolSites>
{
    private const string Stranger = "PROXY TCP4 192.0.2.1 192.0.2.9 4711 143";

    [Theory]
    [InlineData("imap", "* BYE [UNAVAILABLE] {0}")]
    [InlineData("pop3", "-ERR [SYS/TEMP] {0}")]
    [InlineData("lmtp", "421 4.3.2 {0}")]
    [InlineData("managesieve", "BYE (TRYLATER) \"{0}\"")]
    public async Task Too_many_connections(string protocol, string reply)
    {
        foreach (var (configure, text, reason) in new (Action<ProtocolOptions>, string, string)[]
        {
            (static options => options.MaxConnections = 1, "Too many connections", "max_connections"),
            (static options => options.MaxConnectionsPerListener = 1, "Too many connections to this port", "max_connections_per_listener"),
            (static options => options.MaxConnectionsPerIp = 1, "Too many connections from your address", "max_connections_per_ip"),
        })
        {
            await using var site = await sites.StartAsync(protocol, configure);
            using var first = await site.ConnectAsync();
            using var second = await site.Gateway.ConnectAsync();
            await second.PlayAsync($"S: {Format(reply, text)}\nS!");
            Check(site, reason, $"Warning {protocol} connection from 127.0.0.1 refused: {reason}");
        }
    }

    [Theory]
    [InlineData("imap", "* BYE {0}", "* BYE [UNAVAILABLE] {0}")]
    [InlineData("pop3", "-ERR [SYS/PERM] {0}", "-ERR [SYS/TEMP] {0}")]
    [InlineData("lmtp", "554 5.7.1 {0}", "421 4.3.2 {0}")]
    [InlineData("managesieve", "BYE \"{0}\"", "BYE (TRYLATER) \"{0}\"")]
    public async Task A_PROXY_header_that_is_wrong_missing_or_a_strangers(string protocol, string forGood, string forNow)
    {
        await using (var site = await sites.StartAsync(protocol))
        {
            using var client = await site.Gateway.ConnectAsync(1);
            await client.SendAsync(Stranger + "\r\n");
            await client.PlayAsync($"S: {Format(forGood, "Your address may not speak for others here")}\nS!");
            Check(site, "proxy_not_trusted", $"Warning {protocol} connection from 127.0.0.1 refused: proxy_not_trusted");
        }

        await using (var site = await sites.StartAsync(protocol, connections: new ConnectionOptions { TrustedNetworks = ["127.0.0.0/8"], ProxyTimeout = TimeSpan.FromSeconds(1) }))
        {
            using (var malformed = await site.Gateway.ConnectAsync(1))
            {
                await malformed.SendAsync("NOOP\r\n");
                await malformed.PlayAsync($"S: {Format(forGood, "A PROXY header was expected")}\nS!");
            }

            Check(site, "proxy_malformed", $"Warning {protocol} connection from 127.0.0.1 refused: proxy_malformed");
            using var silent = await site.Gateway.ConnectAsync(1);
            await silent.PlayAsync($"S: {Format(forNow, "A PROXY header was expected and did not come in time")}\nS!");
            Check(site, "proxy_timeout", $"Warning {protocol} connection from 127.0.0.1 refused: proxy_timeout");
        }
    }

    [Theory]
    [InlineData("imap", "a NO [LIMIT] {0}")]
    [InlineData("pop3", "-ERR [SYS/TEMP] {0}")]
    [InlineData("managesieve", "NO (TRYLATER) \"{0}\"")]
    public async Task Too_many_sessions_of_a_user(string protocol, string reply)
    {
        foreach (var (options, text, reason) in new[]
        {
            (new ConnectionOptions { MaxConnectionsPerUser = 1 }, "Too many connections of this user", "max_connections_per_user"),
            (new ConnectionOptions { MaxConnectionsPerUserPerIp = 1 }, "Too many connections of this user from your address", "max_connections_per_user_per_ip"),
        })
        {
            await using var site = await sites.StartAsync(protocol, connections: options);
            using var first = await site.ReadyAsync();
            using var second = await site.ConnectAsync();
            (await site.LogInAsync(second)).ShouldBe(Format(reply, text));
            Check(site, reason, $"Warning {protocol} connection from 127.0.0.1 refused: {reason}");

            // It is the user that is refused, not the connection
            first.Dispose();
            await Wait.UntilAsync(() => site.Gateway.Listeners.OpenConnections == 1, "the first to go");
            (await site.LogInAsync(second)).ShouldContain("OK");
        }
    }

    [Theory]
    [InlineData("imap", "a N", "* BYE {0}")]
    [InlineData("pop3", "NO", "-ERR [SYS/TEMP] {0}")]
    [InlineData("lmtp", "NO", "421 4.4.2 {0}")]
    [InlineData("managesieve", "NO", "BYE (TRYLATER) \"{0}\"")]
    public async Task Too_slow(string protocol, string half, string reply)
    {
        var time = new ManualTime();
        await using var site = await sites.StartAsync(
            protocol, connections: new ConnectionOptions { MinBytesPerMinute = 60, MinBytesWindow = TimeSpan.FromSeconds(10) }, time: time);
        using var client = await site.ReadyAsync();
        await client.SendAsync(half);
        await EndAsync(site, time, 6, "too_slow");
        await client.PlayAsync($"S: {Format(reply, "You are sending too slowly")}\nS!");
        Check(site, "too_slow", "is ended: too_slow");
    }

    [Theory]
    [InlineData("imap", "* BYE {0}")]
    [InlineData("pop3", "-ERR [SYS/TEMP] {0}")]
    [InlineData("lmtp", "421 4.3.2 {0}")]
    [InlineData("managesieve", "BYE (TRYLATER) \"{0}\"")]
    public async Task Too_long_and_unwanted(string protocol, string reply)
    {
        var time = new ManualTime();
        await using var site = await sites.StartAsync(protocol, static options => options.AbsoluteSessionTimeout = TimeSpan.FromMinutes(1), time: time);
        using (var client = await site.ReadyAsync())
        {
            await EndAsync(site, time, 31, "expired");
            await client.PlayAsync($"S: {Format(reply, "Connection has lasted too long")}\nS!");
        }

        Check(site, "expired", "is ended: expired");
        await Wait.UntilAsync(() => site.Gateway.Listeners.OpenConnections == 0, "the first to go");
        using var kicked = await site.ReadyAsync();
        site.Gateway.Listeners.Connections.Single().Kick();
        await kicked.PlayAsync($"S: {Format(reply, "Disconnected by the administrator")}\nS!");
        Check(site, "kicked", "is ended: kicked");
        await Wait.UntilAsync(() => site.Gateway.Listeners.OpenConnections == 0, "the second to go");
        using var last = await site.ReadyAsync();
        var stopping = site.Gateway.Listeners.Drain.BeginAsync(TimeSpan.FromSeconds(30), CancellationToken.None);
        await last.PlayAsync($"S: {Format(reply, "Server is going down")}\nS!");
        await stopping;
    }

    [Theory]
    [InlineData("imap", "* BYE No login for too long", "* BYE Autologout; idle for too long")]
    [InlineData("pop3", null, null)] // RFC 1939 section 3: without a response
    [InlineData("lmtp", null, "421 4.4.2 You were silent for too long")]
    [InlineData("managesieve", "BYE \"No login for too long\"", "BYE \"You were silent for too long\"")]
    public async Task Too_silent(string protocol, string? beforeLogin, string? afterLogin)
    {
        var time = new ManualTime();
        await using var site = await sites.StartAsync(protocol, time: time);
        if (protocol != "lmtp")
        {
            using var guest = await site.ConnectAsync();
            await EndAsync(site, time, 100, "login_timeout");
            await guest.PlayAsync($"{(beforeLogin is null ? "" : $"S: {beforeLogin}\n")}S!");
            Check(site, "login_timeout", "is ended: login_timeout");
        }

        using var client = await site.ReadyAsync();
        await EndAsync(site, time, 700, "idle_timeout");
        await client.PlayAsync($"{(afterLogin is null ? "" : $"S: {afterLogin}\n")}S!");
        Check(site, "idle_timeout", "is ended: idle_timeout");
    }

    [Theory]
    [InlineData("imap", "a LOGIN ada@example.com secret", "a NO [PRIVACYREQUIRED] ", "LOGIN")]
    [InlineData("imap", "a AUTHENTICATE PLAIN AGEAYg==", "a NO [PRIVACYREQUIRED] ", "AUTHENTICATE")]
    [InlineData("pop3", "USER ada@example.com", "-ERR Use STLS, or the port with TLS, before you send a password", "USER")]
    [InlineData("pop3", "AUTH PLAIN AGEAYg==", "-ERR Use STLS, or the port with TLS, before you send a password", "AUTH")]
    [InlineData("managesieve", "AUTHENTICATE \"PLAIN\" \"AGEAYg==\"", "NO (ENCRYPT-NEEDED) ", "AUTHENTICATE")]
    public async Task A_password_without_TLS(string protocol, string command, string reply, string name)
    {
        await using var site = await sites.StartAsync(protocol, connections: new ConnectionOptions { TrustedNetworks = ["127.0.0.0/8"] });
        using var client = await site.ConnectAsync(Stranger);
        await client.SendAsync(command + "\r\n");
        (await client.LineAsync()).ShouldNotBeNull().ShouldStartWith(reply);
        Check(site, "tls_required", $"{protocol} {name} of connection ", " from 192.0.2.1 refused: tls_required");
    }

    [Theory]
    [InlineData("lmtp", "550 5.7.0 Your address may not speak for others here")]
    [InlineData("pop3", "-ERR [SYS/PERM] Your address may not speak for others here")]
    public async Task XCLIENT_of_a_stranger(string protocol, string reply)
    {
        await using var site = await sites.StartAsync(protocol);
        using var client = await site.ConnectAsync();
        if (protocol == "lmtp")
            await site.LogInAsync(client);
        await client.PlayAsync($"C: XCLIENT ADDR=192.0.2.1\nS: {reply}");
        Check(site, "proxy_not_trusted", $"{protocol} XCLIENT of connection ", " from 127.0.0.1 refused: proxy_not_trusted");
    }

    [Fact]
    public async Task LMTP_of_a_stranger()
    {
        await using var site = await sites.StartAsync("lmtp", connections: new ConnectionOptions { TrustedNetworks = ["127.0.0.0/8"] });
        using var client = await site.Gateway.ConnectAsync(1);
        await client.SendAsync(Stranger + "\r\n");
        await client.PlayAsync("S: 554 5.7.1 Access denied\nS!");
        Check(site, "not_trusted", "Warning lmtp connection from 192.0.2.1 refused: not_trusted");
    }

    // Moves the clock until the server has noticed
    private static Task EndAsync(ProtocolSite site, ManualTime time, double seconds, string reason) => Wait.UntilAsync(
        () =>
        {
            time.Advance(TimeSpan.FromSeconds(seconds));
            site.Gateway.Listeners.Deadlines.Tick();
            return site.Refusals[reason] == 1;
        },
        reason);

    private static string Format(string reply, string text) => reply.Replace("{0}", text, StringComparison.Ordinal);

    private static void Check(ProtocolSite site, string reason, params string[] log)
    {
        site.Refusals[reason].ShouldBe(1);
        site.Log.Lines.ShouldContain(line => log.All(part => line.Contains(part, StringComparison.Ordinal)), $"{string.Join(" … ", log)} in:\n{string.Join('\n', site.Log.Lines)}");
    }
}
