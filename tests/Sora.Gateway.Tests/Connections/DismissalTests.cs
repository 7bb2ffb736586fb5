using System.Buffers;
using System.Text;
using Sora.Contracts;
using Sora.Gateway.Connections;
using Sora.Testing;

namespace Sora.Gateway.Tests.Connections;

/// <summary>Connections that defend themselves: who is too slow, too many, too long or not wanted.</summary>
public sealed class DismissalTests
{
    private static readonly TestProtocol Echo = new(TestProtocol.EchoAsync);

    [Fact]
    public async Task Who_sends_a_command_too_slowly_is_told_so()
    {
        using var refusals = new Refusals();
        var time = new ManualTime();
        var options = new ConnectionOptions { MinBytesPerMinute = 60, MinBytesWindow = TimeSpan.FromSeconds(10) };
        await using var gateway = await TestGateway.StartAsync([Echo.Listener()], options: options, time: time, metrics: refusals.Metrics);
        using var client = await gateway.ConnectAsync();
        await client.PlayAsync("S: hello\nC: idle\nS: idle");
        Advance(gateway, time, 40);
        await client.PlayAsync("C: still there\nS: still there");
        await client.SendAsync("half a li");
        await Wait.UntilAsync(
            () =>
            {
                Advance(gateway, time, 6);
                return refusals["too_slow"] == 1;
            },
            "the dismissal");
        await client.PlayAsync("S: too_slow\nS!");
    }

    [Fact]
    public async Task Who_keeps_the_pace_may_take_long()
    {
        var time = new ManualTime();
        var options = new ConnectionOptions { MinBytesPerMinute = 60, MinBytesWindow = TimeSpan.FromSeconds(10) };
        await using var gateway = await TestGateway.StartAsync([Echo.Listener()], options: options, time: time);
        using var client = await gateway.ConnectAsync();
        await client.PlayAsync("S: hello");
        for (var i = 1; i <= 20; i++)
        {
            await client.SendAsync(new string('x', 20));
            await Wait.UntilAsync(() => gateway.Listeners.Connections[0].Traffic.Received == 20 * i, "the octets");
            Advance(gateway, time, 5);
        }

        await client.SendAsync("\r\n");
        (await client.LineAsync()).ShouldBe(new string('x', 400));
        gateway.Listeners.Connections[0].Traffic.ShouldBe((402, 409));
    }

    [Fact]
    public async Task A_session_ends_when_it_has_lasted_long_enough()
    {
        using var refusals = new Refusals();
        var time = new ManualTime();
        var limits = new ConnectionLimits(MaxDuration: TimeSpan.FromSeconds(30));
        await using var gateway = await TestGateway.StartAsync([Echo.Listener(limits: limits)], time: time, metrics: refusals.Metrics);
        using var client = await gateway.ConnectAsync();
        await client.PlayAsync("S: hello");
        Advance(gateway, time, 20);
        await client.PlayAsync("C: x\nS: x");
        Advance(gateway, time, 12);
        await client.PlayAsync("S: expired\nS!");
        refusals["expired"].ShouldBe(1);
    }

    [Fact]
    public async Task Who_is_kicked_is_told_so_and_cut_off_when_that_does_not_help()
    {
        using var refusals = new Refusals();
        var time = new ManualTime();
        var stubborn = new TestProtocol(connection => Task.Delay(Timeout.Infinite, connection.Closed));
        await using var gateway = await TestGateway.StartAsync([Echo.Listener(), stubborn.Listener()], time: time, metrics: refusals.Metrics);
        using var client = await gateway.ConnectAsync();
        using var other = await gateway.ConnectAsync(1);
        await client.PlayAsync("S: hello");
        await Wait.UntilAsync(() => gateway.Listeners.OpenConnections == 2, "both");
        foreach (var connection in gateway.Listeners.Connections)
            connection.Kick();
        await client.PlayAsync("S: kicked\nS!");
        Advance(gateway, time, 12);
        await other.PlayAsync("S!");
        refusals["kicked"].ShouldBe(2);
    }

    [Fact]
    public async Task Who_does_not_finish_the_handshake_is_cut_off()
    {
        using var refusals = new Refusals();
        var time = new ManualTime();
        await using var gateway = await TestGateway.StartAsync([Echo.Listener(implicitTls: true)], tls: true, time: time, metrics: refusals.Metrics);
        using var silent = await gateway.ConnectAsync();
        using var halfway = await gateway.ConnectAsync();
        await halfway.SendAsync([0x16, 0x03, 0x01, 0x02, 0x00]);
        await Wait.UntilAsync(
            () =>
            {
                Advance(gateway, time, 10);
                return refusals["handshake_timeout"] == 2;
            },
            "the end of the handshakes");
        await silent.PlayAsync("S!");
        await halfway.PlayAsync("S!");
    }

