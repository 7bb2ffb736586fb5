using Sora.Gateway.ManageSieve;
using Sora.Gateway.Tests.Connections;

namespace Sora.Gateway.Tests.ManageSieve;

/// <summary>STARTTLS (RFC 5804 section 2.2).</summary>
[Collection("managesieve")]
public sealed class TlsTests(ManageSieveFixture sieve)
{
    [Fact]
    public async Task Starttls_tells_the_capabilities_anew()
    {
        using var client = await sieve.ConnectAsync();
        await client.PlayAsync("""
            C: StartTls
            S: OK "Begin TLS negotiation now"
            """);
        await client.StartTlsAsync();
        var capabilities = await ManageSieveFixture.CapabilitiesAsync(client);
        capabilities["SASL"].ShouldBe("SCRAM-SHA-256-PLUS SCRAM-SHA-256 SCRAM-SHA-1-PLUS SCRAM-SHA-1 PLAIN LOGIN");
        capabilities.ShouldNotContainKey("STARTTLS");
        await client.PlayAsync($"""
            C: STARTTLS
            S: NO "TLS is active already"
            C: AUTHENTICATE "PLAIN" "{ManageSieveFixture.Plain(await sieve.AddressAsync())}"
            S: OK "Logged in"
            C: UNAUTHENTICATE
            S: OK *
            C: STARTTLS
            S: NO "TLS is active already"
            """);
    }

    [Fact]
    public async Task Tls_from_the_first_byte_needs_no_starttls()
    {
        using var client = await sieve.Gateway.ConnectAsync(1);
        await client.StartTlsAsync();
        (await ManageSieveFixture.CapabilitiesAsync(client)).ShouldNotContainKey("STARTTLS");
    }

    [Theory]
    [InlineData("NOOP\r\n")]
    [InlineData("CAPABILITY\r\n")]
    [InlineData("\r\n")]
    public async Task Commands_behind_starttls_in_one_segment_are_never_run(string injected)
    {
        using var client = await sieve.ConnectAsync();
        await client.SendAsync("STARTTLS\r\n" + injected);
        client.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
        (await client.LineAsync()).ShouldBe("OK \"Begin TLS negotiation now\"");
        for (string? line; (line = await client.LineAsync()) is not null;)
        {
            line.ShouldNotContain("OK");
            line.ShouldNotContain("IMPLEMENTATION");
        }
    }

    [Fact]
    public async Task Without_a_certificate_there_is_no_starttls()
    {
        await using var gateway = await sieve.StartAsync(new ManageSieveOptions(), tls: false);
        using var client = await gateway.ConnectAsync();
        (await ManageSieveFixture.CapabilitiesAsync(client)).ShouldNotContainKey("STARTTLS");
        await client.PlayAsync("""
            C: STARTTLS
            S: NO "TLS is not available"
            C: NOOP
            S: OK *
            """);
    }
}
