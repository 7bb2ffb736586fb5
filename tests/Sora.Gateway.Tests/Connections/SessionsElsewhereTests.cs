using Sora.Contracts;
using Sora.Gateway.Connections;

namespace Sora.Gateway.Tests.Connections;

/// <summary>Limits of users that hold over all nodes, and those that hold where none was set.</summary>
public sealed class SessionsElsewhereTests
{
    [Fact]
    public async Task Sessions_on_other_nodes_count_once_they_were_told()
    {
        var (time, news) = (new ManualTime(), new News());
        var options = new ConnectionOptions { MaxConnectionsPerUser = 3, MaxConnectionsPerUserPerIp = 2, TrustedNetworks = ["127.0.0.0/8"], ExemptTrustedNetworks = false };
        await using var here = await StartAsync(options, time, news);
        await using var there = await StartAsync(options, time, news);
        using var first = await ConnectAsync(there, "192.0.2.1");
        using var second = await ConnectAsync(there, "192.0.2.2");
        await first.PlayAsync("C: 7\nS: ok");
        await second.PlayAsync("C: 7\nS: ok");
        there.Listeners.Elsewhere!.Tick();

        using var third = await ConnectAsync(here, "192.0.2.1");
        using var fourth = await ConnectAsync(here, "192.0.2.1");
        await third.PlayAsync("C: 7\nS: ok");
        await fourth.PlayAsync("C: 7\nS: max_connections_per_user\nC: 8\nS: ok");
        await second.PlayAsync("C: out\nS: ok");
        there.Listeners.Elsewhere!.Tick();
        await fourth.PlayAsync("C: 7\nS: max_connections_per_user_per_ip");
        await first.PlayAsync("C: out\nS: ok");
        there.Listeners.Elsewhere!.Tick();
        await fourth.PlayAsync("C: 7\nS: ok");
    }

    [Fact]
    public async Task A_node_that_is_not_heard_of_any_more_is_forgotten()
    {
        var (time, news) = (new ManualTime(), new News());
        var options = new ConnectionOptions { MaxConnectionsPerUser = 1 };
        await using var here = await StartAsync(options, time, news);
        await using var there = await StartAsync(options, time, news);
        using var first = await ConnectAsync(there);
        await first.PlayAsync("C: 7\nS: ok");
        there.Listeners.Elsewhere!.Tick();
        using var second = await ConnectAsync(here);
        await second.PlayAsync("C: 7\nS: max_connections_per_user");

        // What is told again every minute stays
        for (var i = 0; i < 5; i++)
        {
            time.Advance(TimeSpan.FromSeconds(61));
            there.Listeners.Elsewhere!.Tick();
            here.Listeners.Elsewhere!.Tick();
        }

        await second.PlayAsync("C: 7\nS: max_connections_per_user");
        time.Advance(TimeSpan.FromSeconds(151));
        here.Listeners.Elsewhere!.Tick();
        await second.PlayAsync("C: 7\nS: ok");
    }

    [Fact]
    public async Task Users_with_few_sessions_are_not_told_of_and_changes_only_once()
    {
        var (time, news) = (new ManualTime(), new News());
        await using var gateway = await StartAsync(new ConnectionOptions { MaxConnectionsPerUser = 16 }, time, news);
        using var first = await ConnectAsync(gateway);
        using var second = await ConnectAsync(gateway);
        await first.PlayAsync("C: 7\nS: ok");
        gateway.Listeners.Elsewhere!.Tick();
        news.Told.ShouldBeEmpty();
        await second.PlayAsync("C: 7\nS: ok");
        gateway.Listeners.Elsewhere!.Tick();
        gateway.Listeners.Elsewhere!.Tick();
        news.Told.Single().ShouldEndWith("/7/2/127.0.0.1=2");
        await second.PlayAsync("C: out\nS: ok");
        gateway.Listeners.Elsewhere!.Tick();
        news.Told[^1].ShouldEndWith("/7/0");
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("node/7")]
    [InlineData("node/seven/1")]
    [InlineData("node/7/-1")]
    [InlineData("node/7/1/192.0.2.1")]
    [InlineData("node/7/1/192.0.2.1=x")]
    [InlineData("node/7/1/nowhere=1")]
    public async Task What_cannot_be_read_is_passed_over(string told)
    {
        var news = new News();
        await using var gateway = await StartAsync(new ConnectionOptions { MaxConnectionsPerUser = 1 }, new ManualTime(), news);
        news.Tell(told);
        using var client = await ConnectAsync(gateway);
        await client.PlayAsync("C: 7\nS: ok");
    }

    [Fact]
    public async Task Where_no_limit_is_set_there_is_one_and_clients_on_this_machine_have_none()
    {
        var options = new ConnectionOptions { TrustedNetworks = ["127.0.0.0/8"], ExemptTrustedNetworks = false };
        var limits = new ConnectionLimits(MaxConnections: 440, MaxConnectionsPerIp: null);
        await using var gateway = await TestGateway.StartAsync(
            [LoginProtocol.Create().Listener(limits: limits, expectsProxy: true), LoginProtocol.Create().Listener(limits: limits)], options: options);
        var clients = new List<TestClient>();
        try
        {
            // A user's 100 sessions from one address, and a quarter of all connections
            for (var i = 0; i < 110; i++)
            {
                clients.Add(await ConnectAsync(gateway, "192.0.2.1"));
                await clients[^1].PlayAsync(i < 100 ? "C: 7\nS: ok" : "C: 7\nS: max_connections_per_user_per_ip");
            }

            using var refused = await ConnectAsync(gateway, "192.0.2.1");
            await refused.PlayAsync("S: * BYE max_connections_per_ip");
            using var other = await ConnectAsync(gateway, "192.0.2.2");
            await other.PlayAsync("C: 7\nS: ok");
            for (var i = 0; i < 120; i++)
            {
                clients.Add(await gateway.ConnectAsync(1));
                await clients[^1].PlayAsync("C: 7\nS: ok");
            }
        }
        finally
        {
            clients.ForEach(static client => client.Dispose());
        }
    }

    private static Task<TestGateway> StartAsync(ConnectionOptions options, ManualTime time, News news) =>
        TestGateway.StartAsync([LoginProtocol.Create().Listener(expectsProxy: true), LoginProtocol.Create().Listener()], options: options, time: time, news: news);

    private static async Task<TestClient> ConnectAsync(TestGateway gateway, string? from = null)
    {
        var client = await gateway.ConnectAsync(from is null ? 1 : 0);
        if (from is not null)
            await client.SendAsync($"PROXY TCP4 {from} 192.0.2.9 1 2\r\n");
        return client;
    }

    /// <summary>All nodes hear at once, also the one that tells.</summary>
    private sealed class News : ISessionNews
    {
        public event Action<string>? Heard;

        public List<string> Told { get; } = [];

        public void Tell(string news)
        {
            Told.Add(news);
            Heard?.Invoke(news);
        }
    }
}
