using System.Text;

namespace Sora.Gateway.Tests.Imap;

/// <summary>SEARCH where its syntax and its sets have corners (RFC 9051 sections 6.4.4 and 9, RFC 7162 section 3.1.5, RFC 7377 section 2).</summary>
[Collection("imap")]
public sealed class SearchSyntaxTests(ImapFixture fixture)
{
    [Theory]
    [InlineData("SEARCH ALL", "* SEARCH")]
    [InlineData("SEARCH *", "* SEARCH")]
    [InlineData("SEARCH 1:*", "* SEARCH")]
    [InlineData("SEARCH NOT 1,3:2", "* SEARCH")]
    [InlineData("UID SEARCH UID *", "* SEARCH")]
    [InlineData("UID SEARCH UID 4294967295:*", "* SEARCH")]
    [InlineData("SEARCH TEXT \"\"", "* SEARCH")]
    [InlineData("SEARCH RETURN (SAVE) 1:*", null)]
    [InlineData("SEARCH $", "* SEARCH")]
    [InlineData("SEARCH RETURN (COUNT MODSEQ) ALL", "BAD")]
    [InlineData("SORT (DATE) UTF-8 1:*", "* SORT")]
    [InlineData("THREAD REFERENCES UTF-8 1:*", "* THREAD")]
    [InlineData("UID THREAD ORDEREDSUBJECT UTF-8 NOT UID 3", "* THREAD")]
    [InlineData("UID ESEARCH 1:100", null)]
    public async Task Empty_mailbox(string command, string? answer)
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync("SELECT INBOX");
        var lines = await client.RunAsync(command);
        if (answer == "BAD")
            lines.Single().ShouldStartWith("BAD");
        else
            lines.ShouldBe(answer is null ? [lines[^1]] : [answer, lines[^1]]);
    }

    [Fact]
    public async Task Empty_mailbox_extended()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync("SELECT INBOX");
        await client.PlayAsync("""
            C: a1 SEARCH RETURN (MIN MAX ALL COUNT) 1:*
            S: * ESEARCH (TAG "a1") COUNT 0
            S: a1 OK SEARCH completed
            C: a2 UID SORT RETURN (MIN PARTIAL 1:5) (SUBJECT) UTF-8 ALL
            S: * ESEARCH (TAG "a2") UID PARTIAL (1:5 NIL)
            S: a2 OK SORT completed
            C: a3 SEARCH RETURN (MAX) MODSEQ 0
            S: * OK [HIGHESTMODSEQ …] …
            S: * ESEARCH (TAG "a3")
            S: a3 OK SEARCH completed
            """);
    }

    [Fact]
    public async Task Sets()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync("SELECT INBOX");
        for (var i = 0; i < 6; i++)
            await user.DeliverAsync($"From: frobozz@example.com\nSubject: s{i}\n\n");
        await client.DoAsync("NOOP");
        await client.DoAsync("STORE 1,3 +FLAGS.SILENT (\\Deleted)");
        await client.DoAsync("EXPUNGE");
        (string Command, string Result)[] cases =
        [
            ("SEARCH 3:1", " 1 2 3"),
            ("SEARCH *:3", " 3 4"),
            ("SEARCH *", " 4"),
            ("SEARCH 9:*", " 4"),
            ("SEARCH 4,2,4,1:2", " 1 2 4"),
            ("SEARCH 4294967295", ""),
            ("SEARCH UID 4:2", " 1 2"),
            ("SEARCH UID 100:*", " 4"),
            ("SEARCH UID *", " 4"),
            ("SEARCH UID 1,3", ""),
            ("UID SEARCH 1:2", " 2 4"),
            ("UID SEARCH NOT UID 5:*", " 2 4"),
            ("UID SEARCH NOT (OR 1 UID 6)", " 4 5"),
            ("UID SEARCH (1:3) ((UID 4:6)) (((2,*)))", " 4"),
        ];
        foreach (var (command, result) in cases)
            (await client.DoAsync(command)).ShouldBe(["* SEARCH" + result], command);
        await client.PlayAsync("""
            C: tag1 UID ESEARCH FROM "frobozz" 1:2
            S: * ESEARCH (TAG "tag1" MAILBOX INBOX UIDVALIDITY …) UID ALL 2,4
            S: tag1 OK ESEARCH completed
            C: tag2 ESEARCH FROM "frobozz" 101:200
            S: tag2 OK ESEARCH completed
            """);
    }

    [Theory]
    [InlineData("iso-2022-jp", "東京")]
    [InlineData("Shift_JIS", "東京")]
    [InlineData("EUC-JP", "東京タワー")]
    [InlineData("GB18030", "中文")]
    [InlineData("big5", "中文")]
    [InlineData("KOI8-R", "пРИВЕТ")]
    [InlineData("windows-1251", "привет")]
    [InlineData("ISO-8859-1", "GRÜßE")]
    [InlineData("iso-8859-7", "ΛΟΓΟΣ")]
    [InlineData("utf-8", "grüße")]
    [InlineData("US-ASCII", "TEXT")]
    public async Task Keys_in_any_charset(string charset, string text)
    {
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        var user = await fixture.UserAsync();
        const string Words = "text 東京タワー 中文 Привет grüße λόγος λογος";
        var latin = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(Words));
        await user.DeliverAsync(
            "Subject: other\n\nnothing\n",
            $"Subject: =?utf-8?B?{Convert.ToBase64String(Encoding.UTF8.GetBytes(Words))}?=\nContent-Type: text/plain; charset=utf-8\n\n{latin}\n");
        using var client = await user.LogInAsync("SELECT INBOX");
        var bytes = Encoding.GetEncoding(charset).GetBytes(text);
        foreach (var key in new[] { "SUBJECT", "BODY", "TEXT", "HEADER Subject", "NOT SUBJECT nothing FUZZY BODY" })
        {
            var keys = $"{key} {{{bytes.Length}+}}\r\n{Encoding.Latin1.GetString(bytes)}";
            (await client.DoAsync($"SEARCH CHARSET {charset} {keys}")).ShouldBe(["* SEARCH 2"], key);
            (await client.DoAsync($"SEARCH CHARSET \"{charset}\" {keys}")).ShouldBe(["* SEARCH 2"], key);
            (await client.DoAsync($"UID SORT (DATE) {charset} {keys}")).ShouldBe(["* SORT 2"], key);
            (await client.DoAsync($"THREAD REFERENCES {charset} {keys}")).ShouldBe(["* THREAD (2)"], key);
            (await client.DoAsync($"ESEARCH IN (inboxes) RETURN (COUNT) CHARSET {charset} {keys}")).Single().ShouldEndWith(" UID COUNT 1");
        }
    }

    [Theory]
    [InlineData("gr\u00c3\u00bc\u00c3\u009fe")]
    [InlineData("gr\u00fc\u00dfe")]
    public async Task Without_a_charset_8_bit_keys_are_read_as_mail_that_names_none(string bytes)
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync("Subject: =?utf-8?Q?gr=C3=BC=C3=9Fe?=\n\ngr\u00fc\u00dfe\n");
        using var client = await user.LogInAsync("SELECT INBOX");
        foreach (var key in new[] { "SUBJECT", "BODY", "TEXT" })
            (await client.DoAsync($"SEARCH {key} {{{bytes.Length}+}}\r\n{bytes}")).ShouldBe(["* SEARCH 1"], key);
    }

    [Fact]
    public async Task Wrong_commands_are_BAD_and_leave_the_session_as_it_is()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync("Subject: x\n\n");
        using var client = await user.LogInAsync("SELECT INBOX");
        string[] wrong =
        [
            "SEARCH", "SEARCH ", "SEARCH ()", "SEARCH (ALL", "SEARCH ALL)", "SEARCH ALL ", "SEARCH  ALL", "SEARCH ALL  SEEN", "SEARCH NOT", "SEARCH OR ALL", "SEARCH OR ALL ",
            "SEARCH KEYWORD", "SEARCH KEYWORD \\Seen", "SEARCH UNKEYWORD (x)", "SEARCH ON 31-Feb-2020", "SEARCH SINCE 1-Foo-2020", "SEARCH SINCE 1-Feb-20",
            "SEARCH BEFORE \"1-Feb-2020", "SEARCH SENTON 2020-02-01", "SEARCH LARGER -1", "SEARCH SMALLER x", "SEARCH HEADER X", "SEARCH HEADER X ", "SEARCH SUBJECT", "SEARCH BODY (x)",
            "SEARCH 0", "SEARCH 1:", "SEARCH :1", "SEARCH 1,,2", "SEARCH 1,", "SEARCH 4294967296", "SEARCH UID x", "SEARCH UID", "SEARCH UID 0:*", "SEARCH MODSEQ -1", "SEARCH MODSEQ",
            "SEARCH MODSEQ \"/flags/\\\\seen\" none 1", "SEARCH MODSEQ \"/flags/\\\\seen\" 1", "SEARCH CHARSET UTF-8", "SEARCH CHARSET", "SEARCH RETURN ALL", "SEARCH RETURN (ALL)",
            "SEARCH RETURN (NONE) ALL", "SEARCH RETURN (MIN  MAX) ALL", "SEARCH RETURN (PARTIAL) ALL", "SEARCH RETURN (PARTIAL 1:*) ALL", "UID SEARCH SUBJECTx", "SEARCH ALL CHARSET UTF-8",
        ];
        foreach (var command in wrong)
        {
            (await client.RunAsync(command)).Single().ShouldStartWith("BAD", Case.Sensitive, command);
            await client.DoAsync("NOOP");
        }

        await client.PlayAsync("""
            C: a SEARCH return () all
            S: * ESEARCH (TAG "a") ALL 1
            S: a OK SEARCH completed
            C: t SEARCH OR NOT MODSEQ 720162338 LARGER 50000
            S: * OK [HIGHESTMODSEQ …] …
            S: * SEARCH 1 (MODSEQ …)
            S: t OK SEARCH completed
            C: u SEARCH MODSEQ "/flags/\\draft" all 620162338
            S: * SEARCH
            S: u OK SEARCH completed
            """);
    }

    [Fact]
    public async Task Extended_results_name_the_mod_sequence_of_what_they_return()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync("Subject: a\n\n", "Subject: b\n\n", "Subject: c\n\n");
        using var client = await user.LogInAsync("SELECT INBOX");
        await client.DoAsync("STORE 2 +FLAGS.SILENT (\\Flagged)");
        var modSeqs = new string[4];
        foreach (var line in await client.DoAsync("FETCH 1:3 MODSEQ"))
        {
            if (line.Contains(" FETCH (MODSEQ (", StringComparison.Ordinal))
                modSeqs[line[2] - '0'] = line.Split('(', ')')[2];
        }

        (string Command, string Result)[] cases =
        [
            ("SEARCH RETURN (MIN) MODSEQ 1", $"MIN 1 MODSEQ {modSeqs[1]}"),
            ("SEARCH RETURN (MAX) MODSEQ 1", $"MAX 3 MODSEQ {modSeqs[3]}"),
            ("SEARCH RETURN (MIN MAX) MODSEQ 1", $"MIN 1 MAX 3 MODSEQ {modSeqs[3]}"),
            ("SEARCH RETURN (MIN ALL) MODSEQ 1", $"MIN 1 ALL 1:3 MODSEQ {modSeqs[2]}"),
            ("SEARCH RETURN (COUNT) MODSEQ 1", $"COUNT 3 MODSEQ {modSeqs[2]}"),
            ("SEARCH RETURN (MIN COUNT) MODSEQ 1", $"MIN 1 COUNT 3 MODSEQ {modSeqs[2]}"),
            ("SEARCH RETURN (PARTIAL -1:-1) MODSEQ 1", $"PARTIAL (-1:-1 3) MODSEQ {modSeqs[3]}"),
            ("SORT RETURN (MIN) (REVERSE SUBJECT) UTF-8 MODSEQ 1", $"MIN 3 MODSEQ {modSeqs[3]}"),
            ("SORT RETURN (ALL) (REVERSE SUBJECT) UTF-8 MODSEQ 1", $"ALL 3,2,1 MODSEQ {modSeqs[2]}"),
            ("SEARCH RETURN (MIN COUNT) MODSEQ 999999999", "COUNT 0"),
        ];
        foreach (var (command, result) in cases)
            (await client.DoAsync(command)).Single().ShouldEndWith($"\") {result}", Case.Sensitive, command);
    }
}
