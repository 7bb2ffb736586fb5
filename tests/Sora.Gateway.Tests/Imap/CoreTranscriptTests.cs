namespace Sora.Gateway.Tests.Imap;

[Collection("imap")]
public sealed class CoreTranscriptTests(ImapFixture fixture)
{
    private const string Mail = "From: a@example.com\nSubject: hello\n\nbody\n";

    [Fact]
    public async Task Session_from_greeting_to_logout()
    {
        var user = await fixture.UserAsync();
        using var client = await fixture.ConnectAsync();
        await client.PlayAsync($$"""
            C: a1 CAPABILITY
            S: * CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR ENABLE ID IDLE STARTTLS AUTH=SCRAM-SHA-256 AUTH=SCRAM-SHA-1 AUTH=PLAIN AUTH=LOGIN
            S: a1 OK CAPABILITY completed
            C: a2 SELECT INBOX
            S: a2 BAD Log in first
            C: a3 LOGIN {{user.Address}} wrong
            S: a3 NO [AUTHENTICATIONFAILED] …
            C: a4 LOGIN {6}
            S: + …
            C: nobody {5}
            S: + …
            C: wrong
            S: a4 NO [AUTHENTICATIONFAILED] …
            C: a5 LOGIN "{{user.Address}}" {6+}
            C: secret
            S: a5 OK [CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR ENABLE ID IDLE NAMESPACE …] Logged in
            C: a6 NAMESPACE
            S: * NAMESPACE (("" "/")) (("Other Users/" "/")) (("Shared/" "/"))
            S: a6 OK NAMESPACE completed
            C: a7 ID ("name" "test" "version" NIL)
            S: * ID ("name" "Sora" "version" "1.0" "remote-host" "127.0.0.1")
            S: a7 OK ID completed
            C: a8 NOOP
            S: a8 OK NOOP completed
            C: a9 LOGOUT
            S: * BYE Logging out
            S: a9 OK LOGOUT completed
            S!
            """);
    }

