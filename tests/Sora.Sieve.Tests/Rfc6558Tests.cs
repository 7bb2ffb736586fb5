using System.Text;
using static Sora.Sieve.Tests.Scripts;

namespace Sora.Sieve.Tests;

/// <summary>The examples of RFC 6558 (convert) with the results that it gives where a conversion is not available, and conversions that are.</summary>
public sealed class Rfc6558Tests
{
    private const string Tiff = "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: image/tiff\nContent-Disposition: inline\n\nx\n--b--\n";

    private const string Text = """
        Subject: s
        Content-Type: multipart/mixed; boundary=b

        --b
        Content-Type: text/html; charset=iso-8859-1
        Content-Transfer-Encoding: quoted-printable
        Content-Description: first

        <p>caf=E9 &amp; <b>tea</b></p>
        --b
        Content-Type: text/plain

        a <b> & c
        --b--

        """;

    // "If a "convert" action cannot be completed ... No error condition is raised"
    [Fact]
    public void Example_1() => Outcome("require [\"convert\"]; convert \"image/tiff\" \"image/jpeg\" [\"pix-x=320\",\"pix-y=240\"];", Tiff).ShouldBe("(keep)");

    // The RFC's own text has the test in parentheses, which RFC 5228 has only around lists
    [Fact]
    public void Example_2() => Outcome(
        """
        require ["mime", "fileinto", "convert"];
        if header :mime :anychild :contenttype
                  "Content-Type" "image/tiff"
        {
         if convert "image/tiff" "image/jpeg" ["pix-x=320","pix-y=240"]
         {
          fileinto "INBOX.pics";
         }
        }
        """,
        Tiff).ShouldBe("(keep)");

    // "500K" in quotes is a mistake of the RFC
    [Fact]
    public void Example_3() => Outcome(
        """
        require ["mime", "foreverypart", "fileinto", "convert"];
        foreverypart
        {
          if header :mime :param "filename" :contains
                    "Content-Disposition" "inline"
          {
            if size :over 500K
            {
             convert "image/tiff" "image/jpeg" ["pix-x=640","pix-y=480"];
            } else {
             convert "image/tiff" "image/jpeg" ["pix-x=320","pix-y=240"];
            }
          }
        }
        """,
        Tiff).ShouldBe("(keep)");

    // Without the conversion the message is as it came, and the fourth block finds the part; "redirect" is no extension
    [Theory]
    [InlineData("", "fileinto INBOX.pics; fileinto Tiff")]
    [InlineData("Mobile-Link: x\n", "fileinto INBOX.pics; redirect joe@mobile.example.com; fileinto Tiff")]
    public void Example_4(string header, string outcome) => Outcome(
        """
        require ["mime", "foreverypart", "fileinto", "convert"];

        # The first "if" block will convert all image/tiff body parts
        # to 640x480 jpegs and will file the message
        # into the "INBOX.pics" mailbox as converted at this point.
        if header :mime :anychild :contenttype
                  "Content-Type" "image/tiff"
        {
          convert "image/tiff" "image/jpeg" ["pix-x=640","pix-y=480"];
          fileinto "INBOX.pics";
        }

        foreverypart
        {
          if header :mime :param "filename" :contains
                    "Content-Disposition" "inline"
          {
            convert "image/jpeg" "image/jpeg" ["pix-x=320","pix-y=240"];
          }
        }

        if exists "Mobile-Link"
        {
          redirect "joe@mobile.example.com";
        }

        if header :mime :anychild :contenttype
                  "Content-Type" "image/tiff"
        {
          fileinto "Tiff";
        }
        """,
        header + Tiff).ShouldBe(outcome);

    [Fact]
    public void HtmlBecomesText_2()
    {
        var body = Body("convert \"text/html\" \"text/plain\" [\"charset=utf-8\"];");
        body.ShouldContain("Content-Description: first\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n");
        body.ShouldContain(Convert.ToBase64String("caf\u00E9 & tea"u8.ToArray())[..8]);
        body.ShouldNotContain("<p>");
        body.ShouldContain("a <b> & c");
    }

