namespace Sora.Gateway.Tests.Imap;

/// <summary>The examples of RFC 5256 (SORT and THREAD) in their order, and its rules as tables, on mailboxes of our own.</summary>
[Collection("imap")]
public sealed class Rfc5256Tests(ImapFixture fixture)
{
    [Fact]
    public async Task Sort_examples()
    {
        using var client = await MailboxAsync(
            "Date: 1 Feb 2020 10:00:00 +0000\nSubject: melon\n\n",
            "Date: 2 Feb 2020 10:00:00 +0000\nSubject: Re: melon\n\n",
            "Date: 3 Feb 2020 10:00:00 +0000\nSubject: cherry\n\n",
            "Date: 4 Feb 2020 10:00:00 +0000\nSubject: melon (fwd)\n\n",
            "Date: 5 Feb 2020 10:00:00 +0000\nSubject: apple\n\n");
        await client.PlayAsync("""
            C: A282 SORT (SUBJECT) UTF-8 SINCE 1-Feb-1994
            S: * SORT 5 3 1 2 4
            S: A282 OK SORT completed
            C: A283 SORT (SUBJECT REVERSE DATE) UTF-8 ALL
            S: * SORT 5 3 4 2 1
            S: A283 OK SORT completed
            C: A284 SORT (SUBJECT) US-ASCII TEXT "not in mailbox"
            S: * SORT
            S: A284 OK SORT completed
            """);
    }

    [Fact]
    public async Task Thread_examples()
    {
        // Sent one day after the other. 6 is missing from the mailbox: 7 and 8 answer it
        using var client = await MailboxAsync(
            "Message-ID: <1@x>\nDate: 1 Mar 2020 10:00:00 +0000\nSubject: a\n\n",
            "Message-ID: <2@x>\nDate: 2 Mar 2020 10:00:00 +0000\nSubject: b\n\n",
            "Message-ID: <3@x>\nDate: 3 Mar 2020 10:00:00 +0000\nSubject: Re: b\nReferences: <2@x>\n\n",
            "Message-ID: <4@x>\nDate: 4 Mar 2020 10:00:00 +0000\nSubject: Re: b\nReferences: <2@x> <3@x>\n\n",
            "Message-ID: <5@x>\nDate: 5 Mar 2020 10:00:00 +0000\nSubject: Re: b\nReferences: <2@x> <3@x> <4@x>\n\n",
            "Message-ID: <7@x>\nDate: 7 Mar 2020 10:00:00 +0000\nSubject: Re: d\nReferences: <6@x>\n\n",
            "Message-ID: <8@x>\nDate: 8 Mar 2020 10:00:00 +0000\nSubject: Re: d\nReferences: <6@x>\n\n",
            "Message-ID: <9@x>\nDate: 9 Mar 2020 10:00:00 +0000\nSubject: Re: b\nReferences: <2@x> <3@x>\n\n",
            "Message-ID: <10@x>\nDate: 10 Mar 2020 10:00:00 +0000\nSubject: Re: b\nReferences: <2@x> <3@x> <9@x>\n\n");
        await client.PlayAsync("""
            C: A283 THREAD ORDEREDSUBJECT UTF-8 SINCE 5-MAR-2000
            S: * THREAD (1)(2 (3)(4)(5)(8)(9))(6 7)
            S: A283 OK THREAD completed
            C: A284 THREAD ORDEREDSUBJECT US-ASCII TEXT "gewp"
            S: * THREAD
            S: A284 OK THREAD completed
            C: A285 THREAD REFERENCES UTF-8 SINCE 5-MAR-2000
            S: * THREAD (1)(2 3 (4 5)(8 9))((6)(7))
            S: A285 OK THREAD completed
            C: A286 UID THREAD REFERENCES UTF-8 NOT 3
            S: * THREAD (1)(2 (4 5)(8 9))((6)(7))
            S: A286 OK THREAD completed
            """);
    }

