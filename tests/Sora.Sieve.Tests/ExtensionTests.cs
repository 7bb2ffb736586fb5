using static Sora.Sieve.Tests.Scripts;

namespace Sora.Sieve.Tests;

/// <summary>The smaller extensions, with the examples of their RFCs.</summary>
public sealed class ExtensionTests
{
    [Theory]
    [InlineData("fileinto :copy \"x\";", "fileinto x :copy; (keep)")]
    [InlineData("redirect :copy \"a@b\";", "redirect a@b :copy; (keep)")]
    [InlineData("fileinto :copy \"x\"; fileinto \"y\";", "fileinto x :copy; fileinto y")]
    [InlineData("fileinto :copy \"x\"; discard;", "fileinto x :copy; discard")]
    public void Copy(string script, string outcome) => Outcome($"require [\"copy\", \"fileinto\"]; {script}").ShouldBe(outcome);

    [Fact]
    public void CopyNeedsItsCapability() => Errors("require \"fileinto\"; fileinto :copy \"x\";").ShouldContain("':copy' needs 'require \"copy\";'");

    [Theory]
    [InlineData("reject \"no\";", "reject no")]
    [InlineData("ereject text:\nno\n.\n;", "ereject no")]
    [InlineData("discard; reject \"no\";", "discard; reject no")]
    [InlineData("reject \"no\";\nereject \"no\";", "error in line 2: 'ereject' cannot be used together with 'reject' of line 1; (keep)")]
    [InlineData("reject \"no\";\nkeep;", "error in line 2: 'keep' cannot deliver a message that 'reject' of line 1 refuses; (keep)")]
    [InlineData("fileinto \"x\";\nreject \"no\";", "error in line 2: 'reject' cannot be used together with 'fileinto' of line 1; (keep)")]
    [InlineData("redirect \"a@b\";\nreject \"no\";", "error in line 2: 'reject' cannot be used together with 'redirect' of line 1; (keep)")]
    [InlineData("reject \"no\";\nredirect \"a@b\";", "error in line 2: 'redirect' cannot deliver a message that 'reject' of line 1 refuses; (keep)")]
    public void Reject(string script, string outcome) => Outcome($"require [\"reject\", \"ereject\", \"fileinto\"]; {script}").ShouldBe(outcome);

    // RFC 5233 section 4
    [Theory]
    [InlineData(":user", "ken", true)]
    [InlineData(":detail", "sieve", true)]
    [InlineData(":localpart", "ken+sieve", true)]
    [InlineData(":domain", "example.org", true)]
    [InlineData(":user", "ken+sieve", false)]
    [InlineData(":detail", "", false)]
    public void Subaddress(string part, string key, bool holds) =>
        Holds($"address {part} \"to\" \"{key}\"", "To: \"ken\"+sieve@example.org, ken+sieve@example.org\n\n", "\"subaddress\"").ShouldBe(holds);

    [Theory]
    [InlineData("To: ken@example.org\n\n", false)]
    [InlineData("To: ken+@example.org\n\n", true)]
    public void NoDetailIsNotAnEmptyDetail(string message, bool holds) => Holds("address :detail \"to\" \"\"", message, "\"subaddress\"").ShouldBe(holds);

    // RFC 5231 section 7
    [Theory]
    [InlineData("header :value \"lt\" :comparator \"i;ascii-numeric\" [\"x-priority\"] [\"3\"]", true)]
    [InlineData("header :value \"ge\" :comparator \"i;ascii-numeric\" [\"x-priority\"] [\"3\"]", false)]
    [InlineData("header :count \"ge\" :comparator \"i;ascii-numeric\" [\"received\"] [\"3\"]", true)]
    [InlineData("header :count \"ge\" :comparator \"i;ascii-numeric\" [\"received\", \"subject\"] [\"3\"]", true)]
    [InlineData("address :count \"gt\" :comparator \"i;ascii-numeric\" [\"to\", \"cc\"] [\"3\"]", true)]
    [InlineData("address :count \"gt\" :comparator \"i;ascii-numeric\" [\"to\", \"cc\"] [\"4\"]", false)]
    [InlineData("header :count \"eq\" :comparator \"i;ascii-numeric\" \"x-none\" \"0\"", true)]
    [InlineData("header :value \"ne\" \"subject\" [\"a\", \"b\"]", true)]
    [InlineData("header :value \"gt\" \"subject\" \"test\"", true)]
    [InlineData("header :value \"le\" \"subject\" \"TEST 1\"", true)]
    public void Relational(string test, bool holds) => Holds(
        test,
        "Received: a\nReceived: b\nReceived: c\nX-Priority: 1\nSubject: test 1\nTo: a@b, c@d,\n e@f\nCc: g@h\n\n",
        "[\"relational\", \"comparator-i;ascii-numeric\"]").ShouldBe(holds);

