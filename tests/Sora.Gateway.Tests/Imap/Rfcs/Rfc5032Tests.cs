using Sora.Gateway.Imap;
using Sora.Gateway.Tests.Connections;

namespace Sora.Gateway.Tests.Imap;

/// <summary>RFC 5032 (WITHIN): seconds before now, both ends included, also in results that are kept up to date.</summary>
[Collection("imap")]
public sealed class Rfc5032Tests(ImapFixture fixture)
{
    [Fact]
    public async Task Both_keys_include_the_second_itself_and_updates_follow_the_clock()
    {
        var time = new ManualTime();
        var now = time.GetUtcNow();
        var user = await fixture.UserAsync();
        await using var gateway = await fixture.StartAsync(time, new ImapOptions { IdVersion = "1.0" });
        using var client = new ImapClient(await gateway.ConnectAsync());
        await client.PlayAsync("S: * OK …");
        await client.DoAsync($"LOGIN {user.Address} secret");
        foreach (var age in new[] { 100, 59, 0 })
        {
            var date = (now - TimeSpan.FromSeconds(age)).ToString("dd-MMM-yyyy HH:mm:ss +0000", System.Globalization.CultureInfo.InvariantCulture);
            await client.DoAsync($"APPEND INBOX \"{date}\" {{2+}}\r\n\r\n");
        }

        await client.DoAsync("SELECT INBOX");
        await client.PlayAsync("""
            C: a1 SEARCH YOUNGER 100
            S: * SEARCH 1 2 3
            S: a1 OK SEARCH completed
            C: a2 SEARCH OLDER 100
            S: * SEARCH 1
            S: a2 OK SEARCH completed
            C: a3 SEARCH YOUNGER 99
            S: * SEARCH 2 3
            S: a3 OK SEARCH completed
            C: a4 SEARCH UNSEEN YOUNGER 259200
            S: * SEARCH 1 2 3
            S: a4 OK SEARCH completed
            C: a5 UID SEARCH RETURN (UPDATE ALL) YOUNGER 60
            S: * ESEARCH (TAG "a5") UID ALL 2:3
            S: a5 OK SEARCH completed
            C: a6 UID SEARCH RETURN (UPDATE ALL) OLDER 90
            S: * ESEARCH (TAG "a6") UID ALL 1
            S: a6 OK SEARCH completed
            """);
        time.Advance(TimeSpan.FromSeconds(31));
        await client.PlayAsync("""
            C: a7 NOOP
            S: * ESEARCH (TAG "a5") UID REMOVEFROM (0 2)
            S: * ESEARCH (TAG "a6") UID ADDTO (0 2)
            S: a7 OK NOOP completed
            """);
    }
}
