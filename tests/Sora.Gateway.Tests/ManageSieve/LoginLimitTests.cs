using Sora.Contracts;
using Sora.Gateway.ManageSieve;
using Sora.Gateway.Tests.Sasl;

namespace Sora.Gateway.Tests.ManageSieve;

/// <summary>Too many wrong passwords over ManageSieve.</summary>
[Collection("managesieve")]
public sealed class LoginLimitTests(ManageSieveFixture sieve)
{
    [Fact]
    public async Task Whoever_was_wrong_too_often_is_told_to_come_later()
    {
        await using var logins = await GuardedLogins.StartAsync(sieve.Node, GuardedLogins.TwoFailures);
        await using var gateway = await sieve.StartAsync(new ManageSieveOptions { MaxAuthFailures = 10 }, guard: logins.Guard);
        var user = await sieve.AddressAsync();
        using var client = await ManageSieveFixture.ConnectAsync(gateway);
        for (var i = 0; i < 2; i++)
        {
            await client.PlayAsync($"""
                C: AUTHENTICATE "PLAIN" "{ManageSieveFixture.Plain(user, "wrong")}"
                S: NO "Authentication failed"
                """);
        }

        await client.PlayAsync($"""
            C: AUTHENTICATE "PLAIN" "{ManageSieveFixture.Plain(user)}"
            S: NO (TRYLATER) "Too many failed logins, try again later"
            """);
        logins.Take().Select(static happened => (happened.Protocol, happened.Mechanism, happened.Outcome)).ShouldBe(
            [("managesieve", "PLAIN", LoginOutcome.Wrong), ("managesieve", "PLAIN", LoginOutcome.Wrong), ("managesieve", "PLAIN", LoginOutcome.Blocked)]);
    }
}