    [Fact]
    public async Task Select_describes_the_mailbox()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail, Mail);
        using var client = await user.LogInAsync();
        await client.PlayAsync("""
            C: a1 SELECT INBOX
            S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
            S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] …
            S: * 2 EXISTS
            S: * 2 RECENT
            S: * OK [UNSEEN 1] …
            S: * OK [UIDVALIDITY …] …
            S: * OK [UIDNEXT 3] …
            S: * OK [HIGHESTMODSEQ …] …
            S: * OK [MAILBOXID (F…)] …
            S: a1 OK [READ-WRITE] SELECT completed
            C: a2 EXAMINE inbox
            S: * OK [CLOSED] …
            S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
            S: * OK [PERMANENTFLAGS ()] …
            S: * 2 EXISTS
            S: * 0 RECENT
            S: * OK [UNSEEN 1] …
            S: * OK [UIDVALIDITY …] …
            S: * OK [UIDNEXT 3] …
            S: * OK [HIGHESTMODSEQ …] …
            S: * OK [MAILBOXID (F…)] …
            S: a2 OK [READ-ONLY] EXAMINE completed
            C: a3 STORE 1 +FLAGS (\Seen)
            S: a3 NO [READ-ONLY] …
            C: a4 SELECT none
            S: * OK [CLOSED] …
            S: a4 NO [NONEXISTENT] …
            C: a5 FETCH 1 FLAGS
            S: a5 BAD …
            """);
    }

    [Fact]
    public async Task Fetch_store_expunge()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail, Mail, Mail, Mail);
        using var client = await user.LogInAsync("SELECT INBOX");
        await client.PlayAsync("""
            C: a1 FETCH 1 (FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)
            S: * 1 FETCH (FLAGS (\Recent) INTERNALDATE " 5-Feb-2020 06:07:08 +0000" RFC822.SIZE 45 ENVELOPE (NIL "hello" ((NIL NIL "a" "example.com")) ((NIL NIL "a" "example.com")) ((NIL NIL "a" "example.com")) NIL NIL NIL NIL NIL))
            S: a1 OK FETCH completed
            C: a2 UID FETCH 2 BODY[]
            S: * 2 FETCH (UID 2 BODY[] {45}
            S: From: a@example.com
            S: Subject: hello
            S: 
            S: body
            S:  FLAGS (\Seen \Recent))
            S: a2 OK FETCH completed
            C: a3 FETCH 1:2 (BODY.PEEK[HEADER.FIELDS (subject)] BODY[TEXT]<1.2> UID)
            S: * 1 FETCH (BODY[HEADER.FIELDS (subject)] {18}
            S: Subject: hello
            S: 
            S:  BODY[TEXT]<1> {2}
            S: od UID 1 FLAGS (\Seen \Recent))
            S: * 2 FETCH (BODY[HEADER.FIELDS (subject)] {18}
            S: Subject: hello
            S: 
            S:  BODY[TEXT]<1> {2}
            S: od UID 2)
            S: a3 OK FETCH completed
            C: a4 FETCH 1 BODYSTRUCTURE
            S: * 1 FETCH (BODYSTRUCTURE ("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 6 1 NIL NIL NIL NIL))
            S: a4 OK FETCH completed
            C: a5 STORE 2:3 +FLAGS (\Deleted $Work)
            S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $Work)
            S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft $Work \*)] …
            S: * 2 FETCH (FLAGS (\Deleted \Seen \Recent $Work))
            S: * 3 FETCH (FLAGS (\Deleted \Recent $Work))
            S: a5 OK STORE completed
            C: a6 STORE 2 -FLAGS.SILENT $work
            S: a6 OK STORE completed
            C: a7 UID STORE 4 FLAGS ()
            S: * 4 FETCH (UID 4 FLAGS (\Recent))
            S: a7 OK STORE completed
            C: a8 UID EXPUNGE 3:4
            S: * 3 EXPUNGE
            S: a8 OK EXPUNGE completed
            C: a9 EXPUNGE
            S: * 2 EXPUNGE
            S: a9 OK EXPUNGE completed
            C: b1 FETCH 3 FLAGS
            S: b1 BAD No such message
            C: b2 FETCH 1:* (UID FLAGS)
            S: * 1 FETCH (UID 1 FLAGS (\Seen \Recent))
            S: * 2 FETCH (UID 4 FLAGS (\Recent))
            S: b2 OK FETCH completed
            C: b3 UID FETCH 100:200 FLAGS
            S: b3 OK FETCH completed
            C: b4 UID FETCH 100:* FLAGS
            S: * 2 FETCH (UID 4 FLAGS (\Recent))
            S: b4 OK FETCH completed
            C: b5 CLOSE
            S: b5 OK CLOSE completed
            """);
    }

    [Fact]
    public async Task Append_copy_move()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync("SELECT INBOX");
        await client.PlayAsync("""
            C: a1 APPEND INBOX (\Flagged) "17-Jul-1996 02:44:25 -0700" {17}
            S: + …
            C: Subject: x
            C: 
            C: y
            C: 
            S: * 1 EXISTS
            S: * 1 RECENT
            S: a1 OK [APPENDUID … 1] APPEND completed
            C: a2 FETCH 1 (FLAGS INTERNALDATE BODY.PEEK[])
            S: * 1 FETCH (FLAGS (\Flagged \Recent) INTERNALDATE "17-Jul-1996 09:44:25 +0000" BODY[] {17}
            S: Subject: x
            S: 
            S: y
            S: )
            S: a2 OK FETCH completed
            C: a3 APPEND none {5+}
            C: hello
            S: a3 NO [TRYCREATE] …
            C: a4 APPEND INBOX {999999}
            S: a4 NO [TOOBIG] …
            C: a5 COPY 1 Archive
            S: a5 OK [COPYUID … 1 1] COPY completed
            C: a6 COPY 1 none
            S: a6 NO [TRYCREATE] …
            C: a7 MOVE 1 Trash
            S: * OK [COPYUID … 1 1] Moved
            S: * 1 EXPUNGE
            S: a7 OK MOVE completed
            C: a8 STATUS Trash (MESSAGES UIDNEXT UNSEEN RECENT SIZE DELETED)
            S: * STATUS Trash (MESSAGES 1 UIDNEXT 2 UNSEEN 1 RECENT 1 SIZE 17 DELETED 0)
            S: a8 OK STATUS completed
            """);
    }
}
