using Sora.Contracts;

namespace Sora.Gateway.Tests.Imap;

/// <summary>
/// The examples of RFC 9208 (QUOTA) in their order. A mailbox has one root here, that of its account, whose name is empty for its user; there are none of file
/// systems, and no soft limits: what does not fit is refused, so that OVERQUOTA is never untagged.
/// </summary>
[Collection("imap")]
public sealed class Rfc9208Tests(ImapFixture fixture)
{
    [Fact]
    public async Task Capabilities()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync();
        var named = (await client.DoAsync("CAPABILITY")).ShouldHaveSingleItem().Split(' ');
        named.Where(static name => name.StartsWith("QUOTA", StringComparison.Ordinal))
            .ShouldBe(["QUOTA", "QUOTA=RES-STORAGE", "QUOTA=RES-MESSAGE", "QUOTA=RES-MAILBOX", "QUOTASET"], ignoreOrder: true);
    }

    [Fact]
    public async Task Sections_4_1_1_and_4_1_2()
    {
        var alice = await fixture.UserAsync();
        await alice.DeliverAsync("Subject: x\n\n" + new string('x', (104 * 1024) - 14));
        await LimitAsync(alice, new QuotaLimits(10_923_847L * 1024, null, null));
        using var client = await alice.LogInAsync();
        await client.PlayAsync("""
            C: G0001 GETQUOTA ""
            S: * QUOTA "" (STORAGE 104 10923847)
            S: G0001 OK GETQUOTA completed
            C: G0001b GETQUOTA "!partition/sda4"
            S: G0001b NO [NONEXISTENT] …
            """);
        await LimitAsync(alice, new QuotaLimits(10_923_847L * 1024, 1000, null));
        await client.PlayAsync("""
            C: G0002 GETQUOTAROOT INBOX
            S: * QUOTAROOT INBOX ""
            S: * QUOTA "" (STORAGE 104 10923847 MESSAGE 1 1000)
            S: G0002 OK GETQUOTAROOT completed
            C: G0003 GETQUOTAROOT "to be created"
            S: * QUOTAROOT "to be created" ""
            S: * QUOTA "" (STORAGE 104 10923847 MESSAGE 1 1000)
            S: G0003 OK GETQUOTAROOT completed
            """);
    }

    [Fact]
    public async Task Section_4_1_3()
    {
        var alice = await fixture.UserAsync();
        for (var i = 0; i < 42; i++)
            await alice.DeliverAsync(new string('x', 1300));
        await LimitAsync(alice, new QuotaLimits(111 * 1024, 1000, null));
        using var client = await fixture.AdministratorAsync();
        await client.PlayAsync($"""
            C: S0000 GETQUOTA "#user/{alice.Address}"
            S: * QUOTA #user/{alice.Address} (STORAGE 54 111 MESSAGE 42 1000)
            S: S0000 OK GETQUOTA completed
            C: S0001 SETQUOTA "#user/{alice.Address}" (STORAGE 510)
            S: * QUOTA #user/{alice.Address} (STORAGE 54 510)
            S: S0001 OK SETQUOTA completed
            C: S0002 SETQUOTA "!partition/sda4" (STORAGE 99999999)
            S: S0002 NO [NONEXISTENT] …
            C: S0004 setquota #user/{alice.Address} (message 7)
            S: * QUOTA #user/{alice.Address} (MESSAGE 42 7)
            S: S0004 OK SETQUOTA completed
            C: S0003 SETQUOTA "#user/{alice.Address}" (STORAGE 0 MESSAGE 9223372036854775807)
            S: * QUOTA #user/{alice.Address} (STORAGE 54 0 MESSAGE 42 9223372036854775807)
            S: S0003 OK SETQUOTA completed
            """);
    }

    [Fact]
    public async Task Section_4_1_4()
    {
        var user = await fixture.UserAsync();
        for (var i = 0; i < 12; i++)
            await user.DeliverToAsync("INBOX", "ab", FlagSet.Of(i < 4 ? SystemFlags.Deleted : SystemFlags.None));
        using var client = await user.LogInAsync();
        await client.PlayAsync("""
            C: S0003 STATUS INBOX (MESSAGES DELETED DELETED-STORAGE)
            S: * STATUS INBOX (MESSAGES 12 DELETED 4 DELETED-STORAGE 8)
            S: S0003 OK STATUS completed
            """);
    }

    [Fact]
    public async Task Section_4_2()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(new string('x', 10 * 1024));
        await LimitAsync(user, new QuotaLimits(512 * 1024, null, null));
        using var client = await user.LogInAsync();
        await client.PlayAsync("""
            C: a GETQUOTAROOT INBOX
            S: * QUOTAROOT INBOX ""
            S: * QUOTA "" (STORAGE 10 512)
            S: a OK GETQUOTAROOT completed
            C: b GETQUOTAROOT "Other Users/nobody@example.com/comp.mail.mime"
            S: * QUOTAROOT "Other Users/nobody@example.com/comp.mail.mime"
            S: b OK GETQUOTAROOT completed
            """);
    }

    [Theory]
    [InlineData("{326}")]
    [InlineData("{326+}")]
    public async Task Section_4_3_1_refused(string literal)
    {
        var user = await fixture.UserAsync();
        await LimitAsync(user, new QuotaLimits(325, null, null));
        using var client = await user.LogInAsync("CREATE saved-messages");

        // A client that asks whether it may send the message is told at once that it may not
        await client.PlayAsync($"C: A003 APPEND saved-messages (\\Seen) {literal}");
        await client.PlayAsync(literal == "{326}" ? "S: A003 NO [OVERQUOTA] …" : Message + "C:\nS: A003 NO [OVERQUOTA] …");
        await client.PlayAsync("""
            C: A004 STATUS saved-messages (MESSAGES UIDNEXT)
            S: * STATUS saved-messages (MESSAGES 0 UIDNEXT 1)
            S: A004 OK STATUS completed
            """);
    }

    [Fact]
    public async Task Section_4_3_1_what_is_let_in()
    {
        var user = await fixture.UserAsync();
        await LimitAsync(user, new QuotaLimits(326, 4, null));
        using var client = await user.LogInAsync("CREATE saved-messages");
        await client.DoAsync("CREATE MEETING");
        await client.PlayAsync("C: A003 APPEND saved-messages (\\Seen) {326}\nS: + Ready …");
        await client.PlayAsync(Message + "C:\nS: A003 OK [APPENDUID … 1] APPEND completed");
        await LimitAsync(user, new QuotaLimits(null, 4, null));
        await client.DoAsync("APPEND saved-messages {1+}\r\n2");
        await client.DoAsync("SELECT saved-messages");
        await client.PlayAsync("""
            C: A004 COPY 1:2 MEETING
            S: A004 OK [COPYUID … 1:2 1:2] COPY completed
            C: A005 COPY 2 MEETING
            S: A005 NO [OVERQUOTA] …
            """);
    }

    private const string Message = """
        C: Date: Mon, 7 Feb 1994 21:52:25 -0800 (PST)
        C: From: Fred Foobar <foobar@Blurdybloop.example>
        C: Subject: afternoon meeting
        C: To: mooch@owatagu.siam.edu.example
        C: Message-Id: <B27397-0100000@Blurdybloop.example>
        C: MIME-Version: 1.0
        C: Content-Type: TEXT/PLAIN; CHARSET=US-ASCII
        C:
        C: Hello Joe, do you think we can meet at 3:30 tomorrow?

        """;

    private Task<MailResult<AccountQuota>> LimitAsync(TestUser user, QuotaLimits limits) =>
        fixture.Engine.Quotas.SetAsync(user.Account.Id, limits, CancellationToken.None);
}
