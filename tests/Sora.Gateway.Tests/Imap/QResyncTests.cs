using System.Globalization;
using System.Text.RegularExpressions;
using Sora.Contracts;

namespace Sora.Gateway.Tests.Imap;

/// <summary>RFC 7162, QRESYNC.</summary>
[Collection("imap")]
public sealed class QResyncTests(ImapFixture fixture)
{
    private const string Mail = "Subject: hello\n\nbody\n";

    [Fact]
    public async Task Parameters_need_enable_first()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail);
        using var client = await user.LogInAsync("SELECT INBOX");
        await client.PlayAsync("""
            C: a1 SELECT INBOX (QRESYNC (1 1))
            S: a1 BAD ENABLE QRESYNC comes first
            C: a2 UID FETCH 1:* (FLAGS) (CHANGEDSINCE 1 VANISHED)
            S: a2 BAD ENABLE QRESYNC comes first
            C: a3 FETCH 1 (FLAGS) (CHANGEDSINCE 1 VANISHED)
            S: a3 BAD …
            C: a4 ENABLE QRESYNC CONDSTORE
            S: * ENABLED CONDSTORE QRESYNC
            S: * OK [HIGHESTMODSEQ …] …
            S: a4 OK ENABLE completed
            C: a5 UID FETCH 1:* (FLAGS) (VANISHED)
            S: a5 BAD …
            C: a6 FETCH 1 (FLAGS) (CHANGEDSINCE 1 VANISHED)
            S: a6 BAD …
            C: a7 UID FETCH 1 (FLAGS) (CHANGEDSINCE 1 CHANGEDSINCE 2)
            S: a7 BAD …
            C: a8 UID FETCH 1 (UID)
            S: * 1 FETCH (UID 1)
            S: a8 OK FETCH completed
            """);
    }

    [Theory]
    [InlineData("(QRESYNC (0 1))")]
    [InlineData("(QRESYNC (1))")]
    [InlineData("(QRESYNC (1 1 *))")]
    [InlineData("(QRESYNC (1 1 1:*))")]
    [InlineData("(QRESYNC (1 1 $))")]
    [InlineData("(QRESYNC (1 1 1:5 (1,2 3)))")]
    [InlineData("(QRESYNC (1 1 1:5 (2,1 3,4)))")]
    [InlineData("(QRESYNC (1 1 1:5 (1,2 4,3)))")]
    [InlineData("(QRESYNC (1 1 1:5 (1 *)))")]
    [InlineData("(QRESYNC (1 1 1:5 (1)))")]
    [InlineData("(QRESYNC (1 1) QRESYNC (1 1))")]
    [InlineData("(QRESYNC (1 9223372036854775808))")]
    [InlineData("(QRESYNC 1 1)")]
    [InlineData("()")]
    public async Task Bad_parameters_leave_the_mailbox_selected(string parameters)
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail);
        using var client = await user.LogInAsync("ENABLE QRESYNC");
        await client.DoAsync("SELECT INBOX");
        (await client.RunAsync("SELECT INBOX " + parameters))[^1].ShouldStartWith("BAD");
        (await client.RunAsync("FETCH 1 UID"))[^1].ShouldStartWith("OK");
    }

    [Fact]
    public async Task Select_tells_what_has_changed()
    {
        var user = await fixture.UserAsync();
        for (var i = 0; i < 8; i++)
            await user.DeliverAsync(Mail);
        using var other = await user.LogInAsync("SELECT INBOX");
        using var client = await user.LogInAsync("ENABLE QRESYNC");
        var (uidValidity, known) = Numbers(await client.DoAsync("SELECT INBOX"));
        await client.DoAsync("UNSELECT");
        await other.DoAsync("STORE 1:2,5 +FLAGS.SILENT (\\Deleted)");
        await other.DoAsync("EXPUNGE");
        await other.DoAsync("UID STORE 4 +FLAGS.SILENT (\\Seen)");
        await user.DeliverAsync(Mail);
        await client.PlayAsync($$"""
            C: a1 SELECT INBOX (QRESYNC ({{uidValidity}} {{known}}))
            S: * FLAGS …
            S: * OK [PERMANENTFLAGS …
            S: * 6 EXISTS
            S: * … RECENT
            S: * OK [UNSEEN 1] …
            S: * OK [UIDVALIDITY {{uidValidity}}] …
            S: * OK [UIDNEXT 10] …
            S: * OK [HIGHESTMODSEQ {{known + 4}}] …
            S: * OK [MAILBOXID (…)] Stays through RENAME
            S: * VANISHED (EARLIER) 1:2,5
            S: * 2 FETCH (UID 4 FLAGS (\Seen) MODSEQ ({{known + 3}}))
            S: * 6 FETCH (UID 9 FLAGS (\Recent) MODSEQ ({{known + 4}}))
            S: a1 OK [READ-WRITE] SELECT completed
            C: a2 UID FETCH 1:4 (FLAGS) (VANISHED CHANGEDSINCE {{known}})
            S: * VANISHED (EARLIER) 1:2
            S: * 2 FETCH (UID 4 FLAGS (\Seen) MODSEQ ({{known + 3}}))
            S: a2 OK FETCH completed
            C: a3 UID FETCH 1:* (FLAGS) (CHANGEDSINCE {{known + 2}} VANISHED)
            S: * 2 FETCH (UID 4 FLAGS (\Seen) MODSEQ ({{known + 3}}))
            S: * 6 FETCH (UID 9 FLAGS (\Recent) MODSEQ ({{known + 4}}))
            S: a3 OK FETCH completed
            """);
        Resync(await client.DoAsync($"EXAMINE INBOX (QRESYNC ({uidValidity} {known} 2:5,8))")).ShouldBe(
            ["* VANISHED (EARLIER) 2,5", $"* 2 FETCH (UID 4 FLAGS (\\Seen) MODSEQ ({known + 3}))"]);
        Resync(await client.DoAsync($"EXAMINE INBOX (QRESYNC ({uidValidity} {known + 4}))")).ShouldBeEmpty();
        Resync(await client.DoAsync($"EXAMINE INBOX (QRESYNC ({uidValidity} {known + 100}))")).ShouldBeEmpty();
        Resync(await client.DoAsync($"EXAMINE INBOX (QRESYNC ({uidValidity + 1} {known}))")).ShouldBeEmpty();

        // Message 2 has UID 4 now: the client knows of everything up to it; that message 3 is UID 5 no longer holds
        Resync(await client.DoAsync($"EXAMINE INBOX (QRESYNC ({uidValidity} {known} 1:8 (1:3 3,4,5)))")).ShouldBe(
            ["* VANISHED (EARLIER) 5", $"* 2 FETCH (UID 4 FLAGS (\\Seen) MODSEQ ({known + 3}))"]);
        Resync(await client.DoAsync($"EXAMINE INBOX (QRESYNC ({uidValidity} {known} (1:4294967295 1:4294967295)))"))[0]
            .ShouldBe("* VANISHED (EARLIER) 1:2,5");
    }

    [Fact]
    public async Task Expunges_come_by_uid_and_answers_name_the_state()
    {
        var user = await fixture.UserAsync();
        for (var i = 0; i < 6; i++)
            await user.DeliverAsync(Mail);
        using var other = await user.LogInAsync("SELECT INBOX");
        using var client = await user.LogInAsync("ENABLE QRESYNC");
        var (_, known) = Numbers(await client.DoAsync("SELECT INBOX"));
        await client.DoAsync("STORE 1:3 +FLAGS.SILENT (\\Deleted)");
        await client.PlayAsync($$"""
            C: a1 UID EXPUNGE 1:2
            S: * VANISHED 1:2
            S: a1 OK [HIGHESTMODSEQ {{known + 2}}] EXPUNGE completed
            C: a2 EXPUNGE
            S: * VANISHED 3
            S: a2 OK [HIGHESTMODSEQ {{known + 3}}] EXPUNGE completed
            C: a3 EXPUNGE
            S: a3 OK EXPUNGE completed
            C: a4 MOVE 1 Trash
            S: * OK [COPYUID … 4 1] Moved
            S: * VANISHED 4
            S: a4 OK [HIGHESTMODSEQ {{known + 4}}] MOVE completed
            """);
        await other.DoAsync("UID STORE 5 +FLAGS.SILENT (\\Deleted)");
        await other.DoAsync("EXPUNGE");
        await client.PlayAsync($$"""
            C: a5 IDLE
            S: + idling
            S: * VANISHED 5
            S: * OK [HIGHESTMODSEQ {{known + 6}}] Highest
            C: DONE
            S: a5 OK IDLE completed
            C: a6 STORE 1 +FLAGS.SILENT (\Deleted)
            S: * 1 FETCH (UID 6 MODSEQ ({{known + 7}}))
            S: a6 OK STORE completed
            C: a7 CLOSE
            S: a7 OK CLOSE completed
            """);
    }

    [Fact]
    public async Task Mod_sequences_beyond_waiting_expunges_are_taken_back()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail, Mail, Mail);
        using var other = await user.LogInAsync("SELECT INBOX");
        using var client = await user.LogInAsync("ENABLE QRESYNC");
        var (_, known) = Numbers(await client.DoAsync("SELECT INBOX"));
        await other.DoAsync("STORE 1 +FLAGS.SILENT (\\Deleted)");
        await other.DoAsync("EXPUNGE");
        await other.DoAsync("UID STORE 3 +FLAGS.SILENT (\\Flagged)");
        await client.PlayAsync($$"""
            C: a1 FETCH 2 (UID)
            S: * 3 FETCH (UID 3 FLAGS (\Flagged…) MODSEQ ({{known + 3}}))
            S: * 2 FETCH (UID 2)
            S: * OK [HIGHESTMODSEQ {{known}}] …
            S: a1 OK FETCH completed
            C: a2 UID SEARCH 1:3
            S: * SEARCH 1 2 3
            S: a2 OK SEARCH completed
            C: a3 UID FETCH 3 (FLAGS) (CHANGEDSINCE {{known}} VANISHED)
            S: * 3 FETCH (UID 3 FLAGS (\Flagged…) MODSEQ ({{known + 3}}))
            S: * VANISHED 1
            S: a3 OK FETCH completed
            """);
    }

    [Fact]
    public async Task Vanished_messages_bring_the_mod_sequence_with_them_unless_flags_do()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail, Mail, Mail);
        using var other = await user.LogInAsync("SELECT INBOX");
        using var client = await user.LogInAsync("ENABLE QRESYNC");
        var (_, known) = Numbers(await client.DoAsync("SELECT INBOX"));
        await other.DoAsync("STORE 1:2 +FLAGS.SILENT (\\Deleted)");
        await other.DoAsync("UID EXPUNGE 1");
        await other.DoAsync("UID STORE 3 +FLAGS.SILENT (\\Flagged)");
        await client.PlayAsync($$"""
            C: a1 SEARCH 1:3
            S: * 2 FETCH (UID 2 FLAGS (\Deleted…) MODSEQ ({{known + 1}}))
            S: * 3 FETCH (UID 3 FLAGS (\Flagged…) MODSEQ ({{known + 3}}))
            S: * SEARCH 1 2 3
            S: * OK [HIGHESTMODSEQ {{known}}] …
            S: a1 OK SEARCH completed
            C: a2 NOOP
            S: * VANISHED 1
            S: * OK [HIGHESTMODSEQ {{known + 3}}] Highest
            S: a2 OK NOOP completed
            """);
        await other.DoAsync("UID EXPUNGE 2");
        await client.PlayAsync($$"""
            C: a3 NOOP
            S: * VANISHED 2
            S: * OK [HIGHESTMODSEQ {{known + 4}}] Highest
            S: a3 OK NOOP completed
            """);
        await other.DoAsync("UID STORE 3 +FLAGS.SILENT (\\Deleted)");
        await other.DoAsync("EXPUNGE");
        await user.DeliverAsync(Mail);
        await other.DoAsync("NOOP");
        await other.DoAsync("UID STORE 4 +FLAGS.SILENT (\\Seen)");
        await client.PlayAsync($$"""
            C: a4 NOOP
            S: * VANISHED 3
            S: * 1 EXISTS
            S: * OK [HIGHESTMODSEQ {{known + 8}}] Highest
            S: a4 OK NOOP completed
            """);
    }

    [Fact]
    public async Task What_the_log_no_longer_holds_has_vanished_all_the_same()
    {
        var user = await fixture.UserAsync();
        for (var i = 0; i < 6; i++)
            await user.DeliverAsync(Mail);
        using var client = await user.LogInAsync("ENABLE QRESYNC");
        var (uidValidity, known) = Numbers(await client.DoAsync("SELECT INBOX"));
        await client.DoAsync("STORE 2,4,6 +FLAGS.SILENT (\\Deleted)");
        await client.DoAsync("EXPUNGE");
        await user.ForgetLogAsync();
        Resync(await client.DoAsync($"SELECT INBOX (QRESYNC ({uidValidity} {known} 1:3,6:100))")).ShouldBe(["* VANISHED (EARLIER) 2,6"]);
        Resync(await client.DoAsync($"SELECT INBOX (QRESYNC ({uidValidity} {known} (1:2 1,3)))")).ShouldBe(["* VANISHED (EARLIER) 4,6"]);
        (await client.DoAsync($"UID FETCH 1:* (FLAGS) (CHANGEDSINCE {known} VANISHED)")).ShouldBe(["* VANISHED (EARLIER) 2,4,6"]);
    }

    [Fact]
    public async Task Messages_that_came_and_went_while_expunges_wait_have_vanished()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail, Mail);
        using var other = await user.LogInAsync("SELECT INBOX");
        using var client = await user.LogInAsync("ENABLE QRESYNC");
        var (_, known) = Numbers(await client.DoAsync("SELECT INBOX"));
        await other.DoAsync("STORE 1 +FLAGS.SILENT (\\Deleted)");
        await user.DeliverAsync(Mail, Mail);
        await other.DoAsync("NOOP");
        await other.DoAsync("STORE 3 +FLAGS.SILENT (\\Deleted)");
        await other.DoAsync("EXPUNGE");
        await client.PlayAsync($$"""
            C: a1 UID FETCH 1:9 (FLAGS) (CHANGEDSINCE {{known}} VANISHED)
            S: * VANISHED (EARLIER) 3
            S: * VANISHED 1
            S: * 2 EXISTS
            S: * OK [HIGHESTMODSEQ {{known + 5}}] Highest
            S: a1 OK FETCH completed
            C: a2 UID FETCH 1:9 (FLAGS) (VANISHED CHANGEDSINCE {{known}})
            S: * VANISHED (EARLIER) 1,3
            S: * 2 FETCH (UID 4 FLAGS () MODSEQ ({{known + 3}}))
            S: a2 OK FETCH completed
            """);
    }

    [Fact]
    public async Task Changes_before_the_mod_sequence_that_the_client_names_are_told_as_news()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail, Mail);
        using var other = await user.LogInAsync("SELECT INBOX");
        using var client = await user.LogInAsync("ENABLE QRESYNC");
        var (_, known) = Numbers(await client.DoAsync("SELECT INBOX"));
        await other.DoAsync("STORE 1 +FLAGS.SILENT (\\Flagged)");
        await other.DoAsync("STORE 2 +FLAGS.SILENT (\\Flagged)");
        await client.PlayAsync($$"""
            C: a1 UID FETCH 1:2 (FLAGS) (CHANGEDSINCE {{known + 1}} VANISHED)
            S: * 2 FETCH (UID 2 FLAGS (\Flagged) MODSEQ ({{known + 2}}))
            S: * 1 FETCH (UID 1 FLAGS (\Flagged) MODSEQ ({{known + 1}}))
            S: a1 OK FETCH completed
            """);
    }

    [Fact]
    public async Task An_empty_mailbox_tells_of_all_that_is_gone()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail, Mail);
        using var client = await user.LogInAsync("ENABLE QRESYNC");
        var (uidValidity, known) = Numbers(await client.DoAsync("SELECT INBOX"));
        await client.DoAsync("STORE 1:2 +FLAGS.SILENT (\\Deleted)");
        await client.DoAsync("CLOSE");
        Resync(await client.DoAsync($"SELECT INBOX (QRESYNC ({uidValidity} {known}))")).ShouldBe(["* VANISHED (EARLIER) 1:2"]);
        (await client.DoAsync($"UID FETCH 1:50 (FLAGS) (CHANGEDSINCE {known} VANISHED)")).ShouldBe(["* VANISHED (EARLIER) 1:2"]);
        await client.DoAsync("CREATE fresh");
        (uidValidity, known) = Numbers(await client.DoAsync("SELECT fresh"));
        Resync(await client.DoAsync($"SELECT fresh (QRESYNC ({uidValidity} {known} 1:10))")).ShouldBeEmpty();
    }

    private static List<string> Resync(List<string> select) => select.FindAll(line => Regex.IsMatch(line, "VANISHED|FETCH"));

    private static (uint UidValidity, long ModSeq) Numbers(List<string> select)
    {
        var text = string.Join('\n', select);
        return (uint.Parse(Regex.Match(text, @"UIDVALIDITY (\d+)").Groups[1].Value, CultureInfo.InvariantCulture),
            long.Parse(Regex.Match(text, @"HIGHESTMODSEQ (\d+)").Groups[1].Value, CultureInfo.InvariantCulture));
    }
}
