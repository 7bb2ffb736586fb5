using Sora.Contracts;

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
            S: t9 BAD No mailbox is selected
            C: t10 ESEARCH IN (selected-delayed) ALL
            S: t10 BAD …
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

    [Fact]
    public async Task Update_concerns_the_selected_mailbox()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync("CREATE other");
        await user.DeliverAsync("Subject: one\n\n");
        await user.DeliverToAsync("other", "Subject: one\n\n");
        await client.DoAsync("SELECT INBOX");
        await client.PlayAsync("""
            C: u1 ESEARCH IN (mailboxes other) RETURN (UPDATE COUNT) SUBJECT one
            S: * NO [NOUPDATE "u1"] …
            S: * ESEARCH (TAG "u1" MAILBOX other UIDVALIDITY …) UID COUNT 1
            S: u1 OK ESEARCH completed, will not notify
            C: u2 ESEARCH IN (personal) RETURN (UPDATE COUNT) FLAGGED
            S: u2 OK ESEARCH completed
            C: u2 ESEARCH RETURN (UPDATE) ALL
            S: u2 BAD Tag reuse
            C: u3 STORE 1 +FLAGS.SILENT (\Flagged)
            S: * ESEARCH (TAG "u2" MAILBOX INBOX UIDVALIDITY …) UID ADDTO (0 1)
            S: u3 OK STORE completed
            C: u4 CANCELUPDATE "u2"
            S: u4 OK CANCELUPDATE completed
            """);
    }

    [Fact]
    public async Task Pipelined_searches_are_told_apart_by_their_tags()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync("CREATE folder1");
        foreach (var name in new[] { "folder2", "folder2/banana", "folder2/peach", "folder2/peach/stone" })
            await client.DoAsync($"CREATE {name}");
        await user.DeliverToAsync("folder1", "Subject: chad\n\n", FlagSet.Of(SystemFlags.Seen));
        await user.DeliverToAsync("folder1", "Subject: lake\n\n");
        await user.DeliverToAsync("folder2/banana", "Subject: chad\n\n");
        await user.DeliverToAsync("folder2/peach/stone", "Subject: chad\n\n");
        await client.PlayAsync("""
            C: tag1 ESEARCH IN (mailboxes "folder1" subtree "folder2") unseen
            C: tag2 ESEARCH IN (mailboxes "folder1" subtree-one "folder2") subject "chad"
            S: * ESEARCH (TAG "tag1" MAILBOX folder1 UIDVALIDITY …) UID ALL 2
            S: * ESEARCH (TAG "tag1" MAILBOX folder2/banana UIDVALIDITY …) UID ALL 1
            S: * ESEARCH (TAG "tag1" MAILBOX folder2/peach/stone UIDVALIDITY …) UID ALL 1
            S: tag1 OK ESEARCH completed
            S: * ESEARCH (TAG "tag2" MAILBOX folder1 UIDVALIDITY …) UID ALL 1
            S: * ESEARCH (TAG "tag2" MAILBOX folder2/banana UIDVALIDITY …) UID ALL 1
            S: tag2 OK ESEARCH completed
            C: tag3 ESEARCH IN (mailboxes folder1) CHARSET X-NONE SUBJECT x
            S: tag3 NO [BADCHARSET …
            C: tag4 ESEARCH IN (mailboxes folder1) 1:2
            S: tag4 BAD …
            """);
    }

    [Fact]
    public async Task Mailboxes_of_others_are_searched_where_the_user_may_read_and_list_them()
    {
        var owner = await fixture.UserAsync();
        var user = await fixture.UserAsync();
        using var theirs = await owner.LogInAsync("CREATE seen");
        await theirs.DoAsync("CREATE hidden");
        await theirs.DoAsync("CREATE closed");
        await theirs.DoAsync($"SETACL seen {user.Address} lr");
        await theirs.DoAsync($"SETACL hidden {user.Address} r");
        await theirs.DoAsync($"SETACL closed {user.Address} l");
        foreach (var mailbox in new[] { "seen", "hidden", "closed" })
            await owner.DeliverToAsync(mailbox, "Subject: x\n\n");
        var top = $"Other Users/{owner.Address}";
        using var client = await user.LogInAsync();
        (await FoundAsync($"subtree \"{top}\"")).ShouldBe([$"{top}/seen"]);
        (await FoundAsync($"mailboxes (\"{top}/hidden\" \"{top}/closed\" \"{top}/none\")")).ShouldBe([$"{top}/hidden"]);
        (await FoundAsync($"subtree-one \"{top}/hidden\"")).ShouldBe([$"{top}/hidden"]);
        (await FoundAsync("personal")).ShouldBeEmpty();

        async Task<string[]> FoundAsync(string source) =>
            [.. (await client.DoAsync($"ESEARCH IN ({source}) ALL")).Select(static line => line.Split('"')[3])];
    }
}
