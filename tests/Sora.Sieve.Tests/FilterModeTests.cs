using static Sora.Sieve.Tests.Scripts;

namespace Sora.Sieve.Tests;

/// <summary>The scripts of deliveries, run once more by FILTER (draft-bosch-imap-filter-sieve).</summary>
public class FilterModeTests
{
    private static readonly SieveImapEvent Filter = new(SieveImapCause.Filter, "Work") { Flags = ["\\Flagged", "work"] };

    // "such actions MUST silently be ignored ... this explicitly MUST NOT trigger a runtime error" (draft section 4)
    [Theory]
    [InlineData("require \"reject\"; reject \"no\";")]
    [InlineData("require \"ereject\"; ereject \"no\";")]
    [InlineData("require \"vacation\"; vacation \"away\";")]
    [InlineData("require \"vacation-seconds\"; vacation :seconds 5 \"away\";")]
    public void WhatAnswersTheSenderIsPassedOver_4_10(string script)
    {
        var result = On(script);
        result.Error.ShouldBeNull();
        result.ImplicitKeep.ShouldBeTrue();
        result.Actions.ShouldBeEmpty();
        result.FlagChange.ShouldBeNull();
    }

    // It does not conflict with what comes after it, as it would in a delivery
    [Fact]
    public void RejectDoesNotExcludeKeep_4_10() => Show(On("require \"reject\"; reject \"no\"; keep;")).ShouldBe("keep [\\Flagged work]");

    [Theory]
    [InlineData("discard;", "\\Deleted", "")]
    [InlineData("require [\"imap4flags\"]; addflag \"x\";", "x", "")]
    [InlineData("require [\"imap4flags\"]; setflag \"x\";", "x", "\\Flagged work")]
    [InlineData("require [\"imap4flags\"]; if hasflag \"work\" { removeflag \"\\\\Flagged\"; }", "", "\\Flagged")]
    [InlineData("keep; discard;", null, null)]
    public void FlagsBeginWithThoseOfTheMessage_4_7(string script, string? added, string? removed)
    {
        var change = On(script).FlagChange;
        (change is null ? null : string.Join(' ', change.Added)).ShouldBe(added);
        (change is null ? null : string.Join(' ', change.Removed)).ShouldBe(removed);
    }

    // "If actions have been taken that change the message, a new modified message is appended" (draft section 4.1)
    [Fact]
    public void KeepStoresAChangedMessage_4_1()
    {
        On("require \"editheader\"; addheader \"X\" \"y\";").KeepMessage.ShouldNotBeNull();
        On("require \"editheader\"; addheader \"X\" \"y\"; keep;").Actions.OfType<KeepAction>().Single().Message.ShouldNotBeNull();
    }

    // "just like it would for scripts compiled for message delivery": a script that includes another one finds it out when it runs (draft section 4.9)
    [Theory]
    [InlineData("require \"imapsieve\"; stop;")]
    [InlineData("require \"include\"; include \"events\";")]
    [InlineData("require \"vnd.dovecot.imapsieve\"; stop;", "'vnd.dovecot.imapsieve'")]
    public void ImapsieveIsNotThere_4_9(string script, string name = "'imapsieve'") => On(script).Error!.Message.ShouldStartWith(name);

    // Sections 5 and 6.1
    [Theory]
    [InlineData("require \"envelope\"; if envelope \"from\" \"ada@example.net\" { discard; }")]
    [InlineData("require \"environment\"; if environment \"location\" \"MS\" { discard; }")]
    [InlineData("require \"environment\"; if environment \"phase\" \"post\" { discard; }")]
    [InlineData("require \"environment\"; if environment \"imap.cause\" \"\" { discard; }")]
    [InlineData("require \"environment\"; if environment \"imap.mailbox\" \"\" { discard; }")]
    public void TheEnvelopeIsThereAndTheEventIsNot_5_and_6(string script) => Show(On(script)).ShouldBe("discard");

    private static SieveResult On(string script) => Run(Input(
        script, MessageA, new TestHost { Scripts = { ["events"] = "require \"imapsieve\";" } }) with
    {
        ImapEvent = Filter,
        Envelope = new SieveEnvelope { From = "ada@example.net", To = "bob@example.org" },
    });
}
