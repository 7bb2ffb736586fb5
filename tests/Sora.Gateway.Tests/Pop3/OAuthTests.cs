using Sora.Gateway.Pop3;
using Sora.Gateway.Tests.Sasl;
using Sora.Testing;

namespace Sora.Gateway.Tests.Pop3;

/// <summary>OAUTHBEARER (RFC 7628) over POP3 (RFC 5034).</summary>
[Collection("pop3")]
public sealed class OAuthTests(Pop3Fixture pop3)
{
    [Fact]
    public async Task A_token_lets_in_and_ends_the_session()
    {
        var user = await pop3.UserAsync();
        await using var site = await OAuthSite.StartAsync();
        var time = new ShiftedTime();
        await using var gateway = await pop3.StartAsync(new Pop3Options(), time, tokens: site.Tokens);
        using var client = await pop3.ConnectAsync(gateway);
        (await Pop3Fixture.LinesAsync(client, "CAPA")).ShouldContain(static line => line.StartsWith("SASL ", StringComparison.Ordinal) && line.Contains(" OAUTHBEARER XOAUTH2", StringComparison.Ordinal));
        await client.PlayAsync($"""
            C: AUTH OAUTHBEARER {OAuthSite.Bearer("bad")}
            S: + *
            C: AQ==
            S: -ERR [AUTH] *
            C: AUTH OAUTHBEARER {OAuthSite.Bearer(site.Issuer.Token(user, TimeSpan.FromMinutes(1)))}
            S: +OK *
            C: STAT
            S: +OK 0 0
            """);
        time.Advance(TimeSpan.FromSeconds(65));
        await client.PlayAsync("S: -ERR [SYS/TEMP] Token has ended, log in again\nS!");
    }

    [Fact]
    public async Task A_token_opens_no_disabled_account()
    {
        var user = await pop3.UserAsync();
        (await pop3.Node.Administration.SetDisabledAsync(user, disabled: true, CancellationToken.None)).IsOk.ShouldBeTrue();
        await using var site = await OAuthSite.StartAsync();
        await using var gateway = await pop3.StartAsync(new Pop3Options(), tokens: site.Tokens);
        using var client = await pop3.ConnectAsync(gateway);
        await client.PlayAsync($"""
            C: AUTH OAUTHBEARER {OAuthSite.Bearer(site.Issuer.Token(user, TimeSpan.FromMinutes(10)))}
            S: + *
            C: AQ==
            S: -ERR [AUTH] *
            """);
    }
}
