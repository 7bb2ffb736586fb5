using System.Text;
using System.Text.RegularExpressions;

namespace Sora.Gateway.Tests.Imap;

/// <summary>
/// What a client of IMAP4rev1 sees and what one sees that has enabled IMAP4rev2 (RFC 9051 appendix E), command by command. In the transcripts
/// "1:" is a line that only the first one gets, "2:" one that only the second one gets.
/// </summary>
[Collection("imap")]
public sealed partial class RevisionTests(ImapFixture fixture)
{
    private const string Mail = "Subject: hello\n\nbody\n";

    private static string Of(bool rev2, string transcript) => string.Join('\n', transcript.ReplaceLineEndings("\n").Split('\n')
        .Where(row => !row.StartsWith(rev2 ? "1:" : "2:", StringComparison.Ordinal))
        .Select(static row => row.StartsWith("1:", StringComparison.Ordinal) || row.StartsWith("2:", StringComparison.Ordinal) ? "S" + row[1..] : row));

    private static string Bytes(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text)).Replace("\u00e2\u0080\u00a6", "…", StringComparison.Ordinal);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Mailboxes(bool rev2)
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync(rev2 ? "ENABLE IMAP4rev2" : null);
        await client.PlayAsync(Of(rev2, """
            C: a01 CREATE work/sub/
            S: a01 OK [MAILBOXID (…)] CREATE completed
            C: a02 CREATE work
            S: a02 NO [ALREADYEXISTS] …
            C: a03 SUBSCRIBE work/sub
            S: a03 OK SUBSCRIBE completed
            C: a04 SUBSCRIBE gone/below
            S: a04 OK SUBSCRIBE completed
            C: a05 LIST "" ""
            S: * LIST (\Noselect) "/" ""
            S: a05 OK LIST completed
            C: a06 LIST "" (INBOX work*)
            S: * LIST (\HasNoChildren) "/" INBOX
            S: * LIST (\HasChildren) "/" work
            S: * LIST (\HasNoChildren) "/" work/sub
            S: a06 OK LIST completed
            C: a07 LIST "" inbox
            S: * LIST (\HasNoChildren) "/" INBOX
            S: a07 OK LIST completed
            C: a08 LIST "" gone%
            S: a08 OK LIST completed
            C: a09 LSUB "" work%
            S: * LSUB (\Noselect) "/" work
            S: a09 OK LSUB completed
            C: a10 LSUB "" gone*
            S: * LSUB (\Noselect) "/" gone/below
            S: a10 OK LSUB completed
            C: a11 STATUS work (MESSAGES UNSEEN UIDNEXT UIDVALIDITY)
            S: * STATUS work (MESSAGES 0 UNSEEN 0 UIDNEXT 1 UIDVALIDITY …)
            S: a11 OK STATUS completed
            C: a12 STATUS work (SIZE DELETED)
            S: * STATUS work (SIZE 0 DELETED 0)
            S: a12 OK STATUS completed
            C: a13 RENAME work/sub work/new
            S: a13 OK RENAME completed
            C: a14 RENAME work job
            S: a14 OK RENAME completed
            C: a15 LIST "" job*
            S: * LIST (\HasChildren) "/" job
            S: * LIST (\HasNoChildren) "/" job/new
            S: a15 OK LIST completed
            C: a16 DELETE job
            S: a16 NO [HASCHILDREN] …
            C: a17 DELETE job/new
            S: a17 OK DELETE completed
            C: a18 UNSUBSCRIBE gone/below
            S: a18 OK UNSUBSCRIBE completed
            C: a19 NAMESPACE
            S: * NAMESPACE (("" "/")) (("Other Users/" "/")) (("Shared/" "/"))
            S: a19 OK NAMESPACE completed
            C: a20 SELECT inbox
            S: * FLAGS …
            S: * OK [PERMANENTFLAGS …
            S: * 0 EXISTS
            1: * 0 RECENT
            S: * OK [UIDVALIDITY …
            S: * OK [UIDNEXT 1] …
            S: * OK [HIGHESTMODSEQ 1] …
            S: * OK [MAILBOXID (…)] …
            2: * LIST (\HasNoChildren) "/" INBOX ("OLDNAME" (inbox))
            S: a20 OK [READ-WRITE] SELECT completed
            C: a21 EXAMINE job
            S: * OK [CLOSED] …
            S: * FLAGS …
            S: * OK [PERMANENTFLAGS …
            S: * 0 EXISTS
            1: * 0 RECENT
            S: * OK [UIDVALIDITY …
            S: * OK [UIDNEXT 1] …
            S: * OK [HIGHESTMODSEQ 1] …
            S: * OK [MAILBOXID (…)] …
            2: * LIST (\HasNoChildren) "/" job
            S: a21 OK [READ-ONLY] EXAMINE completed
            C: a22 CHECK
            S: a22 OK CHECK completed
            C: a23 UNSELECT
            S: a23 OK UNSELECT completed
            """));
        await client.PlayAsync(Bytes(Of(rev2, """
            C: b01 CREATE "Entwürfe/日本"
            S: b01 OK [MAILBOXID (…)] CREATE completed
            C: b02 LIST "" Entw*
            1: * LIST (\HasChildren) "/" Entw&APw-rfe
            1: * LIST (\HasNoChildren) "/" Entw&APw-rfe/&ZeVnLA-
            2: * LIST (\HasChildren) "/" "Entwürfe"
            2: * LIST (\HasNoChildren) "/" "Entwürfe/日本"
            S: b02 OK LIST completed
            C: b03 SUBSCRIBE "Entwürfe"
            S: b03 OK SUBSCRIBE completed
            C: b04 LSUB "" Entw*
            1: * LSUB () "/" Entw&APw-rfe
            2: * LSUB () "/" "Entwürfe"
            S: b04 OK LSUB completed
            C: b05 STATUS "Entwürfe" (MESSAGES)
            1: * STATUS Entw&APw-rfe (MESSAGES 0)
            2: * STATUS "Entwürfe" (MESSAGES 0)
            S: b05 OK STATUS completed
            C: b06 GETQUOTAROOT "Entwürfe"
            1: * QUOTAROOT Entw&APw-rfe …
            2: * QUOTAROOT "Entwürfe" …
            S: * QUOTA …
            S: b06 OK GETQUOTAROOT completed
            C: b07 MYRIGHTS "Entwürfe"
            1: * MYRIGHTS Entw&APw-rfe …
            2: * MYRIGHTS "Entwürfe" …
            S: b07 OK MYRIGHTS completed
            """)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Messages(bool rev2)
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail, Mail);
        using var other = await user.LogInAsync("EXAMINE INBOX");
        using var client = await user.LogInAsync(rev2 ? "ENABLE IMAP4rev2" : null);
        await client.PlayAsync(Of(rev2, """
            C: a01 SELECT INBOX
            S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
            S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] …
            S: * 2 EXISTS
            1: * 2 RECENT
            1: * OK [UNSEEN 1] …
            S: * OK [UIDVALIDITY …
            S: * OK [UIDNEXT 3] …
            S: * OK [HIGHESTMODSEQ 3] …
            S: * OK [MAILBOXID (…)] …
            2: * LIST (\HasNoChildren) "/" INBOX
            S: a01 OK [READ-WRITE] SELECT completed
            C: a02 SEARCH ALL
            1: * SEARCH 1 2
            2: * ESEARCH (TAG "a02") ALL 1:2
            S: a02 OK SEARCH completed
            C: a03 UID SEARCH DRAFT
            1: * SEARCH
            2: * ESEARCH (TAG "a03") UID
            S: a03 OK SEARCH completed
            C: a04 SEARCH MODSEQ 3
            S: * OK [HIGHESTMODSEQ 3] …
            1: * SEARCH 2 (MODSEQ 3)
            2: * ESEARCH (TAG "a04") ALL 2 MODSEQ 3
            S: a04 OK SEARCH completed
            C: a05 SEARCH NEW
            1: * SEARCH 1 2
            1: a05 OK SEARCH completed
            2: a05 BAD …
            C: a06 SORT (ARRIVAL) UTF-8 ALL
            S: * SORT 1 2
            S: a06 OK SORT completed
            C: a07 THREAD REFS UTF-8 DRAFT
            S: * THREAD
            S: a07 OK THREAD completed
            C: a08 FETCH 1 FLAGS
            1: * 1 FETCH (FLAGS (\Recent))
            2: * 1 FETCH (FLAGS ())
            S: a08 OK FETCH completed
            C: a09 COPY 1 Trash
            S: a09 OK [COPYUID …] COPY completed
            C: a10 MOVE 1 Trash
            S: * OK [COPYUID …] …
            S: * 1 EXPUNGE
            S: a10 OK …
            """));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task News(bool rev2)
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail, Mail);
        using var client = await user.LogInAsync(rev2 ? "ENABLE IMAP4rev2" : null);
        await client.DoAsync("SELECT INBOX");
        using var other = await user.LogInAsync("SELECT INBOX");
        await other.DoAsync("STORE 1 +FLAGS.SILENT (\\Seen)");
        await client.PlayAsync(Of(rev2, """
            C: a1 NOOP
            1: * 1 FETCH (FLAGS (\Seen \Recent))
            2: * 1 FETCH (UID 1 FLAGS (\Seen))
            S: a1 OK NOOP completed
            C: a2 FETCH 2 BODY[TEXT]
            S: * 2 FETCH (BODY[TEXT] {6}
            S: body
            1:  FLAGS (\Seen \Recent))
            2:  FLAGS (\Seen))
            S: a2 OK FETCH completed
            C: a3 STORE 1 +FLAGS (\Flagged)
            1: * 1 FETCH (FLAGS (\Flagged \Seen \Recent))
            2: * 1 FETCH (FLAGS (\Flagged \Seen))
            S: a3 OK STORE completed
            """));
        await user.DeliverAsync(Mail);
        await client.PlayAsync(Of(rev2, """
            C: a4 NOOP
            S: * 3 EXISTS
            1: * 3 RECENT
            S: a4 OK NOOP completed
            """));
        await other.DoAsync("STORE 1 +FLAGS.SILENT (\\Deleted)");
        await other.DoAsync("EXPUNGE");
        await client.PlayAsync("""
            C: a5 NOOP
            S: * 1 EXPUNGE
            S: a5 OK NOOP completed
            """);
    }

    /// <summary>Commands as a client of RFC 3501 and of the extensions that it may know sends them.</summary>
    private static readonly string[] Rev1Commands =
    [
        "CAPABILITY", "NOOP", "NAMESPACE", "CREATE a/b", "CREATE a/b", "CREATE c/", "SUBSCRIBE a/b", "SUBSCRIBE none", "LIST \"\" *", "LIST \"\" %", "LIST a/ %", "LSUB \"\" *", "LSUB \"\" %",
        "RENAME a/b a/d", "RENAME INBOX old", "RENAME a e/f/g", "DELETE c", "DELETE none", "UNSUBSCRIBE a/b", "STATUS INBOX (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN)", "STATUS none (MESSAGES)",
        "EXAMINE INBOX", "SELECT none", "SELECT old", "CHECK", "SEARCH ALL", "SEARCH RECENT", "SEARCH NEW", "SEARCH OLD", "UID SEARCH UNSEEN", "SEARCH CHARSET X-NONE TEXT x", "SEARCH 1:*",
        "FETCH 1:* ALL", "FETCH 1:* FULL", "FETCH 1:* FAST", "FETCH 1 RFC822", "FETCH 1 RFC822.HEADER", "FETCH 1 RFC822.TEXT", "UID FETCH 1:* (FLAGS BODYSTRUCTURE)", "FETCH 2 BODY[TEXT]<0.2>",
        "STORE 1 +FLAGS (\\Deleted $Work)", "STORE 1 FLAGS.SILENT (\\Deleted)", "UID STORE 2 -FLAGS (\\Seen)", "COPY 1 e", "COPY 1 none", "UID COPY 1:* e", "APPEND old (\\Seen) {5+}\r\nhello", "APPEND none {1+}\r\nx",
        "EXPUNGE", "UID EXPUNGE 1:*", "UID MOVE 2 e", "FETCH 9 FLAGS", "NONSENSE", "SORT (SUBJECT) US-ASCII ALL", "THREAD REFERENCES UTF-8 ALL", "GETQUOTAROOT INBOX", "MYRIGHTS INBOX", "GETACL INBOX",
        "CLOSE", "UNSELECT", "SELECT INBOX", "DELETE INBOX", "UNSELECT",
    ];

    // What each of those may answer to a client that has enabled nothing: the responses and codes of RFC 3501 and of the extension that the command is of
    [GeneratedRegex("""
        ^(?:\*\ (?:CAPABILITY|QUOTAROOT|QUOTA|ACL|MYRIGHTS)\ .+
        |\*\ NAMESPACE\ \(.+
        |\*\ (?:LIST|LSUB)\ \((?:\\(?:Noselect|HasChildren|HasNoChildren|Archive|Drafts|Junk|Sent|Trash|)\ ?)*\)\ "/"\ (?:"[^"]*"|[^ "]+)
        |\*\ STATUS\ (?:"[^"]*"|\S+)\ \((?:(?:MESSAGES|RECENT|UIDNEXT|UIDVALIDITY|UNSEEN)\ [0-9]+\ ?)*\)
        |\*\ (?:SEARCH|SORT)(?:\ [0-9]+)*
        |\*\ THREAD(?:\ [0-9() ]+)?
        |\*\ FLAGS\ \(.*\)
        |\*\ [0-9]+\ (?:EXISTS|RECENT|EXPUNGE|FETCH\ .+)
        |(?:\*\ )?(?:OK|NO|BAD)\ (?:\[(?:PERMANENTFLAGS|UIDVALIDITY|UIDNEXT|UNSEEN|HIGHESTMODSEQ|MAILBOXID|CLOSED|READ-WRITE|READ-ONLY|TRYCREATE|BADCHARSET|APPENDUID|COPYUID|EXPUNGEISSUED
            |NONEXISTENT|ALREADYEXISTS|HASCHILDREN|CANNOT|NOPERM|CLIENTBUG)\b[^\]]*\]\ )?[^\[].*)$
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Rev1Line();

    [Fact]
    public async Task A_client_that_has_enabled_nothing_sees_nothing_it_cannot_know()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail, "From: x@example.com\nSubject: =?utf-8?Q?=C3=A4?=\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b--\n", Mail);
        var friend = await fixture.UserAsync();
        using var client = await user.LogInAsync();
        using var other = await user.LogInAsync("ENABLE IMAP4rev2 QRESYNC UTF8=ACCEPT METADATA");
        var turn = 0;
        foreach (var command in Rev1Commands)
        {
            // Something is always new, in this mailbox and in others
            await user.DeliverAsync(Mail);
            await other.RunAsync($"CREATE other{turn}");
            await other.RunAsync($"SETMETADATA other{turn} (/private/comment {{1+}}\r\nx)");
            await other.RunAsync($"RENAME other{turn} other{turn}x");
            await other.RunAsync($"SUBSCRIBE other{turn}x");
            await other.RunAsync($"SETACL other{turn}x {friend.Address} lr");
            if (turn % 2 == 0)
                await other.RunAsync($"DELETE other{turn}x");
            turn++;
            var isBody = false;
            foreach (var line in await client.RunAsync(command))
            {
                if (!isBody)
                    Rev1Line().IsMatch(line).ShouldBeTrue($"{command}: {line}");
                line.ShouldAllBe(static c => c < 127, command);
                isBody = line.EndsWith('}') || (isBody && !line.EndsWith(')'));
            }

            if (command == "NONSENSE")
                await client.DoAsync("NOOP");
        }
    }
}
