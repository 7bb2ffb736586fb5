using static Sora.Sieve.Tests.Scripts;

namespace Sora.Sieve.Tests;

/// <summary>mime, foreverypart, extracttext (RFC 5703), with its examples.</summary>
public sealed class MimeTests
{
    private const string Require = "require [\"mime\", \"foreverypart\", \"extracttext\", \"variables\", \"fileinto\", \"relational\", \"comparator-i;ascii-numeric\"];\n";

    private const string Mixed = """
        From: boss@example.org
        Subject: plans
        MIME-Version: 1.0
        Content-From: tim@example.com
        Content-Type: multipart/mixed; boundary="b1"

        --b1
        Content-Type: text/plain; charset=iso-8859-1
        Content-Transfer-Encoding: quoted-printable

        Gr=FC=DFe aus M=FCnchen
        --b1
        Content-Type: application/pdf; name*=utf-8''r%C3%A9sum%C3%A9.pdf
        Content-Disposition: attachment; filename="important stuff.pdf"
        Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==

        pdf
        --b1
        Content-Type: message/rfc822

        From: inner@example.net
        Subject: inner
        Content-Type: text/html

        <b>inner</b>
        --b1--

        """;

    // RFC 5703 sections 4.1 to 4.3
    [Theory]
    [InlineData("header :mime :type \"Content-Type\" \"image\"", false)]
    [InlineData("header :mime :type \"Content-Type\" \"multipart\"", true)]
    [InlineData("header :mime :subtype \"Content-Type\" \"mixed\"", true)]
    [InlineData("header :mime :contenttype \"Content-Type\" \"text/html\"", false)]
    [InlineData("header :mime :anychild :contenttype \"Content-Type\" \"text/html\"", true)]
    [InlineData("header :mime :anychild :contenttype \"Content-Disposition\" \"attachment\"", true)]
    [InlineData("header :mime :anychild :type \"Content-Disposition\" \"attachment\"", true)]
    [InlineData("header :mime :anychild :subtype \"Content-Disposition\" \"\"", true)]
    [InlineData("header :mime :anychild :type \"Content-MD5\" \"\"", true)]
    [InlineData("header :mime :anychild :param \"filename\" :contains \"Content-Disposition\" \"important\"", true)]
    [InlineData("header :mime :anychild :param [\"x\", \"name\"] \"Content-Type\" \"r\u00E9sum\u00E9.pdf\"", true)]
    [InlineData("header :mime :param \"filename\" :contains \"Content-Disposition\" \"\"", false)]
    [InlineData("header :mime :anychild :contains \"Content-Type\" \"pdf\"", true)]
    [InlineData("header :contains \"Content-Type\" \"pdf\"", false)]
    [InlineData("header :mime :anychild :count \"eq\" :comparator \"i;ascii-numeric\" :type \"Content-Type\" \"5\"", true)]
    [InlineData("header :mime :anychild :count \"eq\" :comparator \"i;ascii-numeric\" :param \"filename\" [\"Content-Type\", \"Content-Disposition\"] \"1\"", true)]
    [InlineData("address :mime :is :all \"content-from\" \"tim@example.com\"", true)]
    [InlineData("address :mime :anychild \"from\" \"inner@example.net\"", true)]
    [InlineData("address :mime \"from\" \"inner@example.net\"", false)]
    [InlineData("exists :mime :anychild \"content-md5\"", true)]
    [InlineData("exists :mime \"content-md5\"", false)]
    [InlineData("exists \"content-md5\"", false)]
    public void Tests(string test, bool holds) => Holds(test, Mixed, "[\"mime\", \"relational\", \"comparator-i;ascii-numeric\"]").ShouldBe(holds);

    [Theory]
    [InlineData("header :anychild \"a\" \"b\"", "only stands with ':mime'")]
    [InlineData("header :type \"a\" \"b\"", "only stands with ':mime'")]
    [InlineData("header :mime :type :subtype \"a\" \"b\"", "exclude each other")]
    [InlineData("address :mime :type \"from\" \"b\"", "has no tag ':type'")]
    public void Mistakes(string test, string message) => Errors($"require \"mime\"; if {test} {{ stop; }}").ShouldContain(message);

