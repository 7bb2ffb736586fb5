using System.Text.RegularExpressions;

namespace Sora.Gateway.Tests.Imap;

/// <summary>
/// The examples of RFC 7162 (CONDSTORE and QRESYNC) in their order, on mailboxes of our own, where every delivery and every STORE is one mod-sequence:
/// after n deliveries HIGHESTMODSEQ is n + 1.
/// </summary>
[Collection("imap")]
public sealed class Rfc7162Tests(ImapFixture fixture)
{
    private const string Mail = "Subject: hello\n\nbody\n";

    private async Task<TestUser> MailboxAsync(int messages)
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync([.. Enumerable.Repeat(Mail, messages)]);
        return user;
    }

    [Fact]
    public async Task Section_3_1_2_select()
    {
        var user = await MailboxAsync(3);
        using var client = await user.LogInAsync();
        await client.PlayAsync("""
            C: A142 SELECT INBOX (CONDSTORE)
            S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
            S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] …
            S: * 3 EXISTS
            S: * 3 RECENT
            S: * OK [UNSEEN 1] …
            S: * OK [UIDVALIDITY …] …
            S: * OK [UIDNEXT 4] …
            S: * OK [HIGHESTMODSEQ 4] …
            S: * OK [MAILBOXID (…)] …
            S: A142 OK [READ-WRITE] SELECT completed
            C: A143 STATUS INBOX (UIDNEXT MESSAGES HIGHESTMODSEQ)
            S: * STATUS INBOX (UIDNEXT 4 MESSAGES 3 HIGHESTMODSEQ 4)
            S: A143 OK STATUS completed
            """);
    }

    [Fact]
    public async Task Section_3_1_3_conditional_store()
    {
        var user = await MailboxAsync(8);
        using var other = await user.LogInAsync("SELECT INBOX");
        using var client = await user.LogInAsync("SELECT INBOX");
        await client.PlayAsync("""
            C: a103 UID STORE 6,4,8 (UNCHANGEDSINCE 9) +FLAGS.SILENT (\Deleted)
            S: * OK [HIGHESTMODSEQ 9] From now on
            S: * 4 FETCH (UID 4 MODSEQ (10))
            S: * 6 FETCH (UID 6 MODSEQ (10))
            S: * 8 FETCH (UID 8 MODSEQ (10))
            S: a103 OK STORE completed
            C: a104 STORE * (UNCHANGEDSINCE 10) +FLAGS.SILENT (\Deleted $Processed)
            S: * FLAGS …
            S: * OK [PERMANENTFLAGS …
            S: * 8 FETCH (UID 8 MODSEQ (11))
            S: a104 OK STORE completed
            C: c101 STORE 8 (UNCHANGEDSINCE 11) -FLAGS.SILENT (\Deleted)
            S: * 8 FETCH (UID 8 MODSEQ (12))
            S: c101 OK STORE completed
            C: a102 STORE 8 (UNCHANGEDSINCE 0) +FLAGS.SILENT ($MDNSent)
            S: a102 OK [MODIFIED 8] Conditional STORE failed
            C: a105 UID STORE 7:8 (UNCHANGEDSINCE 0) +FLAGS.SILENT (\Seen)
            S: a105 OK [MODIFIED 7:8] Conditional STORE failed
            """);

        // Another client has set the flag on one of them; then the same when it has set another one
        await other.DoAsync("STORE 2 +FLAGS.SILENT ($Processed)");
        await client.PlayAsync("""
            C: a106 STORE 1:3 (UNCHANGEDSINCE 12) +FLAGS.SILENT ($Processed)
            S: * 1 FETCH (UID 1 MODSEQ (14))
            S: * 2 FETCH (UID 2 FLAGS ($Processed) MODSEQ (13))
            S: * 3 FETCH (UID 3 MODSEQ (14))
            S: a106 OK [MODIFIED 2] Conditional STORE failed
            """);
        await other.DoAsync("STORE 3 +FLAGS.SILENT (\\Answered)");
        await client.PlayAsync("""
            C: b107 NOOP
            S: * 3 FETCH (UID 3 FLAGS (\Answered $Processed) MODSEQ (15))
            S: b107 OK NOOP completed
            C: b108 STORE 3 (UNCHANGEDSINCE 15) -FLAGS.SILENT ($Processed)
            S: * 3 FETCH (UID 3 MODSEQ (16))
            S: b108 OK STORE completed
            """);
    }

    [Fact]
    public async Task Section_3_1_3_some_of_the_messages_are_gone()
    {
        var user = await MailboxAsync(7);
        using var other = await user.LogInAsync("SELECT INBOX");
        using var client = await user.LogInAsync("SELECT INBOX (CONDSTORE)");
        await other.DoAsync("STORE 4:7 +FLAGS.SILENT (\\Deleted)"); // 9
        await other.DoAsync("EXPUNGE"); // 10
        await other.DoAsync("STORE 2 +FLAGS.SILENT (\\Answered)"); // 11
        await client.PlayAsync("""
            C: B001 STORE 1:7 (UNCHANGEDSINCE 8) +FLAGS.SILENT (\Seen)
            S: * 1 FETCH (UID 1 MODSEQ (12))
            S: * 2 FETCH (UID 2 FLAGS (\Answered) MODSEQ (11))
            S: * 3 FETCH (UID 3 MODSEQ (12))
            S: B001 OK [MODIFIED 2] Conditional STORE failed
            C: B002 NOOP
            S: * 4 EXPUNGE
            S: * 4 EXPUNGE
            S: * 4 EXPUNGE
            S: * 4 EXPUNGE
            S: B002 OK NOOP completed
            C: b003 STORE 2 (UNCHANGEDSINCE 11) +FLAGS (\Seen)
            S: * 2 FETCH (UID 2 FLAGS (\Answered \Seen) MODSEQ (13))
            S: b003 OK STORE completed
            """);
    }

    [Fact]
    public async Task Sections_3_1_4_and_3_1_5_fetch_and_search()
    {
        var user = await MailboxAsync(4);
        using var client = await user.LogInAsync("SELECT INBOX (CONDSTORE)");
        await client.DoAsync("STORE 1 +FLAGS.SILENT (\\Seen)"); // 6
        await client.DoAsync("STORE 2 +FLAGS.SILENT (\\Deleted)"); // 7
        await client.DoAsync("STORE 4 +FLAGS.SILENT ($NoJunk $AutoJunk)"); // 8
        await client.PlayAsync("""
            C: s100 UID FETCH 1:* (FLAGS) (CHANGEDSINCE 5)
            S: * 1 FETCH (UID 1 FLAGS (\Seen \Recent) MODSEQ (6))
            S: * 2 FETCH (UID 2 FLAGS (\Deleted \Recent) MODSEQ (7))
            S: * 4 FETCH (UID 4 FLAGS (\Recent $NoJunk $AutoJunk) MODSEQ (8))
            S: s100 OK FETCH completed
            C: a FETCH 1:3 (MODSEQ)
            S: * 1 FETCH (MODSEQ (6))
            S: * 2 FETCH (MODSEQ (7))
            S: * 3 FETCH (MODSEQ (4))
            S: a OK FETCH completed
            C: b SEARCH MODSEQ "/flags/\\draft" all 6
            S: * SEARCH 1 2 4 (MODSEQ 8)
            S: b OK SEARCH completed
            C: c SEARCH MODSEQ "/flags/\\draft" priv 7
            S: * SEARCH 2 4 (MODSEQ 8)
            S: c OK SEARCH completed
            C: t SEARCH OR NOT MODSEQ 1 LARGER 50000
            S: * SEARCH
            S: t OK SEARCH completed
            C: u UID SEARCH NOT MODSEQ 7
            S: * SEARCH 1 3 (MODSEQ 6)
            S: u OK SEARCH completed
            C: v SEARCH RETURN (ALL) MODSEQ 6
            S: * ESEARCH (TAG "v") ALL 1:2,4 MODSEQ 8
            S: v OK SEARCH completed
            C: w SORT RETURN (ALL) (REVERSE ARRIVAL REVERSE SIZE) UTF-8 MODSEQ 6
            S: * ESEARCH (TAG "w") ALL 1:2,4 MODSEQ 8
            S: w OK SORT completed
            C: x SORT (ARRIVAL) UTF-8 MODSEQ 6
            S: * SORT 1 2 4 (MODSEQ 8)
            S: x OK SORT completed
            """);
    }

    [Fact]
    public async Task Section_3_1_4_2_three_sessions()
    {
        var user = await MailboxAsync(7);
        using var a = await user.LogInAsync("SELECT INBOX (CONDSTORE)");
        using var c = await user.LogInAsync("SELECT INBOX (CONDSTORE)");
        using var d = await user.LogInAsync("SELECT INBOX");
        await d.DoAsync("STORE 7 +FLAGS.SILENT (\\Answered)");
        await a.DoAsync("NOOP");
        await c.DoAsync("NOOP");
        await a.PlayAsync("""
            C: A160 STORE 7 +FLAGS.SILENT (\Deleted)
            S: * 7 FETCH (UID 7 MODSEQ (10))
            S: A160 OK STORE completed
            """);
        await c.PlayAsync("""
            C: C180 NOOP
            S: * 7 FETCH (UID 7 FLAGS (\Answered \Deleted) MODSEQ (10))
            S: C180 OK NOOP completed
            """);
        await d.PlayAsync("""
            C: D210 NOOP
            S: * 7 FETCH (FLAGS (\Answered \Deleted))
            S: D210 OK NOOP completed
            """);
        await a.PlayAsync("""
            C: A240 STORE 7 +FLAGS.SILENT (\Seen)
            S: * 7 FETCH (UID 7 MODSEQ (11))
            S: A240 OK STORE completed
            """);
        await c.PlayAsync("""
            C: C270 NOOP
            S: * 7 FETCH (UID 7 FLAGS (\Answered \Deleted \Seen) MODSEQ (11))
            S: C270 OK NOOP completed
            """);
        await a.PlayAsync("""
            C: A330 STORE 7 -FLAGS.SILENT (\Answered \Seen)
            S: * 7 FETCH (UID 7 MODSEQ (12))
            S: A330 OK STORE completed
            """);
        await c.PlayAsync("""
            C: C360 NOOP
            S: * 7 FETCH (UID 7 FLAGS (\Deleted) MODSEQ (12))
            S: C360 OK NOOP completed
            """);
        await d.PlayAsync("""
            C: D390 NOOP
            S: * 7 FETCH (FLAGS (\Deleted))
            S: D390 OK NOOP completed
            """);
    }

    // Section 3.1.11: "Adding the flag when it is already present or removing it when it is not present SHOULD NOT change the mod-sequence"
    [Theory]
    [InlineData("STORE 1 +FLAGS (\\Seen)")]
    [InlineData("STORE 1 -FLAGS (\\Flagged $Work)")]
    [InlineData("STORE 1 FLAGS (\\Seen)")]
    [InlineData("FETCH 1 BODY[]")]
    [InlineData("UID STORE 1 (UNCHANGEDSINCE 5) +FLAGS.SILENT (\\Seen)")]
    public async Task What_changes_nothing_leaves_the_mod_sequence(string command)
    {
        var user = await MailboxAsync(1);
        using var client = await user.LogInAsync("SELECT INBOX (CONDSTORE)");
        await client.DoAsync("STORE 1 +FLAGS.SILENT (\\Seen)");
        await client.DoAsync(command);
        (await client.DoAsync("FETCH 1 MODSEQ")).ShouldBe(["* 1 FETCH (MODSEQ (3))"]);
        (await client.DoAsync("STATUS INBOX (HIGHESTMODSEQ)")).ShouldBe(["* STATUS INBOX (HIGHESTMODSEQ 3)"]);
    }

    [Fact]
    public async Task Section_3_2_5_resynchronisation()
    {
        var user = await MailboxAsync(12);
        using var other = await user.LogInAsync("SELECT INBOX");
        await other.DoAsync("STORE 4,6:8 +FLAGS.SILENT (\\Deleted)"); // 14
        await other.DoAsync("EXPUNGE"); // 15
        await other.DoAsync("UID STORE 5 +FLAGS.SILENT (\\Seen \\Answered)"); // 16
        await other.DoAsync("UID STORE 11 +FLAGS.SILENT (\\Draft $MDNSent)"); // 17
        using var client = await user.LogInAsync("ENABLE QRESYNC");
        await client.DoAsync("SELECT Trash");
        var inbox = Regex.Match(string.Concat(await client.DoAsync("STATUS INBOX (UIDVALIDITY)")), "UIDVALIDITY ([0-9]+)").Groups[1].Value;
        await client.PlayAsync($$"""
            C: A02 SELECT INBOX (QRESYNC ({{uint.Parse(inbox, null) + 1}} 3 1:12))
            S: * OK [CLOSED] …
            S: * FLAGS …
            S: * OK [PERMANENTFLAGS …
            S: * 8 EXISTS
            S: * … RECENT
            S: * OK [UNSEEN 1] …
            S: * OK [UIDVALIDITY {{inbox}}] …
            S: * OK [UIDNEXT 13] …
            S: * OK [HIGHESTMODSEQ 17] …
            S: * OK [MAILBOXID (…)] …
            S: A02 OK [READ-WRITE] SELECT completed
            C: A03 SELECT INBOX (QRESYNC ({{inbox}} 13 4,7:540))
            S: * OK [CLOSED] …
            S: * FLAGS …
            S: * OK [PERMANENTFLAGS …
            S: * 8 EXISTS
            S: * … RECENT
            S: * OK [UNSEEN 1] …
            S: * OK [UIDVALIDITY {{inbox}}] …
            S: * OK [UIDNEXT 13] …
            S: * OK [HIGHESTMODSEQ 17] …
            S: * OK [MAILBOXID (…)] …
            S: * VANISHED (EARLIER) 4,7:8
            S: * 7 FETCH (UID 11 FLAGS (\Draft $MDNSent) MODSEQ (17))
            S: A03 OK [READ-WRITE] SELECT completed
            """);
        Resync(await client.DoAsync($"SELECT INBOX (QRESYNC ({inbox} 13 1:12 (2,5,8 2,5,8)))")).ShouldBe(
            ["* VANISHED (EARLIER) 4,6:8", "* 4 FETCH (UID 5 FLAGS (\\Answered \\Seen) MODSEQ (16))", "* 7 FETCH (UID 11 FLAGS (\\Draft $MDNSent) MODSEQ (17))"]);
        Resync(await client.DoAsync($"SELECT INBOX (QRESYNC ({inbox} 13 (5,8 9,12)))")).ShouldBe(
            ["* 4 FETCH (UID 5 FLAGS (\\Answered \\Seen) MODSEQ (16))", "* 7 FETCH (UID 11 FLAGS (\\Draft $MDNSent) MODSEQ (17))"]);
    }

    [Fact]
    public async Task Section_3_2_6_fetch()
    {
        var user = await MailboxAsync(6);
        using var client = await user.LogInAsync("ENABLE QRESYNC");
        await client.DoAsync("SELECT INBOX");
        await client.DoAsync("STORE 1,3 +FLAGS.SILENT (\\Deleted)"); // 8
        await client.DoAsync("EXPUNGE"); // 9
        await client.DoAsync("UID STORE 4 +FLAGS.SILENT (\\Seen)"); // 10
        await client.PlayAsync("""
            C: s100 UID FETCH 2:9 (FLAGS) (CHANGEDSINCE 7)
            S: * 2 FETCH (UID 4 FLAGS (\Seen \Recent) MODSEQ (10))
            S: s100 OK FETCH completed
            C: s101 UID SEARCH UID 2:9
            S: * SEARCH 2 4 5 6
            S: s101 OK SEARCH completed
            C: s102 UID FETCH 2:9 (FLAGS) (CHANGEDSINCE 7 VANISHED)
            S: * VANISHED (EARLIER) 3
            S: * 2 FETCH (UID 4 FLAGS (\Seen \Recent) MODSEQ (10))
            S: s102 OK FETCH completed
            """);
    }

    [Fact]
    public async Task Sections_3_2_7_to_3_2_10_expunges()
    {
        var user = await MailboxAsync(11);
        using var client = await user.LogInAsync("SELECT INBOX (CONDSTORE)");
        await client.DoAsync("STORE 3,4,7,11 +FLAGS.SILENT (\\Deleted)"); // 13
        await client.PlayAsync("""
            C: A202 EXPUNGE
            S: * 3 EXPUNGE
            S: * 3 EXPUNGE
            S: * 5 EXPUNGE
            S: * 8 EXPUNGE
            S: A202 OK [HIGHESTMODSEQ 14] EXPUNGE completed
            C: A203 STORE 1:3 +FLAGS (\Deleted)
            S: * 1 FETCH (UID 1 FLAGS (\Deleted \Recent) MODSEQ (15))
            S: * 2 FETCH (UID 2 FLAGS (\Deleted \Recent) MODSEQ (15))
            S: * 3 FETCH (UID 5 FLAGS (\Deleted \Recent) MODSEQ (15))
            S: A203 OK STORE completed
            C: . UID EXPUNGE 2:5
            S: * 2 EXPUNGE
            S: * 2 EXPUNGE
            S: . OK [HIGHESTMODSEQ 16] EXPUNGE completed
            C: A204 ENABLE QRESYNC
            S: * ENABLED QRESYNC
            S: A204 OK ENABLE completed
            C: B202 EXPUNGE
            S: * VANISHED 1
            S: B202 OK [HIGHESTMODSEQ 17] EXPUNGE completed
            C: B203 UID STORE 6,8 +FLAGS.SILENT (\Deleted)
            S: * 1 FETCH (UID 6 MODSEQ (18))
            S: * 2 FETCH (UID 8 MODSEQ (18))
            S: B203 OK STORE completed
            C: A205 CLOSE
            S: A205 OK CLOSE completed
            C: A206 STATUS INBOX (MESSAGES HIGHESTMODSEQ)
            S: * STATUS INBOX (MESSAGES 2 HIGHESTMODSEQ 19)
            S: A206 OK STATUS completed
            """);
    }

    // Section 6: mod-sequences beyond an expunge that has not been told must not be what the client goes on from
    [Fact]
    public async Task Section_6_a_delayed_VANISHED()
    {
        var user = await MailboxAsync(4);
        using var other = await user.LogInAsync("SELECT INBOX");
        using var client = await user.LogInAsync("ENABLE QRESYNC");
        await client.DoAsync("SELECT INBOX");
        await other.DoAsync("STORE 4 +FLAGS.SILENT (\\Deleted)"); // 6
        await other.DoAsync("EXPUNGE"); // 7
        await other.DoAsync("STORE 3 +FLAGS.SILENT (\\Flagged)"); // 8
        await client.PlayAsync("""
            C: A150 STORE 1:3 (UNCHANGEDSINCE 5) +FLAGS.SILENT (\Seen)
            S: * 1 FETCH (UID 1 MODSEQ (9))
            S: * 2 FETCH (UID 2 MODSEQ (9))
            S: * 3 FETCH (UID 3 FLAGS (\Flagged) MODSEQ (8))
            S: * OK [HIGHESTMODSEQ 5] …
            S: A150 OK [MODIFIED 3] Conditional STORE failed
            C: A151 STORE 3 +FLAGS.SILENT (\Seen)
            S: * 3 FETCH (UID 3 MODSEQ (10))
            S: * OK [HIGHESTMODSEQ 5] …
            S: A151 OK STORE completed
            """);
        var noop = await client.RunAsync("NOOP");
        noop[0].ShouldBe("* VANISHED 4");
        (await client.DoAsync("UID FETCH 1:4 (FLAGS) (CHANGEDSINCE 8 VANISHED)")).Count.ShouldBe(3);
    }

    private static List<string> Resync(List<string> select) => select.FindAll(line => Regex.IsMatch(line, "VANISHED|FETCH"));
}
