namespace Sora.Gateway.Tests.Imap;

/// <summary>The examples of RFC 10022 (UIDBATCHES), in a mailbox of 7,000 messages.</summary>
[Collection("imap")]
public sealed class Rfc10022Tests(ImapFixture fixture)
{
    [Fact]
    public async Task Batches_of_a_large_mailbox()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync("SELECT INBOX");
        await client.PlayAsync("""
            C: A301 UIDBATCHES 2000
            S: * UIDBATCHES (TAG "A301")
            S: A301 OK UIDBATCHES completed
            """);
        await user.DeliverAsync([.. Enumerable.Range(1, 7).Select(static i => $"Subject: {i}\n\n")]);
        for (var copies = 7; copies < 7000; copies *= 10)
        {
            for (var i = 0; i < 9; i++)
                await client.DoAsync($"UID COPY 1:{copies} INBOX");
        }

        await client.DoAsync("SELECT INBOX");
        await client.DoAsync("UID SEARCH RETURN (SAVE) UID 1:3");
        await client.PlayAsync("""
            C: A143 UIDBATCHES 2000
            S: * UIDBATCHES (TAG "A143") 7000:5001,5000:3001,3000:1001,1000:1
            S: A143 OK UIDBATCHES completed
            C: A302 UIDBATCHES 499
            S: A302 NO [TOOFEW] …
            C: A303 UIDBATCHES 2000 1:5
            S: * UIDBATCHES (TAG "A303") 7000:5001,5000:3001,3000:1001,1000:1
            S: A303 OK UIDBATCHES completed
            C: A304 UIDBATCHES 2000 2:3
            S: * UIDBATCHES (TAG "A304") 5000:3001,3000:1001
            S: A304 OK UIDBATCHES completed
            C: A305 UIDBATCHES 2000 4:1
            S: A305 BAD [CLIENTBUG] …
            C: A306 UIDBATCHES 2000 1:100
            S: A306 NO [TOOMANY] …
            C: A307 UIDBATCHES 2000 6:8
            S: * UIDBATCHES (TAG "A307")
            S: A307 OK UIDBATCHES completed
            C: A308 UIDBATCHES 7000
            S: * UIDBATCHES (TAG "A308") 7000:1
            S: A308 OK UIDBATCHES completed
            C: A309 UID SEARCH $
            S: * SEARCH 1 2 3
            S: A309 OK SEARCH completed
            """);

        // Expunged messages count in no batch, and no message is left out between two of them
        await client.DoAsync("UID STORE 1:300,5000:5100 +FLAGS.SILENT (\\Deleted)");
        await client.DoAsync("EXPUNGE");
        await client.DoAsync("ENABLE UIDONLY");
        await client.PlayAsync("""
            C: A310 UIDBATCHES 2000
            S: * UIDBATCHES (TAG "A310") 7000:4900,4899:2900,2899:900,899:1
            S: A310 OK UIDBATCHES completed
            """);
    }
}
