using Sora.Gateway.Connections;

namespace Sora.Gateway.Tests.Connections;

public sealed class AcceptRateTests
{
    private static readonly TestProtocol Echo = new(TestProtocol.EchoAsync);

    [Fact]
    public void The_rate_rises_each_second_by_as_much_as_it_was_at_first()
    {
        var time = new ManualTime();
        var rate = new AcceptRate(100, time);
        for (var i = 0; i < 100; i++)
            rate.Next().ShouldBe(TimeSpan.Zero);

        // 100 at once, 150 more until the first second has passed, 250 until the second
        for (var i = 101; i <= 250; i++)
            rate.Next().ShouldBeInRange(TimeSpan.Zero, TimeSpan.FromSeconds(1.0001));
        rate.Next().TotalSeconds.ShouldBeInRange(1, 1.01);
        time.Advance(TimeSpan.FromSeconds(2));
        for (var i = 252; i <= 500; i++)
            rate.Next().ShouldBe(TimeSpan.Zero);
        rate.Next().ShouldBeGreaterThan(TimeSpan.Zero);

        // A node that has been up for a while does not throttle
        time.Advance(TimeSpan.FromMinutes(5));
        for (var i = 0; i < 1_000_000; i++)
            rate.Next().ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void Zero_is_no_limit()
    {
        var rate = new AcceptRate(0, new ManualTime());
        for (var i = 0; i < 10_000; i++)
            rate.Next().ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public async Task Who_waits_in_the_backlog_is_served_in_the_end()
    {
        await using var gateway = await TestGateway.StartAsync([Echo.Listener()], options: new ConnectionOptions { AcceptRate = 10 });
        var clients = new List<TestClient>();
        try
        {
            for (var i = 0; i < 20; i++)
                clients.Add(await gateway.ConnectAsync());
            foreach (var client in clients)
                await client.PlayAsync("S: hello");
        }
        finally
        {
            clients.ForEach(static client => client.Dispose());
        }
    }

    [Fact]
    public async Task A_throttled_server_stops_at_once()
    {
        var gateway = await TestGateway.StartAsync([Echo.Listener()], options: new ConnectionOptions { AcceptRate = 1 }, time: new ManualTime());
        using var first = await gateway.ConnectAsync();
        using var second = await gateway.ConnectAsync();
        await first.PlayAsync("S: hello");
        await gateway.DisposeAsync().AsTask().WaitAsync(Wait.Deadline);
    }
}