    // RFC 5703 section 4.1, third example; a size is a number
    [Fact]
    public void ALoopFindsThePart() => Outcome(
        Require +
        """
        foreverypart
        {
            if allof (
              header :mime :param "filename" :contains
                 "Content-Disposition" "important",
              header :mime :subtype "Content-Type" "pdf",
              size :over 100)
            {
                fileinto "INBOX.important";
                break;
            }
        }
        """,
        Mixed).ShouldBe("fileinto INBOX.important");

    [Fact]
    public void PartsComeDepthFirst() => Outcome(
        Require + "foreverypart { if header :mime :contenttype :matches \"Content-Type\" \"*\" { set \"all\" \"${all}|${1}\"; } }\nfileinto \"x${all}\";",
        Mixed).ShouldBe("fileinto x|multipart/mixed|text/plain|application/pdf|message/rfc822|text/html");

    [Fact]
    public void NestedLoopsGoThroughWhatIsInside() => Outcome(
        Require +
        """
        foreverypart {
            if header :mime :type "Content-Type" "message" {
                foreverypart :name "in" { if header :mime :matches "Subject" "*" { set "s" "${1}"; } }
            }
        }
        fileinto "x ${s}";
        """,
        Mixed).ShouldBe("fileinto x inner");

    [Fact]
    public void BreakLeavesTheLoopOfThatName()
    {
        const string script =
            """
            foreverypart :name "outer" {
                set "n" "${n}o";
                foreverypart :name "inner" {
                    set "n" "${n}i";
                    break BREAK;
                }
            }
            fileinto "x${n}";
            """;
        Outcome(Require + script.Replace("BREAK", ":name \"outer\"", StringComparison.Ordinal), Mixed).ShouldBe("fileinto xoi");
        Outcome(Require + script.Replace("BREAK", ":name \"inner\"", StringComparison.Ordinal), Mixed).ShouldBe("fileinto xoioooio");
        Outcome(Require + script.Replace(" BREAK", "", StringComparison.Ordinal), Mixed).ShouldBe("fileinto xoioooio");
    }

    [Theory]
    [InlineData("break;", "only stands inside")]
    [InlineData("foreverypart { break :name \"x\"; }", "no loop \"x\"")]
    [InlineData("foreverypart :name \"\" { }", "The name of a loop")]
    [InlineData("foreverypart;", "takes a block")]
    [InlineData("extracttext \"x\";", "only stands inside 'foreverypart'")]
    [InlineData("foreverypart{foreverypart{foreverypart{foreverypart{foreverypart{foreverypart{}}}}}}", "deeper than 5")]
    public void LoopMistakes(string script, string message) => Errors(Require + script).ShouldContain(message);

    // RFC 5703 section 9.3
    [Fact]
    public void ExtractText() => Outcome(
        Require +
        """
        if header :contains "from" "boss@example.org"
        {
          # :matches is used to get the value of the Subject header
          if header :matches "Subject" "*"
          {
            set "subject" "${1}";
          }

          # extract the first 100 characters of the first text/* part
          foreverypart
          {
            if header :mime :type :is "Content-Type" "text"
            {
              extracttext :first 100 "msgcontent";
              break;
            }
          }
          fileinto "${subject}: ${msgcontent}";
        }
        """,
        Mixed).ShouldBe("fileinto plans: Gr\u00FC\u00DFe aus M\u00FCnchen");

    [Theory]
    [InlineData("extracttext :first 3 \"t\";", "Gr\u00FC")]
    [InlineData("extracttext :upper :first 5 \"t\";", "GR\u00FC\u00DFE")]
    [InlineData("extracttext :length \"t\";", "17")]
    public void ExtractTextModifiers(string command, string value) => Outcome(
        Require + "foreverypart { if header :mime :subtype \"Content-Type\" \"plain\" { " + command + " } }\nfileinto \"x${t}\";", Mixed).ShouldBe($"fileinto x{value}");

    [Fact]
    public void AMessageWithoutPartsIsOnePart() => Outcome(
        Require + "foreverypart { extracttext \"t\"; set \"n\" \"${n}x\"; foreverypart { set \"n\" \"${n}y\"; } }\nfileinto \"${n} ${t}\";", "Subject: s\n\nbody").ShouldBe("fileinto x body");
}
