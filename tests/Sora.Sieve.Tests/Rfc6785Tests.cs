using static Sora.Sieve.Tests.Scripts;

namespace Sora.Sieve.Tests;

/// <summary>The examples of RFC 6785 (imapsieve) with the results that it gives, and what is different for scripts that an event in IMAP starts.</summary>
public sealed class Rfc6785Tests
{
    private static readonly SieveImapEvent Append = new(SieveImapCause.Append, "ActionItems") { User = "joe", Email = "joe@example.com" };
    private static readonly SieveImapEvent Flag = new(SieveImapCause.Flag, "Work") { ChangedFlags = ["\\Flagged"], Flags = ["\\Flagged", "\\Seen", "$Work"] };

    [Theory]
    [InlineData(SieveImapCause.Append, "ActionItems", "redirect actionitems@example.com :copy; (keep)")]
    [InlineData(SieveImapCause.Copy, "ActionItems", "redirect actionitems@example.com :copy; (keep)")]
    [InlineData(SieveImapCause.Flag, "ActionItems", "(keep)")]
    [InlineData(SieveImapCause.Append, "Other", "(keep)")]
    public void Example_1(SieveImapCause cause, string mailbox, string outcome) => Show(On(
        new SieveImapEvent(cause, mailbox),
        """
        require ["copy", "environment", "imapsieve"];

        if anyof (environment :is "imap.cause" "APPEND",
                  environment :is "imap.cause" "COPY")  {
            if environment :is "imap.mailbox" "ActionItems" {
                redirect :copy "actionitems@example.com";
            }
        }
        """)).ShouldBe(outcome);

    [Theory]
    [InlineData("\\Flagged", "\\Flagged", true)]
    [InlineData("\\Flagged", "\\Seen", false)]
    [InlineData("\\Seen", "\\Flagged", false)]
    public void Example_2(string flags, string changed, bool isNotified)
    {
        var result = On(
            new SieveImapEvent(SieveImapCause.Flag, "Work") { Flags = [flags], ChangedFlags = [changed] },
            """
            require ["enotify", "imap4flags", "variables",
                     "environment", "imapsieve"];

            if environment :matches "imap.mailbox" "*" {
                set "mailbox" "${1}";
            }

            if allof (hasflag "\\Flagged",
                      environment :contains "imap.changedflags" "\\Flagged") {
              notify :message "Important message in ${mailbox}"
                  "xmpp:tim@example.com?message;subject=SIEVE";
            }
            """);
        result.Actions.OfType<NotifyAction>().Select(static action => action.Text).ShouldBe(isNotified ? ["Important message in Work"] : []);
        result.FlagChange.ShouldBeNull();
    }

    [Theory]
    [InlineData("location", "MS")]
    [InlineData("phase", "post")]
    [InlineData("imap.user", "joe")]
    [InlineData("imap.email", "joe@example.com")]
    [InlineData("imap.cause", "APPEND")]
    [InlineData("imap.mailbox", "ActionItems")]
    [InlineData("imap.changedflags", "")]
    public void Items_4(string item, string value)
    {
        var script = $"require [\"environment\", \"variables\"]; if environment :is \"{item}\" \"{value}\" {{ discard; }}";
        Show(On(Append, script)).ShouldBe("discard");
    }

    // "This MUST be the empty string if it is accessed during normal (final delivery) Sieve processing"
    [Theory]
    [InlineData("imap.user")]
    [InlineData("imap.email")]
    [InlineData("imap.changedflags")]
    public void ItemsOfDeliveries_4_2(string item) => Holds($"environment :is \"{item}\" \"\"", require: "\"environment\"").ShouldBeTrue();

    [Fact]
    public void EnvironmentIsNotPartOfIt_2_1() => Errors("require \"imapsieve\"; if environment \"imap.cause\" \"COPY\" { stop; }").ShouldContain("require \"environment\"");

    // Pigeonhole's items, which a script asks for with vnd.dovecot.imapsieve in the place of imapsieve
    [Theory]
    [InlineData("vnd.dovecot.mailbox-from", "Inbox", "discard")]
    [InlineData("vnd.dovecot.mailbox-to", "ActionItems", "discard")]
    [InlineData("imap.cause", "COPY", "discard")]
    [InlineData("vnd.dovecot.mailbox-other", "", "(keep)")]
    public void ItemsOfPigeonhole(string item, string value, string outcome)
    {
        var script = $"require [\"environment\", \"vnd.dovecot.imapsieve\"]; if environment :is \"{item}\" \"{value}\" {{ discard; }}";
        Show(On(new SieveImapEvent(SieveImapCause.Copy, "ActionItems") { From = "Inbox" }, script)).ShouldBe(outcome);
    }

    [Fact]
    public void ScriptsAtTheOriginalOfACopySeeBothMailboxes() => Show(On(
        new SieveImapEvent(SieveImapCause.Copy, "Inbox") { From = "Inbox", To = "Spam" },
        """
        require ["environment", "vnd.dovecot.imapsieve"];
        if allof (environment "imap.mailbox" "Inbox", environment "vnd.dovecot.mailbox-from" "Inbox", environment "vnd.dovecot.mailbox-to" "Spam") { discard; }
        """)).ShouldBe("discard");

