using Sora.Contracts;

namespace Sora.Gateway.Tests.Imap;

/// <summary>SEARCHRES (RFC 5182): <c>$</c> in all commands that take a set, and what it holds when.</summary>
[Collection("imap")]
public sealed class SearchResTests(ImapFixture fixture)
{
    private async Task<ImapClient> MailboxAsync()
    {
        var user = await fixture.UserAsync();
        for (var i = 1; i <= 6; i++)
        {
            await user.DeliverToAsync(
                "INBOX", $"From: {(i == 3 ? "Smith" : "Eric")} <x@example.com>\nSubject: s{i}\n\n{new string('x', i * 100)}\n",
                i % 2 == 0 ? FlagSet.Of(SystemFlags.Flagged, "$Junk") : null);
        }

        var client = await user.LogInAsync();
        await client.DoAsync("SELECT INBOX");
        return client;
    }

    [Fact]
    public async Task Examples()
    {
        using var client = await MailboxAsync();
        await client.PlayAsync("""
            C: A282 SEARCH RETURN (SAVE) FLAGGED SINCE 1-Feb-1994 NOT FROM "Smith"
            C: A283 FETCH $ (UID FLAGS)
            S: A282 OK SEARCH completed
            S: * 2 FETCH (UID 2 FLAGS (…))
            S: * 4 FETCH (UID 4 FLAGS (…))
            S: * 6 FETCH (UID 6 FLAGS (…))
            S: A283 OK FETCH completed
            C: A300 SEARCH RETURN (SAVE) SINCE 1-Jan-2004 NOT FROM "Smith"
            S: A300 OK SEARCH completed
            C: A301 UID SEARCH UID $ SMALLER 420
            S: * SEARCH 1 2
            S: A301 OK SEARCH completed
            C: A302 UID SEARCH $ SMALLER 420
            S: * SEARCH 1 2
            S: A302 OK SEARCH completed
            C: P283 SEARCH CHARSET UTF-8 (OR $ 3,3000:3021) TEXT {2+}
            C: xx
            S: * SEARCH 1 2 3 4 5 6
            S: P283 OK SEARCH completed
            C: P284 SEARCH NOT $
            S: * SEARCH 3
            S: P284 OK SEARCH completed
            C: E282 SEARCH RETURN (SAVE) SINCE 28-Oct-2030 NOT FROM "Eric"
            C: E283 COPY $ "Junk"
            C: E284 FETCH $ FLAGS
            C: E285 STORE $ +FLAGS (\Seen)
            C: E286 MOVE $ Junk
            C: E287 UID EXPUNGE $
            C: E288 UID FETCH $ FLAGS
            C: E289 SORT (DATE) UTF-8 $
            S: E282 OK SEARCH completed
            S: E283 OK …
            S: E284 OK …
            S: E285 OK …
            S: E286 OK …
            S: E287 OK …
            S: E288 OK …
            S: * SORT
            S: E289 OK SORT completed
            C: F282 SEARCH RETURN (SAVE) KEYWORD $Junk
            C: F283 COPY $ "Junk"
            C: F284 STORE $ +FLAGS.Silent (\Deleted)
            S: F282 OK SEARCH completed
            S: F283 OK [COPYUID … 2,4,6 1:3] COPY completed
            S: F284 OK STORE completed
            C: G282 SEARCH RETURN (SAVE) KEYWORD $Junk
            C: G283 SEARCH RETURN (ALL) SINCE 28-Oct-2006 FROM "Smith"
            S: G282 OK SEARCH completed
            S: * ESEARCH (TAG "G283") ALL 3
            S: G283 OK SEARCH completed
            C: H282 SEARCH RETURN (SAVE) KEYWORD $Junk
            C: H283 SEARCH RETURN (SAVE) SINCE 28-Oct-2006 FROM "Smith"
            C: H284 UID SEARCH $
            S: H282 OK SEARCH completed
            S: H283 OK SEARCH completed
            S: * SEARCH 3
            S: H284 OK SEARCH completed
            """);
    }

