#if ORLEANS
using System.Globalization;
using Sora.EndToEnd.Tests.Servers;
using Sora.EndToEnd.Tests.Wire;
using Sora.Testing;

namespace Sora.EndToEnd.Tests.Cluster;

/// <summary>Two mailstores and two gateways, as processes: clients see one server, whatever becomes of a mailstore.</summary>
public sealed class ClusterTests : IAsyncLifetime
{
    private const int Users = 6;

    private ClusterProcesses _cluster = null!;

    public async Task InitializeAsync()
    {
        _cluster = await ClusterProcesses.StartAsync(mailstores: 2, gateways: 2);
        await _cluster.Gateways[0].CreateAccountsAsync(ClusterProcesses.Password, [.. Enumerable.Range(0, Users).Select(User)]);
    }

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task Mail_delivered_through_one_gateway_is_read_through_the_other()
    {
        using var lmtp = await LmtpClient.ConnectAsync(_cluster.Gateways[0].LmtpPort);
        using var listener = await OpenAsync(1, User(0));
        using var worker = await OpenAsync(0, User(0));
        await listener.BeginIdleAsync();
        await lmtp.DeliverAsync(User(0), TestMail.Make(1));
        await HearAsync(listener, static view => view.Uids.Count == 1);
        var uid = await worker.AppendAsync("INBOX", TestMail.Make(2, size: 200_000), "(\\Flagged) ");
        await HearAsync(listener, static view => view.Uids.Count == 2);
        await listener.EndIdleAsync();
        await listener.OkAsync("FETCH 1:* (UID FLAGS)");
        await listener.BeginIdleAsync();
        await worker.OkAsync($"UID STORE {uid} +FLAGS (\\Seen $Label)");
        await HearAsync(listener, view => view.Flags[uid].IsSupersetOf(["\\Seen", "$Label"]));
        await listener.EndIdleAsync();
        TestMail.NumberOf(await listener.FetchAsync(uid, "BODY.PEEK[HEADER]")).ShouldBe(2);
        (await listener.FetchAsync(uid, "BODY.PEEK[]")).ShouldBe(TestMail.Make(2, size: 200_000));

        // Each step through one gateway is there for the other one at once
        await worker.OkAsync("CREATE Work");
        await worker.OkAsync($"UID COPY {uid} Work");
        await worker.OkAsync($"UID MOVE {uid} Work");
        await listener.OkAsync("NOOP");
        using var other = await ImapClient.LoginAsync(_cluster.Gateways[1].ImapPort, User(0), ClusterProcesses.Password);
        await other.SelectAsync("Work");
        other.View.Uids.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_body_of_any_size_comes_back_as_it_was()
    {
        using var client = await OpenAsync(0, User(0));
        foreach (var size in new[] { 600, 60_000, 70_000, 3_000_000 })
        {
            var uid = await client.AppendAsync("INBOX", TestMail.Make(size, size));
            (await client.FetchAsync(uid, "BODY.PEEK[]")).ShouldBe(TestMail.Make(size, size));
        }
    }

    [Fact]
    public async Task Clients_stay_connected_and_go_on_when_their_mailstore_is_killed()
    {
        var clients = await OpenAllAsync();
        var lmtp = new List<LmtpClient>();
        foreach (var gateway in _cluster.Gateways)
            lmtp.Add(await LmtpClient.ConnectAsync(gateway.LmtpPort));
        var number = 0;
        foreach (var killed in new[] { 0, 1 })
        {
            foreach (var client in clients)
                await client.Idle.BeginIdleAsync();
            await _cluster.Mailstores[killed].KillAsync();
            var before = number;
            for (var i = 0; i < Users; i++)
                await lmtp[i % 2].DeliverAsync(User(i), TestMail.Make(++number));
            await Task.WhenAll(clients.Select(async client =>
            {
                await HearAsync(client.Idle, view => view.Uids.Count >= client.Count + 1);
                await client.Idle.EndIdleAsync();
                await client.Busy.OkAsync("NOOP");
                client.Count++;
                client.Busy.View.Uids.Count.ShouldBe(client.Count);
                await client.Busy.OkAsync("STORE 1:* +FLAGS (\\Seen)");
                var uid = await client.Busy.AppendAsync("INBOX", TestMail.Make(1000 + client.Count));
                client.Count++;
                await client.Busy.OkAsync($"UID STORE {uid} +FLAGS (\\Flagged)");
                client.Busy.View.Uids.Count.ShouldBe(client.Count);
            }));
            await _cluster.Mailstores[killed].StartAgainAsync();
        }

        foreach (var client in clients)
        {
            await client.Idle.OkAsync("FETCH 1:* (UID FLAGS)");
            await client.Busy.OkAsync("FETCH 1:* (UID FLAGS)");
            client.Idle.View.Uids.ShouldBe(client.Busy.View.Uids);
            client.Idle.View.Uids.Count.ShouldBe(client.Count);
            client.Dispose();
        }

        lmtp.ForEach(static connection => connection.Dispose());
    }

    [Fact]
    public async Task A_mailstore_that_stood_still_writes_nothing_that_others_have_not_seen()
    {
        var clients = await OpenAllAsync();
        var stopped = _cluster.Mailstores[1];
        Signals.Stop(stopped.Pid);
        await WorkAsync(clients);
        Signals.Continue(stopped.Pid);

        // It may have been taken for dead meanwhile, and then ends; either way clients see what they did
        await WorkAsync(clients);
        foreach (var client in clients)
        {
            using var fresh = await ImapClient.OpenInboxAsync(_cluster.Gateways[1].ImapPort, client.User, ClusterProcesses.Password);
            fresh.View.Uids.Count.ShouldBe(client.Count);
            await fresh.OkAsync("FETCH 1:* (UID FLAGS)");
            await client.Busy.OkAsync("FETCH 1:* (UID FLAGS)");
            fresh.View.Uids.ShouldBe(client.Busy.View.Uids);
            fresh.View.Uids.ShouldBeUnique();
            client.Dispose();
        }

        static Task WorkAsync(IReadOnlyList<Pair> clients) => Task.WhenAll(clients.Select(async client =>
        {
            for (var i = 0; i < 5; i++)
            {
                var uid = await client.Busy.AppendAsync("INBOX", TestMail.Make(i));
                client.Count++;
                await client.Busy.OkAsync($"UID STORE {uid} +FLAGS (\\Flagged)");
                client.Busy.View.Uids.Count.ShouldBe(client.Count);
            }
        }));
    }

    [Fact]
    public async Task A_mailstore_that_is_told_to_stop_takes_nothing_with_it()
    {
        var clients = await OpenAllAsync();
        using var done = new CancellationTokenSource();
        var work = clients.Select(client => WorkAsync(client, done.Token)).ToList();
        _cluster.Mailstores[0].Terminate();
        (await _cluster.Mailstores[0].WaitForExitAsync()).ShouldBe(0);
        await done.CancelAsync();
        await Task.WhenAll(work);
        foreach (var client in clients)
        {
            client.Busy.View.Uids.Count.ShouldBe(client.Count);
            client.Dispose();
        }

        static async Task WorkAsync(Pair client, CancellationToken done)
        {
            do
            {
                await client.Busy.AppendAsync("INBOX", TestMail.Make(client.Count));
                client.Count++;
            }
            while (!done.IsCancellationRequested);
        }
    }

    private static string User(int number) => string.Create(CultureInfo.InvariantCulture, $"user{number}@example.com");

    private static async Task HearAsync(ImapClient listener, Func<MailboxView, bool> condition)
    {
        while (!condition(listener.View))
            await listener.ReadUntaggedAsync();
    }

    private Task<ImapClient> OpenAsync(int gateway, string user) => ImapClient.OpenInboxAsync(_cluster.Gateways[gateway].ImapPort, user, ClusterProcesses.Password);

    // For each user one client that works and one that listens, through different gateways
    private async Task<IReadOnlyList<Pair>> OpenAllAsync()
    {
        var pairs = new List<Pair>();
        for (var i = 0; i < Users; i++)
            pairs.Add(new Pair(User(i), await OpenAsync(i % 2, User(i)), await OpenAsync(1 - (i % 2), User(i))));
        return pairs;
    }

    private sealed record Pair(string User, ImapClient Busy, ImapClient Idle) : IDisposable
    {
        /// <summary>How many messages the mailbox has.</summary>
        public int Count { get; set; }

        public void Dispose()
        {
            Busy.Dispose();
            Idle.Dispose();
        }
    }
}
#endif