    [Fact]
    public async Task A_refusal_can_be_read_over_TLS_by_as_many_as_may()
    {
        var limits = new ConnectionLimits(MaxConnections: 1);
        await using var gateway = await TestGateway.StartAsync([Echo.Listener(implicitTls: true, limits)], tls: true);
        using var first = await gateway.ConnectAsync();
        await first.StartTlsAsync();
        await first.PlayAsync("S: hello");
        using var second = await gateway.ConnectAsync();
        await second.StartTlsAsync();
        await second.PlayAsync("S: * BYE max_connections\nS!");
        await using var strict = await TestGateway.StartAsync([Echo.Listener(implicitTls: true, limits)], tls: true, new ConnectionOptions { MaxTlsRefusals = 0 });
        using var third = await strict.ConnectAsync();
        await third.StartTlsAsync();
        using var fourth = await strict.ConnectAsync();
        await Should.ThrowAsync<IOException>(async () => await fourth.StartTlsAsync());
    }

    [Fact]
    public async Task Sessions_of_a_user_are_counted_over_all_protocols_while_they_are_logged_in()
    {
        using var refusals = new Refusals();
        var options = new ConnectionOptions { MaxConnectionsPerUser = 3, MaxConnectionsPerUserPerIp = 2 };
        await using var gateway = await TestGateway.StartAsync([LoginProtocol.Create().Listener(), LoginProtocol.Create().Listener()], options: options, metrics: refusals.Metrics);
        using var first = await gateway.ConnectAsync();
        using var second = await gateway.ConnectAsync(1);
        using var third = await gateway.ConnectAsync();
        await first.PlayAsync("C: 1\nS: ok");
        await second.PlayAsync("C: 1\nS: ok");
        await third.PlayAsync("C: 1\nS: max_connections_per_user_per_ip\nC: 2\nS: ok\nC: out\nS: ok");
        await first.PlayAsync("C: out\nS: ok");
        await third.PlayAsync("C: 1\nS: ok");
        third.Dispose();
        await Wait.UntilAsync(() => gateway.Listeners.OpenConnections == 2, "the third to go");
        await first.PlayAsync("C: 1\nS: ok");
        refusals["max_connections_per_user_per_ip"].ShouldBe(1);
    }

    [Fact]
    public async Task The_limit_per_user_counts_all_addresses()
    {
        var options = new ConnectionOptions { MaxConnectionsPerUser = 1, TrustedNetworks = ["127.0.0.0/8"], ExemptTrustedNetworks = false };
        await using var gateway = await TestGateway.StartAsync([LoginProtocol.Create().Listener(expectsProxy: true)], options: options);
        using var first = await gateway.ConnectAsync();
        using var second = await gateway.ConnectAsync();
        await first.PlayAsync("C: PROXY TCP4 192.0.2.1 192.0.2.9 1 2\nC: 1\nS: ok");
        await second.PlayAsync("C: PROXY TCP4 192.0.2.2 192.0.2.9 1 2\nC: 1\nS: max_connections_per_user");
    }

    [Fact]
    public async Task A_listener_has_a_limit_of_its_own()
    {
        var limits = new ConnectionLimits(MaxConnectionsPerListener: 1);
        await using var gateway = await TestGateway.StartAsync([Echo.Listener(limits: limits), Echo.Listener(limits: limits)]);
        using var first = await gateway.ConnectAsync();
        using var other = await gateway.ConnectAsync(1);
        await first.PlayAsync("S: hello");
        await other.PlayAsync("S: hello");
        using (var second = await gateway.ConnectAsync())
            await second.PlayAsync("S: * BYE max_connections_per_listener\nS!");
        first.Dispose();
        await Wait.UntilAsync(() => gateway.Listeners.OpenConnections == 1, "the first to go");
        await Eventually.WaitAsync(async () =>
        {
            using var next = await gateway.ConnectAsync();
            return await next.LineAsync() == "hello";
        });
    }

    [Fact]
    public async Task Trusted_networks_are_exempt_from_limits_of_addresses_and_users_if_so_configured()
    {
        var options = new ConnectionOptions { MaxConnectionsPerUser = 1, MaxConnectionsPerUserPerIp = 1, TrustedNetworks = ["127.0.0.0/8"] };
        await using var gateway = await TestGateway.StartAsync([LoginProtocol.Create().Listener(limits: new ConnectionLimits(MaxConnectionsPerIp: 1))], options: options);
        using var first = await gateway.ConnectAsync();
        using var second = await gateway.ConnectAsync();
        await first.PlayAsync("C: 1\nS: ok");
        await second.PlayAsync("C: 1\nS: ok");
    }

    private static void Advance(TestGateway gateway, ManualTime time, double seconds)
    {
        time.Advance(TimeSpan.FromSeconds(seconds));
        gateway.Listeners.Deadlines.Tick();
    }
}
