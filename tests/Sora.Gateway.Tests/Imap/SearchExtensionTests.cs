using System.Globalization;

namespace Sora.Gateway.Tests.Imap;

/// <summary>WITHIN (RFC 5032), FUZZY (RFC 6203), limits, and what SEARCH saves.</summary>
[Collection("imap")]
public sealed class SearchExtensionTests(ImapFixture fixture)
{
    [Fact]
    public async Task Within()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync("SELECT INBOX");
        await client.DoAsync("APPEND INBOX \"17-Jul-1996 02:44:25 -0700\" {2+}\r\n\r\n");
        var hourAgo = DateTimeOffset.UtcNow.AddHours(-1).ToString("dd-MMM-yyyy HH:mm:ss +0000", CultureInfo.InvariantCulture);
        await client.DoAsync($"APPEND INBOX \"{hourAgo}\" {{2+}}\r\n\r\n");
        await client.DoAsync("APPEND INBOX {2+}\r\n\r\n");
        (string Keys, string Result)[] cases =
        [
            ("YOUNGER 1800", " 3"),
            ("YOUNGER 259200", " 2 3"),
            ("OLDER 1800", " 1 2"),
            ("OLDER 259200", " 1"),
            ("OLDER 4294967295", ""),
            ("NOT YOUNGER 1800 OLDER 60", " 1 2"),
        ];
        foreach (var (keys, result) in cases)
            (await client.DoAsync("SEARCH " + keys)).ShouldBe(["* SEARCH" + result], keys);
        foreach (var wrong in new[] { "SEARCH OLDER 0", "SEARCH OLDER", "SEARCH YOUNGER -1", "SEARCH YOUNGER 4294967296" })
            (await client.RunAsync(wrong)).Single().ShouldStartWith("BAD", Case.Sensitive, wrong);
    }

    [Fact]
    public async Task Fuzzy()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(
            "From: Dave <dave@example.com>\nSubject: IMAP break\n\nnothing\n",
            "From: Eve <eve@example.com>\nSubject: break the IMAP\n\nnothing\n",
            "From: Dave <dave@example.com>\nSubject: IMAP\n\nbreak it\n");
        using var client = await user.LogInAsync("SELECT INBOX");
        await client.PlayAsync("""
            C: A1 SEARCH FUZZY (SUBJECT "IMAP break")
            S: * SEARCH 1 2
            S: A1 OK SEARCH completed
            C: A2 SEARCH FUZZY SUBJECT "IMAP break" FROM "dave"
            S: * SEARCH 1
            S: A2 OK SEARCH completed
            C: B1 SEARCH RETURN (RELEVANCY ALL) FUZZY TEXT "IMAP break"
            S: * ESEARCH (TAG "B1") ALL 1:3 RELEVANCY (100 50 50)
            S: B1 OK SEARCH completed
            C: B2 SEARCH RETURN (RELEVANCY ALL) TEXT "Helo"
            S: B2 BAD …
            C: C1 SORT (REVERSE RELEVANCY) UTF-8 FUZZY TEXT "IMAP break"
            S: * SORT 2 3 1
            S: C1 OK SORT completed
            C: C2 SORT RETURN (RELEVANCY ALL) (RELEVANCY REVERSE ARRIVAL) UTF-8 FUZZY TEXT "IMAP break"
            S: * ESEARCH (TAG "C2") ALL 1:3 RELEVANCY (100 50 50)
            S: C2 OK SORT completed
            C: C3 SORT RETURN (PARTIAL 1:1 RELEVANCY) (RELEVANCY) UTF-8 FUZZY TEXT "break the"
            S: * ESEARCH (TAG "C3") PARTIAL (1:1 2) RELEVANCY (100)
            S: C3 OK SORT completed
            C: D1 SEARCH FUZZY (SINCE 1-Jan-1990 SMALLER 100000) FUZZY UNSEEN
            S: * SEARCH 1 2 3
            S: D1 OK SEARCH completed
            C: D2 SEARCH RETURN (COUNT) NOT FUZZY SUBJECT "IMAP break"
            S: * ESEARCH (TAG "D2") COUNT 1
            S: D2 OK SEARCH completed
            C: D3 SEARCH FUZZY
            S: D3 BAD …
            """);
    }

    [Fact]
    public async Task The_range_of_PARTIAL_comes_back_with_its_nearer_end_first()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync([.. Enumerable.Repeat("Subject: x\n\n", 5)]);
        using var client = await user.LogInAsync("SELECT INBOX");
        await client.PlayAsync("""
            C: A1 SEARCH RETURN (PARTIAL 4:2) ALL
            S: * ESEARCH (TAG "A1") PARTIAL (2:4 2:4)
            S: A1 OK SEARCH completed
            C: A2 SORT RETURN (PARTIAL 4:2) (REVERSE ARRIVAL) US-ASCII ALL
            S: * ESEARCH (TAG "A2") PARTIAL (2:4 …
            S: A2 OK SORT completed
            C: A3 UID SEARCH RETURN (PARTIAL -3:-1) ALL
            S: * ESEARCH (TAG "A3") UID PARTIAL (-1:-3 3:5)
            S: A3 OK SEARCH completed
            C: A4 UID SEARCH RETURN (PARTIAL -7:-6) ALL
            S: * ESEARCH (TAG "A4") UID PARTIAL (-6:-7 NIL)
            S: A4 OK SEARCH completed
            """);
    }

    [Fact]
    public async Task Limits_are_answered_with_LIMIT_and_empty_the_saved_result()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync("Subject: x\n\n");
        using var client = await user.LogInAsync("SELECT INBOX");
        await client.DoAsync("SEARCH RETURN (SAVE) ALL");
        var many = string.Join(' ', Enumerable.Repeat("ALL", fixture.Options.MaxSearchKeys + 1));
        (await client.RunAsync("SEARCH " + many)).Single().ShouldStartWith("NO [LIMIT]");
        (await client.RunAsync("SEARCH " + string.Join(' ', Enumerable.Repeat("BODY x", fixture.Options.MaxSearchTexts + 1)))).Single().ShouldStartWith("NO [LIMIT]");
        (await client.RunAsync("SEARCH FUZZY BODY \"" + string.Join(' ', Enumerable.Repeat("x", fixture.Options.MaxSearchTexts)) + "\"")).Single().ShouldStartWith("NO [LIMIT]");
        (await client.DoAsync("SEARCH $")).ShouldBe(["* SEARCH 1"]);
        (await client.RunAsync("SEARCH RETURN (SAVE " + many)).Single().ShouldStartWith("BAD");
        (await client.DoAsync("SEARCH $")).ShouldBe(["* SEARCH 1"]);
        (await client.RunAsync("SEARCH RETURN (SAVE) " + many)).Single().ShouldStartWith("NO [LIMIT]");
        (await client.DoAsync("SEARCH $")).ShouldBe(["* SEARCH"]);
    }

    [Fact]
    public async Task A_search_that_takes_long_says_so_and_one_that_takes_too_long_ends()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync("Subject: x\n\nneedle\n");
        using var client = await user.LogInAsync("SELECT INBOX");
        await client.DoAsync("SEARCH RETURN (SAVE) ALL");
        var (interval, timeout) = (fixture.Options.ProgressInterval, fixture.Options.SearchTimeout);
        var gate = new TaskCompletionSource();
        fixture.Messages.Gate = gate.Task;
        fixture.Options.ProgressInterval = TimeSpan.FromMilliseconds(20);
        try
        {
            await client.PlayAsync("""
                C: a1 SEARCH BODY needle
                S: * OK [INPROGRESS ("a1" 0 NIL)] …
                """);
            gate.SetResult();
            string? line;
            while ((line = await client.Socket.LineAsync())!.Contains("INPROGRESS", StringComparison.Ordinal))
            {
            }

            line.ShouldBe("* SEARCH 1");
            await client.PlayAsync("S: a1 OK SEARCH completed");
            fixture.Messages.Gate = new TaskCompletionSource().Task;
            fixture.Options.ProgressInterval = TimeSpan.Zero;
            fixture.Options.SearchTimeout = TimeSpan.FromMilliseconds(20);
            await client.PlayAsync("""
                C: a2 SEARCH RETURN (SAVE) BODY needle
                S: a2 NO [LIMIT] …
                C: a3 SEARCH $
                S: * SEARCH
                S: a3 OK SEARCH completed
                """);
        }
        finally
        {
            fixture.Messages.Gate = Task.CompletedTask;
            fixture.Options.ProgressInterval = interval;
            fixture.Options.SearchTimeout = timeout;
        }
    }

    [Fact]
    public async Task Preview()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(
            "Subject: plain\n\n> quoted\nHello   there,\n\nthis is\tthe text.\n",
            "Content-Type: text/html\n\n<html><head><style>p {}</style></head><body><p>Some <b>bold</b> words</p></body></html>\n",
            "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: application/pdf\n\nnot text\n--b\nContent-Type: multipart/alternative; boundary=c\n\n--c\nContent-Type: text/html\n\n<p>html</p>\n--c\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\nR3LDvMOfZQ==\n--c--\n--b--\n",
            "Content-Type: application/octet-stream\n\nnothing to see\n",
            "Subject: long\n\n" + string.Concat(Enumerable.Repeat("word ", 500)) + "\n",
            "Subject: secret\n\n-----BEGIN PGP MESSAGE-----\n\nxyz\n",
            "Subject: only quotes\n\n> first\n> > second\n");
        using var client = await user.LogInAsync("EXAMINE INBOX");
        await client.PlayAsync($$"""
            C: a1 FETCH 1 (RFC822.SIZE PREVIEW)
            S: * 1 FETCH (RFC822.SIZE 65 PREVIEW "Hello there, this is the text.")
            S: a1 OK FETCH completed
            C: a2 FETCH 2 PREVIEW (LAZY)
            S: * 2 FETCH (PREVIEW "Some bold words")
            S: a2 OK FETCH completed
            C: a3 UID FETCH 3 (PREVIEW (LAZY) FLAGS)
            S: * 3 FETCH (UID 3 PREVIEW {7}
            S: Gr{{"\u00c3\u00bc\u00c3\u009f"}}e FLAGS (\Recent))
            S: a3 OK FETCH completed
            C: a4 FETCH 4 preview
            S: * 4 FETCH (PREVIEW "")
            S: a4 OK FETCH completed
            C: a5 FETCH 5 (PREVIEW)
            S: * 5 FETCH (PREVIEW "{{string.Concat(Enumerable.Repeat("word ", 40)).TrimEnd()}}")
            S: a5 OK FETCH completed
            C: b1 FETCH 6 PREVIEW
            S: * 6 FETCH (PREVIEW "")
            S: b1 OK FETCH completed
            C: a6 FETCH 7 SNIPPET (LAZY=FUZZY)
            S: * 7 FETCH (SNIPPET (FUZZY "first second"))
            S: a6 OK FETCH completed
            C: a6b FETCH 7 SNIPPET (LAZY=FUZZY FUZZY)
            S: * 7 FETCH (SNIPPET (FUZZY "first second"))
            S: a6b OK FETCH completed
            C: a6c FETCH 7 SNIPPET (SLOW)
            S: a6c BAD …
            C: a7 FETCH 1 (SNIPPET (FUZZY) UID)
            S: * 1 FETCH (SNIPPET (FUZZY "Hello there, this is the text.") UID 1)
            S: a7 OK FETCH completed
            C: a8 FETCH 1 PREVIEW (CHANGEDSINCE 1)
            S: * OK [HIGHESTMODSEQ …] …
            S: * 1 FETCH (PREVIEW "Hello there, this is the text." MODSEQ (…))
            S: a8 OK FETCH completed
            C: a9 FETCH 1 (PREVIEW (NOW))
            S: a9 BAD …
            """);
    }
}
