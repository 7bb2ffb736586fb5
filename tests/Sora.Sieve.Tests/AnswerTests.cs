using static Sora.Sieve.Tests.Scripts;

namespace Sora.Sieve.Tests;

/// <summary>vacation (RFC 5230, RFC 6131), enotify (RFC 5435), fcc (RFC 8580).</summary>
public sealed class AnswerTests
{
    private const string ToMe = "From: coyote@desert.example.org\nTo: roadrunner@acme.example.com\nSubject: Cyrus bug\n";

    // RFC 5230 section 4.2
    [Fact]
    public void DifferentAnswersHaveDifferentHandles()
    {
        const string script =
            """
            require "vacation";
            if header :contains "subject" "cyrus" {
                vacation "I'm out -- send mail to cyrus-bugs";
            } else {
                vacation "I'm out -- call me at +1 304 555 0123";
            }
            """;
        var first = Vacation(script, ToMe + "\n");
        var second = Vacation(script, "From: coyote@desert.example.org\nTo: roadrunner@acme.example.com\nSubject: come over for dinner\n\n");
        first.Reason.ShouldBe("I'm out -- send mail to cyrus-bugs");
        second.Reason.ShouldBe("I'm out -- call me at +1 304 555 0123");
        first.Handle.ShouldNotBe(second.Handle);
        first.Recipient.ShouldBe("coyote@desert.example.org");
        first.ReplySubject.ShouldBe("Auto: Cyrus bug");
        first.Interval.ShouldBeNull();
    }

    [Fact]
    public void VariablesDoNotMakeTheHandleDifferent()
    {
        const string script =
            """
            require ["vacation", "variables"];
            if header :matches "subject" "*" {
                vacation :subject "Automatic response to: ${1}"
                         "I'm away -- send mail to foo in my absence";
            }
            """;
        var first = Vacation(script, ToMe + "\n");
        var second = Vacation(script, "To: roadrunner@acme.example.com\nSubject: dinner\n\n");
        first.ReplySubject.ShouldBe("Automatic response to: Cyrus bug");
        second.ReplySubject.ShouldBe("Automatic response to: dinner");
        first.Handle.ShouldBe(second.Handle);
    }

    [Fact]
    public void AHandleMakesTwoAnswersTheSame()
    {
        var first = Vacation("require \"vacation\"; vacation :handle \"ran-away\" \"I'm out and can't meet for lunch\";", ToMe + "\n");
        var second = Vacation("require \"vacation\"; vacation :handle \"ran-away\" \"I'm out\";", ToMe + "\n");
        first.Handle.ShouldBe(second.Handle);
        Vacation("require \"vacation\"; vacation \"ran-away\";", ToMe + "\n").Handle.ShouldNotBe(first.Handle);
        Vacation("require \"vacation\"; vacation :subject \"a\" \"b\";", ToMe + "\n").Handle
            .ShouldNotBe(Vacation("require \"vacation\"; vacation :from \"a@b\" \"b\";", ToMe + "\n").Handle);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("Auto-Submitted: no\n", true)]
    [InlineData("Auto-Submitted: No; owner-email=x\n", true)]
    [InlineData("Auto-Submitted: (a \\) person) no (really (so))\n", true)]
    [InlineData("Auto-Submitted: (no) auto-replied\n", false)]
    [InlineData("Auto-Submitted: auto-generated\n", false)]
    [InlineData("Auto-Submitted: auto-replied\n", false)]
    [InlineData("List-Id: <x.y>\n", false)]
    [InlineData("List-Unsubscribe: <mailto:x@y>\n", false)]
    [InlineData("List-Archive: x\n", false)]
    [InlineData("Precedence: bulk\n", false)]
    [InlineData("X-Auto-Response-Suppress: DR, OOF\n", false)]
    public void MailOfProgramsIsNotAnswered(string field, bool isAnswered) =>
        Outcome("require \"vacation\"; vacation \"away\";", ToMe + field + "\n").ShouldBe(isAnswered ? "vacation to coyote@desert.example.org; (keep)" : "(keep)");

