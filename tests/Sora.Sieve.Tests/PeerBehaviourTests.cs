using System.Text;
using static Sora.Sieve.Tests.Scripts;

namespace Sora.Sieve.Tests;

/// <summary>What the RFCs leave open and users of Pigeonhole are used to.</summary>
public sealed class PeerBehaviourTests
{
    // White space may stand around the atoms of an address (RFC 5322 section 3.4.1), and a quoted local part that needs no quotes has none
    [Theory]
    [InlineData(" joe@example.com ", "joe@example.com")]
    [InlineData("joe @ example.com", "joe@example.com")]
    [InlineData("Joe Doe<joe@example.com>", "joe@example.com")]
    [InlineData(" Joe Doe < joe @ example.com > ", "joe@example.com")]
    [InlineData("\\\"joe\\\"@example.com", "joe@example.com")]
    [InlineData("\\\"Joe Doe\\\"@example.com", "\"Joe Doe\"@example.com")]
    [InlineData("\\\"J[o]e\\\"@example.com", "\"J[o]e\"@example.com")]
    [InlineData("joe@[192.0.2.1]", "joe@[192.0.2.1]")]
    public void Redirects(string address, string sent) => Outcome($"redirect \"{address}\";").ShouldBe($"redirect {sent}");

    [Theory]
    [InlineData("more than one@example.com")]
    [InlineData("a@b.example,c@d.example")]
    [InlineData("Joe <joe@example.com")]
    [InlineData("@example.com")]
    [InlineData("joe@")]
    [InlineData("<>")]
    [InlineData("joe@exa mple.com")]
    [InlineData("joe@-example.com")]
    [InlineData("\\\"\\\"@example.com")]
    [InlineData("\\\"joe\\\"x@example.com")]
    [InlineData(".joe@example.com")]
    public void NoRedirects(string address) => Errors($"redirect \"{address}\";").ShouldContain("is no address that mail can be sent to");

    // The same address in other words is the same
    [Fact]
    public void ARedirectIsDoneOnce() => Outcome("redirect \"joe@example.com\"; redirect \"Joe <JOE@example.com>\"; redirect \"\\\"joe\\\" @ example.com\";")
        .ShouldBe("redirect joe@example.com");

    // Paths of the envelope are taken as systems send them: with routes, with dots where there should be none, and names that are no names of hosts
    [Theory]
    [InlineData("joe@example.com", ":localpart", "joe", true)]
    [InlineData("<joe@example.com>", ":all", "joe@example.com", true)]
    [InlineData("@hop.example,@other.example:joe@example.com", ":localpart", "joe", true)]
    [InlineData("@hop.example:joe@example.com", ":all", "joe@example.com", true)]
    [InlineData(".joe..doe.@example.com", ":localpart", ".joe..doe.", true)]
    [InlineData("joe@_example-.com", ":domain", "_example-.com", true)]
    [InlineData("\"joe doe\"@example.com", ":localpart", "joe doe", true)]
    [InlineData("MAILER-DAEMON", ":all", "MAILER-DAEMON", true)]
    [InlineData("<<joe@example.com>", ":all", "joe@example.com", false)]
    [InlineData("joe@@example.com", ":domain", "example.com", false)]
    [InlineData("hop.example:joe@example.com", ":domain", "example.com", false)]
    [InlineData("@hop..example:joe@example.com", ":localpart", "joe", false)]
    [InlineData("@hop.example joe@example.com", ":localpart", "joe", false)]
    [InlineData("MAILER-DAEMON@", ":all", "MAILER-DAEMON", false)]
    public void EnvelopePaths(string path, string part, string value, bool holds) =>
        Holds($"envelope {part} :is \"from\" \"{value}\"", require: "\"envelope\"", envelope: new SieveEnvelope { From = path, To = "a@b" }).ShouldBe(holds);

    // A field without an address has a text all the same, but nobody who could be counted
    [Fact]
    public void AFieldWithoutAddresses()
    {
        const string message = "Resent-To:\nCc: nonsense\n\n";
        Holds("address :all \"resent-to\" \"\"", message).ShouldBeTrue();
        Holds("address :localpart \"resent-to\" \"\"", message).ShouldBeFalse();
        Holds("address :all \"cc\" \"nonsense\"", message).ShouldBeTrue();
        Holds("address :count \"eq\" \"resent-to\" \"0\"", message, "\"relational\"").ShouldBeTrue();
        Holds("address :all \"bcc\" \"\"", message).ShouldBeFalse();
    }

    // Flags go on from one script of a sequence to the next, variables do not
    [Fact]
    public void ASequenceHasItsFlagsTogether()
    {
        var first = Script("require [\"imap4flags\", \"variables\"]; setflag [\"\\\\answered\", \"$label1\"]; set \"a\" \"x\";");
        var second = Script("require [\"imap4flags\", \"fileinto\", \"variables\"]; if hasflag \"$LABEL1\" { fileinto \"folder${a}\"; }");
        var input = Input("keep;", MessageA);
        Show(Run(input with { Scripts = [new("first", first), new("second", second)] })).ShouldBe("fileinto folder [\\Answered $label1]");
        Show(Run(input with { Scripts = [new("first", first), new("third", Script("# nothing"))] })).ShouldBe("(keep [\\Answered $label1])");
    }

