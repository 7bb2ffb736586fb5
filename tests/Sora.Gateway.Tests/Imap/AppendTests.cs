using Sora.Gateway.Imap.Append;
using Sora.Contracts;

namespace Sora.Gateway.Tests.Imap;

/// <summary>APPEND of several messages (RFC 3502) and of messages put together by the server (RFC 4469).</summary>
[Collection("imap")]
public sealed class AppendTests(ImapFixture fixture)
{
    [Fact]
    public async Task Multiappend_is_one_command_with_one_answer()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync();
        await client.PlayAsync("""
            C: A003 APPEND Archive (\Seen) {16}
            S: + Ready for the message
            C: Subject: one
            C: 
            C. 
            C:  (\Seen $Work) " 7-Feb-1994 22:43:04 -0800" {16}
            S: + Ready for the message
            C: Subject: two
            C: 
            C. 
            C:  ~{19+}
            C: Subject: three
            C: 
            C. x
            C: 
            S: A003 OK [APPENDUID … 1:3] APPEND completed
            C: A004 SELECT Archive
            S: * FLAGS …
            S: * OK [PERMANENTFLAGS …
            S: * 3 EXISTS
            S: * 3 RECENT
            S: * OK [UNSEEN 3] …
            S: * OK [UIDVALIDITY …
            S: * OK [UIDNEXT 4] …
            S: * OK [HIGHESTMODSEQ 2] …
            S: * OK [MAILBOXID (…)] Stays through RENAME
            S: A004 OK …
            C: A005 FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])
            S: * 1 FETCH (FLAGS (\Seen \Recent) BODY[HEADER.FIELDS (SUBJECT)] {16}
            S: Subject: one
            S: 
            S: )
            S: * 2 FETCH (FLAGS (\Seen \Recent $Work) BODY[HEADER.FIELDS (SUBJECT)] {16}
            S: Subject: two
            S: 
            S: )
            S: * 3 FETCH (FLAGS (\Recent) BODY[HEADER.FIELDS (SUBJECT)] {18}
            S: Subject: three
            S: 
            S: )
            S: A005 OK …
            C: A006 FETCH 2 INTERNALDATE
            S: * 2 FETCH (INTERNALDATE " 8-Feb-1994 06:43:04 +0000")
            S: A006 OK …
            """);
    }

    // What follows two good messages: nothing of the command may stay, and the session goes on behind it.
    public static TheoryData<string, string> Refusals => new()
    {
        { " {0}", "NO [CANNOT]" }, // RFC 3502: takes the whole command back
        { " {0+}\r\n", "NO [CANNOT]" },
        { " {999999}", "NO [TOOBIG]" },
        { " {300000+}\r\n" + "LARGE", "NO [TOOBIG]" },
        { " (\\Seen", "BAD" },
        { " nonsense", "BAD" },
        { " (\\Recent) {5+}\r\nhello", "BAD" },
        { "  {5+}\r\nhello {5+}\r\nworld", "BAD" },
        { " CATENATE ({5+}\r\nhello)", "BAD" },
        { " CATENATE (URL \"/none/;UID=1\" TEXT {5+}\r\nhello) {6+}\r\nb NOOP", "NO [BADURL \"/none/;UID=1\"]" },
        { " CATENATE (URL {12+}\r\n/none/;UID=1 TEXT {5}", "NO [BADURL \"/none/;UID=1\"]" },
        { " CATENATE ()", "BAD" },
        { " CATENATE (TEXT {5+}\r\nhello", "BAD" },
        { " UTF8 ({5+}\r\nhello)", "BAD" },
        { " UTF8 (~{5+}\r\nhello", "BAD" },
        { " \"99-Foo-1994 22:43:04 -0800\" {5+}\r\nhello", "BAD" },
        { "\r\n", "BAD" }, // a line end too many: an empty command of its own
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task Nothing_is_stored_when_a_later_message_is_refused(string third, string answer)
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync("ENABLE UTF8=ACCEPT");
        third = third.Replace("LARGE", new string('x', 300_000), StringComparison.Ordinal);
        var isExtraLine = third == "\r\n";
        await client.Socket.SendAsync($"a APPEND INBOX {{5+}}\r\nfirst {{6+}}\r\nsecond{third}\r\nb STATUS INBOX (MESSAGES)\r\n");
        if (isExtraLine)
            (await client.Socket.LineAsync())!.ShouldStartWith("a OK [APPENDUID");
        (await client.Socket.LineAsync())!.ShouldStartWith(isExtraLine ? "* BAD" : "a " + answer);
        (await client.Socket.LineAsync()).ShouldBe($"* STATUS INBOX (MESSAGES {(isExtraLine ? 2 : 0)})");
        (await client.Socket.LineAsync())!.ShouldStartWith("b OK");
    }

    [Fact]
    public async Task A_refused_command_is_never_taken_for_other_commands()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync();
        await client.PlayAsync("""
            C: a APPEND none {10+}
            C: b LOGOUT
            C.  
            C: {10+}
            C: c LOGOUT
            C. 
            C: 
            S: a NO [TRYCREATE] …
            C: d NOOP
            S: d OK …
            C: e REPLACE 1 INBOX {10+}
            C: b LOGOUT
            C: 
            S: e BAD …
            C: f NOOP
            S: f OK …
            """);
    }

    [Fact]
    public async Task Limits_of_one_command_hold()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync();
        var before = (fixture.Options.MaxAppendMessages, fixture.Options.MaxAppend);
        (fixture.Options.MaxAppendMessages, fixture.Options.MaxAppend) = (3, Sora.Configuration.ByteSize.KiB(1));
        try
        {
            await client.PlayAsync("""
                C: a APPEND INBOX {1+}
                C: a {1+}
                C: b {1+}
                C: c {1}
                S: a NO [LIMIT] …
                """);
            var large = new string('x', 200 * 1024);
            await client.Socket.SendAsync($"b APPEND INBOX {{{large.Length}+}}\r\n{large} {{{large.Length}+}}\r\n{large}\r\n");
            (await client.Socket.LineAsync())!.ShouldStartWith("b NO [LIMIT]");
            await client.PlayAsync("""
                C: c STATUS INBOX (MESSAGES)
                S: * STATUS INBOX (MESSAGES 0)
                S: c OK …
                """);
        }
        finally
        {
            (fixture.Options.MaxAppendMessages, fixture.Options.MaxAppend) = before;
        }
    }

    [Fact]
    public async Task Catenate_puts_text_and_parts_together()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync("""
            From: a@example.com
            Subject: with parts
            Content-Type: multipart/mixed; boundary=b

            --b

            first part
            --b
            Content-Type: text/plain; charset=utf-8

            second part
            --b--

            """);
        using var client = await user.LogInAsync("SELECT INBOX");
        await client.PlayAsync("""
            C: A003 APPEND Drafts (\Seen \Draft $MDNSent) CATENATE (TEXT {16}
            S: + …
            C: Subject: new
            C: 
            C:  URL "/INBOX/;UID=1/;SECTION=1" TEXT {2+}
            C: 
            C:  URL ;UID=1/;SECTION=2.MIME URL {25+}
            C: ;UID=1/;SECTION=2/;PART=1 TEXT {1}
            S: A003 NO [BADURL ";UID=1/;SECTION=2/;PART=1"] …
            C: A004 APPEND Drafts (\Seen \Draft $MDNSent) CATENATE (TEXT {16}
            S: + …
            C: Subject: new
            C: 
            C:  URL "/INBOX/;UID=1/;SECTION=1" TEXT {2+}
            C: 
            C:  URL {22+}
            C: ;UID=1/;SECTION=2.MIME URL ;UID=1/;SECTION=2/;PARTIAL=2.4 URL "imap://localhost/INBOX/;uid=1/;section=header.fields%20(From)")
            S: A004 OK [APPENDUID … 1] …
            C: A005 SELECT Drafts
            S: …
            S: …
            S: …
            S: …
            S: …
            S: …
            S: …
            S: …
            S: * OK [MAILBOXID (…)] Stays through RENAME
            S: A005 OK …
            C: A006 FETCH 1 (FLAGS BODY.PEEK[])
            S: * 1 FETCH (FLAGS (\Seen \Draft \Recent $MDNSent) BODY[] {98}
            S: Subject: new
            S: 
            S: first part
            S: Content-Type: text/plain; charset=utf-8
            S: 
            S: condFrom: a@example.com
            S: 
            S: )
            S: A006 OK …
            """);
    }

    [Theory]
    [InlineData("/INBOX/;UID=1", "OK")]
    [InlineData("/inbox/;uid=1", "OK")]
    [InlineData("/INBOX;UIDVALIDITY=VALIDITY/;UID=1", "OK")]
    [InlineData("/INBOX;UIDVALIDITY=7/;UID=1", "NO [BADURL")]
    [InlineData("/INBOX/;UID=2", "NO [BADURL")]
    [InlineData("/INBOX/;UID=0", "NO [BADURL")]
    [InlineData("/INBOX/;UID=4294967296", "NO [BADURL")]
    [InlineData("/INBOX", "NO [BADURL")]
    [InlineData("/INBOX?SUBJECT%20x", "NO [BADURL")]
    [InlineData(";UID=1", "OK")]
    [InlineData("/;UID=1", "OK")]
    [InlineData(";UID=1/;SECTION=HEADER", "OK")]
    [InlineData(";UID=1/;SECTION=TEXT/;PARTIAL=0.1", "OK")]
    [InlineData(";UID=1/;PARTIAL=3", "OK")]
    [InlineData(";UID=1/;PARTIAL=3.0", "NO [BADURL")]
    [InlineData(";UID=1/;PARTIAL=1.2/;SECTION=TEXT", "NO [BADURL")]
    [InlineData(";UID=1/;SECTION=2", "NO [BADURL")]
    [InlineData(";UID=1/;SECTION=MIME", "NO [BADURL")]
    [InlineData(";UID=1/;SECTION=HEADER.FIELDS", "NO [BADURL")]
    [InlineData(";UID=1/;SECTION=1%5D%3C0.1%3E%5B", "NO [BADURL")]
    [InlineData(";UID=1;URLAUTH=submit+fred:internal", "NO [BADURL")]
    [InlineData("//localhost/INBOX/;UID=1", "OK")]
    [InlineData("imap://other.example.org/INBOX/;UID=1", "NO [BADURL")]
    [InlineData("imap://fred@localhost/INBOX/;UID=1", "NO [BADURL")]
    [InlineData("imap://USER@localhost/INBOX/;UID=1", "OK")]
    [InlineData("imap://USER;AUTH=*@127.0.0.1/INBOX/;UID=1", "OK")]
    [InlineData("imap:///INBOX/;UID=1", "NO [BADURL")]
    [InlineData("imap://localhost/;UID=1", "NO [BADURL")]
    [InlineData("http://localhost/INBOX/;UID=1", "NO [BADURL")]
    [InlineData("/IN%42OX/;UID=1", "OK")]
    [InlineData("/IN%4/;UID=1", "NO [BADURL")]
    [InlineData("/%FF/;UID=1", "NO [BADURL")]
    [InlineData("", "NO [BADURL")]
    [InlineData("INBOX/;UID=1", "OK")]
    public async Task Urls_lead_to_messages_that_the_user_may_read(string url, string answer)
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync("Subject: x\n\nbody\n");
        using var client = await user.LogInAsync("SELECT INBOX");
        var validity = (await client.DoAsync("STATUS INBOX (UIDVALIDITY)"))[0].Split("UIDVALIDITY ")[1].TrimEnd(')');
        url = url.Replace("VALIDITY=VALIDITY", "VALIDITY=" + validity, StringComparison.Ordinal)
            .Replace("USER", user.Address.Replace("@", "%40", StringComparison.Ordinal), StringComparison.Ordinal);
        (await client.RunAsync($"APPEND Archive CATENATE (URL \"{url}\")"))[^1].ShouldStartWith(answer);
        (await client.DoAsync("STATUS Archive (MESSAGES)"))[0].ShouldBe($"* STATUS Archive (MESSAGES {(answer == "OK" ? 1 : 0)})");
    }

    [Fact]
    public async Task Random_commands_are_answered_once_and_stay_in_step()
    {
        string[] pieces =
        [
            " ", " INBOX", " none", " (\\Seen $x)", " \"17-Jul-1996 02:44:25 -0700\"", " CATENATE (", "TEXT", " TEXT", "URL", " URL", " /INBOX/;UID=1",
            " \"/INBOX/;UID=1/;SECTION=HEADER\"", ")", " UTF8 (", "~", " {0+}\r\n", " {5+}\r\nb NOO", " {3+}\r\n\r\n)", " ~{4+}\r\n\0\0\0\0", " 1", "(", " {2",
            " {5+}\r\nhello", " CATENATE (TEXT {5+}\r\nhello)", " (\\Flagged) CATENATE (URL /INBOX/;UID=1)", " UTF8 (~{1+}\r\n\0)", " ~{1+}\r\n\0",
        ];
        string[] names = ["APPEND", "append", "REPLACE 1", "UID REPLACE 1", "UID APPEND"];
        var user = await fixture.UserAsync();
        await user.DeliverAsync("Subject: x\n\nbody\n");
        using var client = await user.LogInAsync("SELECT INBOX");
        var random = new Random(3502);
        var stored = 0;
        for (var round = 0; round < 600; round++)
        {
            var command = names[random.Next(names.Length)] + (random.Next(4) > 0 ? " INBOX" : "");
            for (var i = random.Next(0, 7); i > 0; i--)
                command += pieces[random.Next(pieces.Length)];
            await client.Socket.SendAsync($"a {command}\r\nz{round} NOOP\r\n");
            var answers = 0;
            string line;
            do
            {
                line = await client.Socket.LineAsync() ?? throw new IOException("Closed after: " + command);
                answers += line.StartsWith("a ", StringComparison.Ordinal) ? 1 : 0;
                stored += line.StartsWith("a OK", StringComparison.Ordinal) ? 1 : 0;
            }
            while (!line.StartsWith($"z{round} OK", StringComparison.Ordinal));
            answers.ShouldBe(1, command);
        }

        stored.ShouldBeGreaterThan(10); // or the pieces make no sense
    }

    [Fact]
    public void Url_parser_survives_anything()
    {
        var random = new Random(3516);
        const string Alphabet = "/;=%iImMaApP:@.UIDVALIDITYSECTIONPARTIAL0123456789abAB[]<>\\\"é\0";
        for (var round = 0; round < 20_000; round++)
        {
            var text = string.Create(random.Next(0, 40), random, static (span, source) =>
            {
                foreach (ref var c in span)
                    c = Alphabet[source.Next(Alphabet.Length)];
            });
            if (ImapUrl.TryParse((round & 1) == 0 ? text : "/a/;UID=1/;SECTION=" + text, out var url))
                url.Uid.ShouldBeGreaterThan(0u);
        }
    }

    [Fact]
    public async Task Messages_expunged_by_others_stay_catenable_until_that_is_told()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync("Subject: x\n\nbody\n");
        using var client = await user.LogInAsync("SELECT INBOX");
        var expunged = await (await user.MailboxAsync()).ExpungeAsync(
            new ExpungeRequest(OperationId.New(), UidSet.All, OnlyDeleted: false), CancellationToken.None);
        expunged.IsOk.ShouldBeTrue();
        await client.PlayAsync("""
            C: a APPEND Archive CATENATE (URL ;UID=1)
            S: * 0 EXISTS
            S: a OK …
            """.Replace("S: * 0 EXISTS\n", "S: * 1 EXPUNGE\n", StringComparison.Ordinal));
        (await client.RunAsync("APPEND Archive CATENATE (URL ;UID=1)"))[^1].ShouldStartWith("NO [BADURL");
    }
}
