using static Sora.Sieve.Tests.Scripts;

namespace Sora.Sieve.Tests;

/// <summary>The examples of RFC 9042 (mailboxid) with the results that it gives.</summary>
public sealed class Rfc9042Tests
{
    private const string Id = "F6352ae03-b7f5-463c-896f-d8b48ee3";

    [Fact]
    public void FileInto_4() => Outcome(
        """
        require "fileinto";
        require "mailboxid";

        if header :contains ["from"] "coyote" {
            fileinto :mailboxid "F6352ae03-b7f5-463c-896f-d8b48ee3"
                     "INBOX.harassment";
        }
        """).ShouldBe($"fileinto INBOX.harassment :mailboxid {Id}");

    [Fact]
    public void Create_4_1() => Outcome(
        """
        require "fileinto";
        require "mailboxid";
        require "mailbox";

        fileinto :mailboxid "Fnosuch"
                 :create
                 "INBOX.no-such-folder";
                    # creates INBOX.no-such-folder, but it doesn't
                    # get the "Fnosuch" mailboxid.
        """).ShouldBe("fileinto INBOX.no-such-folder :create :mailboxid Fnosuch");

    // "it is an error to specify both :mailboxid and :specialuse in the same fileinto command"
    [Fact]
    public void NotWithASpecialUse_4_2() => Errors(
        "require [\"fileinto\", \"mailboxid\", \"special-use\"]; fileinto :mailboxid \"F1\" :specialuse \"\\\\Junk\" \"x\";").ShouldContain("exclude each other");

    [Fact]
    public void Fcc_5() => Run(
        """
        require ["enotify", "fcc", "mailboxid"];
        notify :fcc "INBOX.Sent"
               :mailboxid "F6352ae03-b7f5-463c-896f-d8b48ee3"
               :message "You got mail!"
               "mailto:ken@example.com";
        """).Actions.OfType<NotifyAction>().Single().Fcc!.MailboxId.ShouldBe(Id);

    [Theory]
    [InlineData(true, $"fileinto INBOX.name.will.not.be.used :mailboxid {Id}")]
    [InlineData(false, "fileinto INBOX.harassment")]
    public void Exists_6(bool isThere, string outcome)
    {
        var host = new TestHost();
        if (isThere)
            host.MailboxIds.Add(Id);
        Outcome(
            """
            require "fileinto";
            require "mailboxid";

            if header :contains ["from"] "coyote" {
                if mailboxidexists "F6352ae03-b7f5-463c-896f-d8b48ee3" {
                    fileinto :mailboxid "F6352ae03-b7f5-463c-896f-d8b48ee3"
                                        "INBOX.name.will.not.be.used";
                } else {
                    fileinto "INBOX.harassment";
                }
            }
            """,
            host: host).ShouldBe(outcome);
    }
}
