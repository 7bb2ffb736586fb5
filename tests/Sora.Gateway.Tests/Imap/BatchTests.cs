using Sora.Contracts;
using Sora.Gateway.Imap;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Tests.Imap;

/// <summary>Commands that take or give a mailbox piece by piece: PARTIAL (RFC 9394), UIDBATCHES (RFC 10022), MESSAGELIMIT (RFC 9738), INPROGRESS (RFC 9585).</summary>
[Collection("imap")]
public sealed class BatchTests(ImapFixture fixture)
{
    private const string Mail = "Subject: hello\n\nbody\n";

    [Theory]
    [InlineData(1, 3, false, 5, "1:3")]
    [InlineData(4, 9, false, 5, "4:5")]
    [InlineData(6, 9, false, 5, "")]
    [InlineData(1, 3, true, 5, "3:5")]
    [InlineData(5, 9, true, 5, "1")]
    [InlineData(6, 9, true, 5, "")]
    [InlineData(1, 4294967295, true, 5, "1:5")]
    [InlineData(1, 1, false, 0, "")]
    public void A_partial_range_of_a_set(uint first, uint last, bool fromEnd, int count, string expected)
    {
        var set = count == 0 ? UidSet.Empty : UidSet.Range(1, (uint)count);
        new PartialRange(first, last, fromEnd).Of(set).ToString().ShouldBe(expected);
    }

    [Fact]
    public void A_partial_range_goes_over_gaps()
    {
        var set = UidSet.Of(1, 2, 5, 6, 9);
        new PartialRange(2, 4, false).Of(set).ToString().ShouldBe("2,5:6");
        new PartialRange(1, 2, true).Of(set).ToString().ShouldBe("6,9");
    }

