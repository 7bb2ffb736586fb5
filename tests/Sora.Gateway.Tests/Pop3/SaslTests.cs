using System.Security.Cryptography;
using Sora.Gateway.Pop3;
using Sora.Gateway.Sasl;
using Sora.Gateway.Tests.Connections;
using Sora.Gateway.Tests.Sasl;

namespace Sora.Gateway.Tests.Pop3;

/// <summary>AUTH (RFC 5034) with all mechanisms, and the masters of USER and PASS.</summary>
[Collection("pop3")]
public sealed class SaslTests(Pop3Fixture pop3)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Scram_shows_the_servers_signature_as_one_more_challenge(bool initial)
    {
        var user = await pop3.UserAsync();
        using var client = await pop3.ConnectAsync();
        var scram = new ScramClient(user, "secret");
        if (initial)
        {
            await client.SendAsync($"AUTH SCRAM-SHA-256 {scram.First}\r\n");
        }
        else
        {
            await client.SendAsync("auth scram-sha-256\r\n");
            (await client.LineAsync()).ShouldBe("+ ");
            await client.SendAsync(scram.First + "\r\n");
        }

        await client.SendAsync(scram.Final(await ChallengeAsync(client)) + "\r\n");
        scram.ShouldBelieve(await ChallengeAsync(client));
        await client.PlayAsync("C: NOOP 1\nS: -ERR Response is not base64"); // an empty line is what the client owes
        scram = new ScramClient(user, "secret");
        await client.SendAsync($"AUTH SCRAM-SHA-256 {scram.First}\r\n");
        await client.SendAsync(scram.Final(await ChallengeAsync(client)) + "\r\n");
        scram.ShouldBelieve(await ChallengeAsync(client));
        await client.PlayAsync("""
            C:
            S: +OK maildrop has 0 messages (0 octets)
            C: STAT
            S: +OK 0 0
            """);
    }

    [Fact]
    public async Task A_wrong_password_and_an_unknown_name_look_alike()
    {
        var user = await pop3.UserAsync();
        using var client = await pop3.ConnectAsync();
        foreach (var name in new[] { user, "nobody@example.com" })
        {
            var scram = new ScramClient(name, "wrong");
            await client.SendAsync($"AUTH SCRAM-SHA-256 {scram.First}\r\n");
            await client.PlayAsync($"""
                C: {scram.Final(await ChallengeAsync(client))}
                S: -ERR [AUTH] Authentication failed
                """);
        }

        await client.PlayAsync($"""
            C: USER nobody@example.com
            S: +OK send PASS
            C: PASS secret
            S: -ERR [AUTH] Too many failed logins
            S!
            """);
    }

    [Fact]
    public async Task Login_asks_for_name_and_password()
    {
        var user = await pop3.UserAsync();
        using var client = await pop3.ConnectAsync();
        await client.PlayAsync($"""
            C: AUTH LOGIN
            S: + VXNlcm5hbWU6
            C: {ScramClient.Base64(user)}
            S: + UGFzc3dvcmQ6
            C: {ScramClient.Base64("wrong")}
            S: -ERR [AUTH] Authentication failed
            C: AUTH LOGIN {ScramClient.Base64(user)}
            S: + UGFzc3dvcmQ6
            C: *
            S: -ERR AUTH is cancelled
            C: AUTH LOGIN {ScramClient.Base64(user)}
            S: + UGFzc3dvcmQ6
            C: {ScramClient.Base64("secret\0")}
            S: -ERR Response is not UTF-8, or has a NUL
            C: AUTH LOGIN {ScramClient.Base64(user)}
            S: + UGFzc3dvcmQ6
            C: {ScramClient.Base64("secret")}
            S: +OK maildrop has 0 messages (0 octets)
            """);
    }

    // RFC 5034 section 4: whatever is no base64 is refused, the session goes on, and a response of the longest line that is allowed is read
    [Theory]
    [InlineData("A")]
    [InlineData("AAA")]
    [InlineData("AA=A")]
    [InlineData("AAAA=")]
    [InlineData("AAAA AAAA")]
    [InlineData("AA-_")]
    [InlineData("AA==AA==")]
    [InlineData("\u00FF\u00FF\u00FF\u00FF")]
    [InlineData("=")]
    [InlineData("**")]
    public async Task What_is_no_base64_is_refused(string response)
    {
        var user = await pop3.UserAsync();
        using var client = await pop3.ConnectAsync();
        await client.PlayAsync($"""
            C: AUTH PLAIN
            S: + *
            C: {response}
            S: -ERR Response is not base64
            C: AUTH PLAIN {Pop3Fixture.Plain(user)}
            S: +OK *
            """);
    }

    [Fact]
    public async Task A_response_of_twelve_thousand_octets_is_read_and_a_longer_one_is_not()
    {
        var user = await pop3.UserAsync();
        using var client = await pop3.ConnectAsync();
        await client.PlayAsync($"""
            C: AUTH PLAIN
            S: + *
            C: {Convert.ToBase64String(new byte[9_000])}
            S: -ERR Response is not a PLAIN message
            C: AUTH PLAIN
            S: + *
            C: {new string('A', 13_000)}
            S: -ERR The line is too long
            C: AUTH PLAIN {Pop3Fixture.Plain(user)} more
            S: -ERR Too many arguments
            C: AUTH PLAIN {Pop3Fixture.Plain(user)}
            S: +OK *
            """);
    }

    [Fact]
    public async Task Over_tls_channels_are_bound()
    {
        var user = await pop3.UserAsync();
        using var client = await pop3.ConnectAsync();
        (await Pop3Fixture.LinesAsync(client, "CAPA")).ShouldContain("SASL SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN");
        await client.PlayAsync("""
            C: AUTH SCRAM-SHA-256-PLUS
            S: -ERR The mechanism is not supported
            C: STLS
            S: +OK *
            """);
        var tls = await client.StartTlsAsync("pop3");
        (await Pop3Fixture.LinesAsync(client, "CAPA")).ShouldContain("SASL SCRAM-SHA-256-PLUS SCRAM-SHA-256 SCRAM-SHA-1-PLUS SCRAM-SHA-1 PLAIN LOGIN");
        (await Pop3Fixture.LinesAsync(client, "AUTH")).ShouldContain("SCRAM-SHA-256-PLUS");
        var binding = SHA256.HashData(tls.RemoteCertificate!.GetRawCertData()); // the certificate is signed with SHA-256 (RFC 5929 section 4.1)
        var scram = new ScramClient(user, "secret", "p=tls-server-end-point,,", binding);
        await client.SendAsync($"AUTH SCRAM-SHA-256-PLUS {scram.First}\r\n");
        await client.SendAsync(scram.Final(await ChallengeAsync(client)) + "\r\n");
        scram.ShouldBelieve(await ChallengeAsync(client));
        await client.PlayAsync("C:\nS: +OK *");
    }

    [Fact]
    public async Task A_master_takes_the_maildrop_of_others()
    {
        var master = await pop3.UserAsync();
        var user = await pop3.UserAsync("Subject: x\r\n\r\nbody\r\n");
        await using var gateway = await pop3.StartAsync(new Pop3Options(), sasl: new SaslOptions { MasterUsers = [master] });
        foreach (var login in new[]
        {
            $"C: USER {user}*{master}\nS: +OK *\nC: PASS secret",
            $"C: AUTH PLAIN {Pop3Fixture.Plain($"{user}*{master}")}",
            $"C: AUTH PLAIN {Pop3Fixture.Plain(master, authorize: user)}",
        })
        {
            using var client = await pop3.ConnectAsync(gateway);
            await client.PlayAsync($"{login}\nS: +OK maildrop has 1 messages *\nC: QUIT\nS: +OK *\nS!");
        }

        using var other = await pop3.ConnectAsync(gateway);
        await other.PlayAsync($"C: USER {master}*{user}\nS: +OK *\nC: PASS secret\nS: -ERR [AUTH] Acting for others is not allowed");
    }

    [Fact]
    public async Task What_is_not_enabled_is_neither_told_nor_taken()
    {
        await using var gateway = await pop3.StartAsync(new Pop3Options(), sasl: new SaslOptions { Mechanisms = ["PLAIN"] });
        using var client = await pop3.ConnectAsync(gateway);
        (await Pop3Fixture.LinesAsync(client, "CAPA")).ShouldContain("SASL PLAIN");
        (await Pop3Fixture.LinesAsync(client, "AUTH")).ShouldBe(["PLAIN"]);
        await client.PlayAsync("""
            C: AUTH LOGIN
            S: -ERR The mechanism is not supported
            C: AUTH SCRAM-SHA-256
            S: -ERR The mechanism is not supported
            """);
    }

    private static async Task<string> ChallengeAsync(TestClient client)
    {
        var line = await client.LineAsync();
        line.ShouldNotBeNull().ShouldStartWith("+ ");
        return line[2..];
    }
}
