using System.Buffers;
using System.Diagnostics.Metrics;
using System.Net.Security;
using System.Security.Authentication;
using Sora.Gateway.Connections;
using Sora.Testing;

namespace Sora.Gateway.Tests.Connections;

public sealed class ClientConnectionTests
{
    private static readonly TestProtocol Echo = new(TestProtocol.EchoAsync);

    [Fact]
    public async Task Pipelined_lines_are_answered_in_order_and_in_one_piece()
    {
        await using var gateway = await TestGateway.StartAsync([Echo.Listener()]);
        using var client = await gateway.ConnectAsync();
        await client.PlayAsync("""
            S: hello
            C: one
            C: two
            C. thr
            S: one
            S: two
            C: ee
            S: three
            """);
    }

    [Theory]
    [InlineData(2_000, "too long")]
    [InlineData(100_000, "endless")]
    public async Task A_line_beyond_the_limit_is_dropped_and_an_endless_one_ends_the_session(int length, string answer)
    {
        await using var gateway = await TestGateway.StartAsync([Echo.Listener()]);
        using var client = await gateway.ConnectAsync();
        await client.PlayAsync($"""
            S: hello
            C. {new string('x', length)}
            """);
        if (answer == "too long")
            await client.PlayAsync("""
                C:
                C: next
                S: too long
                S: next
                """);
        else
            await client.PlayAsync("S: endless");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Tls_carries_a_session_whether_implicit_or_by_starttls(bool implicitTls)
    {
        await using var gateway = await TestGateway.StartAsync([Echo.Listener(implicitTls)], tls: true);
        using var client = await gateway.ConnectAsync();
        if (!implicitTls)
            await client.PlayAsync("""
                S: hello
                C: STARTTLS
                S: go ahead
                """);
        var tls = await client.StartTlsAsync();
        tls.SslProtocol.ShouldBeOneOf(SslProtocols.Tls12, SslProtocols.Tls13);
        if (implicitTls)
            await client.PlayAsync("S: hello");
        await client.PlayAsync("""
            C: one
            C: two
            S: one
            S: two
            C: three
            S: three
            """);
    }

    [Fact]
    public async Task Plain_text_behind_starttls_is_never_run()
    {
        await using var gateway = await TestGateway.StartAsync([Echo.Listener()], tls: true);
        using var client = await gateway.ConnectAsync();
        await client.PlayAsync("""
            S: hello
            C: STARTTLS
            C: injected
            S: go ahead
            """);
        for (string? line; (line = await client.LineAsync()) is not null;)
            line.ShouldNotContain("injected");
    }

    [Theory]
    [InlineData("imap", "imap", true)]
    [InlineData("imap", "h2", false)]
    [InlineData("imap", "", true)]
    [InlineData(null, "h2", true)]
    public async Task Alpn_is_the_protocols_own(string? served, string offered, bool isServed)
    {
        var protocol = new TestProtocol(TestProtocol.EchoAsync, served);
        await using var gateway = await TestGateway.StartAsync([protocol.Listener(implicitTls: true)], tls: true);
        using var client = await gateway.ConnectAsync();
        try
        {
            await client.StartTlsAsync(offered.Length == 0 ? [] : [offered]);
            (await client.LineAsync()).ShouldBe(isServed ? "hello" : null);
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            isServed.ShouldBeFalse(e.Message);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Waking_a_read_loses_no_input(bool tls)
    {
        ClientConnection? connection = null;
        var wakes = 0;
        var protocol = new TestProtocol(async current =>
        {
            Volatile.Write(ref connection, current);
            current.Output.Write("hello\r\n"u8);
            await current.FlushAsync();
            while (true)
            {
                var result = await current.Input.ReadAsync();
                if (result.IsCanceled)
                    Interlocked.Increment(ref wakes);
                foreach (var segment in result.Buffer)
                    current.Output.Write(segment.Span);
                current.Input.AdvanceTo(result.Buffer.End);
                await current.FlushAsync();
                if (result.IsCompleted)
                    return;
            }
        });
        await using var gateway = await TestGateway.StartAsync([protocol.Listener(tls)], tls);
        using var client = await gateway.ConnectAsync();
        if (tls)
            await client.StartTlsAsync();
        await client.PlayAsync("S: hello");
        for (var i = 1; i <= 50; i++)
        {
            var before = Volatile.Read(ref wakes);
            connection!.Wake();
            await client.PlayAsync($"""
                C: line {i}
                S: line {i}
                """);
            await Wait.UntilAsync(() => Volatile.Read(ref wakes) > before, "the wake-up");
        }
    }

    [Fact]
    public async Task A_silent_client_is_told_and_a_client_that_never_reads_is_cut_off()
    {
        var time = new ManualTime();
        var isCut = new TaskCompletionSource();
        var flooded = 0L;
        var flood = new TestProtocol(async connection =>
        {
            while (await connection.FlushAsync())
            {
                connection.Output.Write(new byte[16 * 1024]);
                Interlocked.Add(ref flooded, 16 * 1024);
            }

            isCut.SetResult();
        });
        await using var gateway = await TestGateway.StartAsync([Echo.Listener(), flood.Listener()], time: time);
        using var silent = await gateway.ConnectAsync();
        using var deaf = await gateway.ConnectAsync(1);
        await silent.PlayAsync("S: hello");
        var last = -1L;
        await Wait.UntilAsync(() => last == (last = Interlocked.Read(ref flooded)) && last > 1 << 20, "the flood to stop");
        last.ShouldBeLessThan(64 << 20);

        // The session may take a moment to begin its wait; only a deadline that is set can pass
        while (!isCut.Task.IsCompleted)
        {
            time.Advance(TimeSpan.FromMinutes(5));
            gateway.Listeners.Deadlines.Tick();
            await Task.WhenAny(isCut.Task, Task.Delay(20));
        }

        await silent.PlayAsync("""
            S: timeout
            S!
            """);
    }

    [Fact]
    public async Task A_handshake_has_a_deadline()
    {
        var time = new ManualTime();
        await using var gateway = await TestGateway.StartAsync([Echo.Listener(implicitTls: true)], tls: true, time: time);
        using var client = await gateway.ConnectAsync();
        await Wait.UntilAsync(() => gateway.Listeners.OpenConnections == 1, "the connection");
        await Wait.UntilAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(60));
                gateway.Listeners.Deadlines.Tick();
                return gateway.Listeners.OpenConnections == 0;
            },
            "the end of the handshake");
        await client.PlayAsync("S!");
    }

