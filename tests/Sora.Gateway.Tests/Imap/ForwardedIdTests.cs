using Sora.Gateway.Connections;

namespace Sora.Gateway.Tests.Imap;

/// <summary>What trusted proxies say in ID of the client for which they speak.</summary>
[Collection("imap")]
public sealed class ForwardedIdTests(ImapFixture fixture)
{
    private static ConnectionOptions Trusting => new() { TrustedNetworks = ["127.0.0.0/8"] };

    [Fact]
    public async Task A_trusted_proxy_names_the_client_before_login()
    {
        var user = await fixture.UserAsync();
        await using var gateway = await fixture.StartAsync(TimeProvider.System, connections: Trusting);
        using var client = await fixture.ConnectAsync(gateway);
        await client.PlayAsync("""
            C: a ID ("x-originating-ip" "2001:db8::7" "x-originating-port" "4711" "x-connected-ip" "192.0.2.9" "x-connected-port" "993" "x-session-id" "s-1" "x-client-transport" "TLS" "x-proxy-ttl" "9" "name" "proxy")
            S: * ID …"remote-host" "2001:db8::7")
            S: a OK …
            """);
        await client.DoAsync($"LOGIN {user.Address} secret");
        var connection = gateway.Listeners.Connections.ShouldHaveSingleItem();
        (connection.Remote.ToString(), connection.Local.ToString(), connection.Session).ShouldBe(("[2001:db8::7]:4711", "192.0.2.9:993", "s-1"));
        connection.User!.PrimaryAddress.ShouldBe(user.Address);
        (await client.DoAsync("ID (\"x-originating-ip\" \"192.0.2.1\")"))[0].ShouldContain("2001:db8::7");
    }

    [Fact]
    public async Task A_client_in_the_clear_behind_a_proxy_on_this_machine_may_not_log_in()
    {
        await using var gateway = await fixture.StartAsync(TimeProvider.System, connections: Trusting);
        using var client = await fixture.ConnectAsync(gateway);
        await client.PlayAsync("""
            C: a ID ("x-originating-ip" "192.0.2.1" "x-client-transport" "insecure")
            S: * CAPABILITY …LOGINDISABLED…
            S: * ID …
            S: a OK …
            C: b LOGIN x y
            S: b NO [PRIVACYREQUIRED] …
            C: c ID ("x-originating-ip" "192.0.2.1" "x-client-transport" "TLS")
            S: * CAPABILITY …AUTH=PLAIN…
            S: * ID …
            S: c OK …
            C: d ID ("x-originating-ip" "nobody")
            S: d BAD …
            C: e ID ("x-originating-ip" "192.0.2.1" "x-proxy-ttl" "0")
            S: e NO …
            """);
    }

    [Fact]
    public async Task A_stranger_is_not_believed()
    {
        using var client = await fixture.ConnectAsync();
        await client.PlayAsync("""
            C: a ID ("x-originating-ip" "192.0.2.1" "x-originating-port" "nonsense")
            S: * ID …"remote-host" "127.0.0.1")
            S: a OK …
            """);
    }

    [Fact]
    public async Task A_user_has_so_many_sessions_and_gives_one_back_with_UNAUTHENTICATE()
    {
        var user = await fixture.UserAsync();
        await using var gateway = await fixture.StartAsync(TimeProvider.System, connections: new ConnectionOptions { MaxConnectionsPerUser = 1 });
        using var first = await fixture.ConnectAsync(gateway);
        using var second = await fixture.ConnectAsync(gateway);
        await first.DoAsync($"LOGIN {user.Address} secret");
        (await second.RunAsync($"LOGIN {user.Address} secret"))[^1].ShouldBe("NO [LIMIT] Too many connections of this user");
        await first.DoAsync("UNAUTHENTICATE");
        await second.DoAsync($"LOGIN {user.Address} secret");
    }
}
