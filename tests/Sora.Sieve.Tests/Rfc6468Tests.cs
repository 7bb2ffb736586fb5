using static Sora.Sieve.Tests.Scripts;

namespace Sora.Sieve.Tests;

/// <summary>The examples of RFC 6468 (notify over SIP) with a host that sends such messages. The semicolons that it leaves out are there.</summary>
public sealed class Rfc6468Tests
{
    [Fact]
    public void Example_3_1()
    {
        var notify = Notify("notify \"sip:romeo@example.com;method=MESSAGE\";");
        notify.Method.ShouldBe("sip:romeo@example.com;method=MESSAGE");
        notify.Text.ShouldBe(null);
    }

    [Fact]
    public void Example_3_2()
    {
        var notify = Notify("notify :importance \"1\" :message \"You got new mail!\" \"sip:romeo@example.com;method=MESSAGE?subject=SIEVE\";");
        notify.Method.ShouldBe("sip:romeo@example.com;method=MESSAGE?subject=SIEVE");
        notify.Text.ShouldBe("You got new mail!");
        notify.Importance.ShouldBe(1);
    }

    // :from is in the syntax of SIP's From, which is no address of mail (section 2.2): the method's to judge
    [Fact]
    public void FromIsTheMethods() =>
        Notify("notify :from \"\\\"Sora\\\" <sip:notifier@example.com>\" \"sip:romeo@example.com;method=MESSAGE\";").From.ShouldBe("\"Sora\" <sip:notifier@example.com>");

    private static NotifyAction Notify(string command) =>
        Run($"require \"enotify\";\n{command}", "From: juliet@example.com\nSubject: Contact me immediately!\n\n", new TestHost { NotifySchemes = { "sip" } })
            .Actions.OfType<NotifyAction>().Single();
}
