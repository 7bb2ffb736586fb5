using Sora.Contracts;
using Sora.Gateway.Pop3;
using Sora.Gateway.Tests.Sasl;
using Sora.Mailstore.Accounts.Logins;

namespace Sora.Gateway.Tests.Pop3;

/// <summary>Too many wrong passwords over POP3.</summary>
[Collection("pop3")]
public sealed class LoginLimitTests(Pop3Fixture pop3)
{
    [Fact]
    public async Task Whoever_was_wrong_too_often_is_told_to_come_later_and_at_last_shown_the_door()
    {
        var options = new LoginLimitOptions { PairFailures = 2, Delay = TimeSpan.Zero, ShareInterval = TimeSpan.FromMilliseconds(10) };
        await using var logins = await GuardedLogins.StartAsync(pop3.Node, options);
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
}