    // Section 2.2: what the sent date is when the Date field is not what it should be. All were stored on 10 January 2020 at noon.
    [Theory]
    [InlineData("31 Dec 2000 16:01:33 -0800", "1 Jan 2001 00:01:32 +0000", "2 1")]
    [InlineData("31 Dec 2000 16:01:33 -0800", "1 Jan 2001 00:01:34 +0000", "1 2")]
    [InlineData("1 Feb 2020 10:00:00 +9900", "1 Feb 2020 10:00:01 +0000", "1 2")] // no such zone: UTC
    [InlineData("1 Feb 2020 10:00:00 +9900", "1 Feb 2020 09:59:59 +0000", "2 1")]
    [InlineData("1 Feb 2020 25:00:00 +0000", "1 Feb 2020 00:00:01 +0000", "1 2")] // no such time: midnight
    [InlineData("1 Feb 2020 25:00:00 +0000", "31 Jan 2020 23:59:59 +0000", "2 1")]
    [InlineData("nonsense", "10 Jan 2020 12:00:01 +0000", "1 2")] // no date: when it was stored
    [InlineData("nonsense", "10 Jan 2020 11:59:59 +0000", "2 1")]
    [InlineData(null, "10 Jan 2020 11:59:59 +0000", "2 1")]
    [InlineData(null, "10 Jan 2020 12:00:01 +0000", "1 2")]
    [InlineData("10 Jan 2020 12:00:00 +0000", null, "1 2")] // the same: by sequence number
    [InlineData("10 Jan 2020 13:00:00 +0100", "10 Jan 2020 12:00:00 +0000", "1 2")]
    public async Task Sent_dates(string? first, string? second, string order)
    {
        using var client = await MailboxAsync(Mail(first), Mail(second));
        (await client.DoAsync("SORT (DATE) UTF-8 ALL")).ShouldBe(["* SORT " + order]);
        var ordered = await client.DoAsync("THREAD ORDEREDSUBJECT UTF-8 ALL");
        ordered.ShouldBe([$"* THREAD ({order})"]);

        static string Mail(string? date) => (date is null ? "" : $"Date: {date}\n") + "Subject: s\n\n";
    }

    // "REVERSE only reverses a single criterion, and does not affect the implicit 'sequence number'"
    [Theory]
    [InlineData("(SUBJECT)", "3 1 2 4")]
    [InlineData("(REVERSE SUBJECT)", "1 2 4 3")]
    [InlineData("(REVERSE SIZE)", "4 1 2 3")]
    [InlineData("(REVERSE FROM)", "1 2 3 4")]
    [InlineData("(REVERSE ARRIVAL)", "1 2 3 4")]
    [InlineData("(REVERSE DATE)", "1 2 3 4")]
    [InlineData("(REVERSE CC REVERSE TO)", "1 2 3 4")]
    [InlineData("(REVERSE SUBJECT REVERSE SIZE)", "4 1 2 3")]
    [InlineData("(SUBJECT SUBJECT REVERSE SUBJECT)", "3 1 2 4")]
    public async Task Ties_are_in_the_order_of_the_mailbox(string criteria, string order)
    {
        using var client = await MailboxAsync("Subject: b\n\n", "Subject: b\n\n", "Subject: a\n\n", "Subject: b\n\nmore\n");
        (await client.DoAsync($"SORT {criteria} UTF-8 ALL")).ShouldBe(["* SORT " + order]);
    }

