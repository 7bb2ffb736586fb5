namespace Sora.Gateway.Tests.Imap;

/// <summary>ESEARCH in several mailboxes (RFC 7377).</summary>
[Collection("imap")]
public sealed class MultiSearchTests(ImapFixture fixture)
{
    [Fact]
    public async Task Sources()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync("CREATE work");
        await client.DoAsync("CREATE work/a");
        await client.DoAsync("CREATE work/a/b");
        await client.DoAsync("SUBSCRIBE work/a");
        await client.DoAsync("SUBSCRIBE missing");
        foreach (var mailbox in new[] { "INBOX", "INBOX", "work", "work/a", "work/a/b" })
            await user.DeliverToAsync(mailbox, $"Subject: in {mailbox}\n\n");
        (string Source, string Mailboxes)[] cases =
        [
            ("inboxes", "INBOX"),
            ("mailboxes work", "work"),
            ("mailboxes (work/a INBOX work/a)", "work/a INBOX"),
            ("mailboxes (none work)", "work"),
            ("subtree work", "work work/a work/a/b"),
            ("subtree-one work", "work work/a"),
            ("SUBTREE-ONE (work/a none)", "work/a work/a/b"),
            ("subtree none", ""),
            ("subscribed", "INBOX work/a"),
            ("personal", "INBOX work work/a work/a/b"),
            ("inboxes subtree work personal", "INBOX work work/a work/a/b"),
        ];
        foreach (var (source, mailboxes) in cases)
        {
            var lines = await client.DoAsync($"ESEARCH IN ({source}) RETURN (ALL) SUBJECT in");
            lines.Select(static line => line.Split(' ')[5]).ShouldBe(mailboxes.Split(' ', StringSplitOptions.RemoveEmptyEntries), source);
        }
    }

    [Fact]
    public async Task Answers()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync("CREATE \"a b\"");
        for (var i = 0; i < 3; i++)
            await user.DeliverToAsync("INBOX", $"Subject: number {i}\n\ntext\n");
        await user.DeliverToAsync("a b", "Subject: number 2\n\n");
        await client.PlayAsync("""
            C: t0 ESEARCH SUBJECT number
            S: t0 BAD No mailbox is selected
            C: t1 ESEARCH IN (mailboxes "a b" inboxes) SUBJECT number
            S: * ESEARCH (TAG "t1" MAILBOX "a b" UIDVALIDITY …) UID ALL 1
            S: * ESEARCH (TAG "t1" MAILBOX INBOX UIDVALIDITY …) UID ALL 1:3
            S: t1 OK ESEARCH completed
            C: t2 ESEARCH IN (inboxes mailboxes "a b") RETURN (COUNT MAX) BODY text
            S: * ESEARCH (TAG "t2" MAILBOX INBOX UIDVALIDITY …) UID MAX 3 COUNT 3
            S: t2 OK ESEARCH completed
            C: t3 ESEARCH IN (inboxes) RETURN (SAVE) ALL
            S: t3 BAD …
            C: t4 ESEARCH IN (inboxes) 1:3
            S: t4 BAD …
            C: t5 ESEARCH IN (inboxes) UID $
            S: t5 BAD …
            C: t6 ESEARCH IN (nowhere) ALL
            S: t6 BAD …
            C: n NOOP
            S: n OK NOOP completed
            C: t7 ESEARCH IN () ALL
            S: t7 BAD …
            C: t8 ESEARCH IN (inboxes (scope)) ALL
            S: t8 BAD …
            C: t9 ESEARCH IN (inboxes) RETURN (UPDATE COUNT) UID 2:3
            S: * NO [NOUPDATE "t9"] …
            S: * ESEARCH (TAG "t9" MAILBOX INBOX UIDVALIDITY …) UID COUNT 2
            S: t9 OK ESEARCH completed
            """);
        await client.DoAsync("SELECT INBOX");
        await client.PlayAsync("""
            C: s1 ESEARCH RETURN (SAVE) 2:3
            S: s1 OK ESEARCH completed
            C: s2 ESEARCH IN (selected) RETURN (PARTIAL 1:1) $
            S: * ESEARCH (TAG "s2" MAILBOX INBOX UIDVALIDITY …) UID PARTIAL (1:1 2)
            S: s2 OK ESEARCH completed
            C: s3 ESEARCH IN (selected mailboxes "a b") RETURN (MIN) OR SUBJECT 0 SUBJECT 2
            S: * ESEARCH (TAG "s3" MAILBOX INBOX UIDVALIDITY …) UID MIN 1
            S: * ESEARCH (TAG "s3" MAILBOX "a b" UIDVALIDITY …) UID MIN 1
            S: s3 OK ESEARCH completed
            C: s6 ESEARCH IN (personal) RETURN (ALL RELEVANCY) FUZZY SUBJECT "2 number"
            S: * ESEARCH (TAG "s6" MAILBOX INBOX UIDVALIDITY …) UID ALL 3 RELEVANCY (50)
            S: * ESEARCH (TAG "s6" MAILBOX "a b" UIDVALIDITY …) UID ALL 1 RELEVANCY (50)
            S: s6 OK ESEARCH completed
            C: s4 ESEARCH IN (selected) RETURN (SAVE COUNT) SUBJECT nothing
            S: s4 OK ESEARCH completed
            C: s5 SEARCH RETURN (COUNT) $
            S: * ESEARCH (TAG "s5") COUNT 0
            S: s5 OK SEARCH completed
            """);
    }
}