    [Fact]
    public async Task Partial_uid_fetch()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail, Mail, Mail, Mail, Mail);
        using var client = await user.LogInAsync("SELECT INBOX");
        await client.DoAsync("STORE 2 +FLAGS (\\Deleted)");
        await client.DoAsync("EXPUNGE");
        await client.PlayAsync("""
            C: a1 UID FETCH 1:* (UID) (PARTIAL -1:-2)
            S: * 3 FETCH (UID 4)
            S: * 4 FETCH (UID 5)
            S: a1 OK FETCH completed
            C: a2 UID FETCH 1:* (UID) (PARTIAL 3:2)
            S: * 2 FETCH (UID 3)
            S: * 3 FETCH (UID 4)
            S: a2 OK FETCH completed
            C: a3 UID FETCH 1:* (UID RFC822.SIZE) (PARTIAL 4:10)
            S: * 4 FETCH (UID 5 RFC822.SIZE 24)
            S: a3 OK FETCH completed
            C: a4 UID FETCH 1:* (UID) (PARTIAL 5:10)
            S: a4 OK FETCH completed
            C: a5 UID FETCH 1:* (UID) (PARTIAL -1:-3 CHANGEDSINCE 4)
            S: * OK [HIGHESTMODSEQ …
            S: * 3 FETCH (UID 4 MODSEQ (5))
            S: * 4 FETCH (UID 5 MODSEQ (6))
            S: a5 OK FETCH completed
            C: a6 UID FETCH 1:* (UID) (CHANGEDSINCE 4 PARTIAL 1:1)
            S: a6 OK FETCH completed
            C: a7 FETCH 2:4 (UID) (PARTIAL -1:-2)
            S: * 3 FETCH (UID 4)
            S: * 4 FETCH (UID 5)
            S: a7 OK FETCH completed
            C: b1 FETCH 1 (UID) (PARTIAL 1)
            S: b1 BAD …
            C: b2 UID FETCH 1 (UID) (PARTIAL 1:-2)
            S: b2 BAD …
            C: b3 UID FETCH 1 (UID) (PARTIAL 0:2)
            S: b3 BAD …
            C: b4 UID FETCH 1 (UID) (PARTIAL 1:*)
            S: b4 BAD …
            C: b5 UID FETCH 1 (UID) (PARTIAL 1:2 PARTIAL 1:2)
            S: b5 BAD …
            """);
    }

    [Fact]
    public async Task Uid_batches()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync("SELECT INBOX");
        await client.PlayAsync("""
            C: a1 UIDBATCHES 500
            S: * UIDBATCHES (TAG "a1")
            S: a1 OK UIDBATCHES completed
            """);
        for (var i = 0; i < 7; i++)
            await user.DeliverAsync(Mail);
        await client.DoAsync("NOOP");
        await client.DoAsync("STORE 2,5 +FLAGS.SILENT (\\Deleted)");
        await client.DoAsync("EXPUNGE"); // 1 3 4 6 7
        fixture.Options.MinUidBatch = 2;
        try
        {
            await client.PlayAsync("""
                C: a1 UIDBATCHES 2
                S: * UIDBATCHES (TAG "a1") 7:6,5:3,2:1
                S: a1 OK UIDBATCHES completed
                C: a2 UIDBATCHES 2 2:3
                S: * UIDBATCHES (TAG "a2") 5:3,2:1
                S: a2 OK UIDBATCHES completed
                C: a3 UIDBATCHES 3 1:1
                S: * UIDBATCHES (TAG "a3") 7:4
                S: a3 OK UIDBATCHES completed
                C: a4 UIDBATCHES 2 4:9
                S: * UIDBATCHES (TAG "a4")
                S: a4 OK UIDBATCHES completed
                C: a5 UIDBATCHES 4294967295
                S: * UIDBATCHES (TAG "a5") 7:1
                S: a5 OK UIDBATCHES completed
                C: a6 UIDBATCHES 4294967295 4294967295:4294967295
                S: * UIDBATCHES (TAG "a6")
                S: a6 OK UIDBATCHES completed
                C: a7 UIDBATCHES 1
                S: a7 NO [TOOFEW] …
                C: a8 UIDBATCHES 2 3:2
                S: a8 BAD [CLIENTBUG] …
                C: a9 UIDBATCHES 2000 1:51
                S: a9 NO [TOOMANY] …
                C: b1 UIDBATCHES 2000 1:50
                S: * UIDBATCHES (TAG "b1") 7:1
                S: b1 OK UIDBATCHES completed
                C: b2 UIDBATCHES
                S: b2 BAD …
                C: b3 UIDBATCHES 0
                S: b3 BAD [CLIENTBUG] …
                C: b4 UIDBATCHES 2 0:1
                S: b4 BAD [CLIENTBUG] …
                C: b5 UIDBATCHES 2 1
                S: b5 BAD …
                """);
        }
        finally
        {
            fixture.Options.MinUidBatch = 500;
        }
    }

    [Fact]
    public async Task A_limit_of_messages()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail, Mail, Mail, Mail, Mail, Mail);
        using var client = await user.LogInAsync("SELECT INBOX");
        fixture.Options.MessageLimit = 3;
        try
        {
            (await client.DoAsync("CAPABILITY"))[0].ShouldContain(" MESSAGELIMIT=3 ");
            await client.PlayAsync("""
                C: a1 FETCH 1:* (UID)
                S: * 4 FETCH (UID 4)
                S: * 5 FETCH (UID 5)
                S: * 6 FETCH (UID 6)
                S: a1 OK [MESSAGELIMIT 3 4] FETCH completed
                C: a2 UID FETCH 1:3 (UID)
                S: * 1 FETCH (UID 1)
                S: * 2 FETCH (UID 2)
                S: * 3 FETCH (UID 3)
                S: a2 OK FETCH completed
                C: a3 UID STORE 1:* +FLAGS.SILENT (\Flagged)
                S: a3 OK [MESSAGELIMIT 3 4] STORE completed
                C: a4 UID COPY 2:6 Trash
                S: a4 NO [MESSAGELIMIT 3 4] …
                C: a5 UID COPY 1:2,6 Trash
                S: a5 OK [COPYUID … 1:2,6 1:3] COPY completed
                C: a6 UID FETCH 1:* (UID) (PARTIAL 1:4)
                S: a6 NO [MESSAGELIMIT 3] …
                C: s1 UID SEARCH UIDAFTER 4
                S: * SEARCH 5 6
                S: s1 OK SEARCH completed
                C: s2 UID SEARCH UIDBEFORE 3
                S: * SEARCH 1 2
                S: s2 OK SEARCH completed
                C: s3 UID SEARCH OR UIDBEFORE 1 UIDAFTER 4294967295
                S: * SEARCH
                S: s3 OK SEARCH completed
                C: s4 UID SEARCH UIDAFTER 1:2
                S: s4 BAD …
                C: s5 UID SEARCH UIDBEFORE 0
                S: s5 BAD …
                C: a7 STORE 1:2 +FLAGS.SILENT (\Deleted)
                S: a7 OK STORE completed
                C: a8 STORE 4:5 +FLAGS.SILENT (\Deleted)
                S: a8 OK STORE completed
                C: a9 UID EXPUNGE 1:*
                S: * 2 EXPUNGE
                S: * 3 EXPUNGE
                S: * 3 EXPUNGE
                S: a9 OK [MESSAGELIMIT 3 2] EXPUNGE completed
                C: b1 EXPUNGE
                S: * 1 EXPUNGE
                S: b1 OK EXPUNGE completed
                """);
            await user.DeliverAsync(Mail, Mail);
            await client.PlayAsync("""
                C: c1 UID MOVE 1:* Trash
                S: * 4 EXISTS
                S: * 4 RECENT
                S: * OK [COPYUID … 6:8 4:6] Moved
                S: * 2 EXPUNGE
                S: * 2 EXPUNGE
                S: * 2 EXPUNGE
                S: c1 OK [MESSAGELIMIT 3 6] MOVE completed
                """);
        }
        finally
        {
            fixture.Options.MessageLimit = new ImapOptions().MessageLimit;
        }
    }

    [Fact]
    public async Task A_limit_only_for_storing()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail, Mail, Mail);
        using var client = await user.LogInAsync("SELECT INBOX");
        (fixture.Options.MessageLimit, fixture.Options.SaveLimit) = (0, 2);
        try
        {
            var capabilities = (await client.DoAsync("CAPABILITY"))[0];
            capabilities.ShouldContain(" SAVELIMIT=2 ");
            capabilities.ShouldNotContain(" MESSAGELIMIT=");
            (await client.RunAsync("COPY 1:3 Trash"))[^1].ShouldStartWith("NO [MESSAGELIMIT 2 2] ");
            (await client.DoAsync("FETCH 1:3 UID")).Count.ShouldBe(3);
            (await client.RunAsync("MOVE 1:3 Trash"))[^1].ShouldStartWith("OK");
        }
        finally
        {
            (fixture.Options.MessageLimit, fixture.Options.SaveLimit) = (new ImapOptions().MessageLimit, 0);
        }

        new ImapOptions { SaveLimit = 1, MessageLimit = 1 }.Validate().ShouldNotBeEmpty();
    }

    [Fact]
    public async Task A_long_command_says_that_it_is_running()
    {
        var user = await fixture.UserAsync();
        for (var i = 0; i < 300; i++)
            await user.DeliverAsync(Mail);
        using var client = await user.LogInAsync("SELECT INBOX");
        fixture.Options.ProgressInterval = TimeSpan.FromTicks(1);
        try
        {
            await client.Socket.SendAsync("a]1 FETCH 1:* (ENVELOPE)\r\na2 FETCH 1:* (ENVELOPE)\r\n");
            var progress = new List<string>();
            while (await client.Socket.LineAsync() is { } line && !line.StartsWith("a2 ", StringComparison.Ordinal))
            {
                if (line.Contains("INPROGRESS", StringComparison.Ordinal))
                    progress.Add(line);
            }

            progress.ShouldBe(["* OK [INPROGRESS (NIL 256 300)] Still working", "* OK [INPROGRESS (\"a2\" 256 300)] Still working"]);
        }
        finally
        {
            fixture.Options.ProgressInterval = TimeSpan.FromSeconds(10);
        }
    }
}
