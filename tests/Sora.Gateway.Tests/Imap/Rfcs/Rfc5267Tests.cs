using Sora.Contracts;

namespace Sora.Gateway.Tests.Imap;

/// <summary>The examples of RFC 5267 (ESORT, CONTEXT=SEARCH, CONTEXT=SORT) in their order, on a mailbox of our own.</summary>
[Collection("imap")]
public sealed class Rfc5267Tests(ImapFixture fixture)
{
    private static string Mail(int day) => $"Date: {day} Feb 2020 10:00:00 +0000\nFrom: a@example.com\nSubject: day {day}\n\nbody\n";

    private async Task<TestUser> MailboxAsync(params int[] days)
    {
        var user = await fixture.UserAsync();
        foreach (var day in days)
            await user.DeliverAsync(Mail(day));
        return user;
    }

    [Fact]
    public async Task Section_3_3_extended_sort()
    {
        var user = await MailboxAsync(2, 9, 5, 6, 7);
        using var client = await user.LogInAsync("SELECT INBOX");
        await client.PlayAsync("""
            C: E01 UID SORT RETURN () (REVERSE DATE) UTF-8 UNDELETED UNKEYWORD $Junk
            S: * ESEARCH (TAG "E01") UID ALL 2,5,4,3,1
            S: E01 OK SORT completed
            C: E02 UID SORT RETURN (ALL) (DATE) UTF-8 UNDELETED UNKEYWORD $Junk
            S: * ESEARCH (TAG "E02") UID ALL 1,3:5,2
            S: E02 OK SORT completed
            C: E03 SORT RETURN (COUNT) (DATE) UTF-8 DELETED
            S: * ESEARCH (TAG "E03") COUNT 0
            S: E03 OK SORT completed
            """);
    }

    [Fact]
    public async Task Section_4_2_the_hint_changes_nothing()
    {
        var user = await MailboxAsync(1, 2, 3);
        using var client = await user.LogInAsync("SELECT INBOX");
        await client.PlayAsync("""
            C: A01 SEARCH RETURN (CONTEXT COUNT) UNDELETED UNKEYWORD $Junk
            S: * ESEARCH (TAG "A01") COUNT 3
            S: A01 OK SEARCH completed
            C: A02 SEARCH RETURN (CONTEXT) UNDELETED
            S: * ESEARCH (TAG "A02")
            S: A02 OK SEARCH completed
            C: A03 UID SORT RETURN (CONTEXT PARTIAL 1:2) (REVERSE DATE) UTF-8 ALL
            S: * ESEARCH (TAG "A03") UID PARTIAL (1:2 3,2)
            S: A03 OK SORT completed
            """);
    }

    [Fact]
    public async Task Section_4_3_notifications()
    {
        var user = await MailboxAsync(1, 2, 3, 4);
        using var other = await user.LogInAsync("SELECT INBOX");
        using var client = await user.LogInAsync("SELECT INBOX");
        await other.DoAsync("STORE 1:4 +FLAGS.SILENT ($Junk)");
        await other.DoAsync("STORE 1:4 -FLAGS.SILENT ($Junk)");
        await client.DoAsync("NOOP");
        await client.PlayAsync("""
            C: B01 UID SEARCH RETURN (UPDATE COUNT) DELETED KEYWORD $Junk
            S: * ESEARCH (TAG "B01") UID COUNT 0
            S: B01 OK SEARCH completed
            C: B01 SORT RETURN (UPDATE) (DATE) UTF-8 FLAGGED
            S: B01 BAD Tag reuse
            """);
        await other.DoAsync("STORE 2:3 +FLAGS.SILENT (\\Deleted $Junk)");
        await client.PlayAsync("""
            C: B02 NOOP
            S: * 2 FETCH (FLAGS (\Deleted $Junk))
            S: * 3 FETCH (FLAGS (\Deleted $Junk))
            S: * ESEARCH (TAG "B01") UID ADDTO (0 2:3)
            S: B02 OK NOOP completed
            """);
        await other.DoAsync("UID EXPUNGE 2");
        await client.PlayAsync("""
            C: B03 NOOP
            S: * ESEARCH (TAG "B01") UID REMOVEFROM (0 2)
            S: * 2 EXPUNGE
            S: B03 OK NOOP completed
            C: B04 CANCELUPDATE "B01"
            S: B04 OK CANCELUPDATE completed
            C: B05 STORE 2 -FLAGS.SILENT ($Junk)
            S: B05 OK STORE completed
            """);
    }

