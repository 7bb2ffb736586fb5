using Sora.Gateway.Imap;

namespace Sora.Gateway.Tests.Imap;

/// <summary>RFC 9738 (MESSAGELIMIT): what a search does that finds more than one command may process.</summary>
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
}