    [Theory]
    [InlineData("ALL", "ALL 1:2,4:6", "1 2 4 5 6", false)]
    [InlineData("ALL SAVE", "ALL 1:2,4:6", "1 2 4 5 6", true)]
    [InlineData("SAVE MIN", "MIN 1", "1", true)]
    [InlineData("MAX SAVE MIN", "MIN 1 MAX 6", "1 6", true)]
    [InlineData("SAVE MAX", "MAX 6", "6", true)]
    [InlineData("MAX SAVE MIN COUNT", "MIN 1 MAX 6 COUNT 5", "1 2 4 5 6", true)]
    [InlineData("ALL SAVE MIN", "MIN 1 ALL 1:2,4:6", "1 2 4 5 6", true)]
    [InlineData("SAVE COUNT", "COUNT 5", "1 2 4 5 6", true)]
    public async Task Combinations_with_ESEARCH(string options, string answer, string found, bool isSaved)
    {
        using var client = await MailboxAsync();
        await client.DoAsync("SEARCH RETURN (SAVE) 3");
        (await client.DoAsync($"SEARCH RETURN ({options}) SINCE 12-Feb-2006 NOT FROM Smith")).Single().ShouldEndWith($") {answer}");
        (await client.DoAsync("SEARCH $")).ShouldBe(["* SEARCH " + (isSaved ? found : "3")]);
    }

    [Fact]
    public async Task Expunged_messages_leave_it_and_selecting_empties_it()
    {
        using var client = await MailboxAsync();
        await client.DoAsync("SEARCH RETURN (SAVE) 2:4");
        await client.DoAsync("STORE 1,3 +FLAGS.SILENT (\\Deleted)");
        await client.DoAsync("EXPUNGE");
        (await client.DoAsync("UID SEARCH $")).ShouldBe(["* SEARCH 2 4"]);
        (await client.DoAsync("SEARCH $")).ShouldBe(["* SEARCH 1 2"]);
        await client.PlayAsync("""
            C: m1 MOVE $ Junk
            S: * OK [COPYUID … 2,4 1:2] …
            S: * 1 EXPUNGE
            S: * 1 EXPUNGE
            S: m1 OK MOVE completed
            C: m2 SEARCH $
            S: * SEARCH
            S: m2 OK SEARCH completed
            C: m3 SEARCH RETURN (SAVE) ALL
            S: m3 OK SEARCH completed
            C: m4 FETCH 1,$ UID
            S: m4 BAD …
            C: m5 SEARCH RETURN (SAVE) WRONG
            S: m5 BAD …
            C: m6 SEARCH RETURN (COUNT) $
            S: * ESEARCH (TAG "m6") COUNT 2
            S: m6 OK SEARCH completed
            """);
        foreach (var select in new[] { "SELECT INBOX", "EXAMINE INBOX" })
        {
            await client.DoAsync("SEARCH RETURN (SAVE) ALL");
            await client.DoAsync(select);
            (await client.DoAsync("SEARCH $")).ShouldBe(["* SEARCH"], select);
        }
    }

    [Fact]
    public async Task All_commands_with_a_set_take_it()
    {
        using var client = await MailboxAsync();
        await client.PlayAsync("""
            C: a1 UID SEARCH RETURN (SAVE) UID 2,5
            S: a1 OK SEARCH completed
            C: a2 UID STORE $ +FLAGS.SILENT (\Answered)
            S: a2 OK STORE completed
            C: a3 SEARCH ANSWERED
            S: * SEARCH 2 5
            S: a3 OK SEARCH completed
            C: a4 UID COPY $ Junk
            S: a4 OK [COPYUID … 2,5 1:2] COPY completed
            C: a5 UID THREAD ORDEREDSUBJECT UTF-8 UID $
            S: * THREAD (2)(5)
            S: a5 OK THREAD completed
            C: a6 UID SORT (REVERSE SIZE) UTF-8 $
            S: * SORT 5 2
            S: a6 OK SORT completed
            C: a7 ESEARCH IN (selected) RETURN (COUNT) $
            S: * ESEARCH (TAG "a7" MAILBOX INBOX UIDVALIDITY …) UID COUNT 2
            S: a7 OK ESEARCH completed
            C: a8 STORE 1:5 +FLAGS.SILENT (\Deleted)
            S: a8 OK STORE completed
            C: a9 UID EXPUNGE $
            S: * 2 EXPUNGE
            S: * 4 EXPUNGE
            S: a9 OK EXPUNGE completed
            C: b1 UID MOVE $ Junk
            S: b1 OK …
            """);
    }
}
