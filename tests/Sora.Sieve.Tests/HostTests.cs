using Sora.Contracts;
using static Sora.Sieve.Tests.Scripts;

namespace Sora.Sieve.Tests;

/// <summary>Extensions that ask the host or the envelope: RFC 5490, 6009, 6134, 6785 and Dovecot's own.</summary>
public sealed class HostTests
{
    // RFC 5490 sections 3.3 to 4.2
    [Theory]
    [InlineData("metadata :is \"INBOX\" \"/private/vendor/vendor.isode/auto-replies\" \"on\"", true)]
    [InlineData("metadata :contains \"INBOX\" \"/private/nothing\" \"\"", false)]
    [InlineData("metadata :count \"eq\" \"INBOX\" \"/private/nothing\" \"0\"", true)]
    [InlineData("metadataexists \"INBOX\" [\"/private/vendor/vendor.isode/auto-replies\"]", true)]
    [InlineData("metadataexists \"INBOX\" [\"/private/vendor/vendor.isode/auto-replies\", \"/private/nothing\"]", false)]
    [InlineData("servermetadata :matches \"/private/vendor/vendor.isode/notification-uri\" \"mailto:*\"", true)]
    [InlineData("servermetadataexists [\"/private/vendor/vendor.isode/notification-uri\"]", true)]
    [InlineData("servermetadataexists \"/private/vendor/vendor.isode/auto-replies\"", false)]
    public void Metadata(string test, bool holds) => Holds(
        test,
        require: "[\"mboxmetadata\", \"servermetadata\", \"relational\"]",
        host: new TestHost
        {
            Metadata = { ["INBOX/private/vendor/vendor.isode/auto-replies"] = "on", ["/private/vendor/vendor.isode/notification-uri"] = "mailto:a@b" },
        }).ShouldBe(holds);

    // RFC 6009 section 3
    [Theory]
    [InlineData("envelope \"notify\" \"SUCCESS\"", true)]
    [InlineData("allof ( envelope \"notify\" \"FAILURE\", envelope :comparator \"i;ascii-numeric\" :count \"eq\" \"notify\" \"1\" )", false)]
    [InlineData("allof ( envelope \"notify\" \"FAILURE\", envelope :comparator \"i;ascii-numeric\" :count \"eq\" \"notify\" \"2\" )", true)]
    [InlineData("envelope :matches \"orcpt\" \"rfc822;*@example.com\"", true)]
    [InlineData("envelope \"ret\" \"hdrs\"", true)]
    [InlineData("envelope \"envid\" \"QQ314159\"", true)]
    [InlineData("envelope \"bytimerelative\" \"600\"", true)]
    [InlineData("envelope \"bytimeabsolute\" \"2026-11-28T12:40:00Z\"", true)]
    [InlineData("envelope :zone \"+0530\" \"bytimeabsolute\" \"2026-11-28T18:10:00+05:30\"", true)]
    [InlineData("envelope \"bymode\" \"return\"", true)]
    [InlineData("envelope \"bytrace\" \"trace\"", true)]
    public void EnvelopeDsn(string test, bool holds)
    {
        const string require = "[\"envelope\", \"envelope-dsn\", \"envelope-deliverby\", \"relational\", \"comparator-i;ascii-numeric\"]";
        var envelope = new SieveEnvelope
        {
            From = "a@b",
            To = "c@d",
            Notify = "SUCCESS,FAILURE",
            OriginalRecipient = "rfc822;user@example.com",
            Ret = "HDRS",
            EnvelopeId = "QQ314159",
            ByTime = new DateTimeOffset(2026, 11, 28, 12, 40, 0, TimeSpan.Zero),
            ByMode = 'R',
            ByTrace = true,
        };
        Holds(test, require: require, envelope: envelope).ShouldBe(holds);
    }

    [Fact]
    public void WithoutParametersThereIsNothingToMatch()
    {
        foreach (var part in (string[])["notify", "orcpt", "ret", "envid", "bytimerelative", "bytimeabsolute", "bymode", "bytrace"])
            Holds($"envelope :contains \"{part}\" \"\"", require: "[\"envelope\", \"envelope-dsn\", \"envelope-deliverby\"]").ShouldBeFalse();
        Errors("require \"envelope\"; if envelope \"notify\" \"x\" { stop; }").ShouldContain("require \"envelope-dsn\"");
        Errors("require [\"envelope\", \"envelope-dsn\"]; if envelope :domain \"ret\" \"x\" { stop; }").ShouldContain("no address");
    }

