namespace Sora.Gateway.Tests.Imap;

/// <summary>The examples of RFC 8970 (PREVIEW) in their order, on a mailbox of our own.</summary>
[Collection("imap")]
public sealed class Rfc8970Tests(ImapFixture fixture)
{
    [Fact]
    public async Task Examples()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(
            "From: a@example.com\nSubject: 1\n\nPreview text!\n",
            "From: b@example.com\nSubject: 2\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=\n",
            "From: foo@example.com\nSubject: 3\n\nMessage data from\nmessage 3.\n",
            $"From: foo@example.com\nSubject: 4\n\n{string.Concat(Enumerable.Repeat("seven words that are said again and again ", 10))}\n");
        using var client = await user.LogInAsync("EXAMINE INBOX");
        (await client.DoAsync("CAPABILITY"))[0].Split(' ').ShouldContain("PREVIEW");
        await client.PlayAsync("""
            C: A1 FETCH 1 (PREVIEW)
            S: * 1 FETCH (PREVIEW "Preview text!")
            S: A1 OK FETCH completed
            C: A2 FETCH 1 (RFC822.SIZE PREVIEW)
            S: * 1 FETCH (RFC822.SIZE 50 PREVIEW "Preview text!")
            S: A2 OK FETCH completed
            C: B1 FETCH 1:3 (ENVELOPE PREVIEW (LAZY))
            S: * 1 FETCH (ENVELOPE (NIL "1" …) PREVIEW "Preview text!")
            S: * 2 FETCH (ENVELOPE (NIL "2" …) PREVIEW "")
            S: * 3 FETCH (ENVELOPE (NIL "3" …) PREVIEW "Message data from message 3.")
            S: B1 OK FETCH completed
            C: C2 SEARCH RETURN (SAVE) FROM "FOO"
            C: C3 FETCH $ (UID PREVIEW (LAZY))
            S: C2 OK SEARCH completed
            S: * 3 FETCH (UID 3 PREVIEW "Message data from message 3.")
            S: * 4 FETCH (UID 4 PREVIEW "seven words …")
            S: C3 OK FETCH completed
            C: C4 UID FETCH 3 (PREVIEW)
            S: * 3 FETCH (UID 3 PREVIEW "Message data from message 3.")
            S: C4 OK FETCH completed
            C: C5 UID FETCH 3 (PREVIEW (EAGER))
            S: C5 BAD …
            C: C6 UID FETCH 3 (PREVIEW ())
            S: C6 BAD …
            """);

        // At most 200 characters, without having been read
        var preview = (await client.DoAsync("FETCH 4 (PREVIEW FLAGS)"))[0];
        preview.Split('"')[1].Length.ShouldBeInRange(150, 200);
        preview.ShouldEndWith("\" FLAGS (\\Recent))");
    }
}
