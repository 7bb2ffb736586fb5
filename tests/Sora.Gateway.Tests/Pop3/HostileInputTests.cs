using Sora.Gateway.Pop3;
using Sora.Gateway.Tests.Connections;

namespace Sora.Gateway.Tests.Pop3;

/// <summary>What no client sends: names with NUL, SASL responses without end, half of everything.</summary>
[Collection("pop3")]
public sealed class HostileInputTests(Pop3Fixture pop3)
{
    [Fact]
    public async Task A_response_of_SASL_has_a_limit()
    {
        var user = await pop3.UserAsync();
        using var client = await pop3.ConnectAsync();
        await client.SendAsync($"AUTH PLAIN {new string('A', 20_000)}\r\n");
        await client.PlayAsync("S: -ERR *\nC: AUTH PLAIN\nS: + ");
        await client.SendAsync(new string('A', 20_000) + "\r\n");
        await client.PlayAsync($"""
            S: -ERR *
            C: USER {user}
            S: +OK *
            C: PASS secret
            S: +OK *
            """);
    }

    [Theory]
    [InlineData("USER a\0b")]
    [InlineData("US\0ER a")]
    [InlineData("AUTH PLAIN AGEAAGI=")] // NUL a NUL NUL b
    [InlineData("LANG e\0n")]
    [InlineData("XCLIENT ADDR=\0")]
    public async Task NUL_is_in_no_name(string command)
    {
        using var client = await pop3.ConnectAsync();
        await client.SendAsync($"{command}\r\nNOPE\r\n");
        (await client.LineAsync()).ShouldNotBeNull().ShouldStartWith("-ERR");
        await client.PlayAsync("S: -ERR *");
    }

    [Theory]
    [InlineData("USER some")]
    [InlineData("AUTH PLAIN\r\nAGE")]
    [InlineData("\r")]
    public async Task Half_a_command_is_waited_for_only_so_long(string half)
    {
        var time = new ManualTime();
        await using var gateway = await pop3.StartAsync(new Pop3Options(), time);
        using var client = await pop3.ConnectAsync(gateway);
        await client.SendAsync(half);
        await Wait.UntilAsync(
            () =>
            {
                time.Advance(TimeSpan.FromMinutes(1));
                gateway.Listeners.Deadlines.Tick();
                return gateway.Listeners.OpenConnections == 0;
            },
            half);
    }
}
