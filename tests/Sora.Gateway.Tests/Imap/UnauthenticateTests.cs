namespace Sora.Gateway.Tests.Imap;

[Collection("imap")]
public sealed class UnauthenticateTests(ImapFixture fixture)
{
    [Fact]
    public async Task Compression_ends_with_the_answer()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync("Subject: a\n\n" + string.Concat(Enumerable.Repeat("a line\n", 1000)));
        using var client = await user.LogInAsync("COMPRESS DEFLATE");
        for (var round = 0; round < 2; round++)
        {
            client.Socket.StartDeflate();
            await client.DoAsync("SELECT INBOX");
            (await client.DoAsync("FETCH 1 BODY.PEEK[TEXT]")).Count.ShouldBe(1002);
            await client.PlayAsync("""
                C: a1 UNAUTHENTICATE
                S: a1 OK UNAUTHENTICATE completed
                """);
            client.Socket.StopDeflate();
            await client.PlayAsync($"""
                C: a2 SELECT INBOX
                S: a2 BAD Log in first
                C: a3 LOGIN {user.Address} secret
                S: a3 OK [CAPABILITY … COMPRESS=DEFLATE …] Logged in
                """);
            await client.DoAsync("COMPRESS DEFLATE");
        }
    }

    [Fact]
    public async Task What_is_sent_before_compression_has_ended_ends_the_connection()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync("COMPRESS DEFLATE");
        client.Socket.StartDeflate();
        await client.PlayAsync($"""
            C: a1 UNAUTHENTICATE
            C: a2 LOGIN {user.Address} secret
            S: * BYE …
            S!
            """);
    }

    [Fact]
    public async Task What_extensions_have_enabled_is_off_again()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync("Subject: a\n\nb\n");
        using var client = await user.LogInAsync("ENABLE QRESYNC METADATA UIDONLY UTF8=ACCEPT");
        await client.DoAsync("SELECT INBOX");
        await client.DoAsync("UID SEARCH RETURN (SAVE UPDATE ALL) ALL");
        await client.DoAsync("NOTIFY SET (selected NONE) (personal (MailboxName MailboxMetadataChange))");
        await client.PlayAsync($"""
            C: a1 UNAUTHENTICATE
            S: a1 OK …
            C: a2 LOGIN {user.Address} secret
            S: a2 OK …
            """);
        using var other = await user.LogInAsync("CREATE new");
        await other.DoAsync("SETMETADATA INBOX (/private/comment \"x\")");
        await client.DoAsync("EXAMINE INBOX");
        await user.DeliverAsync("Subject: a\n\nb\n");
        await client.PlayAsync("""
            C: a3 NOOP
            S: * 2 EXISTS
            S: * 1 RECENT
            S: a3 OK NOOP completed
            C: a4 FETCH 1 (FLAGS)
            S: * 1 FETCH (FLAGS ())
            S: a4 OK FETCH completed
            C: a5 UID SEARCH $
            S: * SEARCH
            S: a5 OK SEARCH completed
            C: a6 CREATE "&AOQ-"
            S: a6 OK …
            """);
    }

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
            S: a1 OK [CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR ENABLE ID IDLE STARTTLS AUTH=SCRAM-SHA-256 AUTH=SCRAM-SHA-1 AUTH=PLAIN AUTH=LOGIN] UNAUTHENTICATE completed
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
