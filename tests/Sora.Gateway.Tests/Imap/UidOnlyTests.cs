namespace Sora.Gateway.Tests.Imap;

/// <summary>RFC 9586, UIDONLY.</summary>
[Collection("imap")]
public sealed class UidOnlyTests(ImapFixture fixture)
{
    private const string Mail = "Subject: hello\n\nbody\n";

    [Fact]
    public async Task Message_numbers_are_neither_taken_nor_given()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail, Mail, Mail, Mail);
        using var other = await user.LogInAsync("SELECT INBOX");
        await other.DoAsync("STORE 1 +FLAGS (\\Seen \\Deleted)");
        await other.DoAsync("EXPUNGE");
        using var client = await user.LogInAsync();
        await client.PlayAsync("""
            C: a1 ENABLE UIDONLY
            S: * ENABLED UIDONLY
            S: a1 OK ENABLE completed
            C: a2 SELECT INBOX
            S: * FLAGS …
            S: * OK [PERMANENTFLAGS …
            S: * 3 EXISTS
            S: * … RECENT
            S: * OK [UIDVALIDITY …
            S: * OK [UIDNEXT 5] …
            S: * OK [HIGHESTMODSEQ …
            S: * OK [MAILBOXID (…)] Stays through RENAME
            S: a2 OK [READ-WRITE] SELECT completed
            C: a3 UID FETCH 2:3 (FLAGS)
            S: * 2 UIDFETCH (FLAGS ())
            S: * 3 UIDFETCH (FLAGS ())
            S: a3 OK FETCH completed
            C: a4 UID FETCH 4 (UID RFC822.SIZE)
            S: * 4 UIDFETCH (UID 4 RFC822.SIZE 24)
            S: a4 OK FETCH completed
            C: a5 UID FETCH 2 BODY[TEXT]
            S: * 2 UIDFETCH (BODY[TEXT] {6}
            S: body
            S:  FLAGS (\Seen))
            S: a5 OK FETCH completed
            C: a6 UID STORE 3 +FLAGS (\Deleted)
            S: * 3 UIDFETCH (FLAGS (\Deleted))
            S: a6 OK STORE completed
            C: a7 UID EXPUNGE 3
            S: * VANISHED 3
            S: a7 OK EXPUNGE completed
            C: a8 UID COPY 2 Trash
            S: a8 OK [COPYUID … 2 1] COPY completed
            C: a9 UID MOVE 2 Trash
            S: * OK [COPYUID … 2 2] Moved
            S: * VANISHED 2
            S: a9 OK MOVE completed
            """);
        await other.DoAsync("UID STORE 4 +FLAGS (\\Flagged)");
        await client.PlayAsync("""
            C: a1 NOOP
            S: * 4 UIDFETCH (FLAGS (\Flagged))
            S: a1 OK NOOP completed
            C: a2 UID SEARCH RETURN (SAVE) ALL
            S: a2 OK SEARCH completed
            C: a3 UID SEARCH $
            S: * SEARCH 4
            S: a3 OK SEARCH completed
            """);
    }

    [Theory]
    [InlineData("FETCH 1 (UID)")]
    [InlineData("STORE 1 +FLAGS (\\Seen)")]
    [InlineData("SEARCH ALL")]
    [InlineData("COPY 1 Trash")]
    [InlineData("MOVE 1 Trash")]
    [InlineData("FETCH")]
    [InlineData("SORT (DATE) UTF-8 ALL")]
    [InlineData("THREAD REFERENCES UTF-8 ALL")]
    [InlineData("REPLACE 1 INBOX {1+}\r\nx")]
    [InlineData("UID SORT (DATE) UTF-8 NOT 1")]
    [InlineData("UID THREAD REFERENCES UTF-8 1:2")]
    [InlineData("UID SEARCH RETURN (COUNT) UNSEEN *")]
    [InlineData("ESEARCH IN (selected) 1")]
    [InlineData("UID SEARCH 1")]
    [InlineData("UID SEARCH OR SEEN NOT (1:2 ALL)")]
    [InlineData("SELECT INBOX (QRESYNC (1 1 1:5 (1 1)))")]
    public async Task Commands_with_message_numbers_are_refused(string command)
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail);
        using var client = await user.LogInAsync("ENABLE UIDONLY QRESYNC");
        await client.DoAsync("SELECT INBOX");
        (await client.RunAsync(command))[^1].ShouldStartWith("BAD [UIDREQUIRED] ");
        (await client.RunAsync("UID FETCH 1 UID"))[^1].ShouldStartWith("OK");
        (await client.RunAsync("EXPUNGE"))[^1].ShouldStartWith("OK");
    }

    [Fact]
    public async Task Together_with_qresync()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail, Mail, Mail);
        using var client = await user.LogInAsync("ENABLE QRESYNC UIDONLY");
        var select = await client.DoAsync("SELECT INBOX");
        var uidValidity = select.Single(line => line.Contains("UIDVALIDITY", StringComparison.Ordinal)).Split(' ', ']')[3];
        await client.PlayAsync("""
            C: a1 UID STORE 2 +FLAGS.SILENT (\Seen)
            S: * 2 UIDFETCH (MODSEQ (5))
            S: a1 OK STORE completed
            C: a2 UID STORE 1 (UNCHANGEDSINCE 4) +FLAGS (\Deleted)
            S: * 1 UIDFETCH (FLAGS (\Deleted \Recent) MODSEQ (6))
            S: a2 OK STORE completed
            C: a3 UID STORE 1:2 (UNCHANGEDSINCE 4) +FLAGS (\Deleted)
            S: a3 OK [MODIFIED 1:2] Conditional STORE failed
            C: a4 EXPUNGE
            S: * VANISHED 1
            S: a4 OK [HIGHESTMODSEQ 7] EXPUNGE completed
            """);
        (await client.DoAsync($"SELECT INBOX (QRESYNC ({uidValidity} 4 1:3))"))
            .FindAll(line => line.Contains("VANISHED", StringComparison.Ordinal) || line.Contains("UIDFETCH", StringComparison.Ordinal))
            .ShouldBe(["* VANISHED (EARLIER) 1", "* 2 UIDFETCH (FLAGS (\\Seen) MODSEQ (5))"]);
    }
}