    // RFC 6009 sections 5 and 6
    [Fact]
    public void RedirectDsn()
    {
        var redirect = Redirect("redirect :copy :notify \"NEVER\" :ret \"hdrs\" \"elsewhere@example.com\";");
        (redirect.Notify, redirect.Ret, redirect.IsCopy).ShouldBe(("NEVER", "HDRS", true));
        redirect = Redirect("redirect :copy :bytimerelative 600 \"cellphone@example.com\";");
        (redirect.BySeconds, redirect.ByMode, redirect.ByTrace).ShouldBe((600L, 'R', false));
        redirect = Redirect(
            """
            if currentdate :value "lt" :comparator "i;ascii-numeric" "hour" "22"
            {
                if currentdate :matches "date" "*" {set "date" "${0}";}
                if currentdate :matches "zone" "*" {set "zone" "${0}";}
                redirect :copy :bytimeabsolute "${date}T20:00:00${zone}"
                         :bymode "return" "cellphone@example.com";
            }
            """);
        (redirect.BySeconds, redirect.ByMode).ShouldBe((27_000L, 'R'));
    }

    [Theory]
    [InlineData("redirect :notify \"NEVER,SUCCESS\" \"a@b\";", "no NOTIFY value")]
    [InlineData("redirect :ret \"BODY\" \"a@b\";", "neither \"FULL\" nor \"HDRS\"")]
    [InlineData("redirect :bytimerelative 1 :bytimeabsolute \"2026-11-28T20:00:00Z\" \"a@b\";", "exclude each other")]
    [InlineData("redirect :bytimeabsolute \"tomorrow\" \"a@b\";", "no time such as")]
    [InlineData("redirect :bymode \"return\" \"a@b\";", "only stands with ':bytimerelative'")]
    [InlineData("redirect :bytrace \"a@b\";", "only stands with ':bytimerelative'")]
    public void RedirectMistakes(string script, string message) => Errors($"require [\"redirect-dsn\", \"redirect-deliverby\"]; {script}").ShouldContain(message);

    [Theory]
    [InlineData("header :list \"from\" \":addrbook:default\"", true)]
    [InlineData("header :list \"from\" \":addrbook:other\"", false)]
    [InlineData("address :list \"from\" [\":addrbook:other\", \":addrbook:default\"]", true)]
    [InlineData("valid_ext_list [\":addrbook:default\", \":addrbook:other\"]", true)]
    [InlineData("valid_ext_list [\":addrbook:default\", \":addrbook:none\"]", false)]
    public void ExtLists(string test, bool holds) => Holds(test, require: "[\"extlists\", \"envelope\"]", host: ListHost()).ShouldBe(holds);

    [Theory]
    [InlineData("redirect :list \":addrbook:default\";", "redirect :list urn:ietf:params:sieve:addrbook:default")]
    [InlineData("redirect :list :copy \":addrbook:default\";", "redirect :list urn:ietf:params:sieve:addrbook:default :copy; (keep)")]
    [InlineData("redirect :list \":addrbook:none\";", "error in line 1: redirect: there is no list \":addrbook:none\" of addresses; (keep)")]
    [InlineData("if header :list \"from\" \":addrbook:none\" { discard; }", "error in line 1: The list \"urn:ietf:params:sieve:addrbook:none\" cannot be asked; (keep)")]
    public void ListActions(string script, string outcome) => Outcome($"require [\"extlists\", \"copy\"]; {script}", host: ListHost()).ShouldBe(outcome);

    [Fact]
    public void DebugLog()
    {
        var result = Run(
            """
            require ["variables", "envelope", "vnd.dovecot.debug"];
            if envelope :matches "to" "*" { set "to" "${1}"; }
            debug_log "Received message TO=${to}";
            """);
        result.DebugLog.ShouldHaveSingleItem().ShouldBe("Received message TO=roadrunner@acme.example.com");
        result.ImplicitKeep.ShouldBeTrue();
    }

    [Fact]
    public void DovecotEnvironment() => Outcome(
        """
        require ["variables", "fileinto", "vnd.dovecot.environment"];
        if environment "vnd.dovecot.default-mailbox" "INBOX" { fileinto "User/${env.vnd.dovecot.username}/${env.vnd.dovecot.default_mailbox}"; }
        """,
        host: new TestHost { Environment = { ["vnd.dovecot.username"] = "joe", ["vnd.dovecot.default-mailbox"] = "INBOX" } }).ShouldBe("fileinto User/joe/INBOX");

    // RFC 6785 section 7
    [Fact]
    public void ImapSieve() => Outcome(
        """
        require ["imapsieve", "environment", "variables", "fileinto"];
        if allof (environment :is "imap.cause" "FLAG", environment :contains "imap.changedflags" "\\Flagged") { fileinto "flagged"; }
        """,
        host: new TestHost { Environment = { ["imap.cause"] = "FLAG", ["imap.changedflags"] = "\\Flagged \\Seen" } }).ShouldBe("fileinto flagged");

    private static TestHost ListHost() => new() { Lists = { [SieveListName.DefaultAddressBook] = ["coyote@desert.example.org"], ["urn:ietf:params:sieve:addrbook:other"] = [] } };

    private static RedirectAction Redirect(string script) => Run(
        $"require [\"copy\", \"redirect-dsn\", \"redirect-deliverby\", \"date\", \"variables\", \"relational\", \"comparator-i;ascii-numeric\"]; {script}")
        .Actions.OfType<RedirectAction>().Single();
}