    [Theory]
    [InlineData("header :value \"x\" \"a\" \"b\"", "cannot stand behind ':value'")]
    [InlineData("header :count \"a\" \"b\"", "cannot stand behind ':count'")]
    [InlineData("header :count :is \"a\" \"b\"", "A value stands behind ':count'")]
    public void RelationalMistakes(string test, string message) => Errors($"require \"relational\"; if {test} {{ stop; }}").ShouldContain(message);

    [Theory]
    [InlineData("setflag \"\\\\Deleted\";", "(keep [\\Deleted])")]
    [InlineData("addflag \"\\\\deleted\"; addflag \"\\\\Answered \\\\DELETED\";", "(keep [\\Deleted \\Answered])")]
    [InlineData("addflag [\"\\\\Deleted\", \"$Junk\"]; removeflag \"$junk\"; keep;", "keep [\\Deleted]")]
    [InlineData("setflag [\"a\", \"b\"]; fileinto \"x\"; setflag \"c\"; fileinto :flags \"d e\" \"y\";", "fileinto x [a b]; fileinto y [d e]")]
    [InlineData("fileinto \"x\"; fileinto :flags \"a\" \"x\"; fileinto :flags \"b\" \"x\";", "fileinto x [b]")]
    [InlineData("setflag [\"\\\\Recent\", \"\\\\Nothing\", \"bad(flag\", \"\u00E9\", \"\", \"good\"];", "(keep [good])")]
    [InlineData("keep;", "keep")]
    [InlineData("addflag \"flagvar\" \"\\\\Deleted\"; addflag \"flagvar\" \"\\\\Answered \\\\deleted\"; keep :flags \"${flagvar}\";", "keep [\\Deleted \\Answered]")]
    [InlineData("set \"v\" \"A  B a\"; removeflag \"v\" \"a\"; keep :flags \"${v}\";", "keep [B]")]
    public void Imap4Flags(string script, string outcome) =>
        Outcome($"require [\"imap4flags\", \"fileinto\", \"variables\"]; {script}").ShouldBe(outcome);

    // RFC 5232 section 4
    [Theory]
    [InlineData("addflag \"A B\";", "hasflag :is \"b A\"", true)]
    [InlineData("addflag \"A B\";", "hasflag [\"b\",\"A\"]", true)]
    [InlineData("addflag \"A B\";", "hasflag \"c\"", false)]
    [InlineData("", "hasflag :contains \"MyVar\" \"Junk\"", true)]
    [InlineData("", "hasflag :contains \"MyVar\" \"forward\"", true)]
    [InlineData("", "hasflag :contains \"MyVar\" [\"label\", \"forward\"]", true)]
    [InlineData("", "hasflag :contains \"MyVar\" [\"junk\", \"forward\"]", true)]
    [InlineData("", "hasflag :contains \"MyVar\" \"junk forward\"", true)]
    [InlineData("", "hasflag :contains \"MyVar\" \"label\"", false)]
    [InlineData("", "hasflag :contains \"MyVar\" [\"label1\", \"label2\"]", false)]
    [InlineData("set \"MyFlags\" \"A B\";", "hasflag :count \"ge\" :comparator \"i;ascii-numeric\" \"MyFlags\" \"2\"", true)]
    [InlineData("set \"MyFlags\" \"A a\";", "hasflag :count \"ge\" :comparator \"i;ascii-numeric\" \"MyFlags\" \"2\"", false)]
    [InlineData("set \"f\" \"b A\"; addflag \"A\";", "hasflag \"${f}\"", true)]
    public void HasFlag(string before, string test, bool holds) => Outcome(
        $$"""
        require ["imap4flags", "variables", "relational", "comparator-i;ascii-numeric"];
        set "MyVar" "NonJunk Junk gnus-forward $Forwarded NotJunk JunkRecorded $Junk $NotJunk";
        {{before}}
        if {{test}} { discard; }
        """).StartsWith("discard", StringComparison.Ordinal).ShouldBe(holds);

    [Fact]
    public void FlagsInVariablesNeedVariables() => Errors("require \"imap4flags\"; addflag \"v\" \"x\";").ShouldContain("require \"variables\"");

    [Theory]
    [InlineData("year", "1997")]
    [InlineData("month", "04")]
    [InlineData("day", "01")]
    [InlineData("date", "1997-04-01")]
    [InlineData("julian", "50539")]
    [InlineData("hour", "09")]
    [InlineData("minute", "06")]
    [InlineData("second", "31")]
    [InlineData("time", "09:06:31")]
    [InlineData("iso8601", "1997-04-01T09:06:31-08:00")]
    [InlineData("STD11", "Tue, 01 Apr 1997 09:06:31 -0800")]
    [InlineData("zone", "-0800")]
    [InlineData("weekday", "2")]
    public void DateParts(string part, string value) => Holds($"date :is :originalzone \"date\" \"{part}\" \"{value}\"", require: "\"date\"").ShouldBeTrue();

