using Sora.Contracts;

namespace Sora.Gateway.Tests.Imap;

/// <summary>SORT (RFC 5256), display keys (RFC 5957), ESORT (RFC 5267) and THREAD on the wire.</summary>
[Collection("imap")]
public sealed class SortTests(ImapFixture fixture)
{
    private async Task<ImapClient> MailboxAsync()
    {
        var user = await fixture.UserAsync();
        var client = await user.LogInAsync("SELECT INBOX");
        await AppendAsync(client, "10-Jan-2020 00:00:00 +0000", "Date: Mon, 3 Feb 2020 10:00:00 +0000\nFrom: bob@example.com\nTo: zed@example.com\nSubject: Re: apple\n\nx\n");
        await AppendAsync(client, "11-Jan-2020 00:00:00 +0000", "Date: Sat, 1 Feb 2020 10:00:00 +0000\nFrom: Zoe Display <ann@example.com>\nTo: Yan <yan@example.com>\nCc: c@example.com\nSubject: banana\n\n");
        await AppendAsync(client, " 2-Feb-2020 00:00:00 +0000", "From: carol@example.com\nSubject: [list] apple (fwd)\n\n");
        await AppendAsync(client, " 9-Jan-2020 00:00:00 +0000", "Date: Mon, 3 Feb 2020 11:00:00 +0100\nFrom: Bob <bob@example.com>\nSubject: =?utf-8?Q?=C3=84pfel?=\n\n" + new string('y', 300) + "\n");
        return client;
    }

    [Fact]
    public async Task Sort_keys()
    {
        using var client = await MailboxAsync();
        (string Criteria, string Result)[] cases =
        [
            ("(ARRIVAL)", " 4 1 2 3"),
            ("(REVERSE ARRIVAL)", " 3 2 1 4"),
            ("(DATE)", " 2 3 1 4"),
            ("(REVERSE DATE)", " 1 4 3 2"),
            ("(SUBJECT)", " 1 3 4 2"),
            ("(subject date)", " 3 1 4 2"),
            ("(SUBJECT REVERSE DATE)", " 1 3 4 2"),
            ("(REVERSE SUBJECT DATE)", " 2 4 3 1"),
            ("(FROM)", " 2 1 4 3"),
            ("(FROM REVERSE ARRIVAL)", " 2 1 4 3"),
            ("(FROM ARRIVAL)", " 2 4 1 3"),
            ("(TO)", " 3 4 2 1"),
            ("(CC)", " 1 3 4 2"),
            ("(REVERSE SIZE)", " 4 2 1 3"),
            ("(DISPLAYFROM)", " 4 1 3 2"),
            ("(REVERSE DISPLAYTO)", " 1 2 3 4"),
        ];
        foreach (var (criteria, result) in cases)
            (await client.DoAsync($"SORT {criteria} UTF-8 ALL")).ShouldBe(["* SORT" + result], criteria);
        (await client.DoAsync("UID SORT (DATE) US-ASCII 1:2")).ShouldBe(["* SORT 2 1"]);
        (await client.DoAsync("SORT (DATE) UTF-8 DRAFT")).ShouldBe(["* SORT"]);
        (await client.DoAsync("SORT (DATE) UTF-8 MODSEQ 1")).Last().ShouldMatch("^\\* SORT 2 3 1 4 \\(MODSEQ [0-9]+\\)$");
        foreach (var wrong in new[] { "SORT () UTF-8 ALL", "SORT (NAME) UTF-8 ALL", "SORT (REVERSE) UTF-8 ALL", "SORT DATE UTF-8 ALL", "SORT (DATE) UTF-8", "SORT (DATE)  UTF-8 ALL", "SORT (RELEVANCY) UTF-8 ALL" })
        {
            (await client.RunAsync(wrong)).Single().ShouldStartWith("BAD", Case.Sensitive, wrong);
            await client.DoAsync("NOOP");
        }
    }

