using System.Globalization;
using System.Text.RegularExpressions;

namespace Sora.Gateway.Tests.Imap;

/// <summary>RFC 7162, CONDSTORE.</summary>
[Collection("imap")]
public sealed class CondStoreTests(ImapFixture fixture)
{
    private const string Mail = "Subject: hello\n\nbody\n";

    [Fact]
    public async Task Mod_sequences_begin_at_one()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync("CREATE empty");
        var select = await client.DoAsync("SELECT empty (CONDSTORE)");
        HighestModSeq(select).ShouldBeGreaterThan(0);
        (await client.RunAsync("UID FETCH 1:* (FLAGS) (CHANGEDSINCE 1)"))[^1].ShouldStartWith("OK");
    }

    [Fact]
    public async Task Changes_carry_their_mod_sequence()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail, Mail, Mail);
        using var a = await user.LogInAsync();
        using var b = await user.LogInAsync("SELECT INBOX");
        var known = HighestModSeq(await a.DoAsync("SELECT INBOX (CONDSTORE)"));
        await b.DoAsync("STORE 2 +FLAGS \\Seen");
        await a.PlayAsync($$"""
            C: a1 NOOP
            S: * 2 FETCH (UID 2 FLAGS (\Seen) MODSEQ ({{known + 1}}))
            S: a1 OK NOOP completed
            C: a2 FETCH 1:* (FLAGS) (CHANGEDSINCE {{known}})
            S: * 2 FETCH (FLAGS (\Seen) MODSEQ ({{known + 1}}))
            S: a2 OK FETCH completed
            C: a3 SEARCH MODSEQ {{known + 1}}
            S: * SEARCH 2 (MODSEQ {{known + 1}})
            S: a3 OK SEARCH completed
            C: a4 SEARCH RETURN (COUNT) MODSEQ "/flags/\\seen" all {{known + 1}}
            S: * ESEARCH (TAG "a4") COUNT 1 MODSEQ {{known + 1}}
            S: a4 OK SEARCH completed
            C: a5 SEARCH MODSEQ {{known + 100}}
            S: * SEARCH
            S: a5 OK SEARCH completed
            C: a6 STORE 1:3 (UNCHANGEDSINCE {{known}}) +FLAGS.SILENT (\Flagged)
            S: * 1 FETCH (UID 1 MODSEQ ({{known + 2}}))
            S: * 3 FETCH (UID 3 MODSEQ ({{known + 2}}))
            S: a6 OK [MODIFIED 2] Conditional STORE failed
            C: a7 UID STORE 1 (UNCHANGEDSINCE {{known + 2}}) FLAGS (\Answered)
            S: * 1 FETCH (UID 1 FLAGS (\Answered…) MODSEQ ({{known + 3}}))
            S: a7 OK STORE completed
            C: a8 STORE 3 (UNCHANGEDSINCE 0) +FLAGS (\Seen)
            S: a8 OK [MODIFIED 3] Conditional STORE failed
            C: a9 STATUS INBOX (HIGHESTMODSEQ)
            S: * STATUS INBOX (HIGHESTMODSEQ {{known + 3}})
            S: a9 OK STATUS completed
            C: b1 FETCH 3 BODY[TEXT]
            S: * 3 FETCH (BODY[TEXT] {6}
            S: body
            S:  FLAGS (\Flagged \Seen…) UID 3 MODSEQ ({{known + 4}}))
            S: b1 OK FETCH completed
            """);
    }

    [Fact]
    public async Task The_first_enabling_command_tells_where_it_starts()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail);
        using var client = await user.LogInAsync("SELECT INBOX");
        await client.PlayAsync("""
            C: a1 FETCH 1 MODSEQ
            S: * OK [HIGHESTMODSEQ …] …
            S: * 1 FETCH (MODSEQ (…))
            S: a1 OK FETCH completed
            C: a2 ENABLE CONDSTORE X-NONSENSE
            S: * ENABLED
            S: a2 OK ENABLE completed
            """);
        using var other = await user.LogInAsync("SELECT INBOX");
        await other.PlayAsync("""
            C: a1 ENABLE CONDSTORE
            S: * ENABLED CONDSTORE
            S: * OK [HIGHESTMODSEQ …] …
            S: a1 OK ENABLE completed
            """);
    }

    [Fact]
    public async Task Whoever_passes_unchangedsince_is_told_the_mod_sequence_even_when_nothing_changed()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail, Mail, Mail);
        using var client = await user.LogInAsync();
        var known = HighestModSeq(await client.DoAsync("SELECT INBOX (CONDSTORE)"));
        await client.PlayAsync($$"""
            C: a1 STORE 1 (UNCHANGEDSINCE {{known}}) +FLAGS.SILENT ($Done)
            S: * FLAGS …
            S: * OK [PERMANENTFLAGS …
            S: * 1 FETCH (UID 1 MODSEQ ({{known + 1}}))
            S: a1 OK STORE completed
            C: a2 UID STORE 1,3 (UNCHANGEDSINCE {{known + 1}}) +FLAGS.SILENT ($Done)
            S: * 3 FETCH (UID 3 MODSEQ ({{known + 2}}))
            S: * 1 FETCH (UID 1 MODSEQ ({{known + 1}}))
            S: a2 OK STORE completed
            C: a3 STORE 3,1:3 (UNCHANGEDSINCE {{known + 1}}) -FLAGS.SILENT (\Seen)
            S: * 1 FETCH (UID 1 MODSEQ ({{known + 1}}))
            S: * 2 FETCH (UID 2 MODSEQ ({{known - 1}}))
            S: a3 OK [MODIFIED 3] Conditional STORE failed
            C: a4 STORE 1 +FLAGS.SILENT ($Done)
            S: a4 OK STORE completed
            """);
    }

    [Fact]
    public async Task A_condition_that_fails_for_some_is_carried_out_for_the_others_and_the_newer_flags_are_told()
    {
        var user = await fixture.UserAsync();
        for (var i = 0; i < 9; i++)
            await user.DeliverAsync(Mail);
        using var client = await user.LogInAsync();
        using var other = await user.LogInAsync("SELECT INBOX");
        var known = HighestModSeq(await client.DoAsync("SELECT INBOX (CONDSTORE)"));
        await other.DoAsync("STORE 7 +FLAGS.SILENT (\\Seen)");
        await other.DoAsync("STORE 9 +FLAGS.SILENT (\\Answered)");
        await client.PlayAsync($$"""
            C: d105 STORE 7,5,9 (UNCHANGEDSINCE {{known}}) +FLAGS.SILENT (\Deleted)
            S: * 5 FETCH (UID 5 MODSEQ ({{known + 3}}))
            S: * 7 FETCH (UID 7 FLAGS (\Seen) MODSEQ ({{known + 1}}))
            S: * 9 FETCH (UID 9 FLAGS (\Answered) MODSEQ ({{known + 2}}))
            S: d105 OK [MODIFIED 7,9] Conditional STORE failed
            C: d106 UID STORE 7,9 (UNCHANGEDSINCE {{known + 2}}) +FLAGS (\Deleted)
            S: * 7 FETCH (UID 7 FLAGS (\Deleted \Seen) MODSEQ ({{known + 4}}))
            S: * 9 FETCH (UID 9 FLAGS (\Answered \Deleted) MODSEQ ({{known + 4}}))
            S: d106 OK STORE completed
            """);
    }

    [Fact]
    public async Task A_uid_that_was_not_told_yet_fails_the_condition_too()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail, Mail);
        using var other = await user.LogInAsync("SELECT INBOX");
        using var client = await user.LogInAsync();
        var known = HighestModSeq(await client.DoAsync("SELECT INBOX (CONDSTORE)"));
        await other.DoAsync("STORE 1 +FLAGS.SILENT (\\Deleted)");
        await other.DoAsync("EXPUNGE");
        await user.DeliverAsync(Mail); // waits behind the expunge
        await client.PlayAsync($$"""
            C: a1 UID STORE 2:3 (UNCHANGEDSINCE {{known}}) +FLAGS (\Seen)
            S: * 2 FETCH (UID 2 FLAGS (\Seen) MODSEQ ({{known + 4}}))
            S: * 1 EXPUNGE
            S: * 2 EXISTS
            S: * … RECENT
            S: a1 OK [MODIFIED 3] Conditional STORE failed
            """);
    }

    // RFC 7162 section 3.1: each of these says that the client knows of mod-sequences, and the first one is answered with where they start
    [Theory]
    [InlineData("FETCH 1 MODSEQ")]
    [InlineData("FETCH 1 UID (CHANGEDSINCE 1)")]
    [InlineData("UID FETCH 1 (UID MODSEQ)")]
    [InlineData("SEARCH MODSEQ 1")]
    [InlineData("UID SEARCH RETURN (ALL) OR SEEN MODSEQ 1")]
    [InlineData("SORT (ARRIVAL) US-ASCII MODSEQ 1")]
    [InlineData("STORE 1 (UNCHANGEDSINCE 1) FLAGS ()")]
    [InlineData("STATUS INBOX (HIGHESTMODSEQ)")]
    [InlineData("STATUS Trash (MESSAGES HIGHESTMODSEQ)")]
    [InlineData("LIST \"\" Trash RETURN (STATUS (HIGHESTMODSEQ))")]
    [InlineData("ENABLE CONDSTORE")]
    [InlineData("ENABLE QRESYNC")]
    public async Task Commands_that_enable_it(string command)
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail);
        using var client = await user.LogInAsync("SELECT INBOX");
        using var other = await user.LogInAsync("SELECT INBOX");
        await other.DoAsync("STORE 1 +FLAGS (\\Flagged)");
        (await client.DoAsync("NOOP")).ShouldBe(["* 1 FETCH (FLAGS (\\Flagged \\Recent))"]);
        (await client.RunAsync(command)).ShouldContain("* OK [HIGHESTMODSEQ 3] From now on");
        (await client.RunAsync(command)).ShouldNotContain(static line => line.Contains("From now on", StringComparison.Ordinal));
        await other.DoAsync("STORE 1 -FLAGS (\\Flagged)");
        (await client.DoAsync("NOOP")).ShouldBe(["* 1 FETCH (UID 1 FLAGS (\\Recent) MODSEQ (4))"]);
    }

    private static long HighestModSeq(List<string> select)
    {
        var line = select.Single(line => line.Contains("HIGHESTMODSEQ", StringComparison.Ordinal));
        return long.Parse(Regex.Match(line, @"HIGHESTMODSEQ (\d+)").Groups[1].Value, CultureInfo.InvariantCulture);
    }
}