    // What a modifier has quoted is not cut inside a quote
    [Theory]
    [InlineData(":encodeurl", "%", "%25", 99)]
    [InlineData(":encodeurl", "a%", "a%25", 100)]
    [InlineData(":encodeurl", "\u00FC", "%C3%BC", 96)]
    [InlineData(":encodeurl", "\u4E03", "%E4%B8%83", 99)]
    [InlineData(":encodeurl", "\U0001F600", "%F0%9F%98%80", 96)]
    [InlineData(":quotewildcard", "*", "\\*", 100)]
    [InlineData(":quotewildcard", "a*", "a\\*", 100)]
    [InlineData(":quoteregex", "a.", "a\\.", 100)]
    public void QuotedTextIsCutBetweenCharacters(string modifier, string unit, string quoted, int length)
    {
        var input = Input(
            $"require [\"variables\", \"enotify\", \"regex\", \"vnd.dovecot.debug\"]; set {modifier} \"a\" \"{string.Concat(Enumerable.Repeat(unit, 100))}\"; debug_log \"${{a}}\";", MessageA);
        var log = Run(input with { Limits = new SieveLimits { MaxVariableSize = 100 } }).DebugLog.ShouldHaveSingleItem();
        log.Length.ShouldBe(length);
        string.Concat(Enumerable.Repeat(quoted, 100)).ShouldStartWith(log);
    }

    // Text as people read it
    [Theory]
    [InlineData("text/html", "", "<p>some <b>te</b>xt &amp; more</p>", true)]
    [InlineData("application/xhtml+xml", "", "<p>some <b>te</b>xt &amp; more</p>", true)]
    [InlineData("text/plain", "", "<p>some text & more</p>", true)]
    [InlineData("application/json", "", "some text & more", false)]
    [InlineData("text/plain", "multipart/related", "some text & more", false)]
    public void BodyText(string type, string encoding, string body, bool holds) => Holds(
        "body :text :contains \"some text & more\"",
        $"Content-Type: {type}\n{(encoding.Length == 0 ? "" : $"Content-Transfer-Encoding: {encoding}\n")}\n{body}\n",
        "\"body\"").ShouldBe(holds);

    [Fact]
    public void ExtractedTextHasNoMarks() => Run(
        """
        require ["foreverypart", "extracttext", "variables", "vnd.dovecot.debug"];
        foreverypart { extracttext "a"; debug_log "${a}"; }
        """,
        "Content-Type: text/html\n\n<html><body>A piece of <i>HTML</i> text.</body></html>\n").DebugLog.ShouldBe(["A piece of HTML text."]);

    // Changes to the header change the size
    [Theory]
    [InlineData("addheader \"X\" \"0123456789\";", 100, true)]
    [InlineData("deleteheader \"Subject\";", 100, false)]
    public void SizesOfChangedMessages(string change, int size, bool isOver)
    {
        var message = "Subject: x\r\n\r\n" + new string('b', size - 14);
        Run($"require [\"editheader\", \"vnd.dovecot.debug\"]; {change} if size :over {size} {{ debug_log \"over\"; }} elsif size :under {size} {{ debug_log \"under\"; }}", message)
            .DebugLog.ShouldBe([isOver ? "over" : "under"]);
    }

    [Fact]
    public void AFieldHasALongestValue() => Run(Input("require \"editheader\"; addheader \"X\" \"" + new string('x', 2_000) + "\";", MessageA) with
    {
        Limits = new SieveLimits { MaxHeaderValue = 1_000 },
    }).Error!.Message.ShouldBe("addheader: The value is longer than 1000 characters");

    // One mistake is told once
    [Theory]
    [InlineData("$$$ keep;", "line 1, column 1: error: This is no part of the language outside of strings and comments: found \"$$$\"")]
    [InlineData("if true { keep; } else if false { stop; }", "line 1, column 24: error: 'else if' is written as one word: expected 'elsif' instead of 'else if', found 'if'")]
    [InlineData("if header :nothing \"x\" \"a\" \"b\" { stop; }", "line 1, column 11: error: The test 'header' has no tag ':nothing'")]
    [InlineData("redirect :nothing \"x\";", "line 1, column 10: error: The command 'redirect' has no tag ':nothing'")]
    public void OneMistakeOneMessage(string script, string message) => Errors(script).ShouldBe(message);

    // The octets of a whole message never matter to what the compiler says
    [Fact]
    public void AScriptOfAMegabyteOfUnknownCharactersIsOneMistake() =>
        SieveCompiler.Compile(Encoding.ASCII.GetBytes(new string('$', 1_000_000))).Diagnostics.ShouldHaveSingleItem().Line.ShouldBe(1);
}
