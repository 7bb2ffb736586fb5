namespace Sora.Gateway.Tests.Imap;

[Collection("imap")]
public sealed class FetchTests(ImapFixture fixture)
{
    private const string Multipart = """
        From: "A. Ann" <ann@example.com>
        To: team:bob@example.com, carol@example.com;
        Subject: =?utf-8?Q?gr=C3=BC=C3=9Fe?=
        MIME-Version: 1.0
        Content-Type: multipart/mixed; boundary="b"

        preamble
        --b
        Content-Type: text/plain; charset=utf-8
        Content-Transfer-Encoding: quoted-printable

        a=3Db
        --b
        Content-Type: message/rfc822

        Subject: inner
        Content-Type: multipart/alternative; boundary=c

        --c

        one
        --c
        Content-Type: text/html
        Content-Transfer-Encoding: base64
        Content-Disposition: attachment; filename="x.html"

        PGI+AA==
        --c--

        --b
        Content-Type: application/x-odd
        Content-Transfer-Encoding: x-odd

        zzz
        --b--

        """;

    [Fact]
    public async Task Parts()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Multipart);
        using var client = await user.LogInAsync("SELECT INBOX");
        await client.PlayAsync("""
            C: a1 FETCH 1 BODY
            S: * 1 FETCH (BODY (("text" "plain" ("charset" "utf-8") NIL NIL "quoted-printable" 5 0)("message" "rfc822" NIL NIL NIL "7bit" … (NIL "inner" NIL NIL NIL NIL NIL NIL NIL NIL) (("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 3 0)("text" "html" NIL NIL NIL "base64" 8 0) "alternative") …)("application" "x-odd" NIL NIL NIL "x-odd" 3) "mixed"))
            S: a1 OK FETCH completed
            C: a2 FETCH 1 ENVELOPE
            S: * 1 FETCH (ENVELOPE (NIL "=?utf-8?Q?gr=C3=BC=C3=9Fe?=" (("A. Ann" NIL "ann" "example.com")) (("A. Ann" NIL "ann" "example.com")) (("A. Ann" NIL "ann" "example.com")) ((NIL NIL "team" NIL)(NIL NIL "bob" "example.com")(NIL NIL "carol" "example.com")(NIL NIL NIL NIL)) NIL NIL NIL NIL))
            S: a2 OK FETCH completed
            C: a3 FETCH 1 (BODY.PEEK[1] BODY.PEEK[2.1] BODY.PEEK[2.2.MIME] BODY.PEEK[2.HEADER] BODY.PEEK[9] BODY.PEEK[1.HEADER])
            S: * 1 FETCH (BODY[1] {5}
            S: a=3Db BODY[2.1] {3}
            S: one BODY[2.2.MIME] {…}
            S: Content-Type: text/html
            S: Content-Transfer-Encoding: base64
            S: Content-Disposition: attachment; filename="x.html"
            S: 
            S:  BODY[2.HEADER] {…}
            S: Subject: inner
            S: Content-Type: multipart/alternative; boundary=c
            S: 
            S:  BODY[9] NIL BODY[1.HEADER] NIL)
            S: a3 OK FETCH completed
            C: a4 FETCH 1 (BINARY.SIZE[1] BINARY.PEEK[1] BINARY.PEEK[1]<2.5> BINARY.SIZE[2.2] BINARY.PEEK[2.1])
            S: * 1 FETCH (BINARY.SIZE[1] 3 BINARY[1] {3}
            S: a=b BINARY[1]<2> {1}
            S: b BINARY.SIZE[2.2] 4 BINARY[2.1] {3}
            S: one)
            S: a4 OK FETCH completed
            """);
        await client.PlayAsync("""
            C: a5 FETCH 1 BINARY[2.2]
            S: * 1 FETCH (BINARY[2.2] ~{4}
            """ + "\nS: <b>\0 FLAGS (\\Seen \\Recent))\n" + """
            S: a5 OK FETCH completed
            C: a6 FETCH 1 BINARY.SIZE[3]
            S: a6 NO [UNKNOWN-CTE] …
            C: a8 STORE 1 -FLAGS.SILENT (\Seen)
            S: a8 OK STORE completed
            C: a9 FETCH 1 BINARY[3]
            S: * 1 FETCH (FLAGS (\Seen \Recent))
            S: a9 NO [UNKNOWN-CTE] …
            C: a7 FETCH 1 (RFC822.SIZE BODY.PEEK[]<10.5> BODY.PEEK[]<99999.5> BODY.PEEK[HEADER.FIELDS.NOT (From To Subject Mime-Version)])
            S: * 1 FETCH (RFC822.SIZE … BODY[]<10> {5}
            S: Ann"  BODY[]<99999> {0}
            S:  BODY[HEADER.FIELDS.NOT (From To Subject Mime-Version)] {…}
            S: Content-Type: multipart/mixed; boundary="b"
            S: 
            S: )
            S: a7 OK FETCH completed
            """);
    }

    [Fact]
    public async Task Trace_fields_in_front_belong_to_the_message()
    {
        var user = await fixture.UserAsync();
        await user.DeliverToAsync("INBOX", "Subject: x\n\nbody\n", prefix: "Return-Path: <a@b>\r\nDelivered-To: c@d\r\n");
        using var client = await user.LogInAsync("SELECT INBOX");
        await client.PlayAsync("""
            C: a1 FETCH 1 (RFC822.SIZE BODY.PEEK[])
            S: * 1 FETCH (RFC822.SIZE 59 BODY[] {59}
            S: Return-Path: <a@b>
            S: Delivered-To: c@d
            S: Subject: x
            S: 
            S: body
            S: )
            S: a1 OK FETCH completed
            C: a2 FETCH 1 (BODY.PEEK[HEADER.FIELDS (delivered-to subject)] BODY.PEEK[TEXT] RFC822.HEADER)
            S: * 1 FETCH (BODY[HEADER.FIELDS (delivered-to subject)] {33}
            S: Delivered-To: c@d
            S: Subject: x
            S: 
            S:  BODY[TEXT] {6}
            S: body
            S:  RFC822.HEADER {53}
            S: Return-Path: <a@b>
            S: Delivered-To: c@d
            S: Subject: x
            S: 
            S: )
            S: a2 OK FETCH completed
            C: a3 SEARCH HEADER Delivered-To c@d
            S: * SEARCH 1
            S: a3 OK SEARCH completed
            """);
    }

    [Theory]
    [InlineData(false, "SERVERBUG")]
    [InlineData(true, "UNAVAILABLE")]
    public async Task A_body_that_cannot_be_read_is_an_error_and_never_an_empty_message(bool temporary, string code)
    {
        const string Broken = "Subject: broken by this test\n\nunreadable content of a length that no other has\n";
        var user = await fixture.UserAsync();
        await user.DeliverAsync("Subject: a\n\nb\n", Broken, "Subject: c\n\nd\n");
        using var client = await user.LogInAsync("SELECT INBOX");
        fixture.Messages.BrokenForNow = temporary;
        fixture.Messages.BrokenSize = Broken.ReplaceLineEndings("\r\n").Length;
        await client.PlayAsync($$"""
            C: a1 FETCH 1:3 BODY.PEEK[TEXT]
            S: * 1 FETCH (BODY[TEXT] {3}
            S: b
            S: )
            S: * 3 FETCH (BODY[TEXT] {3}
            S: d
            S: )
            S: a1 NO [{{code}}] …
            C: a2 FETCH 2 (UID ENVELOPE)
            S: * 2 FETCH (UID 2 ENVELOPE (…))
            S: a2 OK FETCH completed
            C: a3 SEARCH BODY nothing
            S: a3 NO [{{code}}] …
            """);
        fixture.Messages.BrokenSize = null;
    }

    [Fact]
    public async Task A_store_that_wants_it_is_told_what_a_walking_client_will_take_next()
    {
        var user = await fixture.UserAsync();
        for (var i = 1; i <= 9; i++)
            await user.DeliverAsync($"Subject: {i}\n\nwalk {i}\n");
        fixture.Messages.PrefetchDepth = 4;
        fixture.Messages.Hints.Clear();
        using var client = await user.LogInAsync("SELECT INBOX");
        await client.DoAsync("FETCH 1 BODY.PEEK[]");
        await client.DoAsync("FETCH 2:9 (ENVELOPE BODY.PEEK[HEADER])");
        fixture.Messages.Hints.ShouldBeEmpty();
        await client.DoAsync("FETCH 2 BODY.PEEK[]<0.10>");
        await client.DoAsync("FETCH 2 BODY.PEEK[]<10.10>");
        fixture.Messages.Hints.ShouldHaveSingleItem().Length.ShouldBe(4);
        await client.DoAsync("FETCH 3:9 BODY.PEEK[]");
        var told = fixture.Messages.Hints.SelectMany(static hint => hint).ToArray();
        told.Length.ShouldBe(7);
        told.Distinct().Count().ShouldBe(7);
        fixture.Messages.PrefetchDepth = 0;
    }

    [Fact]
    public async Task Pipelined_commands_are_answered_in_order()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync("Subject: a\n\nb\n");
        using var client = await fixture.ConnectAsync();
        await client.PlayAsync($$"""
            C: a1 LOGIN {{user.Address}} secret
            C: a2 SELECT INBOX
            C: a3 UID FETCH 1:* (UID FLAGS)
            C: a4 STORE 1 +FLAGS (\Seen)
            C: a5 UID SEARCH SEEN
            C: a6 APPEND INBOX {5+}
            C: hello
            C: a7 NOOP
            C: a8 LOGOUT
            S: a1 OK …
            S: * FLAGS …
            S: * OK [PERMANENTFLAGS …
            S: * 1 EXISTS
            S: * 1 RECENT
            S: * OK [UNSEEN 1] …
            S: * OK [UIDVALIDITY …
            S: * OK [UIDNEXT 2] …
            S: * OK [HIGHESTMODSEQ …
            S: * OK [MAILBOXID (F…)] …
            S: a2 OK [READ-WRITE] …
            S: * 1 FETCH (UID 1 FLAGS (\Recent))
            S: a3 OK …
            S: * 1 FETCH (FLAGS (\Seen \Recent))
            S: a4 OK …
            S: * SEARCH 1
            S: a5 OK …
            S: * 2 EXISTS
            S: * 2 RECENT
            S: a6 OK [APPENDUID …
            S: a7 OK …
            S: * BYE …
            S: a8 OK …
            S!
            """);
    }

    [Fact]
    public async Task Bodies_opened_ahead_come_in_their_order()
    {
        const string Broken = "Subject: ahead\n\nunreadable among others, with a length of its own\n";
        var user = await fixture.UserAsync();
        for (var i = 1; i <= 40; i++)
        {
            // Some are opened only when their turn comes, and one cannot be
            var text = i % 7 == 0 ? new string('x', 70_000 + i) : $"message {i}";
            await user.DeliverAsync(i == 20 ? Broken : $"Subject: {i}\n\n{text}");
        }

        using var client = await user.LogInAsync("SELECT INBOX");
        await client.DoAsync("COPY 3 INBOX");
        fixture.Messages.BrokenSize = Broken.ReplaceLineEndings("\r\n").Length;
        fixture.Messages.BrokenForNow = false;
        var lines = await client.RunAsync("UID FETCH 1:* BODY.PEEK[TEXT]<0.20>");
        fixture.Messages.BrokenSize = null;
        lines[^1].ShouldStartWith("NO ");
        lines.Count.ShouldBe(2 * 40 + 1);
        for (int i = 1, at = 0; i <= 41; i++)
        {
            if (i == 20)
                continue;
            lines[at++].ShouldBe($"* {i} FETCH (UID {i} BODY[TEXT]<0> {{{(i % 7 == 0 ? 20 : i == 41 ? 9 : $"message {i}".Length)}}}");
            lines[at++].ShouldStartWith(i % 7 == 0 ? "xxx" : $"message {(i == 41 ? 3 : i)})");
        }
    }
}
