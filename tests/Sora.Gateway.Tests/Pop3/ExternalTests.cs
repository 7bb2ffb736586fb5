using Sora.Gateway.Pop3;
using Sora.Gateway.Tests.Connections;
using Sora.Gateway.Tests.Sasl;
using Sora.Testing;

namespace Sora.Gateway.Tests.Pop3;

/// <summary>EXTERNAL (RFC 4422 appendix A) over POP3.</summary>
[Collection("pop3")]
public sealed class ExternalTests(Pop3Fixture pop3)
{
    [Theory]
    [InlineData("AUTH EXTERNAL =")]
    [InlineData("AUTH EXTERNAL")]
    public async Task The_certificate_is_the_login(string command)
    {
        using var authority = new ClientAuthority();
        await using var gateway = await pop3.StartAsync(new Pop3Options(), certificates: authority.Source);
        using var certificate = authority.Issue(new TestRequest { Emails = [await pop3.UserAsync()] });
        using var client = await pop3.ConnectAsync(gateway);
        await client.PlayAsync("C: STLS\nS: +OK *");
        await client.StartTlsAsync(ClientAuthority.With(certificate));
        (await Pop3Fixture.LinesAsync(client, "CAPA")).ShouldContain(static line => line.StartsWith("SASL EXTERNAL ", StringComparison.Ordinal));
        await client.PlayAsync(command.EndsWith('=') ? $"C: {command}\nS: +OK *" : $"C: {command}\nS: +*\nC:\nS: +OK *");
        await client.PlayAsync("C: STAT\nS: +OK 0 0");
    }

    [Fact]
    public async Task Without_one_it_is_not_there()
    {
        using var authority = new ClientAuthority();
        await using var gateway = await pop3.StartAsync(new Pop3Options(), certificates: authority.Source);
        using var client = await gateway.ConnectAsync(1);
        await client.StartTlsAsync(ClientAuthority.With(null));
        await client.PlayAsync("S: +OK *");
        (await Pop3Fixture.LinesAsync(client, "CAPA")).ShouldNotContain(static line => line.Contains("EXTERNAL", StringComparison.Ordinal));
        await client.PlayAsync("C: AUTH EXTERNAL =\nS: -ERR *");
    }
}