    [Fact]
    public async Task Section_4_3_3_positions_of_sorted_results()
    {
        var user = await MailboxAsync(10);
        using var client = await user.LogInAsync("SELECT INBOX");
        await client.PlayAsync("""
            C: C01 UID SORT RETURN (UPDATE ALL) (REVERSE DATE) UTF-8 ALL
            S: * ESEARCH (TAG "C01") UID ALL 1
            S: C01 OK SORT completed
            """);
        await user.DeliverAsync(Mail(11), Mail(12), Mail(9));
        (await client.DoAsync("NOOP")).FindAll(static line => line.Contains("ESEARCH", StringComparison.Ordinal)).ShouldBe(
            ["* ESEARCH (TAG \"C01\") UID ADDTO (1 3,2 4 4)"]);
        await client.PlayAsync("""
            C: C02 STORE 1,3 +FLAGS.SILENT (\Deleted)
            S: C02 OK STORE completed
            C: C03 EXPUNGE
            S: * ESEARCH (TAG "C01") UID REMOVEFROM (3 1 1 3)
            S: * 1 EXPUNGE
            S: * 2 EXPUNGE
            S: C03 OK EXPUNGE completed
            """);
    }

    [Fact]
    public async Task Section_4_3_5_several_contexts_end_at_once_and_a_tag_may_be_used_again_then()
    {
        var user = await MailboxAsync(1, 2);
        using var client = await user.LogInAsync("SELECT INBOX");
        await client.PlayAsync("""
            C: B01 UID SEARCH RETURN (UPDATE COUNT) FLAGGED
            S: * ESEARCH (TAG "B01") UID COUNT 0
            S: B01 OK SEARCH completed
            C: B02 SORT RETURN (UPDATE COUNT) (DATE) UTF-8 FLAGGED
            S: * ESEARCH (TAG "B02") COUNT 0
            S: B02 OK SORT completed
            C: B03 CANCELUPDATE "B01" "B02"
            S: B03 OK CANCELUPDATE completed
            C: B04 STORE 1 +FLAGS.SILENT (\Flagged)
            S: B04 OK STORE completed
            C: B01 SEARCH RETURN (UPDATE ALL) FLAGGED
            S: * ESEARCH (TAG "B01") ALL 1
            S: B01 OK SEARCH completed
            C: B05 CANCELUPDATE
            S: B05 BAD …
            """);
    }

    [Fact]
    public async Task Section_4_4_partial_results_of_many_pages_and_updates_of_all_results()
    {
        var user = await MailboxAsync(1, 2, 3, 4, 5);
        using var other = await user.LogInAsync("SELECT INBOX");
        using var client = await user.LogInAsync("SELECT INBOX");
        await client.PlayAsync("""
            C: A01 UID SEARCH RETURN (PARTIAL 1:2 UPDATE) UNDELETED UNKEYWORD $Junk
            S: * ESEARCH (TAG "A01") UID PARTIAL (1:2 1:2)
            S: A01 OK SEARCH completed
            C: A02 UID SEARCH RETURN (PARTIAL 4:9) UNDELETED UNKEYWORD $Junk
            C: A03 UID SEARCH RETURN (PARTIAL 1:3) UNDELETED UNKEYWORD $Junk
            C: A04 UID SEARCH RETURN (PARTIAL 9:14) UNDELETED UNKEYWORD $Junk
            S: * ESEARCH (TAG "A02") UID PARTIAL (4:9 4:5)
            S: A02 OK SEARCH completed
            S: * ESEARCH (TAG "A03") UID PARTIAL (1:3 1:3)
            S: A03 OK SEARCH completed
            S: * ESEARCH (TAG "A04") UID PARTIAL (9:14 NIL)
            S: A04 OK SEARCH completed
            C: A05 UID SORT RETURN (PARTIAL 1:2) (REVERSE DATE) UTF-8 UNDELETED
            S: * ESEARCH (TAG "A05") UID PARTIAL (1:2 5,4)
            S: A05 OK SORT completed
            C: A06 SEARCH RETURN (ALL ALL) UNDELETED
            S: A06 BAD …
            """);
        await other.DoAsync("STORE 5 +FLAGS.SILENT (\\Deleted)");
        (await client.DoAsync("NOOP")).ShouldContain("* ESEARCH (TAG \"A01\") UID REMOVEFROM (0 5)");
    }
}
