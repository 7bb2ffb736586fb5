using Sora.Contracts;

namespace Sora.Gateway.Tests.Imap;

/// <summary>REPLACE and UID REPLACE (RFC 8508).</summary>
[Collection("imap")]
public sealed class ReplaceTests(ImapFixture fixture)
{
    [Fact]
    public async Task Replaces_within_the_mailbox()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync("Subject: 1\n\n1\n", "Subject: 2\n\n2\n", "Subject: 3\n\n3\n");
        using var other = await user.LogInAsync("SELECT INBOX");
        using var client = await user.LogInAsync("SELECT INBOX");
        await client.PlayAsync("""
            C: A003 REPLACE 2 INBOX (\Seen \Draft) "17-Jul-1996 02:44:25 -0700" {16}
            S: + Ready for the message
            C: Subject: new
            C: 
            C: 
            S: * OK [APPENDUID … 4] …
            S: * 2 EXPUNGE
            S: * 3 EXISTS
            S: * 1 RECENT
            S: A003 OK REPLACE completed
            C: A004 UID FETCH 1:* (FLAGS INTERNALDATE BODY.PEEK[HEADER.FIELDS (SUBJECT)])
            S: * 1 FETCH (UID 1 FLAGS () INTERNALDATE …
            S: Subject: 1
            S: 
            S: )
            S: * 2 FETCH (UID 3 FLAGS () INTERNALDATE …
            S: Subject: 3
            S: 
            S: )
            S: * 3 FETCH (UID 4 FLAGS (\Seen \Draft \Recent) INTERNALDATE "17-Jul-1996 09:44:25 +0000" …
            S: Subject: new
            S: 
            S: )
            S: A004 OK …
            C: A005 UID REPLACE 4 inbox {5+}
            C: again
            S: * OK [APPENDUID … 5] …
            S: * 3 EXPUNGE
            S: * 3 EXISTS
            S: * 1 RECENT
            S: A005 OK REPLACE completed
            C: A006 REPLACE * INBOX CATENATE (URL ;UID=5 TEXT {3+}
            C:  it)
            S: * OK [APPENDUID … 6] …
            S: * 3 EXPUNGE
            S: * 3 EXISTS
            S: * 1 RECENT
            S: A006 OK REPLACE completed
            C: A007 FETCH 3 BODY.PEEK[]
            S: * 3 FETCH (BODY[] {8}
            S: again it)
            S: A007 OK …
            """);
        await other.PlayAsync("""
            C: B1 NOOP
            S: * 2 EXPUNGE
            S: * 3 EXISTS
            S: B1 OK …
            """);
    }

    [Fact]
    public async Task Replaces_into_another_mailbox()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync("Subject: 1\n\n1\n", "Subject: 2\n\n2\n");
        using var client = await user.LogInAsync("SELECT INBOX");
        await client.PlayAsync("""
            C: a ENABLE CONDSTORE
            S: * ENABLED CONDSTORE
            S: * OK [HIGHESTMODSEQ 3] …
            S: a OK …
            C: b UID REPLACE 1 Sent (\Seen) {4+}
            C: sent
            S: * OK [APPENDUID … 1] …
            S: * 1 EXPUNGE
            S: b OK [HIGHESTMODSEQ 4] REPLACE completed
            C: c STATUS Sent (MESSAGES UNSEEN)
            S: * STATUS Sent (MESSAGES 1 UNSEEN 0)
            S: c OK …
            C: d FETCH 1 UID
            S: * 1 FETCH (UID 2)
            S: d OK …
            """);
    }

    // Nothing is appended and nothing removed when the command fails.
    [Theory]
    [InlineData("REPLACE 3 INBOX {5+}\r\nhello", "BAD")]
    [InlineData("UID REPLACE 3 INBOX {5+}\r\nhello", "NO [NONEXISTENT]")]
    [InlineData("REPLACE 1 none {5+}\r\nhello", "NO [TRYCREATE]")]
    [InlineData("REPLACE 1 none {5}", "NO [TRYCREATE]")]
    [InlineData("REPLACE 1 INBOX {999999}", "NO [TOOBIG]")]
    [InlineData("REPLACE 1 INBOX {0+}\r\n", "NO [CANNOT]")]
    [InlineData("REPLACE 1:2 INBOX {5+}\r\nhello", "BAD")]
    [InlineData("REPLACE 0 INBOX {5+}\r\nhello", "BAD")]
    [InlineData("REPLACE $ INBOX {5+}\r\nhello", "BAD")]
    [InlineData("REPLACE 1 INBOX {5+}\r\nhello {5+}\r\nworld", "BAD")]
    [InlineData("REPLACE 1 INBOX CATENATE (URL \"/none/;UID=1\")", "NO [BADURL")]
    [InlineData("REPLACE 1 {5+}\r\nnone. {5+}\r\nhello", "NO [TRYCREATE]")]
    [InlineData("REPLACE 1", "BAD")]
    [InlineData("UID REPLACE", "BAD")]
    public async Task A_refusal_changes_nothing(string command, string answer)
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync("Subject: 1\n\n1\n", "Subject: 2\n\n2\n");
        using var client = await user.LogInAsync("SELECT INBOX");
        (await client.RunAsync(command))[^1].ShouldStartWith(answer);
        (await client.DoAsync("STATUS INBOX (MESSAGES UIDNEXT)"))[0].ShouldBe("* STATUS INBOX (MESSAGES 2 UIDNEXT 3)");
    }

    [Fact]
    public async Task A_message_that_others_have_expunged_is_not_replaced()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync("Subject: 1\n\n1\n", "Subject: 2\n\n2\n");
        using var client = await user.LogInAsync("SELECT INBOX");
        await client.PlayAsync("""
            C: a REPLACE 1 INBOX {5}
            S: + …
            """);
        await (await user.MailboxAsync()).ExpungeAsync(
            new ExpungeRequest(OperationId.New(), UidSet.Of(1), OnlyDeleted: false), CancellationToken.None);
        await client.PlayAsync("""
            C: hello
            S: * 1 EXPUNGE
            S: a NO [EXPUNGEISSUED] …
            C: b STATUS INBOX (MESSAGES UIDNEXT)
            S: * STATUS INBOX (MESSAGES 1 UIDNEXT 3)
            S: b OK …
            """);
    }

    [Fact]
    public async Task A_mailbox_that_is_open_read_only_is_left_alone()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync("Subject: 1\n\n1\n");
        using var client = await user.LogInAsync("EXAMINE INBOX");
        (await client.RunAsync("REPLACE 1 Sent {5+}\r\nhello"))[^1].ShouldStartWith("NO [READ-ONLY]");
        (await client.DoAsync("STATUS Sent (MESSAGES)"))[0].ShouldBe("* STATUS Sent (MESSAGES 0)");
    }
}
