using static Sora.Sieve.Tests.Scripts;

namespace Sora.Sieve.Tests;

/// <summary>The examples of RFC 6131 (vacation-seconds) with the results that it gives.</summary>
public sealed class Rfc6131Tests
{
    [Fact]
    public void HalfAnHour_2() => Answer(
        """
        require ["vacation-seconds"];
        vacation :addresses ["tjs@example.edu", "ts4z@landru.example.edu"]
                 :seconds 1800
                 "I am in a meeting, and do not have access to email.";
        """).Interval.ShouldBe(TimeSpan.FromMinutes(30));

    [Fact]
    public void EveryMessage_2()
    {
        var answer = Answer(
            """
            require ["vacation-seconds"];

            vacation :handle "auto-resp" :seconds 0
                "Your request has been received.  A service
                 representative will contact you as soon as
                 possible, usually within one business day.";
            """);
        answer.Interval.ShouldBe(TimeSpan.Zero);
        answer.Handle.ShouldBe("handle:auto-resp");
    }

    [Fact]
    public void DaysAndSecondsExcludeEachOther_2() => Errors("require \"vacation-seconds\"; vacation :days 1 :seconds 2 \"x\";").ShouldContain("exclude each other");

    private static VacationAction Answer(string script) => Run(script, "To: tjs@example.edu, roadrunner@acme.example.com\n\n").Actions.OfType<VacationAction>().Single();
}
