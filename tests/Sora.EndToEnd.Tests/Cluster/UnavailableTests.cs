#if ORLEANS
using Sora.EndToEnd.Tests.Wire;
using Sora.Testing;

namespace Sora.EndToEnd.Tests.Cluster;

/// <summary>A gateway whose mailstores are away, all or one.</summary>
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

    [Fact]
    public async Task A_mailstore_is_dead_when_nobody_listens_there_any_more_and_is_not_asked_first()
    {
        // Members that are only silent are found out after a minute here, which is longer than calls take
        await using var cluster = await ClusterProcesses.StartAsync(2, 1, "cluster.probe_timeout=1m", "cluster.call_timeout=20s");
        var gateway = cluster.Gateways[0];
        string[] users = [.. Enumerable.Range(0, 8).Select(static i => $"user{i}@example.com")];
        await gateway.CreateAccountsAsync(ClusterProcesses.Password, users);
        var clients = new List<ImapClient>();
        foreach (var user in users)
        {
            clients.Add(await ImapClient.OpenInboxAsync(gateway.ImapPort, user, ClusterProcesses.Password));
            await clients[^1].AppendAsync("INBOX", TestMail.Make(1));
        }

        await cluster.Mailstores[0].KillAsync();
        foreach (var client in clients)
        {
            await client.OkAsync("STORE 1 +FLAGS (\\Seen)");
            client.Dispose();
        }
    }
}
#endif
