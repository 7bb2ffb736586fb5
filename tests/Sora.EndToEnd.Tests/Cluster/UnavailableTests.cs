#if ORLEANS
using Sora.EndToEnd.Tests.Wire;
using Sora.Testing;

namespace Sora.EndToEnd.Tests.Cluster;

/// <summary>A gateway whose mailstores are all away.</summary>
public sealed class UnavailableTests
{
    private const string User = "user@example.com";

    [Fact]
    public async Task Clients_are_told_and_stay_connected_and_go_on_when_there_is_a_mailstore_again()
    {
        await using var cluster = await ClusterProcesses.StartAsync(1, 1, "cluster.call_timeout=3s");
        var gateway = cluster.Gateways[0];
        await gateway.CreateAccountsAsync(ClusterProcesses.Password, User);
        using var lmtp = await LmtpClient.ConnectAsync(gateway.LmtpPort);
        await lmtp.DeliverAsync(User, TestMail.Make(1));
        using var client = await ImapClient.OpenInboxAsync(gateway.ImapPort, User, ClusterProcesses.Password);
        using var idle = await ImapClient.OpenInboxAsync(gateway.ImapPort, User, ClusterProcesses.Password);
        await idle.BeginIdleAsync();
        await cluster.Mailstores[0].KillAsync();

        var refused = (await client.RunAsync("STORE 1 +FLAGS (\\Seen)")).Tagged;
        (refused.Status, refused.Code).ShouldBe(("NO", "UNAVAILABLE"));
        var appended = (await client.TryAppendAsync("INBOX", TestMail.Make(2))).Tagged;
        (appended.Status, appended.Code).ShouldBe(("NO", "UNAVAILABLE"));
        (await lmtp.DeliverAsync("sender@example.org", [User], TestMail.Make(3)))[0].Code.ShouldBe(451);

        // What the gateway has itself is still there
        TestMail.NumberOf(await client.FetchAsync(client.View.Uids[0], "BODY.PEEK[]")).ShouldBe(1);

        await cluster.Mailstores[0].StartAgainAsync();
        await Eventually.WaitAsync(async () => (await client.RunAsync("STORE 1 +FLAGS (\\Seen)")).Tagged.Status == "OK");
        await lmtp.DeliverAsync(User, TestMail.Make(3));
        while (idle.View.Uids.Count < 2)
            await idle.ReadUntaggedAsync();
        await client.OkAsync("NOOP");
        client.View.Uids.Count.ShouldBe(2);
    }
}
#endif
