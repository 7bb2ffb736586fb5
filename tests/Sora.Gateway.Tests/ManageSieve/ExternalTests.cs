using Sora.Gateway.ManageSieve;
using Sora.Gateway.Tests.Connections;
using Sora.Gateway.Tests.Sasl;
using Sora.Testing;

namespace Sora.Gateway.Tests.ManageSieve;

/// <summary>EXTERNAL (RFC 4422 appendix A) over ManageSieve.</summary>
[Collection("managesieve")]
public sealed class ExternalTests(ManageSieveFixture sieve)
{
    [Fact]
    public async Task The_certificate_is_the_login()
    {
        using var authority = new ClientAuthority();
        await using var gateway = await sieve.StartAsync(new ManageSieveOptions(), certificates: authority.Source);
        using var certificate = authority.Issue(new TestRequest { Emails = [await sieve.AddressAsync()] });
        using var client = await gateway.ConnectAsync(1);
        await client.StartTlsAsync(ClientAuthority.With(certificate));
        (await ManageSieveFixture.CapabilitiesAsync(client))["SASL"].ShouldStartWith("EXTERNAL ");
        await client.PlayAsync("""
            C: AUTHENTICATE "EXTERNAL" ""
            S: OK *
            C: HAVESPACE "x" 10
            S: OK *
            """);
    }

    [Fact]
    public async Task Without_one_it_is_not_there()
    {
        using var authority = new ClientAuthority();
        await using var gateway = await sieve.StartAsync(new ManageSieveOptions(), certificates: authority.Source);
        using var client = await gateway.ConnectAsync(1);
        await client.StartTlsAsync(ClientAuthority.With(null));
        (await ManageSieveFixture.CapabilitiesAsync(client))["SASL"]!.ShouldNotContain("EXTERNAL");
        await client.PlayAsync("""
            C: AUTHENTICATE "EXTERNAL" ""
            S: NO *
            """);
    }
}