    // Section 2.1 step by step: pairs that have the same base subject, and whether the second is a reply or forward of it
    [Theory]
    [InlineData("test", "=?utf-8?Q?Re=3A_test?=", true)]
    [InlineData("a b", "a\t  b", false)]
    [InlineData("a b", "a\n b", false)]
    [InlineData("test", "test (fwd) (FWD) ", true)]
    [InlineData("test", "re: test", true)]
    [InlineData("test", "RE  : test", true)]
    [InlineData("test", "Fw: test", true)]
    [InlineData("test", "FWD: test", true)]
    [InlineData("test", "Re [list]: test", true)]
    [InlineData("test", "[one][two] Re: test", true)]
    [InlineData("test", "[one] test", false)]
    [InlineData("test", "[one] [two] test", false)]
    [InlineData("[two]", "[one] [two]", false)]
    [InlineData("[one]", "[one]", false)]
    [InlineData("test", "Re: [one] Re: [two] Fwd: test", true)]
    [InlineData("test", "[Fwd: test]", true)]
    [InlineData("test", "[fwd: [fwd: Re: test (fwd)]]", true)]
    [InlineData("test", "Re: [fwd: test] (fwd)", true)]
    [InlineData("test", "[list] [fwd: test]", true)]
    public async Task Base_subjects(string subject, string other, bool isReply)
    {
        using var client = await MailboxAsync($"Message-ID: <1@x>\nSubject: {other}\n\n", $"Message-ID: <2@x>\nSubject: {subject}\n\n");
        (await client.DoAsync("THREAD ORDEREDSUBJECT UTF-8 ALL")).ShouldBe(["* THREAD (1 2)"]);
        (await client.DoAsync("SORT (SUBJECT REVERSE SIZE) UTF-8 ALL")).ShouldBe(["* SORT " + (other.Length > subject.Length || other == subject ? "1 2" : "2 1")]);

        // A message that is no reply becomes the parent of one that is; two that are none become siblings
        (await client.DoAsync("THREAD REFERENCES UTF-8 ALL")).ShouldBe([isReply ? "* THREAD (2 1)" : "* THREAD ((1)(2))"]);
    }

    [Theory]
    [InlineData("regarding: test")]
    [InlineData("[a[b] test")]
    [InlineData("Re test")]
    [InlineData("fwdd: test")]
    [InlineData("test fwd")]
    [InlineData("AW: test")]
    public async Task Subjects_that_only_look_like_it(string other)
    {
        using var client = await MailboxAsync($"Message-ID: <1@x>\nSubject: {other}\n\n", "Message-ID: <2@x>\nSubject: test\n\n");
        (await client.DoAsync("THREAD REFERENCES UTF-8 ALL")).ShouldBe(["* THREAD (1)(2)"]);
    }

    // What makes a message the child of another
    [Theory]
    [InlineData("Message-ID: <a@x>", "References: <a@x>", "(1 2)")]
    [InlineData("Message-ID: <\"a\"@x>", "References: <a@x>", "(1 2)")] // quoting does not matter
    [InlineData("Message-ID: <A@x>", "References: <a@x>", "(1)(2)")] // case does
    [InlineData("Message-ID: <a@x>", "In-Reply-To: <a@x> <b@x>", "(1 2)")] // the first one
    [InlineData("Message-ID: <a@x>", "In-Reply-To: <b@x> <a@x>", "(1)(2)")]
    [InlineData("Message-ID: <a@x>", "In-Reply-To: your message of today <a@x>", "(1 2)")]
    [InlineData("Message-ID: <a@x>", "References: none\nIn-Reply-To: <a@x>", "(1 2)")] // no valid id in References
    [InlineData("Message-ID: <a@x>", "References: <b@x>\nIn-Reply-To: <a@x>", "(1)(2)")] // References goes first
    [InlineData("X-Message-ID: <a@x>", "References: <a@x>", "(1)(2)")]
    public async Task Parents(string parent, string child, string threads)
    {
        using var client = await MailboxAsync($"{parent}\nSubject: one\n\n", $"Message-ID: <c@x>\n{child}\nSubject: two\n\n");
        (await client.DoAsync("THREAD REFERENCES UTF-8 ALL")).ShouldBe(["* THREAD " + threads]);
    }

    private async Task<ImapClient> MailboxAsync(params string[] messages)
    {
        var user = await fixture.UserAsync();
        var client = await user.LogInAsync("SELECT INBOX");
        foreach (var message in messages)
        {
            var text = message.ReplaceLineEndings("\r\n");
            await client.DoAsync($"APPEND INBOX \"10-Jan-2020 12:00:00 +0000\" {{{text.Length}+}}\r\n{text}");
        }

        return client;
    }
}
