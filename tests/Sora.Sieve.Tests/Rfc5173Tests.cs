using static Sora.Sieve.Tests.Scripts;

namespace Sora.Sieve.Tests;

/// <summary>The examples of RFC 5173 (body) with the results that it gives.</summary>
public sealed class Rfc5173Tests
{
    private const string Mixed = """
        From: a@example.com
        Content-Type: multipart/mixed; boundary=outer

        The prologue.

        --outer
        Content-Type: text/plain

        The launch coordinates.
        --outer
        Content-Type: application/octet-stream
        Content-Transfer-Encoding: base64

        bWlzc2lsZQ==
        --outer--

        The epilogue.

        """;

    private const string Music = """
        Content-Type: multipart/mixed; boundary=b

        --b
        Content-Type: audio/mp3
        Content-Transfer-Encoding: base64

        AAAA
        --b--

        """;

    [Theory]
    [InlineData("Subject: x\n\nYou can MAKE MONEY FAST today.\n", "discard")]
    [InlineData("Subject: MAKE MONEY FAST\n\nNot in the body.\n", "(keep)")]
    public void Raw_5_1(string message, string outcome) => Outcome(
        """
        require "body";

        # This will match a message containing the literal text
        # "MAKE MONEY FAST" in body parts (ignoring any
        # content-transfer-encodings) or MIME headers other than
        # the outermost RFC 2822 header.

        if body :raw :contains "MAKE MONEY FAST" {
                discard;
        }
        """,
        message).ShouldBe(outcome);

    [Theory]
    [InlineData(Mixed, "fileinto secrets")]
    [InlineData("Subject: x\n\nno secrets\n", "(keep)")]
    [InlineData("Subject: x\nContent-Type: application/x\n\nmissile\n", "(keep)")]
    public void ContentText_5_2(string message, string outcome) => Outcome(
        """
        require ["body", "fileinto"];

        # Save any message with any text MIME part that contains the
        # words "missile" or "coordinates" in the "secrets" folder.

        if body :content "text" :contains ["missile", "coordinates"] {
                fileinto "secrets";
        }

        # Save any message with an audio/mp3 MIME part in
        # the "jukebox" folder.

        if body :content "audio/mp3" :contains "" {
                fileinto "jukebox";
        }
        """,
        message).ShouldBe(outcome);

    [Fact]
    public void ContentOfAType_5_2() => Outcome(
        "require [\"body\", \"fileinto\"]; if body :content \"audio/mp3\" :contains \"\" { fileinto \"jukebox\"; }", Music).ShouldBe("fileinto jukebox");

    // "only the prologue and epilogue sections of the part will be searched for the key strings, treating the entire prologue and the entire epilogue as separate strings"
    [Theory]
    [InlineData("The prologue", true)]
    [InlineData("The epilogue", true)]
    [InlineData("coordinates", false)]
    [InlineData("--outer", false)]
    public void Multipart_5_2(string key, bool holds) => Holds($"body :content \"multipart\" :contains \"{key}\"", Mixed, "\"body\"").ShouldBe(holds);

    // "only the header of the nested message will be searched for the key strings, treating the header as a single string"
    [Fact]
    public void NestedMessage_5_2()
    {
        const string message = "Content-Type: message/rfc822\n\nSubject: inner\nTo: c@example.com\n\nThe inner body\n";
        Holds("body :content \"message/rfc822\" :is \"Subject: inner\r\nTo: c@example.com\r\n\"", message, "\"body\"").ShouldBeTrue();
        Holds("body :content \"message/rfc822\" :contains \"inner body\"", message, "\"body\"").ShouldBeFalse();
        Holds("body :content \"text\" :contains \"inner body\"", message, "\"body\"").ShouldBeTrue();
    }

    [Theory]
    [InlineData("Subject: x\n\nAbout the project schedule.\n", "fileinto project/schedule")]
    [InlineData("Subject: x\nContent-Type: text/html\n\n<p>the project <b>schedule</b></p>\n", "fileinto project/schedule")]
    [InlineData("Subject: project schedule\n\nnothing\n", "(keep)")]
    public void Text_5_3(string message, string outcome) => Outcome(
        """
        require ["body", "fileinto"];

        # Save messages mentioning the project schedule in the
        # project/schedule folder.
        if body :text :contains "project schedule" {
                fileinto "project/schedule";
        }
        """,
        message).ShouldBe(outcome);

    [Fact]
    public void AMessageWithoutABodyHasNothingToMatch_4() => Holds("body :raw :contains \"\"", "Subject: x\n", "\"body\"").ShouldBeFalse();

    [Fact]
    public void WildcardsAreNoMatchVariables_6() => Outcome(
        """
        require ["body", "variables", "fileinto"];
        if string :matches "before" "*" { }
        if body :raw :matches "*schedule*" { fileinto "${1}"; }
        """,
        "Subject: x\n\nthe schedule is\n").ShouldBe("fileinto before");
}
