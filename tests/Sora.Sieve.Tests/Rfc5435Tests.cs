using static Sora.Sieve.Tests.Scripts;

namespace Sora.Sieve.Tests;

/// <summary>The examples of RFC 5435 (enotify) with the results that it gives.</summary>
public sealed class Rfc5435Tests
{
    private const string Example1 = """
        require ["enotify", "fileinto", "variables"];

        if header :contains "from" "boss@example.org" {
            notify :importance "1"
                :message "This is probably very important"
                            "mailto:alm@example.com";
            # Don't send any further notifications
            stop;
        }

        if header :contains "to" "sievemailinglist@example.org" {
            # :matches is used to get the value of the Subject header
            if header :matches "Subject" "*" {
                set "subject" "${1}";
            }

            # :matches is used to get the value of the From header
            if header :matches "From" "*" {
                set "from" "${1}";
            }

            notify :importance "3"
                :message "[SIEVE] ${from}: ${subject}"
                "mailto:alm@example.com";
            fileinto "INBOX.sieve";
        }
        """;

    [Theory]
    [InlineData("From: boss@example.org\nTo: sievemailinglist@example.org\n\n", 1, "This is probably very important", "notify mailto:alm@example.com; (keep)")]
    [InlineData("From: Joe <j@x>\nTo: sievemailinglist@example.org\nSubject: hi\n\n", 3, "[SIEVE] Joe <j@x>: hi", "notify mailto:alm@example.com; fileinto INBOX.sieve")]
    public void Example_1(string message, int importance, string text, string outcome)
    {
        var notify = Run(Example1, message).Actions.OfType<NotifyAction>().Single();
        (notify.Importance, notify.Text).ShouldBe((importance, text));
        Outcome(Example1, message).ShouldBe(outcome);
    }

    [Fact]
    public void Example_2() => Run(
        """
        require ["enotify", "fileinto", "variables", "envelope"];

        if header :matches "from" "*@*.example.org" {
            # :matches is used to get the MAIL FROM address
            if envelope :all :matches "from" "*" {
                set "env_from" " [really: ${1}]";
            }

            # :matches is used to get the value of the Subject header
            if header :matches "Subject" "*" {
                set "subject" "${1}";
            }

            # :matches is used to get the address from the From header
            if address :matches :all "from" "*" {
                set "from_addr" "${1}";
            }

            notify :message "${from_addr}${env_from}: ${subject}"
                            "mailto:alm@example.com";
        }
        """,
        "From: joe@mail.example.org\nSubject: lunch\n\n",
        envelope: new SieveEnvelope { From = "bounce@example.net", To = "x@y" }).Actions.OfType<NotifyAction>().Single().Text
        .ShouldBe("joe@mail.example.org [really: bounce@example.net]: lunch");

    [Theory]
    [InlineData("Subject: hello\n\n", "notify xmpp:tim@example.com?message;subject=SIEVE;body=You%20got%20mail; (keep)")]
    [InlineData("Subject: Your dog\n\n", "notify tel:+14085551212; (keep)")]
    [InlineData("To: sievemailinglist@example.org\n\n", "(keep)")]
    [InlineData("To: sievemailinglist@example.org\nFrom: boss@example.org\nSubject: urgent\n\n", "notify tel:+14085551212; (keep)")]
    [InlineData("To: sievemailinglist@example.org\nFrom: boss@example.org\nSubject: FYI: nothing\n\n", "(keep)")]
    public void Example_3(string message, string outcome) => Outcome(
        """
        require ["enotify", "variables"];

        set "notif_method"
        "xmpp:tim@example.com?message;subject=SIEVE;body=You%20got%20mail";

        if header :contains "subject" "Your dog" {
            set "notif_method" "tel:+14085551212";
        }

        if header :contains "to" "sievemailinglist@example.org" {
            set "notif_method" "";
        }

        if not string :is "${notif_method}" "" {
            notify "${notif_method}";
        }

        if header :contains "from" "boss@example.org" {
            # :matches is used to get the value of the Subject header
            if header :matches "Subject" "*" {
                set "subject" "${1}";
            }

            # don't need high importance notification for
            # a 'for your information'
            if not header :contains "subject" "FYI:" {
                notify :importance "1" :message "BOSS: ${subject}"
                                   "tel:+14085551212";
            }
        }
        """,
        message,
        Host()).ShouldBe(outcome);

    [Fact]
    public void Example_4()
    {
        const string script = """
            require "enotify";
            if not valid_notify_method ["mailto:",
                    "http://gw.example.net/notify?test"] {
                stop;
            }
            discard;
            """;
        Outcome(script).ShouldBe("(keep)");
        Outcome(script.Replace("mailto:", "mailto:a@b.example", StringComparison.Ordinal), host: new TestHost { NotifySchemes = { "http" } }).ShouldBe("discard");
    }

    [Theory]
    [InlineData("yes", "notify xmpp:tim@example.com?message;subject=SIEVE; (keep)")]
    [InlineData("maybe", "notify tel:+14085551212; (keep)")]
    [InlineData("no", "notify tel:+14085551212; (keep)")]
    public void Example_5(string online, string outcome)
    {
        var host = Host();
        host.NotifyCapabilities["xmpp online"] = online;
        Outcome(
            """
            require ["enotify"];

            if notify_method_capability
                   "xmpp:tim@example.com?message;subject=SIEVE"
                   "Online"
                   "yes" {
                notify :importance "1" :message "You got mail"
                     "xmpp:tim@example.com?message;subject=SIEVE";
            } else {
                notify :message "You got mail" "tel:+14085551212";
            }
            """,
            host: host).ShouldBe(outcome);
    }

    [Fact]
    public void Example_6() => Outcome(
        """
        require ["enotify", "variables"];

        set :encodeurl "body_param" "Safe body&evil=evilbody";

        notify "mailto:tim@example.com?body=${body_param}";
        """).ShouldBe("notify mailto:tim@example.com?body=Safe%20body%26evil%3Devilbody; (keep)");

    private static TestHost Host() => new() { NotifySchemes = { "xmpp", "tel" } };
}
