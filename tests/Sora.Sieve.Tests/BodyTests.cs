using static Sora.Sieve.Tests.Scripts;

namespace Sora.Sieve.Tests;

/// <summary>body (RFC 5173), with its examples.</summary>
public sealed class BodyTests
{
    // RFC 5173 section 5.2
    private const string Nested = """
        From: Whomever
        To: Someone
        Date: Whenever
        Subject: whatever
        Content-Type: multipart/mixed; boundary=outer

        This is a multi-part message in MIME format.

        --outer
        Content-Type: multipart/alternative; boundary=inner

        This is a nested multi-part message in MIME format.

        --inner
        Content-Type: text/plain; charset="us-ascii"

        Hello

        --inner
        Content-Type: text/html; charset="us-ascii"

        <html><body>Hello</body></html>

        --inner--

        This is the end of the inner MIME multipart.

        --outer
        Content-Type: message/rfc822

        From: Someone Else
        Subject: hello request

        Please say Hello

        --outer--

        This is the end of the outer MIME multipart.

        """;

    [Theory]
    [InlineData(":content \"multipart\" :contains \"MIME\"", true)]
    [InlineData(":content \"multipart\" :contains \"end of the inner\"", true)]
    [InlineData(":content \"multipart\" :contains \"end of the outer\"", true)]
    [InlineData(":content \"multipart\" :contains \"Hello\"", false)]
    [InlineData(":content \"multipart\" :contains \"boundary\"", false)]
    [InlineData(":content \"multipart\" :contains \"--inner\"", false)]
    [InlineData(":content \"multipart/alternative\" :contains \"outer\"", false)]
    [InlineData(":content \"text/plain\" :contains \"Hello\"", true)]
    [InlineData(":content \"text/plain\" :contains \"Please\"", true)]
    [InlineData(":content \"text/plain\" :contains \"html\"", false)]
    [InlineData(":content \"text/html\" :contains \"<body>Hello\"", true)]
    [InlineData(":content \"text\" :contains \"Hello\"", true)]
    [InlineData(":content \"text\" :contains \"request\"", false)]
    [InlineData(":content \"message/rfc822\" :contains \"Hello\"", true)]
    [InlineData(":content \"message/rfc822\" :contains \"Please\"", false)]
    [InlineData(":content \"\" :contains \"\"", true)]
    [InlineData(":content \"audio/mp3\" :contains \"\"", false)]
    [InlineData(":content [\"text/\", \"/plain\", \"text/plain/x\"] :contains \"Hello\"", false)]
    [InlineData(":text :contains \"<body>\"", false)]
    [InlineData(":text :contains \"say Hello\"", true)]
    [InlineData(":raw :contains \"--inner\"", true)]
    [InlineData(":raw :contains \"Whenever\"", false)]
    [InlineData(":raw :matches \"This is*outer MIME multipart.\r\n\"", true)]
    [InlineData(":contains [\"nothing\", \"please\"]", true)]
    public void Transforms(string test, bool holds) => Holds($"body {test}", Nested, "\"body\"").ShouldBe(holds);

    [Theory]
    [InlineData("body :raw :contains \"\"", "Subject: x\n", false)]
    [InlineData("body :raw :is \"\"", "Subject: x\n\n", true)]
    [InlineData("body :text :is \"\"", "Subject: x\n", false)]
    [InlineData("body :text :is \"\"", "Subject: x\n\n", true)]
    public void AMessageWithoutAnEmptyLineHasNoBody(string test, string message, bool holds) => Holds(test, message, "\"body\"").ShouldBe(holds);

    [Theory]
    [InlineData("base64", "R3LDvMOfZQ==", "utf-8")]
    [InlineData("quoted-printable", "Gr=FC=DFe", "iso-8859-1")]
    [InlineData("8bit", "Gr\u00FC\u00DFe", "utf-8")]
    public void PartsAreDecoded(string encoding, string content, string charset)
    {
        var message = $"Content-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: {encoding}\n\n{content}";
        Holds("body :content \"text\" :is \"Gr\u00FC\u00DFe\"", message, "\"body\"").ShouldBeTrue();
        Holds("body :contains \"Gr\u00FC\u00DFe\"", message, "\"body\"").ShouldBeTrue();
        Holds("body :raw :contains \"Gr\u00FC\u00DFe\"", message, "\"body\"").ShouldBe(encoding == "8bit");
    }

    [Fact]
    public void WildcardsSetNoMatchVariables() => Outcome(
        "require [\"body\", \"variables\", \"fileinto\"]; if header :matches \"subject\" \"*\" { } if body :matches \"*\" { fileinto \"${0}\"; }",
        "Subject: s\n\nbody").ShouldBe("fileinto s");

    [Fact]
    public void OnlyTheBeginningOfABigPartIsSeen()
    {
        var input = Input("require \"body\"; if body :contains \"end\" { discard; }", $"Subject: s\n\n{new string('x', 10_000)}end");
        Show(Run(input)).ShouldBe("discard");
        Show(Run(input with { Message = Message($"Subject: s\n\n{new string('x', 10_000)}end"), Limits = new SieveLimits { MaxPartSize = 10_000 } })).ShouldBe("(keep)");
    }

    [Theory]
    [InlineData("body :raw :text \"x\"")]
    [InlineData("body :content \"x\"")]
    [InlineData("body :raw :content \"text\" \"x\"")]
    public void Mistakes(string test) => Errors($"require \"body\"; if {test} {{ stop; }}").ShouldNotBeEmpty();

    // Long texts are searched for all keys at once; i;ascii-casemap knows the 26 letters alone (RFC 4790 section 9.2)
    [Fact]
    public void In_a_long_text_no_other_character_counts_as_a_letter_of_Ascii()
    {
        var others = string.Concat(Enumerable.Range(0x80, 0xD800 - 0x80).Select(static c => $"-{(char)c}-")) + string.Concat(Enumerable.Range(0xE000, 0x2000).Select(static c => $"-{(char)c}-"));
        var message = $"Subject: x\nContent-Type: text/plain; charset=utf-8\n\n{others}\n";
        var keys = string.Join(", ", Enumerable.Range('a', 26).Select(static c => $"\"-{(char)c}-\""));
        Holds($"body :contains [{keys}]", message, "\"body\"").ShouldBeFalse();
        Holds($"body :contains [{keys}]", message + "-Q-\n", "\"body\"").ShouldBeTrue();
    }
}
