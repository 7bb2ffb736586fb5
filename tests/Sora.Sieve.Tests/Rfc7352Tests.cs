using static Sora.Sieve.Tests.Scripts;

namespace Sora.Sieve.Tests;

/// <summary>The examples of RFC 7352 (duplicate) with the results that it gives.</summary>
public sealed class Rfc7352Tests
{
    private const string Message = "Message-ID: <1@x>\nSubject: ALERT: disk full\nX-Event-ID: e1\nX-Ticket-ID: t1\nTo: support@example.com\n\n";

    // "The following three examples are equivalent" (section 3)
    [Theory]
    [InlineData("require \"duplicate\"; if duplicate { discard; }")]
    [InlineData("require \"duplicate\"; if duplicate :header \"message-id\" { discard; }")]
    [InlineData("require [\"duplicate\", \"variables\"]; if header :matches \"message-id\" \"*\" { if duplicate :uniqueid \"${0}\" { discard; } }")]
    public void Equivalent_3_1(string script)
    {
        Twice(script, Message).ShouldBe(("(keep)", "discard"));
        Run(script, Message).Duplicates.ShouldHaveSingleItem().ShouldBe(new SieveDuplicate("", "<1@x>", TimeSpan.FromDays(7)));
    }

    [Fact]
    public void Example_4_1() => Twice(
        """
        require ["duplicate", "fileinto", "mailbox"];

        if duplicate {
          fileinto :create "Trash/Duplicate";
        }
        """,
        Message).ShouldBe(("(keep)", "fileinto Trash/Duplicate :create"));

    [Fact]
    public void Example_4_2()
    {
        const string script = """
            require ["duplicate", "variables", "imap4flags",
              "fileinto"];

            if header :matches "subject" "ALERT: *" {
              if duplicate :seconds 60 :uniqueid "${1}" {
                setflag "\\seen";
              }
              fileinto "Alerts";
            }
            """;
        Twice(script, Message).ShouldBe(("fileinto Alerts", "fileinto Alerts [\\Seen]"));
        Run(script, Message).Duplicates.ShouldHaveSingleItem().ShouldBe(new SieveDuplicate("", "disk full", TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public void Example_4_3_BySender() => Twice(
        """
        require ["variables", "envelope", "enotify", "duplicate"];

        if envelope :matches "from" "*" { set "sender" "${1}"; }
        if header :matches "subject" "*" { set "subject" "${1}"; }

        if not duplicate :seconds 1800 :uniqueid "${sender}"
        {
          notify :message "[SIEVE] ${sender}: ${subject}"
            "xmpp:user@im.example.com";
        }
        """,
        Message).ShouldBe(("notify xmpp:user@im.example.com; (keep)", "(keep)"));

    [Fact]
    public void Example_4_3_ByThread() => Twice(
        """
        require ["variables", "envelope", "enotify", "duplicate"];

        if envelope :matches "from" "*" { set "sender" "${1}"; }
        if header :matches "subject" "*" { set "subject" "${1}"; }

        # account for 'Re:' prefix
        if string :comparator "i;ascii-casemap"
          :matches "${subject}" "Re:*"
        {
          set "subject" "${1}";
        }
        if not duplicate :seconds 1800
          :uniqueid "${sender} ${subject}"
        {
          notify :message "[SIEVE] ${sender}: ${subject}"
            "xmpp:user@im.example.com";
        }
        """,
        "Subject: RE:lunch\n\n",
        "Subject: lunch\n\n").ShouldBe(("notify xmpp:user@im.example.com; (keep)", "(keep)"));

    [Fact]
    public void Example_4_4()
    {
        const string script = """
            require ["duplicate", "imap4flags"];

            if duplicate :header "X-Event-ID" :handle "notifier" {
              discard;
            }
            if allof (
              duplicate :header "X-Ticket-ID" :handle "support",
              address "to" "support@example.com",
              header :contains "subject" "fileserver")
            {
              setflag "\\seen";
            }
            """;
        var first = Run(script, Message);
        first.Duplicates.Select(static known => $"{known.Handle} {known.Id}").ShouldBe(["notifier e1", "support t1"]);
        Twice(script, Message).ShouldBe(("(keep)", "discard"));
        Twice(script, Message, "X-Event-ID: e2\nX-Ticket-ID: t1\nTo: support@example.com\nSubject: fileserver\n\n").ShouldBe(("(keep)", "(keep [\\Seen])"));
    }

    [Fact]
    public void HeaderAndUniqueIdExcludeEachOther_3_1() =>
        Errors("require \"duplicate\"; if duplicate :header \"X\" :uniqueid \"y\" { stop; }").ShouldContain("exclude each other");

    // What is remembered after the first message is known to the second
    private static (string First, string Second) Twice(string script, string first, string? second = null)
    {
        var host = new TestHost { NotifySchemes = { "xmpp" } };
        var result = Run(script, first, host);
        foreach (var known in result.Duplicates)
            host.Seen.Add($"{known.Handle}|{known.Id}");
        return (Show(result), Outcome(script, second ?? first, host));
    }
}
