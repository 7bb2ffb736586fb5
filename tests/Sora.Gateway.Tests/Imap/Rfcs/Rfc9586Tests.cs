using Sora.Contracts;

namespace Sora.Gateway.Tests.Imap;

/// <summary>RFC 9586 (UIDONLY): once it is enabled no response has a message number, whatever it is the response to.</summary>
[Collection("imap")]
public sealed class Rfc9586Tests(ImapFixture fixture)
{
    private const string Mail = "Subject: hello\n\nbody\n";

    [Fact]
    public async Task Searches_are_by_uid_and_their_updates_too()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail, Mail, Mail);
        using var other = await user.LogInAsync("SELECT INBOX");
        await other.DoAsync("STORE 1 +FLAGS.SILENT (\\Deleted)");
        await other.DoAsync("EXPUNGE");
        using var client = await user.LogInAsync("ENABLE UIDONLY");
        await client.DoAsync("SELECT INBOX");
        await client.PlayAsync("""
            C: a1 UID SEARCH ALL
            S: * SEARCH 2 3
            S: a1 OK SEARCH completed
            C: a2 UID SEARCH RETURN (UPDATE (FLAGS) ALL) FLAGGED
            S: * ESEARCH (TAG "a2") UID
            S: a2 OK SEARCH completed
            C: a3 UID SORT RETURN (UPDATE ALL) (REVERSE ARRIVAL REVERSE SUBJECT) UTF-8 DELETED
            S: * ESEARCH (TAG "a3") UID
            S: a3 OK SORT completed
            C: a4 UID THREAD REFS UTF-8 UID 2:3
            S: * THREAD (2)(3)
            S: a4 OK THREAD completed
            C: a5 ESEARCH IN (selected) RETURN (MIN) ALL
            S: * ESEARCH (TAG "a5" MAILBOX INBOX UIDVALIDITY …) UID MIN 2
            S: a5 OK ESEARCH completed
            """);
        await other.DoAsync("NOOP");
        await other.DoAsync("UID STORE 3 +FLAGS.SILENT (\\Flagged \\Deleted)");
        await client.PlayAsync("""
            C: b1 NOOP
            S: * 3 UIDFETCH (FLAGS (\Flagged \Deleted))
            S: * ESEARCH (TAG "a2") UID ADDTO (0 3)
            S: * ESEARCH (TAG "a3") UID ADDTO (1 3)
            S: b1 OK NOOP completed
            """);
        await other.DoAsync("EXPUNGE");
        await client.PlayAsync("""
            C: b2 NOOP
            S: * ESEARCH (TAG "a2") UID REMOVEFROM (0 3)
            S: * ESEARCH (TAG "a3") UID REMOVEFROM (1 3)
            S: * VANISHED 3
            S: b2 OK NOOP completed
            """);

        // Of what joins the result only new messages are fetched (RFC 5465 section 7)
        await user.DeliverToAsync("INBOX", Mail, Sora.Contracts.FlagSet.Of(Sora.Contracts.SystemFlags.Flagged));
        await client.PlayAsync("""
            C: b3 NOOP
            S: * 2 EXISTS
            S: * 1 RECENT
            S: * 4 UIDFETCH (FLAGS (\Flagged \Recent))
            S: * ESEARCH (TAG "a2") UID ADDTO (0 4)
            S: b3 OK NOOP completed
            """);
    }

    [Fact]
    public async Task Fetches_stores_and_arrivals()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail, Mail, Mail);
        using var client = await user.LogInAsync("ENABLE UIDONLY CONDSTORE");
        await client.DoAsync("SELECT INBOX");
        await client.PlayAsync("""
            C: 10 UID FETCH 1:100 (FLAGS) (PARTIAL -1:-2)
            S: * 2 UIDFETCH (FLAGS (\Recent))
            S: * 3 UIDFETCH (FLAGS (\Recent))
            S: 10 OK FETCH completed
            C: 11 UID STORE 2 (UNCHANGEDSINCE 4) +FLAGS.SILENT (\Deleted)
            S: * 2 UIDFETCH (MODSEQ (5))
            S: 11 OK STORE completed
            C: 12 UID FETCH 1:* (FLAGS) (CHANGEDSINCE 4)
            S: * 2 UIDFETCH (FLAGS (\Deleted \Recent) MODSEQ (5))
            S: 12 OK FETCH completed
            C: 13 UID REPLACE 3 INBOX {5+}
            C: hello
            S: * OK [APPENDUID … 4] …
            S: * VANISHED 3
            S: * 3 EXISTS
            S: * 3 RECENT
            S: 13 OK [HIGHESTMODSEQ …] REPLACE completed
            C: 14 NOTIFY SET (SELECTED (MessageNew (UID RFC822.SIZE) MessageExpunge FlagChange))
            S: 14 OK NOTIFY completed
            """);
        await user.DeliverAsync(Mail);
        await client.PlayAsync("""
            S: * 4 EXISTS
            """);
        (await client.Socket.LineAsync())!.ShouldMatch("^\\* ([0-9]+ RECENT|5 UIDFETCH .*)$");
    }

    [Theory]
    [InlineData("FETCH 1 (UID)")]
    [InlineData("UID SEARCH 1:*")]
    [InlineData("UID SORT (DATE) UTF-8 1")]
    [InlineData("UID THREAD REFS UTF-8 OR SEEN 1")]
    [InlineData("ESEARCH 1")]
    [InlineData("COPY 1 Trash")]
    public async Task The_refusal_is_BAD_with_its_code_and_nothing_else(string command)
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail);
        using var client = await user.LogInAsync("ENABLE UIDONLY");
        await client.DoAsync("SELECT INBOX");
        (await client.RunAsync(command)).Single().ShouldStartWith("BAD [UIDREQUIRED] ");
    }
}