    [Theory]
    [InlineData("", false)]
    [InlineData("a@b.example", true)]
    [InlineData("MAILER-DAEMON@b.example", false)]
    [InlineData("owner-list@b.example", false)]
    [InlineData("list-request@b.example", false)]
    [InlineData("majordomo@b.example", false)]
    [InlineData("roadrunner@acme.example.com", false)]
    [InlineData("RoadRunner+x@acme.example.com", false)]
    public void SomeSendersAreNotAnswered(string from, bool isAnswered) => Outcome(
        "require \"vacation\"; vacation \"away\";", ToMe + "\n", envelope: new SieveEnvelope { From = from, To = "roadrunner@acme.example.com" })
        .ShouldBe(isAnswered ? $"vacation to {from}; (keep)" : "(keep)");

    [Theory]
    [InlineData("To: x@y\nCc: \"R\" <ROADRUNNER@acme.example.com>\n\n", "ROADRUNNER@acme.example.com")]
    [InlineData("Bcc: roadrunner@acme.example.com\n\n", "roadrunner@acme.example.com")]
    [InlineData("Resent-To: roadrunner@acme.example.com\n\n", "roadrunner@acme.example.com")]
    [InlineData("To: rr@elsewhere.example\n\n", "rr@elsewhere.example")]
    [InlineData("To: roadrunner+tag@acme.example.com\n\n", "roadrunner+tag@acme.example.com")]
    [InlineData("To: alias@acme.example.com\n\n", "alias@acme.example.com")]
    [InlineData("To: x@y\n\n", null)]
    [InlineData("Sender: roadrunner@acme.example.com\n\n", null)]
    public void TheMessageMustNameTheUser(string message, string? own)
    {
        var result = Run(
            "require \"vacation\"; vacation :addresses [\"rr@elsewhere.example\"] \"away\";", message, envelope: new SieveEnvelope { From = "a@b.example", To = "alias@acme.example.com" });
        result.Actions.OfType<VacationAction>().SingleOrDefault()?.OwnAddress.ShouldBe(own);
        result.Actions.Length.ShouldBe(own is null ? 0 : 1);
        result.ImplicitKeep.ShouldBeTrue();
    }

    [Theory]
    [InlineData("\"vacation\"", "vacation :days 23 \"x\";", 23 * 86_400)]
    [InlineData("\"vacation\"", "vacation :days 0 \"x\";", 86_400)]
    [InlineData("\"vacation-seconds\"", "vacation :addresses [\"tjs@example.edu\", \"ts4z@landru.example.edu\"] :seconds 1800 \"x\";", 1800)]
    [InlineData("\"vacation-seconds\"", "vacation :handle \"auto-resp\" :seconds 0 \"x\";", 0)]
    public void Intervals(string require, string script, int seconds) =>
        Vacation($"require {require}; {script}", ToMe + "\n").Interval.ShouldBe(TimeSpan.FromSeconds(seconds));

    [Theory]
    [InlineData("vacation :days 9999999999999 \"x\";")]
    [InlineData("vacation :seconds 9223372036854775807 \"x\";")]
    public void HugeIntervalsAreNoErrors(string script) => Vacation($"require \"vacation-seconds\"; {script}", ToMe + "\n").Interval.ShouldBe(TimeSpan.FromDays(36_500));

    [Theory]
    [InlineData("vacation \"a\";\nvacation \"b\";", "error in line 2: 'vacation' cannot be used twice: it was in line 1; (keep)")]
    [InlineData("vacation \"a\";\nreject \"b\";", "error in line 2: 'reject' cannot be used together with 'vacation' of line 1; (keep)")]
    [InlineData("reject \"b\";\nvacation \"a\";", "error in line 2: 'vacation' cannot answer a message that 'reject' of line 1 refuses; (keep)")]
    [InlineData("vacation \"a\"; discard; fileinto \"x\";", "vacation to coyote@desert.example.org; discard; fileinto x")]
    public void VacationAndOthers(string script, string outcome) => Outcome($"require [\"vacation\", \"reject\", \"fileinto\"]; {script}").ShouldBe(outcome);

