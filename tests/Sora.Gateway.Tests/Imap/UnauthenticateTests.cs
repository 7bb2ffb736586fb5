namespace Sora.Gateway.Tests.Imap;

[Collection("imap")]
public sealed class UnauthenticateTests(ImapFixture fixture)
{
    [Fact]
    public async Task Everything_is_as_it_was_before_login_and_the_next_user_sees_nothing_of_it()
    {
        var first = await fixture.UserAsync();
        var second = await fixture.UserAsync();
        await first.DeliverAsync("Subject: a\n\nb\n");
        using var client = await first.LogInAsync("ENABLE IMAP4rev2 CONDSTORE");
        await client.DoAsync("SELECT INBOX");
        await client.DoAsync("STORE 1 +FLAGS (\\Deleted)");
        await client.PlayAsync($$"""
            C: a1 UNAUTHENTICATE
            C: a2 LOGIN {{second.Address}} secret
            S: a1 OK [CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR ENABLE ID IDLE STARTTLS AUTH=PLAIN] UNAUTHENTICATE completed
            S: a2 OK [CAPABILITY …] Logged in
            C: a3 FETCH 1 FLAGS
            S: a3 BAD …
            C: a4 STATUS INBOX (MESSAGES RECENT)
            S: * STATUS INBOX (MESSAGES 0 RECENT 0)
            S: a4 OK STATUS completed
            C: a5 ENABLE IMAP4rev2
            S: * ENABLED IMAP4rev2
            S: a5 OK ENABLE completed
            C: a6 UNAUTHENTICATE
            S: a6 OK …
            C: a7 SELECT INBOX
            S: a7 BAD Log in first
            C: a8 UNAUTHENTICATE
            S: a8 BAD Log in first
            C: a9 LOGIN {{first.Address}} secret
            S: a9 OK …
            C: b1 STATUS INBOX (MESSAGES DELETED)
            S: * STATUS INBOX (MESSAGES 1 DELETED 1)
            S: b1 OK STATUS completed
            C: b2 CREATE "&AOQ-"
            S: b2 OK …
            C: b3 LIST "" "&AOQ-"
            S: * LIST (\HasNoChildren) "/" &AOQ-
            S: b3 OK LIST completed
            """);
    }
}
