namespace Sora.Gateway.Tests.Imap;

/// <summary>The examples of RFC 3502 (MULTIAPPEND) that are about refusals; the others are in <see cref="AppendTests"/>.</summary>
[Collection("imap")]
public sealed class Rfc3502Tests(ImapFixture fixture)
{
    [Fact]
    public async Task A_missing_mailbox_and_a_later_message_that_is_refused()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync();
        await client.PlayAsync("""
            C: A004 APPEND bogusname (\Flagged) {1023}
            S: A004 NO [TRYCREATE] …
            C: A005 APPEND INBOX (\Flagged) {10}
            S: + …
            C: hmm: one
            C.  {999999}
            C: 
            S: A005 NO [TOOBIG] …
            C: A006 STATUS INBOX (MESSAGES UIDNEXT)
            S: * STATUS INBOX (MESSAGES 0 UIDNEXT 1)
            S: A006 OK STATUS completed
            """);
    }
}
