using Sora.Gateway.Pop3;

namespace Sora.Gateway.Tests.Pop3;

/// <summary>What the examples of the RFCs show, on maildrops that fit them.</summary>
[Collection("pop3")]
public sealed class RfcExampleTests(Pop3Fixture pop3)
{
    // 120 and 200 octets, the sizes of RFC 1939's examples
    private static readonly string First = "Subject: one\r\n\r\n" + new string('a', 102) + "\r\n";
    private static readonly string Second = "Subject: two\r\n\r\n" + new string('b', 182) + "\r\n";

    /// <summary>RFC 1939 sections 4 to 7.</summary>
    [Fact]
    public async Task Rfc1939_stat_list_retr_dele_noop_rset_quit()
    {
        var user = await pop3.UserAsync(First, Second);
        using var client = await pop3.ConnectAsync();
        await client.PlayAsync($"""
            C: USER {user}
            S: +OK send PASS
            C: PASS wrong
            S: -ERR [AUTH] *
            C: USER {user}
            S: +OK send PASS
            C: PASS secret
            S: +OK maildrop has 2 messages (320 octets)
            C: STAT
            S: +OK 2 320
            C: LIST
            S: +OK 2 messages (320 octets)
            S: 1 120
            S: 2 200
            S: .
            C: LIST 2
            S: +OK 2 200
            C: LIST 3
            S: -ERR no such message, only 2 messages in maildrop
            C: RETR 1
            S: +OK 120 octets
            S: Subject: one
            S:
            S: aaaa*
            S: .
            C: DELE 1
            S: +OK message 1 deleted
            C: DELE 1
            S: -ERR message 1 already deleted
            C: DELE 2
            S: +OK message 2 deleted
            C: LIST
            S: +OK 0 messages (0 octets)
            S: .
            C: DELE 2
            S: -ERR message 2 already deleted
            C: NOOP
            S: +OK
            C: RSET
            S: +OK maildrop has 2 messages (320 octets)
            C: QUIT
            S: +OK Sora POP3 server signing off
            S!
            """);
        (await pop3.IndexAsync(user)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task Rfc1939_top_and_uidl()
    {
        var user = await pop3.UserAsync("Subject: one\r\nTo: x\r\n\r\n1\r\n2\r\n3\r\n", Second);
        using var client = await pop3.LogInAsync(user);
        var validity = (await pop3.IndexAsync(user)).UidValidity.Value;
        await client.PlayAsync($"""
            C: TOP 1 2
            S: +OK
            S: Subject: one
            S: To: x
            S:
            S: 1
            S: 2
            S: .
            C: TOP 1 0
            S: +OK
            S: Subject: one
            S: To: x
            S:
            S: .
            C: TOP 1 100
            S: +OK
            S: Subject: one
            S: To: x
            S:
            S: 1
            S: 2
            S: 3
            S: .
            C: TOP 100 3
            S: -ERR no such message, only 2 messages in maildrop
            C: UIDL
            S: +OK
            S: 1 00000001{validity:X8}
            S: 2 00000002{validity:X8}
            S: .
            C: UIDL 2
            S: +OK 2 00000002{validity:X8}
            C: UIDL 3
            S: -ERR no such message, only 2 messages in maildrop
            C: DELE 1
            S: +OK message 1 deleted
            C: UIDL 1
            S: -ERR message 1 already deleted
            C: UIDL
            S: +OK
            S: 2 00000002{validity:X8}
            S: .
            C: QUIT
            S: +OK *
            S!
            """);
    }

    /// <summary>RFC 1939 section 10, the example of a session, with USER and PASS.</summary>
    [Fact]
    public async Task Rfc1939_a_whole_session()
    {
        var user = await pop3.UserAsync(First, Second);
        using var client = await pop3.LogInAsync(user);
        await client.PlayAsync("""
            C: STAT
            S: +OK 2 320
            C: LIST
            S: +OK 2 messages (320 octets)
            S: 1 120
            S: 2 200
            S: .
            C: RETR 1
            S: +OK 120 octets
            S: Subject: one
            S:
            S: aaa*
            S: .
            C: DELE 1
            S: +OK message 1 deleted
            C: RETR 2
            S: +OK 200 octets
            S: Subject: two
            S:
            S: bbb*
            S: .
            C: DELE 2
            S: +OK message 2 deleted
            C: QUIT
            S: +OK Sora POP3 server signing off
            S!
            """);
        (await pop3.IndexAsync(user)).Count.ShouldBe(0);
    }

    /// <summary>RFC 1939 section 7: APOP is optional, and not offered.</summary>
    [Fact]
    public async Task Rfc1939_apop_is_unknown()
    {
        using var client = await pop3.ConnectAsync();
        await client.PlayAsync("""
            C: APOP mrose c4c9334bac560ecc979e58001b3e22fb
            S: -ERR Unknown command
            C: QUIT
            S: +OK Sora POP3 server signing off
            S!
            """);
    }

    /// <summary>RFC 2449 section 5, with the tags of RFC 2595, 3206, 5034 and 6856.</summary>
    [Fact]
    public async Task Rfc2449_capa_in_both_states()
    {
        await using var gateway = await pop3.StartAsync(new Pop3Options { LoginDelay = TimeSpan.FromSeconds(1.5), Implementation = "Shlemazle-Plotz-v302" });
        using var client = await pop3.ConnectAsync(gateway);
        string[] expected =
        [
            "TOP", "UIDL", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING", "USER", "SASL SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN", "STLS", "UTF8 USER", "LANG", "EXPIRE NEVER", "LOGIN-DELAY 2",
            "IMPLEMENTATION Shlemazle-Plotz-v302",
        ];
        (await Pop3Fixture.LinesAsync(client, "CAPA")).ShouldBe(expected);
        var user = await pop3.UserAsync();
        await client.PlayAsync($"C: USER {user}\nS: +OK *\nC: PASS secret\nS: +OK *");
        (await Pop3Fixture.LinesAsync(client, "capa")).ShouldBe(expected);
    }

    /// <summary>RFC 2449 section 6.7: days, and one at least, for 0 would forbid to leave mail here.</summary>
    [Theory]
    [InlineData(2, "EXPIRE 1")]
    [InlineData(24, "EXPIRE 1")]
    [InlineData(24 * 31, "EXPIRE 31")]
    public async Task Clients_are_told_when_mail_grows_too_old(int hours, string expected)
    {
        await using var gateway = await pop3.StartAsync(new Pop3Options(), maxAge: TimeSpan.FromHours(hours));
        using var client = await pop3.ConnectAsync(gateway);
        (await Pop3Fixture.LinesAsync(client, "CAPA")).ShouldContain(expected);
    }

    /// <summary>RFC 2449 section 8.1.1.</summary>
    [Fact]
    public async Task Rfc2449_login_delay()
    {
        await using var gateway = await pop3.StartAsync(new Pop3Options { LoginDelay = TimeSpan.FromMinutes(10) });
        var user = await pop3.UserAsync();
        using (var first = await pop3.LogInAsync(user, gateway))
            await first.PlayAsync("C: QUIT\nS: +OK *\nS!");
        using var client = await pop3.ConnectAsync(gateway);
        await client.PlayAsync($"""
            C: USER {user}
            S: +OK send PASS
            C: PASS secret
            S: -ERR [LOGIN-DELAY] The last login was too short a time ago
            """);
    }

    /// <summary>RFC 2449 section 8.1.2, and that login is possible in the same session afterwards.</summary>
    [Fact]
    public async Task Rfc2449_in_use()
    {
        var user = await pop3.UserAsync(First);
        using var first = await pop3.LogInAsync(user);
        using var second = await pop3.ConnectAsync();
        await second.PlayAsync($"""
            C: USER {user}
            S: +OK send PASS
            C: PASS secret
            S: -ERR [IN-USE] Another session has the maildrop
            C: STAT
            S: -ERR Log in first
            """);
        await first.PlayAsync("C: QUIT\nS: +OK *\nS!");
        await second.PlayAsync($"""
            C: AUTH PLAIN {Pop3Fixture.Plain(user)}
            S: +OK maildrop has 1 messages (120 octets)
            """);
    }

    /// <summary>RFC 5034 section 6: with an initial response, with a challenge, and with one that is given up.</summary>
    [Fact]
    public async Task Rfc5034_auth()
    {
        var user = await pop3.UserAsync();
        using (var client = await pop3.ConnectAsync())
        {
            await client.PlayAsync($"""
                C: AUTH PLAIN {Pop3Fixture.Plain(user)}
                S: +OK maildrop has 0 messages (0 octets)
                C: AUTH PLAIN {Pop3Fixture.Plain(user)}
                S: -ERR Not after login
                C: QUIT
                S: +OK *
                S!
                """);
        }

        using var other = await pop3.ConnectAsync();
        await other.PlayAsync("""
            C: AUTH
            S: +OK mechanisms follow
            S: SCRAM-SHA-256
            S: SCRAM-SHA-1
            S: PLAIN
            S: LOGIN
            S: .
            C: AUTH PLAIN
            """);
        (await other.LineAsync()).ShouldBe("+ "); // the space belongs to it
        await other.PlayAsync($"""
            C: *
            S: -ERR AUTH is cancelled
            C: auth plain
            S: + *
            C: !!!
            S: -ERR Response is not base64
            C: AUTH PLAIN =
            S: -ERR Response is not a PLAIN message
            C: AUTH PLAIN {Pop3Fixture.Plain(user, authorize: "other@example.com")}
            S: -ERR [AUTH] *
            C: AUTH CRAM-MD5
            S: -ERR The mechanism is not supported
            C: AUTH PLAIN
            S: + *
            C: {Pop3Fixture.Plain(user)}
            S: +OK maildrop has 0 messages (0 octets)
            """);
    }

    /// <summary>RFC 6856 section 3.3, with the one language that there is.</summary>
    [Fact]
    public async Task Rfc6856_lang()
    {
        var user = await pop3.UserAsync();
        using var client = await pop3.ConnectAsync();
        await client.PlayAsync($"""
            C: LANG
            S: +OK language listing follows
            S: en English
            S: i-default English for everybody
            S: .
            C: USER {user}
            S: +OK *
            C: PASS secret
            S: +OK *
            C: LANG MUL
            S: -ERR The language is not known here
            C: LANG en
            S: +OK en Texts are in English
            C: LANG en-GB
            S: +OK en Texts are in English
            C: lang I-DEFAULT
            S: +OK i-default Texts are in English
            C: LANG *
            S: +OK en Texts are in English
            C: LANG uga
            S: -ERR The language is not known here
            """);
    }

    /// <summary>RFC 6856 sections 2.1 and 5.</summary>
    [Fact]
    public async Task Rfc6856_utf8()
    {
        // Utf-8, and Latin-1 that is no UTF-8
        const string International = "Subject: Gr\u00C3\u00BC\u00C3\u009Fe\r\n\r\nbody\r\n";
        const string Legacy = "Subject: Gr\u00FC\u00DFe\r\n\r\nbody\r\n";
        var user = await pop3.UserAsync(International, Legacy, "Subject: x\r\n\r\nGr\u00C3\u00BC\u00C3\u009Fe\r\n");
        await using (var strict = await pop3.StartAsync(new Pop3Options { Utf8Headers = Utf8Headers.Refuse }))
        using (var client = await pop3.LogInAsync(user, strict))
        {
            await client.PlayAsync("""
                C: RETR 1
                S: -ERR [UTF8] *
                C: TOP 1 0
                S: -ERR [UTF8] *
                C: UTF8
                S: -ERR Not after login
                """);
            (await Pop3Fixture.LinesAsync(client, "RETR 2"))[0].ShouldBe("Subject: Gr\u00FC\u00DFe");
            (await Pop3Fixture.LinesAsync(client, "RETR 3"))[2].ShouldBe("Gr\u00C3\u00BC\u00C3\u009Fe");
            await client.PlayAsync("C: QUIT\nS: +OK *\nS!");
        }

        using var modern = await pop3.ConnectAsync();
        await modern.PlayAsync($"""
            C: UTF8 x
            S: -ERR Too many arguments
            C: UTF8
            S: +OK UTF8 enabled
            C: STLS
            S: -ERR STLS comes before UTF8
            C: USER {user}
            S: +OK *
            C: PASS secret
            S: +OK *
            """);
        (await Pop3Fixture.LinesAsync(modern, "RETR 1")).ShouldBe(["Subject: Gr\u00C3\u00BC\u00C3\u009Fe", "", "body"]);
        await modern.PlayAsync("C: QUIT\nS: +OK *\nS!");

        await using var lenient = await pop3.StartAsync(new Pop3Options { Utf8Headers = Utf8Headers.Send });
        using var old = await pop3.LogInAsync(user, lenient);
        (await Pop3Fixture.LinesAsync(old, "RETR 1"))[0].ShouldBe("Subject: Gr\u00C3\u00BC\u00C3\u009Fe");
    }
}
