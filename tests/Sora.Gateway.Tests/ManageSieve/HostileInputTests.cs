using Sora.Gateway.Connections;
using Sora.Gateway.ManageSieve;
using Sora.Gateway.Tests.Connections;

namespace Sora.Gateway.Tests.ManageSieve;

/// <summary>What no client sends: names with NUL, SASL responses without end, half of everything.</summary>
[Collection("managesieve")]
public sealed class HostileInputTests(ManageSieveFixture sieve)
{
    [Fact]
    public async Task A_response_of_SASL_has_a_limit()
    {
        using var client = await sieve.ConnectAsync();
        await client.SendAsync($"AUTHENTICATE \"PLAIN\" \"{new string('A', 100_000)}\"\r\n");
        (await client.LineAsync()).ShouldNotBeNull().ShouldMatch("^(NO|BYE) ");
        using var second = await sieve.ConnectAsync();
        await second.SendAsync("AUTHENTICATE \"PLAIN\" {10000000+}\r\n");
        (await second.LineAsync()).ShouldNotBeNull().ShouldMatch("^(NO|BYE) ");
    }

    [Theory]
    [InlineData("AUTHENTICATE \"PL\0AIN\"")]
    [InlineData("AUTHENTICATE \"PLAIN\" \"AGEAAGI=\"")] // NUL a NUL NUL b
    [InlineData("HAVESPACE {3+}\r\na\0b 100")]
    [InlineData("NO\0OP")]
    public async Task NUL_is_in_no_name(string command)
    {
        using var client = await sieve.ConnectAsync();
        await client.SendAsync($"{command}\r\n");
        (await client.LineAsync()).ShouldNotBeNull().ShouldStartWith("NO");
        await client.PlayAsync("C: NOOP\nS: OK *");
    }

    [Theory]
    [InlineData("AUTHENTICATE ")]
    [InlineData("AUTHENTICATE {10+}\r\nabc")]
    [InlineData("AUTHENTICATE \"PLAIN\"\r\n{100+}\r\nabc")]
    public async Task Half_a_command_is_waited_for_only_so_long(string half)
    {
        var time = new ManualTime();
        await using var gateway = await sieve.StartAsync(
            new ManageSieveOptions(), time, connections: new ConnectionOptions { WriteTimeout = TimeSpan.FromDays(1) }); // the clock leaps
        using var client = await ManageSieveFixture.ConnectAsync(gateway);
        await client.SendAsync(half);
        await gateway.OutlastAsync(time, half);
        (await client.LastLineAsync()).ShouldNotBeNull().ShouldStartWith("BYE");
    }
}
