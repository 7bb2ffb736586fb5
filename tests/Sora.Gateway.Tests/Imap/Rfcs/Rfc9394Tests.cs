namespace Sora.Gateway.Tests.Imap;

/// <summary>The examples of RFC 9394 (PARTIAL) in their order, on a mailbox of our own.</summary>
[Collection("imap")]
public sealed class Rfc9394Tests(ImapFixture fixture)
{
    private const string Mail = "Subject: hello\n\nbody\n";

    private async Task<ImapClient> MailboxAsync()
    {
        var user = await fixture.UserAsync();
        for (var i = 0; i < 6; i++)
            await user.DeliverAsync(Mail);
        return await user.LogInAsync("SELECT INBOX (CONDSTORE)");
    }

    [Fact]
    public async Task Section_3_1_search()
    {
        using var client = await MailboxAsync();
        await client.PlayAsync("""
            C: A01 UID SEARCH RETURN (PARTIAL -1:-3) UNDELETED UNKEYWORD $Junk
            S: * ESEARCH (TAG "A01") UID PARTIAL (-1:-3 4:6)
            S: A01 OK SEARCH completed
            C: A02 UID SEARCH RETURN (PARTIAL 5:100) UNDELETED UNKEYWORD $Junk
            C: A03 UID SEARCH RETURN (PARTIAL 1:4) UNDELETED UNKEYWORD $Junk
            C: A04 UID SEARCH RETURN (PARTIAL 100:200) UNDELETED UNKEYWORD $Junk
            S: * ESEARCH (TAG "A02") UID PARTIAL (5:100 5:6)
            S: A02 OK SEARCH completed
            S: * ESEARCH (TAG "A03") UID PARTIAL (1:4 1:4)
            S: A03 OK SEARCH completed
            S: * ESEARCH (TAG "A04") UID PARTIAL (100:200 NIL)
            S: A04 OK SEARCH completed
            C: A05 UID SEARCH RETURN (PARTIAL -5:-100) ALL
            S: * ESEARCH (TAG "A05") UID PARTIAL (-5:-100 1:2)
            S: A05 OK SEARCH completed
            C: A06 SEARCH RETURN (PARTIAL -4:-5) MODSEQ 3
            S: * ESEARCH (TAG "A06") PARTIAL (-4:-5 2:3) MODSEQ 4
            S: A06 OK SEARCH completed
            C: A07 SEARCH RETURN (PARTIAL 1:3 COUNT) MODSEQ 3
            S: * ESEARCH (TAG "A07") COUNT 5 PARTIAL (1:3 2:4) MODSEQ 7
            S: A07 OK SEARCH completed
            C: A08 SEARCH RETURN (PARTIAL 7:9) MODSEQ 3
            S: * ESEARCH (TAG "A08") PARTIAL (7:9 NIL)
            S: A08 OK SEARCH completed
            """);
    }

    // Table 1 of section 3.2
    [Theory]
    [InlineData("SAVE PARTIAL 3:4", "PARTIAL (3:4 3:4)", "3 4")]
    [InlineData("SAVE PARTIAL 3:4 MIN", "MIN 1 PARTIAL (3:4 3:4)", "1 3 4")]
    [InlineData("MAX SAVE PARTIAL 3:4", "MAX 6 PARTIAL (3:4 3:4)", "3 4 6")]
    [InlineData("MIN SAVE MAX PARTIAL 3:4", "MIN 1 MAX 6 PARTIAL (3:4 3:4)", "1 3 4 6")]
    [InlineData("SAVE PARTIAL 3:4 COUNT", "COUNT 6 PARTIAL (3:4 3:4)", "1 2 3 4 5 6")]
    [InlineData("SAVE PARTIAL 3:4 COUNT MIN MAX", "MIN 1 MAX 6 COUNT 6 PARTIAL (3:4 3:4)", "1 2 3 4 5 6")]
    [InlineData("SAVE PARTIAL 9:10 MIN", "MIN 1 PARTIAL (9:10 NIL)", "1")]
    public async Task Section_3_2_what_is_saved(string options, string answer, string saved)
    {
        using var client = await MailboxAsync();
        await client.PlayAsync($"""
            C: a SEARCH RETURN ({options}) ALL
            S: * ESEARCH (TAG "a") {answer}
            S: a OK SEARCH completed
            C: b SEARCH $
            S: * SEARCH {saved}
            S: b OK SEARCH completed
            """);
    }

    [Fact]
    public async Task Sections_3_3_and_3_4_fetch()
    {
        using var client = await MailboxAsync();
        await client.DoAsync("STORE 2 +FLAGS.SILENT (\\Deleted)"); // 8
        await client.DoAsync("EXPUNGE"); // 9
        await client.DoAsync("UID STORE 4 +FLAGS.SILENT (\\Seen)"); // 10
        await client.DoAsync("UID STORE 5 +FLAGS.SILENT (\\Flagged \\Answered)"); // 11
        await client.PlayAsync("""
            C: 10 UID FETCH 1:100 (UID FLAGS) (PARTIAL -1:-3)
            S: * 3 FETCH (UID 4 FLAGS (\Seen \Recent))
            S: * 4 FETCH (UID 5 FLAGS (\Answered \Flagged \Recent))
            S: * 5 FETCH (UID 6 FLAGS (\Recent))
            S: 10 OK FETCH completed
            C: 11 UID FETCH 1:5 (UID FLAGS) (PARTIAL 1:3)
            S: * 1 FETCH (UID 1 FLAGS (\Recent))
            S: * 2 FETCH (UID 3 FLAGS (\Recent))
            S: * 3 FETCH (UID 4 FLAGS (\Seen \Recent))
            S: 11 OK FETCH completed
            C: 101 UID FETCH 1:100 (UID FLAGS) (PARTIAL -1:-2 CHANGEDSINCE 9)
            S: * 4 FETCH (UID 5 FLAGS (\Answered \Flagged \Recent) MODSEQ (11))
            S: 101 OK FETCH completed
            C: 102 UID FETCH 1:100 (UID FLAGS) (CHANGEDSINCE 9 PARTIAL -1:-2)
            S: * 4 FETCH (UID 5 FLAGS (\Answered \Flagged \Recent) MODSEQ (11))
            S: 102 OK FETCH completed
            """);
        await client.DoAsync("ENABLE QRESYNC");
        await client.PlayAsync("""
            C: 103 UID FETCH 1:100 (FLAGS) (PARTIAL -2:-3 CHANGEDSINCE 8 VANISHED)
            S: * VANISHED (EARLIER) 2
            S: * 3 FETCH (UID 4 FLAGS (\Seen \Recent) MODSEQ (10))
            S: * 4 FETCH (UID 5 FLAGS (\Answered \Flagged \Recent) MODSEQ (11))
            S: 103 OK FETCH completed
            """);
    }
}
