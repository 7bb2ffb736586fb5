using Sora.Gateway.Tests.Connections;

namespace Sora.Gateway.Tests.Imap;

[Collection("imap")]
public sealed class TimeoutTests(ImapFixture fixture)
{
    [Fact]
    public async Task Who_does_not_log_in_has_to_go()
    {
        var time = new ManualTime();
        await using var gateway = await fixture.StartAsync(time);
        using var client = new ImapClient(await gateway.ConnectAsync());
        await client.PlayAsync("S: * OK …");
        Advance(gateway, time, TimeSpan.FromMinutes(2));
        await client.PlayAsync("C: a NOOP\nS: a OK NOOP completed");
        Advance(gateway, time, TimeSpan.FromMinutes(2));
        await client.PlayAsync("S: * BYE No login for too long\nS!");
    }

    [Fact]
    public async Task Idle_is_kept_alive_and_silence_is_logged_out()
    {
        var time = new ManualTime();
        var user = await fixture.UserAsync();
        await using var gateway = await fixture.StartAsync(time);
        using var client = new ImapClient(await gateway.ConnectAsync());
        await client.PlayAsync($"""
            S: * OK …
            C: a LOGIN {user.Address} secret
            S: a OK …
            C: b IDLE
            S: + idling
            """);
        for (var i = 0; i < 20; i++)
        {
            Advance(gateway, time, TimeSpan.FromMinutes(3));
            await client.PlayAsync("S: * OK Still here");
        }

        await client.PlayAsync("C: DONE\nS: b OK IDLE completed\nC: c NOOP\nS: c OK NOOP completed");
        Advance(gateway, time, TimeSpan.FromMinutes(35));
        await client.PlayAsync("S: * BYE Autologout…\nS!");
    }

    [Fact]
    public async Task A_server_that_stops_says_so()
    {
        var user = await fixture.UserAsync();
        await using var gateway = await fixture.StartAsync(TimeProvider.System);
        using var client = new ImapClient(await gateway.ConnectAsync());
        using var idle = new ImapClient(await gateway.ConnectAsync());
        await client.PlayAsync("S: * OK …");
        await idle.PlayAsync($"S: * OK …\nC: a LOGIN {user.Address} secret\nS: a OK …\nC: b IDLE\nS: + idling");
        var drained = gateway.Listeners.Drain.BeginAsync(Wait.Deadline, CancellationToken.None);
        await client.PlayAsync("S: * BYE Server is going down\nS!");
        await idle.PlayAsync("S: * BYE Server is going down\nS!");
        (await drained).ShouldBe(0);
    }

    private static void Advance(TestGateway gateway, ManualTime time, TimeSpan by)
    {
        time.Advance(by);
        gateway.Listeners.Deadlines.Tick();
    }
}
