using Sora.Contracts;
using Sora.Gateway.Pop3;
using Sora.Gateway.Tests.Sasl;

namespace Sora.Gateway.Tests.Pop3;

/// <summary>Too many wrong passwords over POP3.</summary>
[Collection("pop3")]
public sealed class LoginLimitTests(Pop3Fixture pop3)
{
    [Fact]
    public async Task Whoever_was_wrong_too_often_is_told_to_come_later_and_at_last_shown_the_door()
    {
        await using var logins = await GuardedLogins.StartAsync(pop3.Node, GuardedLogins.TwoFailures);
        await using var gateway = await pop3.StartAsync(new Pop3Options { MaxAuthFailures = 4 }, guard: logins.Guard);
        var user = await pop3.UserAsync();
        using var client = await pop3.ConnectAsync(gateway);
        await client.PlayAsync($"""
            C: USER {user}
            S: +OK *
            C: PASS wrong
            S: -ERR [AUTH] Authentication failed
            C: USER {user}
            S: +OK *
            C: PASS wrong
            S: -ERR [AUTH] Authentication failed
            C: USER {user}
            S: +OK *
            C: PASS secret
            S: -ERR [SYS/TEMP] Too many failed logins, try again later
            C: USER {user}
            S: +OK *
            C: PASS secret
            S: -ERR [SYS/TEMP] Too many failed logins
            """);
        (await client.LineAsync()).ShouldBeNull();
        logins.Take().Select(static happened => (happened.Protocol, happened.Outcome)).ShouldBe(
            [("pop3", LoginOutcome.Wrong), ("pop3", LoginOutcome.Wrong), ("pop3", LoginOutcome.Blocked), ("pop3", LoginOutcome.Blocked)]);

        var other = await pop3.UserAsync();
        using var let = await pop3.LogInAsync(other, gateway);
        logins.Take().Single().Outcome.ShouldBe(LoginOutcome.Ok);
    }

    [Theory]
    [InlineData("PASS")]
    [InlineData("PLAIN")]
    [InlineData("LOGIN")]
    [InlineData("SCRAM-SHA-256")]
    public async Task Every_mechanism_is_counted_and_an_unknown_user_looks_like_a_known_one(string mechanism)
    {
        await using var logins = await GuardedLogins.StartAsync(pop3.Node, GuardedLogins.TwoFailures);
        await using var gateway = await pop3.StartAsync(new Pop3Options(), guard: logins.Guard);
        var user = await pop3.UserAsync();
        foreach (var name in new[] { user, "nobody-" + user })
        {
            foreach (var (password, answer) in new[]
            {
                ("wrong", "-ERR [AUTH] Authentication failed"), ("wrong too", "-ERR [AUTH] Authentication failed"),
                ("secret", "-ERR [SYS/TEMP] Too many failed logins, try again later"),
            })
            {
                using var client = await pop3.ConnectAsync(gateway);
                (await Pop3Fixture.TryAsync(client, mechanism, name, password)).ShouldBe(answer);
            }
        }

        var expected = mechanism == "PASS" ? "password" : mechanism;
        var events = logins.Take();
        events.ShouldAllBe(happened => happened.Protocol == "pop3" && happened.Mechanism == expected);
        events.Select(static happened => happened.Outcome).ShouldBe(
            [LoginOutcome.Wrong, LoginOutcome.Wrong, LoginOutcome.Blocked, LoginOutcome.Wrong, LoginOutcome.Wrong, LoginOutcome.Blocked]);
        using var other = await pop3.ConnectAsync(gateway);
        (await Pop3Fixture.TryAsync(other, mechanism, await pop3.UserAsync(), "secret")).ShouldStartWith("+OK maildrop");
    }
}