    [Theory]
    [InlineData("vacation :days 1 :seconds 1 \"x\";", "exclude each other")]
    [InlineData("vacation :from \"no address\" \"x\";", "no address")]
    [InlineData("vacation :mime \"Subject: \u00FC\" ;", "is ASCII")]
    [InlineData("vacation;", "lacks its reason")]
    public void VacationMistakes(string script, string message) => Errors($"require \"vacation-seconds\"; {script}").ShouldContain(message);

    [Fact]
    public void SecondsNeedTheirCapability() => Errors("require \"vacation\"; vacation :seconds 1 \"x\";").ShouldContain("require \"vacation-seconds\"");

    [Fact]
    public void WithoutASubjectThereIsOneAllTheSame() =>
        Vacation("require \"vacation\"; vacation \"x\";", "To: roadrunner@acme.example.com\n\n").ReplySubject.ShouldBe("Automated reply");

    [Theory]
    [InlineData("valid_notify_method [\"mailto:a@b\", \"MAILTO:a@b?subject=x%20y&to=c@d\"]", true)]
    [InlineData("valid_notify_method \"mailto:a@b?subject=%zz\"", false)]
    [InlineData("valid_notify_method \"mailto:a%20b\"", false)]
    [InlineData("notify_method_capability \"xmpp:tim@example.com\" \"Online\" \"yes\"", false)]
    [InlineData("notify_method_capability :contains \"mailto:a@b\" \"presence\" \"\"", false)]
    public void NotifyTests(string test, bool holds) => Holds(test, require: "\"enotify\"").ShouldBe(holds);

    [Theory]
    [InlineData("notify :importance \"4\" \"mailto:a@b\";", "The importance is")]
    [InlineData("notify :options \"novalue\" \"mailto:a@b\";", "no option")]
    public void NotifyMistakes(string script, string message) => Errors($"require \"enotify\"; {script}").ShouldContain(message);

    [Fact]
    public void NotificationsAreLimitedAndCheckedAtRunTime()
    {
        Outcome("require \"enotify\"; notify \"xmpp:a@b\";").ShouldStartWith("error in line 1: notify:");
        Outcome("require \"enotify\";" + string.Concat(Enumerable.Repeat("notify \"mailto:a@b\";", 5))).ShouldContain("More than 4 notifications");
    }

    [Fact]
    public void Fcc()
    {
        var vacation = Vacation(
            "require [\"vacation\", \"fcc\", \"mailbox\", \"imap4flags\", \"special-use\"]; vacation :fcc \"Sent\" :create :flags [\"\\\\Seen\"] :specialuse \"\\\\Sent\" \"x\";",
            ToMe + "\n");
        vacation.Fcc.ShouldNotBeNull().Mailbox.ShouldBe("Sent");
        vacation.Fcc.Create.ShouldBeTrue();
        vacation.Fcc.SpecialUse.ShouldBe("\\Sent");
        vacation.Fcc.Flags.ShouldNotBeNull().ShouldHaveSingleItem().ShouldBe("\\Seen");
        Run("require [\"enotify\", \"fcc\"]; notify :fcc \"Sent\" \"mailto:a@b\";").Actions.OfType<NotifyAction>().Single().Fcc!.Mailbox.ShouldBe("Sent");
        Errors("require [\"vacation\", \"fcc\", \"mailbox\"]; vacation :create \"x\";").ShouldContain("only stands with ':fcc'");
        Errors("require [\"vacation\", \"fcc\"]; vacation :fcc \"a\" :create \"x\";").ShouldContain("require \"mailbox\"");
    }

    private static VacationAction Vacation(string script, string message) => Run(script, message).Actions.OfType<VacationAction>().Single();
}
