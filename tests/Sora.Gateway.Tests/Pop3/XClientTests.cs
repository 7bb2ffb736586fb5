using Sora.Gateway.Connections;
using Sora.Gateway.Pop3;

namespace Sora.Gateway.Tests.Pop3;

[Collection("pop3")]
public sealed class XClientTests(Pop3Fixture pop3)
{
    private static readonly ConnectionOptions Trusting = new() { TrustedNetworks = ["127.0.0.0/8"] };

    [Fact]
    public async Task A_trusted_proxy_names_the_client_before_login()
    {
        var user = await pop3.UserAsync();
        await using var gateway = await pop3.StartAsync(new Pop3Options { AllowPlaintextAuth = true }, connections: Trusting);
        using var client = await gateway.ConnectAsync();
        await client.PlayAsync("S: +OK [XCLIENT] Sora POP3 server ready");
        (await Pop3Fixture.LinesAsync(client, "CAPA")).ShouldContain(line => line.StartsWith("XCLIENT ADDR PORT", StringComparison.Ordinal));
        await client.PlayAsync($"""
            C: XCLIENT ADDR=2001:db8::7 PORT=4711 SESSION=s-1 TTL=9 CLIENT-TRANSPORT=insecure FORWARD=aWQ9MQ==
            S: +OK Updated
            C: USER {user}
            S: +OK *
            C: PASS secret
            S: +OK *
            C: XCLIENT ADDR=192.0.2.1
            S: -ERR *
            """);
        var connection = gateway.Listeners.Connections.ShouldHaveSingleItem();
        (connection.Remote.ToString(), connection.Session).ShouldBe(("[2001:db8::7]:4711", "s-1"));
    }

    [Fact]
    public async Task A_client_that_comes_in_the_clear_through_a_proxy_on_this_machine_sends_no_password()
    {
        await using var gateway = await pop3.StartAsync(new Pop3Options(), connections: Trusting);
        using var client = await gateway.ConnectAsync();
        await client.PlayAsync("""
            S: +OK *
            C: XCLIENT ADDR=192.0.2.1 CLIENT-TRANSPORT=insecure
            S: +OK Updated
            C: USER x
            S: -ERR *
            C: XCLIENT ADDR=192.0.2.1 CLIENT-TRANSPORT=TLS
            S: +OK Updated
            C: USER x
            S: +OK *
            """);
    }

    [Fact]
    public async Task Malformed_attributes_and_strangers_are_refused()
    {
        await using var gateway = await pop3.StartAsync(new Pop3Options(), connections: Trusting);
        using var client = await gateway.ConnectAsync();
        await client.PlayAsync("S: +OK *\nC: XCLIENT\nS: -ERR *\nC: XCLIENT ADDR=nobody\nS: -ERR *\nC: XCLIENT PORT=99999\nS: -ERR *");
        using var stranger = await pop3.ConnectAsync();
        await stranger.PlayAsync("C: XCLIENT ADDR=192.0.2.1\nS: -ERR [SYS/PERM] *");
        (await Pop3Fixture.LinesAsync(stranger, "CAPA")).ShouldNotContain(line => line.Contains("XCLIENT", StringComparison.Ordinal));
    }
}