    [Fact]
    public async Task Charsets()
    {
        using var client = await MailboxAsync();
        (await client.DoAsync("SORT (DATE) UTF-8 SUBJECT {6+}\r\n\u00c3\u00a4PFEL")).ShouldBe(["* SORT 4"]);
        (await client.DoAsync("THREAD REFS iso-8859-15 SUBJECT {5+}\r\n\u00c4pfel")).ShouldBe(["* THREAD (4)"]);
        (await client.DoAsync("SEARCH CHARSET koi8-r SUBJECT {5+}\r\napple")).ShouldBe(["* SEARCH 1 3"]);
        (await client.RunAsync("SORT (DATE) X-NONE ALL")).Single().ShouldStartWith("NO [BADCHARSET (US-ASCII UTF-8 ");
        (await client.RunAsync("SORT (DATE) X-NONE NOTHING")).Single().ShouldStartWith("BAD");
    }

    [Fact]
    public async Task Extended_sort()
    {
        using var client = await MailboxAsync();
        await client.PlayAsync("""
            C: E01 UID SORT RETURN () (REVERSE DATE) UTF-8 UNDELETED UNKEYWORD $Junk
            S: * ESEARCH (TAG "E01") UID ALL 1,4,3,2
            S: E01 OK SORT completed
            C: E02 UID SORT RETURN (MIN MAX COUNT) (DATE) UTF-8 ALL
            S: * ESEARCH (TAG "E02") UID MIN 2 MAX 4 COUNT 4
            S: E02 OK SORT completed
            C: E03 SORT RETURN (ALL) (ARRIVAL) UTF-8 1:3
            S: * ESEARCH (TAG "E03") ALL 1:3
            S: E03 OK SORT completed
            C: E04 SORT RETURN (PARTIAL 2:3 COUNT) (DATE) UTF-8 ALL
            S: * ESEARCH (TAG "E04") COUNT 4 PARTIAL (2:3 3,1)
            S: E04 OK SORT completed
            C: E05 SORT RETURN (PARTIAL 5:9) (DATE) UTF-8 ALL
            S: * ESEARCH (TAG "E05") PARTIAL (5:9 NIL)
            S: E05 OK SORT completed
            C: E06 SORT RETURN (SAVE MIN) (DATE) UTF-8 ALL
            S: * ESEARCH (TAG "E06") MIN 2
            S: E06 OK SORT completed
            C: E07 FETCH $ UID
            S: * 2 FETCH (UID 2)
            S: E07 OK FETCH completed
            C: E08 SORT RETURN (SAVE) (DATE) UTF-8 3:4
            S: E08 OK SORT completed
            C: E09 THREAD ORDEREDSUBJECT UTF-8 $
            S: * THREAD (3)(4)
            S: E09 OK THREAD completed
            C: E10 THREAD RETURN (SAVE) REFS UTF-8 2
            S: E10 OK THREAD completed
            C: E11 UID SEARCH RETURN (COUNT) $
            S: * ESEARCH (TAG "E11") UID COUNT 1
            S: E11 OK SEARCH completed
            C: E12 THREAD RETURN (MIN) REFS UTF-8 2
            S: E12 BAD …
            """);
    }

