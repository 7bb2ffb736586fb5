using Sora.Contracts;

namespace Sora.Gateway.Tests.Imap;

/// <summary>The examples of RFC 4731 (ESEARCH) in their order, on a mailbox of our own.</summary>
[Collection("imap")]
public sealed class Rfc4731Tests(ImapFixture fixture)
{
    private async Task<TestUser> MailboxAsync()
    {
        var user = await fixture.UserAsync();
        for (var i = 1; i <= 12; i++)
        {
            var flags = i is 2 or 10 or 11 ? SystemFlags.Flagged : SystemFlags.None;
            await user.DeliverToAsync("INBOX", $"From: {(i == 4 ? "Smith" : "Eric")} <x@example.com>\nSubject: {i}\n\n{(i > 9 ? "needle" : "hay")}\n", FlagSet.Of(flags));
        }

        return user;
    }

    [Fact]
    public async Task Section_3_1()
    {
        var user = await MailboxAsync();
        using var client = await user.LogInAsync("SELECT INBOX");
        await client.PlayAsync("""
            C: A282 SEARCH RETURN (MIN COUNT) FLAGGED SINCE 1-Feb-1994 NOT FROM "Smith"
            S: * ESEARCH (TAG "A282") MIN 2 COUNT 3
            S: A282 OK SEARCH completed
            C: A283 SEARCH RETURN () FLAGGED SINCE 1-Feb-1994 NOT FROM "Smith"
            S: * ESEARCH (TAG "A283") ALL 2,10:11
            S: A283 OK SEARCH completed
            C: A284 SEARCH RETURN (MIN) SINCE 1-Feb-1994 FROM "Smith"
            S: * ESEARCH (TAG "A284") MIN 4
            S: A284 OK SEARCH completed
            C: A285 UID SEARCH RETURN (MIN MAX) 7:12
            S: * ESEARCH (TAG "A285") UID MIN 7 MAX 12
            S: A285 OK SEARCH completed
            C: A286 SEARCH RETURN (COUNT) 1:11
            S: * ESEARCH (TAG "A286") COUNT 11
            S: A286 OK SEARCH completed
            """);
    }

    // Without matches MIN, MAX and ALL are left out, COUNT is 0, and the response comes all the same
    [Theory]
    [InlineData("MIN", "")]
    [InlineData("MAX", "")]
    [InlineData("ALL", "")]
    [InlineData("", "")]
    [InlineData("COUNT", " COUNT 0")]
    [InlineData("ALL MIN MAX COUNT", " COUNT 0")]
    public async Task Nothing_found(string options, string result)
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync("Subject: x\n\n");
        using var client = await user.LogInAsync("SELECT INBOX");
        await client.PlayAsync($"""
            C: a SEARCH RETURN ({options}) DRAFT
            S: * ESEARCH (TAG "a"){result}
            S: a OK SEARCH completed
            C: b UID SEARCH RETURN ({options}) DRAFT
            S: * ESEARCH (TAG "b") UID{result}
            S: b OK SEARCH completed
            """);
    }

    [Fact]
    public async Task Section_3_2_names_the_mod_sequence_of_what_is_returned()
    {
        var user = await MailboxAsync(); // message n has the mod-sequence n + 1
        using var client = await user.LogInAsync("SELECT INBOX (CONDSTORE)");
        await client.DoAsync("STORE 2 +FLAGS.SILENT (\\Seen)"); // 14
        await client.DoAsync("STORE 5 +FLAGS.SILENT (\\Seen)"); // 15
        await client.PlayAsync("""
            C: a1 SEARCH RETURN (MIN) MODSEQ "/flags/\\draft" all 3
            S: * ESEARCH (TAG "a1") MIN 2 MODSEQ 14
            S: a1 OK SEARCH completed
            C: a2 SEARCH RETURN (MAX) MODSEQ "/flags/\\draft" all 3
            S: * ESEARCH (TAG "a2") MAX 12 MODSEQ 13
            S: a2 OK SEARCH completed
            C: a3 SEARCH RETURN (MIN MAX) MODSEQ "/flags/\\draft" all 3
            S: * ESEARCH (TAG "a3") MIN 2 MAX 12 MODSEQ 14
            S: a3 OK SEARCH completed
            C: a4 SEARCH RETURN (MIN COUNT) MODSEQ "/flags/\\draft" all 3
            S: * ESEARCH (TAG "a4") MIN 2 COUNT 11 MODSEQ 15
            S: a4 OK SEARCH completed
            C: a5 UID SEARCH RETURN (ALL) MODSEQ 14
            S: * ESEARCH (TAG "a5") UID ALL 2,5 MODSEQ 15
            S: a5 OK SEARCH completed
            C: a6 SEARCH RETURN (ALL COUNT) MODSEQ 100
            S: * ESEARCH (TAG "a6") COUNT 0
            S: a6 OK SEARCH completed
            """);
    }
}
