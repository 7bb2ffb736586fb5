using Sora.Contracts;
using Sora.Mailstore.Accounts;

namespace Sora.Gateway.Tests.Imap;

/// <summary>Clients hear that what let them in does so no longer.</summary>
[Collection("imap")]
public sealed class SessionEndTests(ImapFixture fixture)
{
    [Fact]
    public async Task A_client_in_idle_hears_that_its_password_is_gone()
    {
        var user = await fixture.UserAsync();
        var added = (await fixture.Node.Credentials.AddPasswordAsync(user.Address, null, CredentialSettings.Default, CancellationToken.None)).Value;
        using var client = await fixture.ConnectAsync();
        await client.PlayAsync($"""
            C: a LOGIN {user.Address} {added.Generated}
            S: a OK …
            C: b IDLE
            S: + …
            """);
        (await fixture.Node.Credentials.DeletePasswordAsync(added.Id, null, CancellationToken.None)).IsOk.ShouldBeTrue();
        (await client.Socket.LineAsync()).ShouldBe("* BYE The login is no longer valid");
        (await client.Socket.LineAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task A_new_password_leaves_sessions_alone_unless_asked()
    {
        var user = await fixture.UserAsync();
        using var client = await fixture.ConnectAsync();
        await client.PlayAsync($"""
            C: a LOGIN {user.Address} secret
            S: a OK …
            """);
        await fixture.Node.ChangePasswordAsync(user.Address, "second");
        (await client.RunAsync("NOOP"))[^1].ShouldStartWith("OK");
        await fixture.Node.ChangePasswordAsync(user.Address, "third", endSessions: true);
        (await client.Socket.LineAsync()).ShouldBe("* BYE The login is no longer valid");
    }

    [Fact]
    public async Task What_is_wrong_with_a_right_password_is_told_by_response_codes()
    {
        var user = await fixture.UserAsync();
        var pop3 = (await fixture.Node.Credentials.AddPasswordAsync(
            user.Address, null, CredentialSettings.Default with { Scopes = LoginScopes.Pop3 }, CancellationToken.None)).Value;
        var over = (await fixture.Node.Credentials.AddPasswordAsync(
            user.Address, null, CredentialSettings.Default with { ExpiresAt = DateTimeOffset.UnixEpoch }, CancellationToken.None)).Value;
        using var client = await fixture.ConnectAsync();
        await client.PlayAsync($"""
            C: a LOGIN {user.Address} {pop3.Generated}
            S: a NO [AUTHORIZATIONFAILED] …
            C: b LOGIN {user.Address} {over.Generated}
            S: b NO [EXPIRED] …
            """);
        (await fixture.Node.Administration.SetDisabledAsync(user.Address, disabled: true, CancellationToken.None)).IsOk.ShouldBeTrue();
        await client.PlayAsync($"""
            C: c LOGIN {user.Address} secret
            S: c NO [CONTACTADMIN] …
            """);
    }
}
