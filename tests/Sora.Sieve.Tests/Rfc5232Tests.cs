using static Sora.Sieve.Tests.Scripts;

namespace Sora.Sieve.Tests;

/// <summary>The examples of RFC 5232 (imap4flags) with the results that it gives.</summary>
public sealed class Rfc5232Tests
{
    [Theory]
    [InlineData(600, "(keep [\\Deleted])")]
    [InlineData(1, "(keep)")]
    public void SetFlag_3_1(int kibibytes, string outcome) => Outcome(
        """
        require "imap4flags";
        if size :over 500K {
            setflag "\\Deleted";
        }
        """,
        "A: b\n\n" + new string('x', kibibytes * 1024)).ShouldBe(outcome);

    [Fact]
    public void SetFlagInAVariable_3_1() => Outcome(
        """
        require ["imap4flags", "variables", "fileinto"];
        if header :contains "from" "boss@frobnitzm.example.edu" {
            setflag "flagvar" "\\Flagged";
            fileinto :flags "${flagvar}" "INBOX.From Boss";
        }
        """,
        "From: boss@frobnitzm.example.edu\n\n").ShouldBe("fileinto INBOX.From Boss [\\Flagged]");

    // "The following ... are equivalent"; the order does not matter
    [Theory]
    [InlineData("addflag \"flagvar\" \"\\\\Deleted\"; addflag \"flagvar\" \"\\\\Answered\";")]
    [InlineData("addflag \"flagvar\" [\"\\\\Deleted\", \"\\\\Answered\"];")]
    [InlineData("addflag \"flagvar\" \"\\\\Deleted \\\\Answered\";")]
    [InlineData("addflag \"flagvar\" \"\\\\Answered \\\\Deleted\";")]
    public void AddFlag_3_2(string script) => Run($"require [\"imap4flags\", \"variables\"]; {script} keep :flags \"${{flagvar}}\";").Actions.OfType<KeepAction>()
        .Single().Flags!.Value.ShouldBe(["\\Deleted", "\\Answered"], ignoreOrder: true);

    [Theory]
    [InlineData("Disposition-Notification-To: mel@example.com\nFrom: imap@cac.washington.example.edu\n\n", "fileinto INBOX.imap-list []")]
    [InlineData("From: imap@cac.washington.example.edu\n\n", "fileinto INBOX.imap-list []")]
    [InlineData("Disposition-Notification-To: mel@example.com\n\n", "(keep)")]
    public void RemoveFlag_3_3(string message, string outcome) => Outcome(
        """
        require ["imap4flags", "variables", "fileinto"];
        if header :contains "Disposition-Notification-To"
           "mel@example.com" {
            addflag "flagvar" "$MDNRequired";
        }
        if header :contains "from" "imap@cac.washington.example.edu" {
            removeflag "flagvar" "$MDNRequired";
            fileinto :flags "${flagvar}" "INBOX.imap-list";
        }
        """,
        message).ShouldBe(outcome);

    // Section 4: the internal variable holds "NonJunk Junk gnus-forward $Forwarded NotJunk JunkRecorded $Junk $NotJunk"
    [Theory]
    [InlineData(":contains", "\"Junk\"", true)]
    [InlineData(":contains", "\"forward\"", true)]
    [InlineData(":contains", "[\"label\", \"forward\"]", true)]
    [InlineData(":contains", "[\"junk\", \"forward\"]", true)]
    [InlineData(":contains", "\"junk forward\"", true)]
    [InlineData(":contains", "\"label\"", false)]
    [InlineData(":contains", "[\"label1\", \"label2\"]", false)]
    [InlineData("", "\"b A\"", true)]
    [InlineData("", "[\"b\",\"A\"]", true)]
    [InlineData(":count \"ge\" :comparator \"i;ascii-numeric\"", "\"2\"", true)]
    public void HasFlag_4(string match, string keys, bool holds)
    {
        var flags = match.Length == 0 || match.StartsWith(":count", StringComparison.Ordinal)
            ? "A B"
            : "NonJunk Junk gnus-forward $Forwarded NotJunk JunkRecorded $Junk $NotJunk";
        foreach (var variable in (string[])["", "\"MyVar\""])
            Outcome(
                $$"""
                require ["imap4flags", "variables", "relational", "comparator-i;ascii-numeric"];
                addflag {{variable}} "{{flags}}";
                if hasflag {{match}} {{variable}} {{keys}} { discard; }
                """).StartsWith("discard", StringComparison.Ordinal).ShouldBe(holds);
    }