    // "only set when the Sieve script is executed from an IMAP COPY or MOVE command": not even an empty string
    [Theory]
    [InlineData("vnd.dovecot.mailbox-from", "(keep)")]
    [InlineData("vnd.dovecot.mailbox-to", "discard")]
    public void ThereIsNoSourceButOfCopies(string item, string outcome) =>
        Show(On(Append, $"require [\"environment\", \"vnd.dovecot.imapsieve\"]; if environment :contains \"{item}\" \"\" {{ discard; }}")).ShouldBe(outcome);

    [Theory]
    [InlineData("vnd.dovecot.mailbox-from")]
    [InlineData("vnd.dovecot.mailbox-to")]
    public void DeliveriesHaveNeither(string item) => Holds($"environment :contains \"{item}\" \"\"", require: "\"environment\"").ShouldBeFalse();

    // Section 3: what becomes of the message's flags
    [Theory]
    [InlineData("", null, null)]
    [InlineData("keep;", null, null)]
    [InlineData("addflag \"a\";", "a", "")]
    [InlineData("removeflag \"\\\\Seen\"; addflag \"\\\\flagged\";", "", "\\Seen")]
    [InlineData("setflag [\"x\", \"$work\"];", "x", "\\Flagged \\Seen")]
    [InlineData("keep :flags \"\\\\Seen\";", "", "\\Flagged $Work")]
    [InlineData("discard;", "\\Deleted", "")]
    [InlineData("discard; keep;", null, null)]
    [InlineData("fileinto \"b\";", "\\Deleted", "")]
    [InlineData("fileinto :copy \"b\";", null, null)]
    [InlineData("fileinto \"b\"; keep;", null, null)]
    [InlineData("redirect \"a@b.example\";", "\\Deleted", "")]
    [InlineData("addflag \"a\"; redirect \"a@b.example\";", "\\Deleted", "")]
    public void FlagsAfterwards_3(string script, string? added, string? removed)
    {
        var change = On(Flag, $"require [\"imap4flags\", \"fileinto\", \"copy\"]; {script}").FlagChange;
        (change is null ? null : string.Join(' ', change.Added)).ShouldBe(added);
        (change is null ? null : string.Join(' ', change.Removed)).ShouldBe(removed);
    }

    // Changes "are considered transient and MUST NOT be retained for any keep"; fileinto and redirect carry them (section 3.1)
    [Fact]
    public void AChangedMessageIsOnlyFiled_3_7()
    {
        var result = On(Append, "require [\"editheader\", \"fileinto\", \"copy\"]; addheader \"X\" \"y\"; fileinto :copy \"b\"; keep;");
        result.Actions.OfType<FileIntoAction>().Single().Message.ShouldNotBeNull();
        result.Actions.OfType<KeepAction>().Single().Message.ShouldBeNull();
        On(Append, "require \"editheader\"; addheader \"X\" \"y\";").KeepMessage.ShouldBeNull();
    }

    // INBOX is a mailbox like any other: keep leaves the message where it is (section 3.2), and "fileinto always creates a new message" (section 3.3)
    [Fact]
    public void KeepIsNotFileintoInbox_3_3()
    {
        Show(On(Append, "require \"fileinto\"; keep; fileinto \"INBOX\";")).ShouldBe("keep []; fileinto INBOX []");
        On(Append, "require \"fileinto\"; fileinto \"INBOX\";").FlagChange!.Added.ShouldBe(["\\Deleted"]);
    }

    // A copy has the flags that the message has
    [Fact]
    public void AFiledCopyHasTheFlags_3_8() => Show(On(Flag, "require [\"fileinto\", \"imap4flags\"]; addflag \"x\"; fileinto \"b\";"))
        .ShouldBe("fileinto b [\\Flagged \\Seen $Work x]");

    // "Their appearance in the "require" control or their use in an IMAP event MUST result in an error condition" (section 3.11)
    [Theory]
    [InlineData("require \"reject\";", "'reject'")]
    [InlineData("require [\"ereject\", \"fileinto\"]; fileinto \"x\";", "'ereject'")]
    [InlineData("require \"vacation\";", "'vacation'")]
    [InlineData("require \"vacation-seconds\";", "'vacation-seconds'")]
    [InlineData("require \"ihave\"; if ihave \"vacation\" { vacation \"x\"; }", "'vacation'")]
    [InlineData("require \"ihave\"; if ihave \"reject\" { reject \"x\"; }", "'reject'")]
    [InlineData("require \"include\"; include \"rejects\";", "'reject'")]
    public void InapplicableActions_3_11(string script, string name)
    {
        var result = On(Append, script);
        result.Error!.Message.ShouldStartWith(name);
        result.ImplicitKeep.ShouldBeTrue();
        result.Actions.ShouldBeEmpty();
        result.FlagChange.ShouldBeNull();
    }

    [Fact]
    public void AskingForThemIsNoError_3_11() => Show(On(Append, "require \"ihave\"; if ihave \"vacation\" { discard; }")).ShouldBe("discard");

    // "envelope tests MUST NOT be permitted ... their use MUST generate a runtime error" (section 4.6)
    [Fact]
    public void ThereIsNoEnvelope_4_6() => On(Append, "require \"envelope\"; if envelope \"from\" \"x\" { stop; }").Error!.Message.ShouldStartWith("'envelope'");

    private static SieveResult On(SieveImapEvent happened, string script) => Run(Input(
        script, MessageA, new TestHost { NotifySchemes = { "xmpp" }, Scripts = { ["rejects"] = "require \"reject\";" } }) with
    {
        ImapEvent = happened,
        Envelope = null,
    });
}
