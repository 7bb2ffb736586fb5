using Sora.Gateway.Pop3;
using Sora.Gateway.Tests.Connections;
using Sora.Gateway.Tests.Sasl;

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
    [InlineData("PASS")]
    [InlineData("PLAIN")]
    [InlineData("LOGIN")]
    [InlineData("SCRAM-SHA-256")]
    public async Task An_empty_password_lets_nobody_in(string mechanism)
    {
        var user = await pop3.UserAsync();
        using var client = await pop3.ConnectAsync();
        (await Pop3Fixture.TryAsync(client, mechanism, user, "")).ShouldStartWith("-ERR");
        await client.PlayAsync("C: STAT\nS: -ERR Log in first");
        (await Pop3Fixture.TryAsync(client, mechanism, user, "secret")).ShouldStartWith("+OK maildrop");
    }

    [Theory]
    [InlineData("PLAIN", 0)]
    [InlineData("LOGIN", 0)]
    [InlineData("LOGIN", 1)]
    [InlineData("SCRAM-SHA-256", 0)]
    [InlineData("SCRAM-SHA-256", 1)]
    [InlineData("SCRAM-SHA-256", 2)]
    public async Task An_exchange_may_be_cancelled_at_every_step(string mechanism, int steps)
    {
        var user = await pop3.UserAsync();
        using var client = await pop3.ConnectAsync();
        var scram = new ScramClient(user, "secret");
        await client.SendAsync($"AUTH {mechanism}\r\n");
        var challenge = (await client.LineAsync()).ShouldNotBeNull();
        for (var step = 0; step < steps; step++)
        {
            challenge.ShouldStartWith("+ ");
            var response = mechanism == "LOGIN" ? ScramClient.Base64(user) : step == 0 ? scram.First : scram.Final(challenge[2..]);
            await client.SendAsync(response + "\r\n");
            challenge = (await client.LineAsync()).ShouldNotBeNull();
        }

        await client.PlayAsync($"""
            C: *
            S: -ERR AUTH is cancelled
            C: STAT
            S: -ERR Log in first
            C: AUTH PLAIN {Pop3Fixture.Plain(user)}
            S: +OK maildrop *
            """);
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
        await gateway.OutlastAsync(time, half);
    }
}
