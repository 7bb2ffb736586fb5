using static Sora.Sieve.Tests.Scripts;

namespace Sora.Sieve.Tests;

/// <summary>The examples of RFC 8580 (fcc) with the results that it gives.</summary>
public sealed class Rfc8580Tests
{
    // The RFC's own text has the reason before the last tags, which its grammar does not allow
    [Fact]
    public void Vacation_5()
    {
        var answer = Run(
            """
            require ["vacation", "fcc", "mailbox", "special-use", "imap4flags"];

            vacation :days 7
                     :from "hemingway@example.com"
                     :specialuse "\\Sent" :create
                     :fcc "INBOX.Sent" :flags ["\\Seen"] "Gone Fishin'";
            """,
            "To: roadrunner@acme.example.com\n\n").Actions.OfType<VacationAction>().Single();
        answer.Interval.ShouldBe(TimeSpan.FromDays(7));
        answer.Fcc!.ShouldSatisfyAllConditions(
            static fcc => fcc.Mailbox.ShouldBe("INBOX.Sent"), static fcc => fcc.SpecialUse.ShouldBe("\\Sent"), static fcc => fcc.Create.ShouldBeTrue(),
            static fcc => fcc.Flags!.Value.ShouldBe(["\\Seen"]));
    }

    [Fact]
    public void Notify_6() => Run(
        """
        require ["enotify", "fcc"];

        notify :fcc "INBOX.Sent"
               :message "You got mail!"
               "mailto:ken@example.com";
        """).Actions.OfType<NotifyAction>().Single().Fcc!.Mailbox.ShouldBe("INBOX.Sent");

    [Theory]
    [InlineData("yes", "notify xmpp:ken@example.com?message;subject=SIEVE; (keep)")]
    [InlineData("no", "notify mailto:ken@example.com; (keep)")]
    public void TheCapability_6_1(string fcc, string outcome)
    {
        var host = new TestHost { NotifySchemes = { "xmpp" }, NotifyCapabilities = { ["xmpp fcc"] = fcc } };
        Outcome(
            """
            require ["enotify", "fcc"];

            if notify_method_capability "xmpp:" "fcc" "yes" {
                notify :fcc "INBOX.Sent"
                       :message "You got mail"
                       "xmpp:ken@example.com?message;subject=SIEVE";
            } else {
                notify :fcc "INBOX.Sent"
                       :message "You got mail!"
                       "mailto:ken@example.com";
            }
            """,
            host: host).ShouldBe(outcome);
    }

    [Theory]
    [InlineData("mailto:", "yes", true)]
    [InlineData("xmpp:", "yes", false)]
    [InlineData("xmpp:", "no", true)]
    public void OnlyTheSchemeCounts_6_1(string uri, string value, bool holds) =>
        Holds($"notify_method_capability \"{uri}\" \"fcc\" \"{value}\"", require: "\"enotify\"").ShouldBe(holds);

    // "An error occurs if the FCC extension is used with a notification method that doesn't support it"
    [Fact]
    public void AMethodWithoutCopiesIsAnError_6() => Outcome(
        "require [\"enotify\", \"fcc\"]; notify :fcc \"Sent\" \"xmpp:a@b\";", host: new TestHost { NotifySchemes = { "xmpp" } })
        .ShouldBe("error in line 1: notify: no copy of what is sent by \"xmpp:a@b\" can be filed; (keep)");

    [Theory]
    [InlineData("require [\"reject\", \"fcc\"]; reject :fcc \"Sent\" \"no\";", "has no tag ':fcc'")]
    [InlineData("require [\"ereject\", \"fcc\"]; ereject :fcc \"Sent\" \"no\";", "has no tag ':fcc'")]
    [InlineData("require [\"fileinto\", \"fcc\"]; fileinto :fcc \"Sent\" \"x\";", "has no tag ':fcc'")]
    [InlineData("require [\"enotify\", \"fcc\", \"mailbox\"]; notify :create \"mailto:a@b\";", "only stands with ':fcc'")]
    [InlineData("require [\"enotify\", \"fcc\"]; notify :fcc \"a\" :create \"mailto:a@b\";", "require \"mailbox\"")]
    [InlineData("require [\"enotify\", \"fcc\"]; notify :fcc \"a\" :fcc \"b\" \"mailto:a@b\";", "given twice")]
    public void Mistakes_3_7_8(string script, string message) => Errors(script).ShouldContain(message);
}