    [Fact]
    public void TextBecomesHtml_2() => Body("convert \"text/plain\" \"text/html\" \"\";").ShouldContain("<pre>a &lt;b&gt; &amp; c");

    // "any tests done on the message and its parts will test the message after prior conversions"
    [Fact]
    public void TestsSeeTheOutcome_2_1() => Outcome(
        """
        require ["convert", "mime", "fileinto", "body"];
        convert "text/html" "text/plain" "";
        if not header :mime :anychild :contenttype "Content-Type" "text/html" { fileinto "one"; }
        if body :content "text/plain" :contains "tea" { fileinto "two"; }
        """,
        Text).ShouldBe("ConvertAction; fileinto one; fileinto two");

    // "The sequence "convert, fileinto, convert, fileinto" will store two different versions of the message"
    [Fact]
    public void EachActionHasItsOwnMessage_2_1()
    {
        var filed = Run("require [\"convert\", \"fileinto\"]; fileinto \"a\"; convert \"text/html\" \"text/plain\" \"\"; fileinto \"b\";", Text).Actions.OfType<FileIntoAction>().ToList();
        filed[0].Message.ShouldBeNull();
        filed[1].Message.ShouldNotBeNull();
    }

    [Theory]
    [InlineData("convert \"text/html\" \"text/plain\" \"\"", true)]
    [InlineData("convert \"image/png\" \"image/jpeg\" \"\"", true)] // there is no such part
    [InlineData("convert \"text/html\" \"application/pdf\" \"\"", false)]
    [InlineData("convert \"text/html\" \"text/plain\" \"charset=utf-16\"", false)]
    public void TheTest_2_2(string test, bool holds) =>
        Run($"require [\"convert\", \"fileinto\"]; if {test} {{ fileinto \"yes\"; }}", Text).Actions.OfType<FileIntoAction>().Any().ShouldBe(holds);

    // "no partial conversions from a single "convert" action are allowed"
    [Fact]
    public void AllOrNothing_2() => Run("require \"convert\"; convert \"text/plain\" \"text/html\" \"\";",
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nfirst\n--b\nContent-Transfer-Encoding: x-unknown\nContent-Type: text/plain\n\nsecond\n--b--\n").KeepMessage.ShouldBeNull();

    // The part at hand is the converted one from there on
    [Theory]
    [InlineData("", true)]
    [InlineData("convert \"text/html\" \"text/plain\" \"\";", false)]
    [InlineData("convert \"text/plain\" \"text/html\" \"\";", true)]
    public void InALoopOnlyThePartAtHand_2(string second, bool isHtml)
    {
        var body = Encoding.ASCII.GetString(Run(
            $"require [\"convert\", \"foreverypart\", \"mime\"]; foreverypart {{ if header :mime :contains \"Content-Type\" \"plain\" {{ convert \"text/plain\" \"text/html\" \"\"; {second} }} }}",
            Text).KeepMessage!.Body!.Value.Span);
        body.ShouldContain("<p>caf=E9");
        body.Contains("<pre>", StringComparison.Ordinal).ShouldBe(isHtml);
    }

    [Fact]
    public void AMessageOfOnePart() => Run("require \"convert\"; convert \"text/html\" \"text/plain\" \"\";", "Subject: s\nContent-Type: text/html\n\n<i>hello</i>\n")
        .KeepMessage!.ShouldSatisfyAllConditions(
            static message => Encoding.ASCII.GetString(message.Header.Span).ShouldStartWith("Subject: s\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"),
            static message => Encoding.ASCII.GetString(message.Body!.Value.Span).ShouldContain("hello"));

    [Fact]
    public void ParametersHaveAValue_2() => Errors("require \"convert\"; convert \"a/b\" \"c/d\" [\"pix\"];").ShouldContain("\"pix\" is no parameter");

    private static string Body(string script) => Encoding.ASCII.GetString(Run($"require \"convert\"; {script}", Text).KeepMessage!.Body!.Value.Span);
}