    [Fact]
    public async Task Paged_search()
    {
        using var client = await MailboxAsync();
        await client.PlayAsync("""
            C: A01 UID SEARCH RETURN (PARTIAL 1:2) UNDELETED
            S: * ESEARCH (TAG "A01") UID PARTIAL (1:2 1:2)
            S: A01 OK SEARCH completed
            C: A02 UID SEARCH RETURN (PARTIAL -1:-2 COUNT) ALL
            S: * ESEARCH (TAG "A02") UID COUNT 4 PARTIAL (-1:-2 3:4)
            S: A02 OK SEARCH completed
            C: A03 SEARCH RETURN (PARTIAL -3:-100) ALL
            S: * ESEARCH (TAG "A03") PARTIAL (-3:-100 1:2)
            S: A03 OK SEARCH completed
            C: A04 SEARCH RETURN (PARTIAL 3:2) ALL
            S: * ESEARCH (TAG "A04") PARTIAL (2:3 2:3)
            S: A04 OK SEARCH completed
            C: A05 SEARCH RETURN (PARTIAL 1:2) DRAFT
            S: * ESEARCH (TAG "A05") PARTIAL (1:2 NIL)
            S: A05 OK SEARCH completed
            C: A06 SEARCH RETURN (PARTIAL 1:2 ALL) ALL
            S: A06 BAD …
            C: A07 SEARCH RETURN (PARTIAL 1:2 PARTIAL 3:4) ALL
            S: A07 BAD …
            C: A08 SEARCH RETURN (PARTIAL -1:2) ALL
            S: A08 BAD …
            C: A09 SEARCH RETURN (PARTIAL 0:2) ALL
            S: A09 BAD …
            C: A10 SEARCH RETURN (SAVE PARTIAL 2:3) ALL
            S: * ESEARCH (TAG "A10") PARTIAL (2:3 2:3)
            S: A10 OK SEARCH completed
            C: A11 SEARCH RETURN (ALL) $
            S: * ESEARCH (TAG "A11") ALL 2:3
            S: A11 OK SEARCH completed
            C: A12 SEARCH RETURN (SAVE MIN PARTIAL 3:4) ALL
            S: * ESEARCH (TAG "A12") MIN 1 PARTIAL (3:4 3:4)
            S: A12 OK SEARCH completed
            C: A13 SEARCH RETURN (ALL) $
            S: * ESEARCH (TAG "A13") ALL 1,3:4
            S: A13 OK SEARCH completed
            C: A14 SEARCH RETURN (SAVE COUNT PARTIAL 3:4) ALL
            S: * ESEARCH (TAG "A14") COUNT 4 PARTIAL (3:4 3:4)
            S: A14 OK SEARCH completed
            C: A15 SEARCH RETURN (ALL) $
            S: * ESEARCH (TAG "A15") ALL 1:4
            S: A15 OK SEARCH completed
            """);
    }

    [Fact]
    public async Task Threads_on_the_wire()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync("SELECT INBOX");
        await client.DoAsync("CREATE empty");
        string[] messages =
        [
            "Message-ID: <a@x>\nSubject: one\n\n",
            "Message-ID: <b@x>\nIn-Reply-To: <a@x>\nSubject: Re: one\n\n",
            "Message-ID: <c@x>\nReferences: <a@x>\nSubject: two\n\n",
            "Message-ID: <d@x>\nReferences: <a@x> <b@x>\nSubject: Re: one\n\n",
            "Message-ID: <e@x>\nReferences: <gone@x>\nSubject: three\n\n",
            "Message-ID: <f@x>\nReferences: <\"gone\"@x>\nSubject: Re: three\n\n",
            "Subject: Fwd: two\n\n",
        ];
        var day = 0;
        foreach (var message in messages)
            await AppendAsync(client, $"{++day,2}-Mar-2020 00:00:00 +0000", message);
        await client.PlayAsync("""
            C: t1 THREAD REFERENCES UTF-8 ALL
            S: * THREAD (1 (2 4)(3))((5)(6))(7)
            S: t1 OK THREAD completed
            C: t2 UID THREAD REFS US-ASCII NOT UID 2
            S: * THREAD (1 (3)(4))((5)(6))(7)
            S: t2 OK THREAD completed
            C: t3 thread orderedsubject utf-8 1:7
            S: * THREAD (1 (2)(4))(3 7)(5 6)
            S: t3 OK THREAD completed
            C: t4 THREAD REFERENCES UTF-8 DRAFT
            S: * THREAD
            S: t4 OK THREAD completed
            C: t5 THREAD NONE UTF-8 ALL
            S: t5 BAD …
            C: t6 THREAD REFS UTF-8
            S: t6 BAD …
            C: t7 THREAD REFS ALL
            S: t7 BAD …
            """);
    }

    private static async Task AppendAsync(ImapClient client, string date, string message)
    {
        var text = message.ReplaceLineEndings("\r\n");
        await client.DoAsync($"APPEND INBOX \"{date}\" {{{text.Length}+}}\r\n{text}");
    }
}
