using static Sora.Sieve.Tests.Scripts;

namespace Sora.Sieve.Tests;

/// <summary>The examples of RFC 5230 (vacation) with the results that it gives.</summary>
public sealed class Rfc5230Tests
{
    private const string ToMe = "To: roadrunner@acme.example.com\n";

    // Section 4.2: two different answers
    [Fact]
    public void TwoReasonsAreTwoAnswers_4_2()
    {
        const string script = """
            require "vacation";
            if header :contains "subject" "cyrus" {
                vacation "I'm out -- send mail to cyrus-bugs";
            } else {
                vacation "I'm out -- call me at +1 304 555 0123";
            }
            """;
        var first = Answer(script, "Subject: cyrus\n");
        var second = Answer(script, "Subject: other\n");
        first.Reason.ShouldBe("I'm out -- send mail to cyrus-bugs");
        second.Reason.ShouldBe("I'm out -- call me at +1 304 555 0123");
        first.Handle.ShouldNotBe(second.Handle);
    }

    // "The variables are ... the same answer": the test is on the strings before variables are put in
    [Fact]
    public void VariablesMakeNoOtherAnswer_4_2()
    {
        const string script = """
            require ["vacation", "variables"];
            if header :matches "subject" "*" {
                vacation :subject "Automatic response to: ${1}"
                         "I'm away -- send mail to foo in my absence";
            }
            """;
        var first = Answer(script, "Subject: one\n");
        var second = Answer(script, "Subject: two\n");
        (first.Subject, second.Subject).ShouldBe(("Automatic response to: one", "Automatic response to: two"));
        first.Handle.ShouldBe(second.Handle);
    }

    [Fact]
    public void AHandleMakesThemTheSame_4_2()
    {
        const string script = """
            require "vacation";
            if header :contains "subject" "lunch" {
                vacation :handle "ran-away" "I'm out and can't meet for lunch";
            } else {
                vacation :handle "ran-away" "I'm out";
            }
            """;
        Answer(script, "Subject: lunch\n").Handle.ShouldBe(Answer(script, "Subject: x\n").Handle);
    }

    [Fact]
    public void Mime_4_7()
    {
        var answer = Answer(
            """
            require "vacation";
            vacation :mime text:
            Content-Type: multipart/alternative; boundary=foo

            --foo

            I'm at the beach relaxing.  Mmmm, surf...

            --foo
            Content-Type: text/html; charset=us-ascii

            <!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.0//EN"
             "http://www.w3.org/TR/REC-html40/strict.dtd">
            <HTML><HEAD><TITLE>How to relax</TITLE>
            <BASE HREF="http://home.example.com/pictures/"></HEAD>
            <BODY><P>I'm at the <A HREF="beach.gif">beach</A> relaxing.
            Mmmm, <A HREF="ocean.gif">surf</A>...
            </BODY></HTML>

            --foo--
            .
            ;
            """);
        answer.IsMime.ShouldBeTrue();
        answer.Reason.ShouldStartWith("Content-Type: multipart/alternative; boundary=foo\r\n\r\n--foo\r\n");
    }

    [Theory]
    [InlineData("To: tjs@example.edu\n", true)]
    [InlineData("Cc: TS4Z@landru.example.edu\n", true)]
    [InlineData("To: nobody@example.edu\n", false)]
    public void Addresses_4_5(string header, bool isAnswered)
    {
        var result = Run(
            """
            require "vacation";
            vacation :days 23 :addresses ["tjs@example.edu",
                                          "ts4z@landru.example.edu"]
            "I'm away until October 19.
            If it's an emergency, call 911, I guess." ;
            """,
            header + "\n",
            envelope: new SieveEnvelope { From = "a@example.com", To = "list-of-all@example.edu" });
        result.ImplicitKeep.ShouldBeTrue();
        var answer = result.Actions.OfType<VacationAction>().SingleOrDefault();
        (answer is not null).ShouldBe(isAnswered);
        (answer?.Interval).ShouldBe(isAnswered ? TimeSpan.FromDays(23) : null);
    }

    [Theory]
    [InlineData("From: boss@example.edu\n", "redirect pleeb@isp.example.org")]
    [InlineData("From: a@example.edu\n", "vacation to coyote@desert.example.org; (keep)")]
    public void AnOwnAnswerForTheBoss_4_9(string header, string outcome) => Outcome(
        """
        require "vacation";
        if header :contains "from" "boss@example.edu" {
            redirect "pleeb@isp.example.org";
        } else {
            vacation "Sorry, I'm away, I'll read your
        message when I get around to it.";
        }
        """,
        ToMe + header + "\n").ShouldBe(outcome);

    [Theory]
    [InlineData("Accept-Language: en\n", "I am away this week.")]
    [InlineData("Content-Language: en\n", "I am away this week.")]
    [InlineData("", "Estoy ausente esta semana.")]
    public void AnAnswerForALanguage_5(string header, string reason) => Answer(
        """
        require "vacation";
        if header :contains ["accept-language", "content-language"] "en"
        {
            vacation "I am away this week.";
        } else {
            vacation "Estoy ausente esta semana.";
        }
        """,
        header).Reason.ShouldBe(reason);

    [Theory]
    [InlineData("From: a@ourdivision.example.com\n", "Gone fishing")]
    [InlineData("From: a@example.com\n", "Je suis parti cette semaine")]
    public void AnAnswerForADivision_5(string header, string subject) => Answer(
        """
        require "vacation";
        if address :matches "from" "*@ourdivision.example.com"
        {
            vacation :subject "Gone fishing"
                     "Having lots of fun! Back in a day or two!";
        } else {
            vacation :subject "Je suis parti cette semaine"
                     "Je lirai votre message quand je retourne.";
        }
        """,
        header).ReplySubject.ShouldBe(subject);

    private static VacationAction Answer(string script, string header = "") => Run(script, ToMe + header + "\n").Actions.OfType<VacationAction>().Single();
}
