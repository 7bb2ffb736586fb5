using System.Net;
using Sora.Contracts;
using Sora.Mailstore.Audit;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Audit;

/// <summary>How much of logins is written down.</summary>
public sealed class EventSumsTests
{
    private readonly MovedTime _time = new();

    [Fact]
    public void Beyond_a_rate_those_that_are_alike_are_summed_and_beyond_that_those_that_are_less_alike()
    {
        var sums = new EventSums(new AuditOptions { EntriesPerMinute = 10, MaxSums = 20 }, _time);
        for (var i = 0; i < 100_000; i++)
            sums.Add(Event(LoginOutcome.Wrong, i % 256, "user" + (i % 1000)));
        sums.Count.ShouldBeLessThanOrEqualTo(10 + 20 + 1);

        // An attack takes nothing from those who succeed
        for (var i = 0; i < 10; i++)
            sums.Add(Event(LoginOutcome.Ok, 1, "anna"));
        sums.Take("node", withSums: false).Count.ShouldBe(20);
        var rest = sums.Take("node", withSums: true);
        rest.Sum(static entry => entry.Times).ShouldBe(100_000 - 10);
        rest.Single(static entry => entry.Actor is null).Times.ShouldBeGreaterThan(90_000);
        sums.Count.ShouldBe(0);

        _time.Advance(TimeSpan.FromSeconds(30));
        for (var i = 0; i < 6; i++)
            sums.Add(Event(LoginOutcome.Wrong, 1, "anna"));
        sums.Take("node", withSums: false).Count.ShouldBe(5);
    }

    [Theory]
    [InlineData(AuditedLogins.All, 3)]
    [InlineData(AuditedLogins.Failures, 2)]
    [InlineData(AuditedLogins.None, 0)]
    public void Which_logins_are_written_down_is_an_option(AuditedLogins logins, int expected)
    {
        var sums = new EventSums(new AuditOptions { Logins = logins }, _time);
        sums.Add(Event(LoginOutcome.Ok, 1, "anna"));
        sums.Add(Event(LoginOutcome.Blocked, 1, "anna"));
        sums.Add(Event(LoginOutcome.Ok, 1, "master") with { ActedFor = "anna" });
        sums.Count.ShouldBe(expected);
    }

    private static LoginEvent Event(LoginOutcome outcome, int host, string user) =>
        new("imap", "PLAIN", new IPAddress([192, 0, 2, (byte)host]), user, null, null, outcome, null);
}
