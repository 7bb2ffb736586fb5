using static Sora.Sieve.Tests.Scripts;

namespace Sora.Sieve.Tests;

/// <summary>The example of RFC 5436 (notify by mail) with the result that it gives, and what it says of the URI.</summary>
public sealed class Rfc5436Tests
{
    [Fact]
    public void Example_3()
    {
        var notify = Run(
            """
            require ["enotify", "variables"];

            if header :contains "list-id" "knitting.example.com" {
              if header :matches "Subject" "[*] *" {
                notify :message "From ${1} list: ${2}"
                    :importance "3"
                    "mailto:0123456789@sms.example.net?to=backup@example.com";
              }
            }
            """,
            """
            Return-Path: <knitting-bounces@example.com>
            Received: from mail.example.com by mail.example.org
              for <recipient@example.org>; Wed, 7 Dec 2005 05:08:02 -0500
            Received: from hobbies.example.com by mail.example.com
              for <knitting@example.com>; Wed, 7 Dec 2005 02:00:26 -0800
            Message-ID: <1234567.89ABCDEF@example.com>
            Date: Wed, 07 Dec 2005 10:59:19 +0100
            Precedence: list
            List-Id: Knitting Mailing List <knitting.example.com>
            Sender: knitting-bounces@example.com
            Errors-To: knitting-bounces@example.com
            From: "Jeff Smith" <jeff@hobbies.example.com>
            To: "Knitting Mailing List" <knitting@example.com>
            Subject: [Knitting] A new sweater

            I just finished a great new sweater!

            """).Actions.OfType<NotifyAction>().Single();
        notify.Text.ShouldBe("From Knitting list: A new sweater");
        notify.Importance.ShouldBe(3);
        MailtoUri.TryParse(notify.Method, out var uri).ShouldBeTrue();
        uri!.To.ShouldBe(["0123456789@sms.example.net", "backup@example.com"]);
    }

    [Theory]
    [InlineData("mailto:a@b.example,c@d.example", "a@b.example c@d.example")]
    [InlineData("mailto:a@b.example%2Cc@d.example", "a@b.example c@d.example")]
    [InlineData("mailto:a@b.example?to=A@b.example", "a@b.example")]
    [InlineData("mailto:%22a%2Cb%22@c.example", "\"a,b\"@c.example")]
    [InlineData("mailto:?to=a@b.example&subject=x%20y", "a@b.example")]
    public void Recipients(string uri, string recipients)
    {
        MailtoUri.TryParse(uri, out var parsed).ShouldBeTrue();
        string.Join(' ', parsed!.To).ShouldBe(recipients);
    }

    [Theory]
    [InlineData("mailto:")]
    [InlineData("mailto:a%23b.example")]
    [InlineData("mailto:a@b.example?header:=x")]
    [InlineData("mailto:a@b.example?to=c%23d.example")]
    [InlineData("mailto:a@b.example#fragment")]
    [InlineData("mailto:a@b.example?x=%zz")]
    [InlineData("mailto:a@b.example?x<=y")]
    [InlineData("mailto:a@b.example?x=y>z")]
    [InlineData("mailto:a@b.example?x={y}")]
    [InlineData("mailto:a|b@b.example")]
    public void WhatIsNoUriIsAnErrorAtOnce(string uri)
    {
        MailtoUri.TryParse(uri, out _).ShouldBeFalse();
        Errors($"require \"enotify\";\nnotify \"{uri}\";").ShouldStartWith("line 2, column 8: error: ");
    }

    [Theory]
    [InlineData("notify \"no uri\";", "no URI such as")]
    [InlineData("notify :from \"nobody\" \"mailto:a@b.example\";", "\"nobody\" is no address")]
    public void Mistakes(string script, string message) => Errors($"require \"enotify\"; {script}").ShouldContain(message);

    // "online" can only be "maybe" for mail (section 2.2)
    [Theory]
    [InlineData("maybe", true)]
    [InlineData("yes", false)]
    public void Online_2_2(string value, bool holds) =>
        Holds($"notify_method_capability \"mailto:a@b.example\" \"online\" \"{value}\"", require: "\"enotify\"").ShouldBe(holds);
}