    [Fact]
    public async Task Limits_answer_before_they_close_and_count_only_open_connections()
    {
        using var metrics = new GatewayMetrics();
        var refused = 0L;
        using var listener = new MeterListener { InstrumentPublished = (instrument, self) => self.EnableMeasurementEvents(instrument) };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            foreach (var tag in tags)
                if (instrument == metrics.RefusedConnections && tag.Value is "max_connections")
                    Interlocked.Add(ref refused, value);
        });
        listener.Start();
        var limits = new ConnectionLimits(MaxConnections: 2);
        await using var gateway = await TestGateway.StartAsync([Echo.Listener(limits: limits), Echo.Listener(limits: limits)], metrics: metrics);
        using var first = await gateway.ConnectAsync();
        using var second = await gateway.ConnectAsync(1);
        await first.PlayAsync("S: hello");
        await second.PlayAsync("S: hello");
        using (var third = await gateway.ConnectAsync(1))
            await third.PlayAsync("""
                S: * BYE max_connections
                S!
                """);
        Interlocked.Read(ref refused).ShouldBe(1);
        first.Dispose();
        await Wait.UntilAsync(() => gateway.Listeners.OpenConnections == 1, "the first to go");
        using var fourth = await gateway.ConnectAsync();
        await fourth.PlayAsync("S: hello");
    }

    [Fact]
    public async Task An_address_has_a_limit_of_its_own()
    {
        await using var gateway = await TestGateway.StartAsync([Echo.Listener(limits: new ConnectionLimits(MaxConnectionsPerIp: 1))]);
        using var first = await gateway.ConnectAsync();
        await first.PlayAsync("S: hello");
        using var second = await gateway.ConnectAsync();
        await second.PlayAsync("S: * BYE max_connections_per_ip");
    }

    [Fact]
    public async Task Draining_wakes_sessions_refuses_new_ones_and_can_be_ended()
    {
        await using var gateway = await TestGateway.StartAsync([Echo.Listener()]);
        using var client = await gateway.ConnectAsync();
        await client.PlayAsync("S: hello");
        (await gateway.Listeners.Drain.BeginAsync(Wait.Deadline, CancellationToken.None)).ShouldBe(0);
        await client.PlayAsync("""
            S: draining
            S!
            """);
        using (var late = await gateway.ConnectAsync())
            await late.PlayAsync("S: * BYE draining");
        gateway.Listeners.Drain.End();
        using var next = await gateway.ConnectAsync();
        await next.PlayAsync("S: hello");
    }

    [Fact]
    public async Task Sessions_are_told_at_a_rate_and_meanwhile_nobody_new_is_let_in()
    {
        var time = new MovedTime();
        await using var gateway = await TestGateway.StartAsync([Echo.Listener()], options: new ConnectionOptions { DrainRate = 20 }, time: time);
        var clients = new List<TestClient>();
        for (var i = 0; i < 3; i++)
        {
            clients.Add(await gateway.ConnectAsync());
            await clients[i].PlayAsync("S: hello");
        }

        // One in fifty milliseconds: as long as the clock stands still the others go on
        var drained = gateway.Listeners.Drain.BeginAsync(Wait.Deadline, CancellationToken.None);
        await Wait.UntilAsync(() => gateway.Listeners.OpenConnections == 2, "the first");
        drained.IsCompleted.ShouldBeFalse();
        using (var late = await gateway.ConnectAsync())
            await late.PlayAsync("S: * BYE draining");
        gateway.Listeners.OpenConnections.ShouldBe(2);
        await Wait.UntilAsync(
            () =>
            {
                time.Advance(TimeSpan.FromMilliseconds(50));
                return drained.IsCompleted;
            },
            "the others");
        (await drained).ShouldBe(0);
        foreach (var client in clients)
        {
            await client.PlayAsync("""
                S: draining
                S!
                """);
            client.Dispose();
        }
    }

    [Fact]
    public async Task Stopping_the_host_drains_first()
    {
        await using var gateway = await TestGateway.StartAsync([Echo.Listener()]);
        using var client = await gateway.ConnectAsync();
        await client.PlayAsync("S: hello");
        await gateway.StopAsync();
        await client.PlayAsync("""
            S: draining
            S!
            """);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_that_shuts_down_its_side_still_gets_its_answers(bool tls)
    {
        await using var gateway = await TestGateway.StartAsync([Echo.Listener(tls)], tls);
        using var client = await gateway.ConnectAsync();
        if (tls)
            await client.StartTlsAsync();
        await client.SendAsync(string.Concat(Enumerable.Repeat("line\r\n", 1000)));
        client.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
        await client.PlayAsync("S: hello");
        for (var i = 0; i < 1000; i++)
            (await client.LineAsync()).ShouldBe("line");
        await client.PlayAsync("S!");
    }

    [Fact]
    public async Task Sessions_that_ignore_the_drain_are_cut_off_at_its_deadline()
    {
        var stubborn = new TestProtocol(connection => Task.Delay(Timeout.Infinite, connection.Closed));
        await using var gateway = await TestGateway.StartAsync([stubborn.Listener()]);
        using var client = await gateway.ConnectAsync();
        await Wait.UntilAsync(() => gateway.Listeners.OpenConnections == 1, "the connection");
        (await gateway.Listeners.Drain.BeginAsync(TimeSpan.FromMilliseconds(20), CancellationToken.None)).ShouldBe(1);
        await client.PlayAsync("S!");
        await Wait.UntilAsync(() => gateway.Listeners.OpenConnections == 0, "the end");
    }

    [Fact]
    public async Task A_session_that_throws_ends_only_itself()
    {
        var broken = new TestProtocol(_ => throw new InvalidOperationException("a bug"));
        await using var gateway = await TestGateway.StartAsync([broken.Listener(), Echo.Listener()]);
        using (var client = await gateway.ConnectAsync())
            await client.PlayAsync("S!");
        using var other = await gateway.ConnectAsync(1);
        await other.PlayAsync("S: hello");
    }
}