    // "fileinto :flags \"\\Deleted\" \"INBOX.From Boss\"" is the same as the flag set before and taken away behind it
    [Theory]
    [InlineData("fileinto :flags \"\\\\Deleted\" \"INBOX.From Boss\";")]
    [InlineData("addflag \"\\\\Deleted\"; fileinto \"INBOX.From Boss\"; removeflag \"\\\\Deleted\";")]
    public void Flags_5(string script) => Run($"require [\"imap4flags\", \"fileinto\"]; {script}").Actions.OfType<FileIntoAction>().Single().Flags!.Value.ShouldBe(["\\Deleted"]);

    private const string Filter = """
        #
        # Example Sieve Filter
        # Declare any optional features or extension used by the script
        #
        require ["fileinto", "imap4flags", "variables"];

        #
        # Move large messages to a special mailbox
        #
        if size :over 1M
                {
                addflag "MyFlags" "Big";
                if header :is "From" "boss@company.example.com"
                           {
        # The message will be marked as "\Flagged Big" when filed into
        # mailbox "Big messages"
                           addflag "MyFlags" "\\Flagged";
                           }
                fileinto :flags "${MyFlags}" "Big messages";
                }

        if header :is "From" "grandma@example.net"
                {
                addflag "MyFlags" ["\\Answered", "$MDNSent"];
        # If the message is bigger than 1Mb it will be marked as
        # "Big \Answered $MDNSent" when filed into mailbox "grandma".
        # If the message is shorter than 1Mb it will be marked as
        # "\Answered $MDNSent"
                fileinto :flags "${MyFlags}" "GrandMa";
                }

        #
        # Handle messages from known mailing lists
        # Move messages from IETF filter discussion list to filter folder
        #
        if header :is "Sender" "owner-ietf-mta-filters@example.org"
                {
                set "MyFlags" "\\Flagged $Work";
        # Message will have both "\Flagged" and $Work flags
                keep :flags "${MyFlags}";
                }

        #
        # Keep all messages to or from people in my company
        #
        elsif address :domain :is ["From", "To"] "company.example.com"
                {
                keep :flags "${MyFlags}"; # keep in "Inbox" folder
                }

        # Try to catch unsolicited email.  If a message is not to me,
        # or it contains a subject known to be spam, file it away.
        #
        elsif anyof (not address :all :contains
                       ["To", "Cc"] "me@company.example.com",
                     header :matches "subject"
                       ["*make*money*fast*", "*university*dipl*mas*"])
                {
                removeflag "MyFlags" "\\Flagged";
                fileinto :flags "${MyFlags}" "spam";
                }
        else
                {
                # Move all other external mail to "personal"
                # folder.
                fileinto :flags "${MyFlags}" "personal";
                }
        """;

    [Theory]
    [InlineData("From: boss@company.example.com\nTo: me@company.example.com\n", true, "fileinto Big messages [Big \\Flagged]; keep [Big \\Flagged]")]
    [InlineData("From: grandma@example.net\nTo: me@company.example.com\n", true, "fileinto Big messages [Big]; fileinto GrandMa [Big \\Answered $MDNSent]; keep [Big \\Answered $MDNSent]")]
    [InlineData("From: grandma@example.net\nTo: x@y\n", false, "fileinto GrandMa [\\Answered $MDNSent]; fileinto spam [\\Answered $MDNSent]")]
    [InlineData("Sender: owner-ietf-mta-filters@example.org\n", false, "keep [\\Flagged $Work]")]
    [InlineData("To: x@y\nFrom: a@b\n", false, "fileinto spam []")]
    public void ExtendedExample_6(string header, bool isBig, string outcome) => Outcome(
        Filter, header + "\n" + new string('x', isBig ? 1_100_000 : 10)).ShouldBe(outcome);
}
