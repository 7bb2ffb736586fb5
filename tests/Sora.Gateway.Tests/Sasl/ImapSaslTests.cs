using System.Security.Cryptography;
using Sora.Gateway.Sasl;
using Sora.Gateway.Tests.Connections;
using Sora.Gateway.Tests.Imap;

namespace Sora.Gateway.Tests.Sasl;

/// <summary>AUTHENTICATE (RFC 9051 section 6.2.2) with mechanisms of several steps.</summary>
[Collection("imap")]
public sealed class ImapSaslTests(ImapFixture fixture)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Scram_with_and_without_an_initial_response(bool initial)
    {
        var user = await fixture.UserAsync();
        using var client = await fixture.ConnectAsync();
        var scram = new ScramClient(user.Address, "secret");
        if (initial)
        {
            await client.Socket.SendAsync($"a AUTHENTICATE SCRAM-SHA-256 {scram.First}\r\n");
        }
        else
        {
            await client.PlayAsync("""
                C: a AUTHENTICATE scram-sha-256
                S: + 
                """);
            await client.Socket.SendAsync(scram.First + "\r\n");
        }

        await client.Socket.SendAsync(scram.Final(await ChallengeAsync(client)) + "\r\n");
        scram.ShouldBelieve(await ChallengeAsync(client));
        await client.PlayAsync("""
            C:
            S: a OK [CAPABILITY …] Logged in
            C: b SELECT INBOX
            """);
        (await client.RunAsync("NOOP"))[^1].ShouldStartWith("OK");
    }

    [Theory]
    [InlineData("*", "BAD AUTHENTICATE cancelled")]
    [InlineData("AAAA", "BAD …")]
    [InlineData("?", "BAD Response is not base64")]
    public async Task A_client_that_does_not_take_the_servers_signature_is_not_logged_in(string answer, string expected)
    {
        var user = await fixture.UserAsync();
        using var client = await fixture.ConnectAsync();
        var scram = new ScramClient(user.Address, "secret");
        await client.Socket.SendAsync($"a AUTHENTICATE SCRAM-SHA-256 {scram.First}\r\n");
        await client.Socket.SendAsync(scram.Final(await ChallengeAsync(client)) + "\r\n");
        await ChallengeAsync(client);
        await client.PlayAsync($"""
            C: {answer}
            S: a {expected}
            C: b SELECT INBOX
            S: b BAD Log in first
            """);
    }

    [Fact]
    public async Task An_unknown_name_looks_like_a_wrong_password_and_always_has_the_same_salt()
    {
        var user = await fixture.UserAsync();
        var salts = new List<string>();
        foreach (var (name, password) in new[] { (user.Address, "wrong"), ("nobody@example.com", "secret"), ("NOBODY@example.com", "secret"), ("nobody2@example.com", "secret") })
        {
            using var client = await fixture.ConnectAsync();
            var scram = new ScramClient(name, password);
            await client.Socket.SendAsync($"a AUTHENTICATE SCRAM-SHA-256 {scram.First}\r\n");
            var final = scram.Final(await ChallengeAsync(client));
            await client.PlayAsync($"""
                C: {final}
                S: a NO [AUTHENTICATIONFAILED] Authentication failed
                """);
            salts.Add(string.Join(',', scram.Challenge.Split(',')[1..]));
        }

        salts[1].Length.ShouldBe(salts[0].Length);
        salts[1].ShouldNotBe(salts[0]);
        salts[2].ShouldBe(salts[1]);
        salts[3].ShouldNotBe(salts[1]);
    }

    // The table of RFC 5802 section 6, and proofs that are none
    [Theory]
    [InlineData("SCRAM-SHA-256", "p=tls-server-end-point,,", "channel-binding-not-supported")]
    [InlineData("SCRAM-SHA-256", "y,,", "server-does-support-channel-binding")]
    [InlineData("SCRAM-SHA-256-PLUS", "y,,", "server-does-support-channel-binding")]
    [InlineData("SCRAM-SHA-256-PLUS", "n,,", "channel-bindings-dont-match")]
    [InlineData("SCRAM-SHA-256-PLUS", "p=tls-unique,,", "unsupported-channel-binding-type")]
    [InlineData("SCRAM-SHA-256", "n,,m=x,", "extensions-not-supported")]
    public async Task First_messages_that_fail_over_tls(string mechanism, string header, string expected)
    {
        var user = await fixture.UserAsync();
        await using var gateway = await StartAsync();
        using var client = await SecureAsync(gateway);
        await client.PlayAsync($"""
            C: a AUTHENTICATE {mechanism} {new ScramClient(user.Address, "secret", header).First}
            S: + {ScramClient.Base64("e=" + expected)}
            C: *
            S: a NO [AUTHENTICATIONFAILED] Authentication failed
            """);
    }

    [Fact]
    public async Task A_channel_is_bound_and_another_channel_is_not()
    {
        var user = await fixture.UserAsync();
        await using var gateway = await StartAsync();
        using var client = new ImapClient(await gateway.ConnectAsync());
        await client.PlayAsync("""
            S: * OK [CAPABILITY …AUTH=SCRAM-SHA-256 …] Sora ready
            C: a STARTTLS
            S: a OK …
            """);
        var tls = await client.Socket.StartTlsAsync("imap");
        await client.PlayAsync("""
            C: b CAPABILITY
            S: * CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR ENABLE ID IDLE AUTH=SCRAM-SHA-256-PLUS AUTH=SCRAM-SHA-256 AUTH=SCRAM-SHA-1-PLUS AUTH=SCRAM-SHA-1 AUTH=PLAIN AUTH=LOGIN
            S: b OK …
            """);
        var binding = SHA256.HashData(tls.RemoteCertificate!.GetRawCertData()); // the certificate is signed with SHA-256 (RFC 5929 section 4.1)
        var other = new ScramClient(user.Address, "secret", "p=tls-server-end-point,,", SHA256.HashData("another certificate"u8));
        await client.Socket.SendAsync($"c AUTHENTICATE SCRAM-SHA-256-PLUS {other.First}\r\n");
        await client.PlayAsync($"""
            C: {other.Final(await ChallengeAsync(client))}
            S: + {ScramClient.Base64("e=channel-bindings-dont-match")}
            C:
            S: c NO [AUTHENTICATIONFAILED] …
            """);
        var scram = new ScramClient(user.Address, "secret", "p=tls-server-end-point,,", binding);
        await client.Socket.SendAsync($"d AUTHENTICATE SCRAM-SHA-256-PLUS {scram.First}\r\n");
        await client.Socket.SendAsync(scram.Final(await ChallengeAsync(client)) + "\r\n");
        scram.ShouldBelieve(await ChallengeAsync(client));
        await client.PlayAsync("""
            C:
            S: d OK [CAPABILITY …] Logged in
            """);
    }

    [Fact]
    public async Task Without_tls_nothing_can_be_bound_and_a_client_that_could_may_say_so()
    {
        var user = await fixture.UserAsync();
        using var client = await fixture.ConnectAsync();
        var scram = new ScramClient(user.Address, "secret", "y,,");
        await client.PlayAsync($"""
            C: a AUTHENTICATE SCRAM-SHA-256-PLUS {scram.First}
            S: a NO [CANNOT] Mechanism is not supported
            """);
        await client.Socket.SendAsync($"b AUTHENTICATE SCRAM-SHA-256 {scram.First}\r\n");
        await client.Socket.SendAsync(scram.Final(await ChallengeAsync(client)) + "\r\n");
        scram.ShouldBelieve(await ChallengeAsync(client));
        await client.PlayAsync("""
            C:
            S: b OK [CAPABILITY …] Logged in
            """);
    }

    [Fact]
    public async Task Another_nonce_another_header_and_another_identity_are_refused()
    {
        var user = await fixture.UserAsync();
        await using var gateway = await StartAsync();
        using var client = new ImapClient(await gateway.ConnectAsync());
        await client.PlayAsync("S: * OK …");
        var replayed = new ScramClient(user.Address, "secret");
        await client.Socket.SendAsync($"a AUTHENTICATE SCRAM-SHA-256 {replayed.First}\r\n");
        await client.PlayAsync($"""
            C: {replayed.Final(await ChallengeAsync(client), nonce: "replayed")}
            S: + {ScramClient.Base64("e=other-error")}
            C:
            S: a NO [AUTHENTICATIONFAILED] …
            """);
        var forOther = new ScramClient(user.Address, "secret", "n,a=other@example.com,");
        await client.Socket.SendAsync($"b AUTHENTICATE SCRAM-SHA-256 {forOther.First}\r\n");
        await client.PlayAsync($"""
            C: {forOther.Final(await ChallengeAsync(client))}
            S: + {ScramClient.Base64("e=other-error")}
            C:
            S: b NO [AUTHORIZATIONFAILED] …
            """);
        var changed = new ScramClient(user.Address, "secret", "n,,");
        await client.Socket.SendAsync($"c AUTHENTICATE SCRAM-SHA-256 {ScramClient.Base64("y,," + ScramClient.Text(changed.First)[3..])}\r\n");
        await client.PlayAsync($"""
            C: {changed.Final(await ChallengeAsync(client))}
            S: + {ScramClient.Base64("e=channel-bindings-dont-match")}
            C:
            S: c NO [AUTHENTICATIONFAILED] …
            """);
    }

    [Fact]
    public async Task A_password_that_was_changed_during_the_exchange_does_not_let_in()
    {
        var user = await fixture.UserAsync();
        using var client = await fixture.ConnectAsync();
        var scram = new ScramClient(user.Address, "secret");
        await client.Socket.SendAsync($"a AUTHENTICATE SCRAM-SHA-256 {scram.First}\r\n");
        var final = scram.Final(await ChallengeAsync(client));
        await fixture.Node.ChangePasswordAsync(user.Address, "another");
        await client.PlayAsync($"""
            C: {final}
            S: a NO [AUTHENTICATIONFAILED] Authentication failed
            """);
    }

    [Fact]
    public async Task Login_asks_for_name_and_password()
    {
        var user = await fixture.UserAsync();
        using var client = await fixture.ConnectAsync();
        await client.PlayAsync($"""
            C: a AUTHENTICATE LOGIN
            S: + VXNlcm5hbWU6
            C: {ScramClient.Base64(user.Address)}
            S: + UGFzc3dvcmQ6
            C: {ScramClient.Base64("wrong")}
            S: a NO [AUTHENTICATIONFAILED] …
            C: b AUTHENTICATE LOGIN
            S: + VXNlcm5hbWU6
            C: *
            S: b BAD AUTHENTICATE cancelled
            C: c AUTHENTICATE LOGIN {ScramClient.Base64(user.Address)}
            S: + UGFzc3dvcmQ6
            C: {ScramClient.Base64("secret\0")}
            S: c BAD …
            C: d AUTHENTICATE LOGIN {ScramClient.Base64(user.Address)}
            S: + UGFzc3dvcmQ6
            C: {ScramClient.Base64("secret")}
            S: d OK [CAPABILITY …] Logged in
            """);
    }

    [Fact]
    public async Task What_is_not_enabled_is_neither_told_nor_taken()
    {
        await using var gateway = await fixture.StartAsync(TimeProvider.System, sasl: new SaslOptions { Mechanisms = ["PLAIN"] });
        using var client = new ImapClient(await gateway.ConnectAsync());
        await client.PlayAsync("""
            S: * OK [CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR ENABLE ID IDLE STARTTLS AUTH=PLAIN] Sora ready
            C: a AUTHENTICATE LOGIN
            S: a NO [CANNOT] Mechanism is not supported
            C: b AUTHENTICATE SCRAM-SHA-256
            S: b NO [CANNOT] Mechanism is not supported
            C: c AUTHENTICATE ANONYMOUS
            S: c NO [CANNOT] Mechanism is not supported
            """);
    }

    private static async Task<string> ChallengeAsync(ImapClient client)
    {
        var line = await client.Socket.LineAsync();
        line.ShouldNotBeNull().ShouldStartWith("+ ");
        return line[2..];
    }

    private Task<TestGateway> StartAsync() => fixture.StartAsync(TimeProvider.System, sasl: new SaslOptions { ScramErrors = true });

    private static async Task<ImapClient> SecureAsync(TestGateway gateway)
    {
        var client = new ImapClient(await gateway.ConnectAsync());
        await client.PlayAsync("""
            S: * OK …
            C: s STARTTLS
            S: s OK …
            """);
        await client.Socket.StartTlsAsync("imap");
        return client;
    }
}
