using Sora.Gateway.Imap;

namespace Sora.Gateway.Tests.Imap;

/// <summary>
/// RFC 9738 (MESSAGELIMIT): its examples, with a limit of three messages instead of a thousand. Searches count what matches, not what they look at: that is
/// what is limited where others would be slow, and the code means the same.
/// </summary>
[Collection("imap")]
public sealed class Rfc9738Tests(ImapFixture fixture)
{
    [Fact]
    public async Task Searches_take_the_highest_of_what_matches_and_say_where_they_stopped()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync([.. Enumerable.Range(1, 6).Select(static i => $"Subject: {9 - i}\n\n")]);
        using var client = await user.LogInAsync("SELECT INBOX");
        fixture.Options.MessageLimit = 3;
        try
        {
            await client.PlayAsync("""
                C: 01 UID SEARCH UNDELETED UNKEYWORD $Junk
                S: * SEARCH 4 5 6
                S: 01 OK [MESSAGELIMIT 3 4] SEARCH completed
                C: 02 UID SEARCH UIDBEFORE 4 UNDELETED UNKEYWORD $Junk
                S: * SEARCH 1 2 3
                S: 02 OK SEARCH completed
                C: 03 UID SEARCH RETURN (MIN MAX COUNT) ALL
                S: * ESEARCH (TAG "03") UID MIN 4 MAX 6 COUNT 3
                S: 03 OK [MESSAGELIMIT 3 4] SEARCH completed
                C: 04 SEARCH RETURN (SAVE) ALL
                S: 04 OK [MESSAGELIMIT 3 4] SEARCH completed
                C: 05 SEARCH $
                S: * SEARCH 4 5 6
                S: 05 OK SEARCH completed
                C: 06 UID SORT (SUBJECT) UTF-8 ALL
                S: * SORT 6 5 4
                S: 06 OK [MESSAGELIMIT 3 4] SORT completed
                C: 07 UID THREAD ORDEREDSUBJECT UTF-8 ALL
                S: * THREAD (4)(5)(6)
                S: 07 OK [MESSAGELIMIT 3 4] THREAD completed
                C: 08 UID SEARCH DRAFT
                S: * SEARCH
                S: 08 OK SEARCH completed
                C: 09 UID FETCH 1:6 (UID) (PARTIAL -1:-3)
                S: * 4 FETCH (UID 4)
                S: * 5 FETCH (UID 5)
                S: * 6 FETCH (UID 6)
                S: 09 OK FETCH completed
                C: 10 UID FETCH 1:6 (UID) (PARTIAL -1:-4)
                S: 10 NO [MESSAGELIMIT 3] …
                """);
        }
        finally
        {
            fixture.Options.MessageLimit = new ImapOptions().MessageLimit;
        }
    }

    [Fact]
    public async Task Section_3_1_fetch_search_copy_move_store()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync([.. Enumerable.Range(1, 7).Select(static i => $"Subject: {i}\n\n")]);
        using var client = await user.LogInAsync("SELECT INBOX");
        await LimitedAsync(3, async () => await client.PlayAsync("""
            C: 03 FETCH 2:6 (UID FLAGS)
            S: * 4 FETCH (UID 4 FLAGS (\Recent))
            S: * 5 FETCH (UID 5 FLAGS (\Recent))
            S: * 6 FETCH (UID 6 FLAGS (\Recent))
            S: 03 OK [MESSAGELIMIT 3 4] FETCH completed
            C: 04 UID SEARCH UID 2:6 UNDELETED
            S: * SEARCH 4 5 6
            S: 04 OK [MESSAGELIMIT 3 4] SEARCH completed
            C: 04b UID SEARCH UID 2:6 UNDELETED UIDBEFORE 4
            S: * SEARCH 2 3
            S: 04b OK SEARCH completed
            C: 05 UID COPY 1:5 Trash
            S: 05 NO [MESSAGELIMIT 3 3] …
            C: 05b STATUS Trash (MESSAGES)
            S: * STATUS Trash (MESSAGES 0)
            S: 05b OK STATUS completed
            C: 07 UID STORE 1:5 +FLAGS (\Seen)
            S: * 3 FETCH (UID 3 FLAGS (\Seen \Recent))
            S: * 4 FETCH (UID 4 FLAGS (\Seen \Recent))
            S: * 5 FETCH (UID 5 FLAGS (\Seen \Recent))
            S: 07 OK [MESSAGELIMIT 3 3] STORE completed
            C: 07b UID STORE 1:2 +FLAGS (\Seen)
            S: * 1 FETCH (UID 1 FLAGS (\Seen \Recent))
            S: * 2 FETCH (UID 2 FLAGS (\Seen \Recent))
            S: 07b OK STORE completed
            C: 06 UID MOVE 2:6 Archive
            S: * OK [COPYUID … 4:6 1:3] Moved
            S: * 4 EXPUNGE
            S: * 4 EXPUNGE
            S: * 4 EXPUNGE
            S: 06 OK [MESSAGELIMIT 3 4] MOVE completed
            C: 06b UID MOVE 2:6 Archive
            S: * OK [COPYUID … 2:3 4:5] Moved
            S: * 2 EXPUNGE
            S: * 2 EXPUNGE
            S: 06b OK MOVE completed
            """));
    }

    [Fact]
    public async Task Section_3_1_expunge_close_and_status_have_no_limit()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync([.. Enumerable.Range(1, 8).Select(static i => $"Subject: {i}\n\n")]);
        using var client = await user.LogInAsync("SELECT INBOX");
        await client.DoAsync("UID STORE 1:2,4:7 +FLAGS.SILENT (\\Deleted)");
        await LimitedAsync(3, async () => await client.PlayAsync("""
            C: 08 UID EXPUNGE 1:6
            S: * 4 EXPUNGE
            S: * 4 EXPUNGE
            S: * 4 EXPUNGE
            S: 08 OK [MESSAGELIMIT 3 4] EXPUNGE completed
            C: 08b UID EXPUNGE 1:6
            S: * 1 EXPUNGE
            S: * 1 EXPUNGE
            S: 08b OK EXPUNGE completed
            """));
        await user.DeliverAsync([.. Enumerable.Range(1, 4).Select(static i => $"Subject: {i}\n\n")]);
        await client.DoAsync("NOOP");
        await client.DoAsync("UID STORE 3:11 +FLAGS.SILENT (\\Deleted)");
        await LimitedAsync(3, async () => await client.PlayAsync("""
            C: 09 EXPUNGE
            S: * 1 EXPUNGE
            S: * 1 EXPUNGE
            S: * 1 EXPUNGE
            S: * 1 EXPUNGE
            S: * 1 EXPUNGE
            S: * 1 EXPUNGE
            S: 09 OK EXPUNGE completed
            """));
        await user.DeliverAsync([.. Enumerable.Range(1, 5).Select(static i => $"Subject: {i}\n\n")]);
        await client.DoAsync("NOOP");
        await client.DoAsync("UID STORE 1:* +FLAGS.SILENT (\\Deleted)");
        await LimitedAsync(3, async () => await client.PlayAsync("""
            C: 0a STATUS INBOX (UNSEEN)
            S: * STATUS INBOX (UNSEEN 6)
            S: 0a OK STATUS completed
            C: 0b CLOSE
            S: 0b OK CLOSE completed
            C: 0c STATUS INBOX (MESSAGES)
            S: * STATUS INBOX (MESSAGES 0)
            S: 0c OK STATUS completed
            """));
    }

    [Fact]
    public async Task Section_3_1_partial_and_multiappend_are_refused_as_a_whole()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync([.. Enumerable.Range(1, 6).Select(static i => $"Subject: {i}\n\n")]);
        using var client = await user.LogInAsync("SELECT INBOX (CONDSTORE)");
        await LimitedAsync(3, async () => await client.PlayAsync("""
            C: 10 UID FETCH 2:5 (UID FLAGS MODSEQ) (PARTIAL -1:-4)
            S: 10 NO [MESSAGELIMIT 3] …
            C: 11 UID FETCH 2:5 (UID FLAGS MODSEQ)
            S: * 3 FETCH (UID 3 FLAGS (\Recent) MODSEQ (4))
            S: * 4 FETCH (UID 4 FLAGS (\Recent) MODSEQ (5))
            S: * 5 FETCH (UID 5 FLAGS (\Recent) MODSEQ (6))
            S: 11 OK [MESSAGELIMIT 3 3] FETCH completed
            C: 12 APPEND INBOX {1+}
            C: a {1+}
            C: b {1+}
            C: c {1+}
            C: d
            S: 12 NO [MESSAGELIMIT 3] …
            C: 13 APPEND INBOX {1+}
            C: a {1+}
            C: b {1+}
            C: c
            S: * 9 EXISTS
            S: * 9 RECENT
            S: 13 OK [APPENDUID … 7:9] APPEND completed
            """));
    }

    [Fact]
    public async Task Section_3_2_uidafter_and_3_4_what_is_saved()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync([.. Enumerable.Range(1, 6).Select(static i => $"Subject: {i}\nFrom: jones@example.com\n\n")]);
        using var client = await user.LogInAsync("SELECT INBOX");
        await LimitedAsync(3, async () => await client.PlayAsync("""
            C: 12 UID SEARCH UIDAFTER 4 UNDELETED
            S: * SEARCH 5 6
            S: 12 OK SEARCH completed
            C: 13 UID SEARCH UIDBEFORE 1
            S: * SEARCH
            S: 13 OK SEARCH completed
            C: D0004 UID SEARCH RETURN (SAVE) SINCE 1-Jan-2004 NOT FROM "Smith" UID 2:6 UNDELETED
            C: D0005 UID FETCH $ (UID)
            S: D0004 OK [MESSAGELIMIT 3 4] SEARCH completed
            S: * 4 FETCH (UID 4)
            S: * 5 FETCH (UID 5)
            S: * 6 FETCH (UID 6)
            S: D0005 OK FETCH completed
            """));
    }

    private async Task LimitedAsync(int limit, Func<Task> action)
    {
        fixture.Options.MessageLimit = limit;
        try
        {
            await action();
        }
        finally
        {
            fixture.Options.MessageLimit = new ImapOptions().MessageLimit;
        }
    }
}
