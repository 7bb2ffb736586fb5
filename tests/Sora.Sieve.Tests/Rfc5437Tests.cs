using static Sora.Sieve.Tests.Scripts;

namespace Sora.Sieve.Tests;

/// <summary>
/// The examples of RFC 5437 (notify over XMPP) with a host that sends such messages. The lines in which the RFC breaks its URIs "for the purpose of readability" are
/// joined, and the semicolons that it leaves out are there.
/// </summary>
public sealed class Rfc5437Tests
{
    [Fact]
    public void Example_3_1()
    {
        var notify = Notify("notify \"xmpp:romeo@im.example.com\";");
        notify.Method.ShouldBe("xmpp:romeo@im.example.com");
        notify.Text.ShouldBe(null);
        notify.From.ShouldBe(null);
        notify.Importance.ShouldBe(2);
    }

    [Fact]
    public void Example_3_2()
    {
        var notify = Notify("notify \"xmpp:romeo@im.example.com?message;body=Wherefore%20art%20thou%3F\";");
        notify.Method.ShouldBe("xmpp:romeo@im.example.com?message;body=Wherefore%20art%20thou%3F");
        notify.Text.ShouldBe(null, "the body of the URI is the method's to use");
    }

    [Fact]
    public void Example_3_3()
    {
        var notify = Notify(
            """
            notify :importance "1"
                   :message "Contact Juliet immediately!"
                   "xmpp:romeo@im.example.com?message;body=You%27re%20in%20trouble;subject=ALERT%21";
            """);
        notify.Text.ShouldBe("Contact Juliet immediately!");
        notify.Importance.ShouldBe(1);
        notify.From.ShouldBe(null);
    }

    [Fact]
    public void Example_3_4()
    {
        var notify = Notify(
            """
            notify :from "romeo.my.romeo@example.com"
                   :importance "1"
                   :message "Contact Juliet immediately!"
                   "xmpp:romeo@im.example.com?message;body=You%27re%20in%20trouble;subject=ALERT%21";
            """);
        notify.From.ShouldBe("romeo.my.romeo@example.com");
        notify.Method.ShouldEndWith(";subject=ALERT%21");
    }

    // Without a host that sends such messages the method is none (RFC 5435 section 3.2), and a script can ask
    [Fact]
    public void NoMethodWithoutAHost()
    {
        Holds("valid_notify_method \"xmpp:romeo@im.example.com\"", require: "\"enotify\"").ShouldBeFalse();
        Holds("valid_notify_method \"xmpp:romeo@im.example.com\"", require: "\"enotify\"", host: new TestHost { NotifySchemes = { "xmpp" } }).ShouldBeTrue();
    }

    // "yes" with a presence session that the server knows of, else "maybe" (section 2.2): the host answers
    [Theory]
    [InlineData("yes", true)]
    [InlineData("maybe", false)]
    public void Online(string answer, bool holds) =>
        Holds(
            "notify_method_capability \"xmpp:romeo@im.example.com\" \"Online\" \"yes\"",
            require: "\"enotify\"",
            host: new TestHost { NotifySchemes = { "xmpp" }, NotifyCapabilities = { ["xmpp online"] = answer } }).ShouldBe(holds);

    private static NotifyAction Notify(string command) =>
        Run($"require \"enotify\";\n{command}", "From: juliet@example.org\n\n", new TestHost { NotifySchemes = { "xmpp" } }).Actions.OfType<NotifyAction>().Single();
}
