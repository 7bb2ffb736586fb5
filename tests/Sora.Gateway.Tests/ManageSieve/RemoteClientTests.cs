using Sora.Gateway.Tests.Connections;

namespace Sora.Gateway.Tests.ManageSieve;

/// <summary>A client that is not on this machine must use TLS before it sends a password (RFC 5804 section 5).</summary>
[Collection("managesieve")]
public sealed class RemoteClientTests(ManageSieveFixture sieve)
{
    [Fact]
    public async Task Passwords_need_tls()
    {
        var plain = ManageSieveFixture.Plain(await sieve.AddressAsync());
        var lines = await new RemoteConnection().PlayAsync(sieve.Gateway, $"AUTHENTICATE \"PLAIN\" \"{plain}\"\r\nLOGOUT\r\n");
        lines.ShouldContain("\"SASL\" \"\"");
        lines.ShouldContain("\"STARTTLS\"");
        lines.ShouldContain("NO (ENCRYPT-NEEDED) \"Use TLS before you send a password\"");
    }
}
