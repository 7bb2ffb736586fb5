using Sora.Gateway.Pop3;
using Sora.Gateway.Tests.Connections;

namespace Sora.Gateway.Tests.Pop3;

/// <summary>STLS (RFC 2595 section 4), TLS from the first byte (RFC 8314), and passwords without either.</summary>
[Collection("pop3")]
public sealed class TlsTests(Pop3Fixture pop3)
{
    [Fact]
    public async Task Stls_begins_anew()
    {
        var user = await pop3.UserAsync();
        using var client = await pop3.ConnectAsync();
        await client.PlayAsync($"""
            C: USER {user}
            S: +OK *
            C: STLS
            S: +OK Begin TLS negotiation
            """);
        await client.StartTlsAsync();
        await client.PlayAsync("C: PASS secret\nS: -ERR USER comes first"); // what was said in the clear is forgotten
        (await Pop3Fixture.LinesAsync(client, "CAPA")).ShouldNotContain("STLS");
        await client.PlayAsync($"""
            C: STLS
            S: -ERR TLS is active already
            C: USER {user}
            S: +OK *
            C: PASS secret
            S: +OK *
            C: STLS
            S: -ERR Not after login
            """);
    }

    [Theory]
    [InlineData("CAPA\r\n")]
    [InlineData("USER x\r\nPASS y\r\n")]
    [InlineData("\r\n")]
    [InlineData("QUIT\r\n")]
    public async Task Commands_behind_stls_in_one_segment_are_never_run(string injected)
    {
        using var client = await pop3.ConnectAsync();
        await client.SendAsync("STLS\r\n" + injected);
        client.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
        (await client.LineAsync()).ShouldBe("+OK Begin TLS negotiation");
        for (string? line; (line = await client.LineAsync()) is not null;)
        {
            line.ShouldNotContain("+OK");
            line.ShouldNotContain("-ERR");
        }
    }

    [Fact]
    public async Task Tls_from_the_first_byte_needs_no_stls()
    {
        var user = await pop3.UserAsync();
        using var client = await pop3.Gateway.ConnectAsync(1);
        await client.StartTlsAsync("pop3"); // RFC 7301's registry
        await client.PlayAsync($"S: +OK *\nC: AUTH PLAIN {Pop3Fixture.Plain(user)}\nS: +OK *");
    }

    [Fact]
    public async Task Without_a_certificate_there_is_no_stls()
    {
        await using var gateway = await pop3.StartAsync(new Pop3Options(), tls: false);
        using var client = await pop3.ConnectAsync(gateway);
        (await Pop3Fixture.LinesAsync(client, "CAPA")).ShouldNotContain("STLS");
        await client.PlayAsync("C: STLS\nS: -ERR TLS is not available\nC: QUIT\nS: +OK *\nS!");
    }
}
