using Sora.Contracts;

namespace Sora.Gateway.Tests.Imap;

/// <summary>What RFC 7377 (MULTISEARCH) asks of a server beyond the examples that are in <see cref="MultiSearchTests"/>.</summary>
[Collection("imap")]
public sealed class Rfc7377Tests(ImapFixture fixture)
{
    [Fact]
    public async Task A_window_over_message_numbers_may_end_or_begin_behind_the_mailbox()
    {
        var user = await fixture.UserAsync();
        for (var i = 0; i < 3; i++)
            await user.DeliverAsync("From: frobozz@example.com\n\n");
        using var client = await user.LogInAsync("SELECT INBOX");
        await client.PlayAsync("""
            C: tag1 UID ESEARCH FROM "frobozz" 1:100
            S: * ESEARCH (TAG "tag1" MAILBOX INBOX UIDVALIDITY …) UID ALL 1:3
            S: tag1 OK ESEARCH completed
            C: tag2 UID ESEARCH FROM "frobozz" 101:200
            S: tag2 OK ESEARCH completed
            C: tag3 ESEARCH RETURN (COUNT MIN MAX) 101:200
            S: tag3 OK ESEARCH completed
            C: tag4 ESEARCH IN (selected) RETURN () 1:2
            S: * ESEARCH (TAG "tag4" MAILBOX INBOX UIDVALIDITY …) UID ALL 1:2
            S: tag4 OK ESEARCH completed
            """);
    }

    [Fact]
    public async Task States_and_sources()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync("Subject: x\n\n");
        using var client = await user.LogInAsync("CREATE folder");
        await client.PlayAsync("""
            C: a1 ESEARCH IN (selected) ALL
            S: a1 BAD No mailbox is selected
            C: a2 ESEARCH IN (mailboxes INBOX) RETURN (UPDATE) ALL
            S: a2 BAD No mailbox is selected
            C: a3 ESEARCH IN (mailboxes INBOX) RETURN (CONTEXT PARTIAL 1:10) ALL
            S: * ESEARCH (TAG "a3" MAILBOX INBOX UIDVALIDITY …) UID PARTIAL (1:10 1)
            S: a3 OK ESEARCH completed
            C: a4 SELECT folder
            S: …
            S: …
            S: …
            S: …
            S: …
            S: …
            S: …
            S: …
            S: a4 OK …
            C: a5 ESEARCH IN (mailboxes INBOX) ALL
            S: * ESEARCH (TAG "a5" MAILBOX INBOX UIDVALIDITY …) UID ALL 1
            S: a5 OK ESEARCH completed
            C: a6 STATUS folder (MESSAGES)
            S: * STATUS folder (MESSAGES 0)
            S: a6 OK STATUS completed
            C: a7 FETCH 1 UID
            S: a7 BAD No such message
            C: a8 ESEARCH IN (selected inboxes) RETURN (SAVE) ALL
            S: a8 BAD …
            C: a9 ESEARCH IN (mailboxes INBOX) CHARSET X-NONE TEXT x
            S: a9 NO [BADCHARSET (…)] …
            """);
    }

    [Fact]
    public async Task Mod_sequences_are_those_of_each_mailbox()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync("CREATE folder");
        await user.DeliverAsync("Subject: x\n\n", "Subject: x\n\n");
        await user.DeliverToAsync("folder", "Subject: x\n\n", FlagSet.Of(SystemFlags.Flagged));
        await client.PlayAsync("""
            C: a1 ESEARCH IN (mailboxes (INBOX folder)) RETURN (MAX) MODSEQ 1
            S: * ESEARCH (TAG "a1" MAILBOX INBOX UIDVALIDITY …) UID MAX 2 MODSEQ 3
            S: * ESEARCH (TAG "a1" MAILBOX folder UIDVALIDITY …) UID MAX 1 MODSEQ 2
            S: a1 OK ESEARCH completed
            """);
    }
}
