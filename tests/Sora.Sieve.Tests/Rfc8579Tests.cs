using static Sora.Sieve.Tests.Scripts;

namespace Sora.Sieve.Tests;

/// <summary>The examples of RFC 8579 (special-use) with the results that it gives.</summary>
public sealed class Rfc8579Tests
{
    [Theory]
    [InlineData("require \"fileinto\"; require \"special-use\"; fileinto :specialuse \"\\\\Archive\" \"INBOX/Archive\";", "fileinto INBOX/Archive :specialuse \\Archive")]
    [InlineData("require \"fileinto\"; require \"special-use\"; fileinto :specialuse \"\\\\Junk\" \"Spam\";", "fileinto Spam :specialuse \\Junk")]
    [InlineData("require \"fileinto\"; require \"special-use\"; require \"mailbox\"; fileinto :specialuse \"\\\\Junk\" :create \"Spam\";", "fileinto Spam :create :specialuse \\Junk")]
    public void FileInto_4_and_6(string script, string outcome) => Outcome(script).ShouldBe(outcome);

    [Theory]
    [InlineData("specialuse_exists \"\\\\Archive\"", true)]
    [InlineData("specialuse_exists [\"\\\\Archive\", \"\\\\Junk\"]", true)]
    [InlineData("specialuse_exists [\"\\\\Archive\", \"\\\\Sent\"]", false)]
    [InlineData("specialuse_exists \"Archive/Default\" \"\\\\Archive\"", true)]
    [InlineData("specialuse_exists \"Archive/Default\" \"\\\\Junk\"", false)]
    [InlineData("specialuse_exists \"Nothing\" \"\\\\Archive\"", false)]
    public void Exists_3(string test, bool holds) => Holds(
        test, require: "\"special-use\"", host: new TestHost { SpecialUses = { ["Archive/Default"] = "\\Archive", ["Spam"] = "\\Junk" } }).ShouldBe(holds);

    // As erratum 5877 has it: the mailbox is got by :matches
    [Theory]
    [InlineData("Spam", SieveImapCause.Copy, "redirect spam-report@example.org")]
    [InlineData("Work", SieveImapCause.Copy, "(keep)")]
    [InlineData("Spam", SieveImapCause.Flag, "(keep)")]
    public void InImap_6(string mailbox, SieveImapCause cause, string outcome) => Show(Run(Input(
        """
        require "imapsieve";
        require "special-use";
        require "environment";
        require "variables";

        if environment :matches "imap.mailbox" "*" {
          set "mailbox" "${1}";
        }

        if allof(
          environment "imap.cause" "COPY",
          specialuse_exists "${mailbox}" "\\Junk") {
          redirect "spam-report@example.org";
        }
        """,
        MessageA,
        new TestHost { SpecialUses = { ["Spam"] = "\\Junk" } }) with
    {
        ImapEvent = new SieveImapEvent(cause, mailbox),
    })).ShouldBe(outcome);

    [Theory]
    [InlineData("fileinto :specialuse \"Junk\" \"Spam\";")]
    [InlineData("fileinto :specialuse \"\\\\Ju nk\" \"Spam\";")]
    public void WhatIsNoUseIsAnError_4(string script) => Errors($"require [\"fileinto\", \"special-use\"]; {script}").ShouldContain("no special use");
}