    [Theory]
    [InlineData("date \"date\" \"hour\" \"17\"", true)]
    [InlineData("date :zone \"+0530\" \"date\" \"time\" \"22:36:31\"", true)]
    [InlineData("date :zone \"+0000\" \"date\" \"iso8601\" \"1997-04-01T17:06:31Z\"", true)]
    [InlineData("date :zone \"-0000\" \"date\" \"zone\" \"+0000\"", true)]
    [InlineData("date \"received\" \"day\" \"03\"", true)]
    [InlineData("date :index 2 \"received\" \"day\" \"02\"", true)]
    [InlineData("date :index 1 :last \"received\" \"day\" \"02\"", true)]
    [InlineData("date :index 3 \"received\" \"day\" \"02\"", false)]
    [InlineData("date :matches \"subject\" \"date\" \"*\"", false)]
    [InlineData("date :matches \"x-none\" \"date\" \"*\"", false)]
    [InlineData("date :matches \"x-feb\" \"date\" \"*\"", false)]
    [InlineData("date :count \"eq\" \"date\" \"date\" \"1\"", true)]
    [InlineData("date :count \"eq\" \"x-feb\" \"date\" \"0\"", true)]
    [InlineData("date :value \"ge\" :originalzone \"date\" \"hour\" \"09\"", true)]
    [InlineData("currentdate :is \"date\" \"2026-11-28\"", true)]
    [InlineData("currentdate :value \"le\" \"date\" \"2026-11-27\"", false)]
    [InlineData("currentdate :zone \"-1300\" \"day\" \"27\"", true)]
    [InlineData("currentdate \"weekday\" \"6\"", true)]
    [InlineData("header :index 2 \"received\" \"by b; Wed, 2 Apr 1997 00:00:00 +0000\"", true)]
    [InlineData("header :index 1 \"received\" \"by b; Wed, 2 Apr 1997 00:00:00 +0000\"", false)]
    [InlineData("header :index 3 [\"received\", \"subject\"] \"s\"", true)]
    [InlineData("header :index 1 :last [\"received\", \"subject\"] \"s\"", true)]
    [InlineData("address :last :index 1 \"to\" \"b@c\"", true)]
    [InlineData("address :index 1 \"to\" \"b@c\"", false)]
    public void DateAndIndex(string test, bool holds) => Holds(
        test,
        "Received: by a; Thu, 3 Apr 1997 00:00:00 +0000\nReceived: by b; Wed, 2 Apr 1997 00:00:00 +0000\nDate: Tue, 1 Apr 1997 09:06:31 -0800 (PST)\n"
        + "Subject: s\nX-Feb: Sat, 29 Feb 1997 00:00:00 +0000\nTo: a@b\nTo: b@c\n\n",
        "[\"date\", \"index\", \"relational\"]").ShouldBe(holds);

    [Theory]
    [InlineData("date :zone \"0100\" \"date\" \"hour\" \"1\"", "no time zone")]
    [InlineData("date :zone \"+01:00\" \"date\" \"hour\" \"1\"", "no time zone")]
    [InlineData("date :zone \"+0100\" :originalzone \"date\" \"hour\" \"1\"", "exclude each other")]
    [InlineData("currentdate :originalzone \"hour\" \"1\"", "has no tag ':originalzone'")]
    [InlineData("date \"date\" \"century\" \"1\"", "no date part \"century\"")]
    [InlineData("header :last \"subject\" \"x\"", "':last' only stands with ':index'")]
    [InlineData("header :index 0 \"subject\" \"x\"", "counts from 1")]
    [InlineData("exists :index 1 \"subject\"", "has no tag ':index'")]
    public void DateMistakes(string test, string message) => Errors($"require [\"date\", \"index\"]; if {test} {{ stop; }}").ShouldContain(message);

    [Theory]
    [InlineData("mailboxexists \"INBOX\"", true)]
    [InlineData("mailboxexists [\"INBOX\", \"Work/2026\"]", true)]
    [InlineData("mailboxexists [\"INBOX\", \"Nothing\"]", false)]
    public void MailboxExists(string test, bool holds) => Holds(test, require: "\"mailbox\"", host: new TestHost { Mailboxes = { "Work/2026" } }).ShouldBe(holds);

    [Fact]
    public void Create() => Outcome("require [\"mailbox\", \"fileinto\"]; fileinto :create \"New\";").ShouldBe("fileinto New :create");

    [Theory]
    [InlineData("environment :contains \"remote-host\" \"mail\"", true)]
    [InlineData("environment \"REMOTE-HOST\" \"mail.example.com\"", true)]
    [InlineData("environment :contains \"nothing\" \"\"", false)]
    [InlineData("environment :count \"eq\" \"remote-host\" \"1\"", true)]
    public void Environment(string test, bool holds) =>
        Holds(test, require: "[\"environment\", \"relational\"]", host: new TestHost { Environment = { ["remote-host"] = "mail.example.com" } }).ShouldBe(holds);
}
