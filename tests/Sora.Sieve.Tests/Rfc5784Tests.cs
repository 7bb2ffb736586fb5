using System.Text;
using System.Xml.Linq;
using static Sora.Sieve.Tests.Scripts;

namespace Sora.Sieve.Tests;

/// <summary>
/// The examples of RFC 5784 (Sieve in XML). The XML is a format of editors, which the server neither reads nor writes: a converter of the test turns it into scripts, with
/// the structured comments of section 4.2, and they run with the result that the same scripts have in plain Sieve.
/// </summary>
public sealed class Rfc5784Tests
{
    private const string Extended =
        """
        <control name="require"><str>fileinto</str></control>
        <comment>
        Handle messages from known mailing lists.
        Move messages from IETF filter discussion list to filter mailbox.
        </comment>
        <control name="if">
          <test name="header">
            <tag>is</tag> <str>Sender</str> <str>owner-ietf-mta-filters@imc.org</str>
          </test>
          <action name="fileinto"><str>filter</str></action>
          <postamble><comment>move to "filter" mailbox</comment></postamble>
        </control>
        <comment>Keep all messages to or from people in my company.</comment>
        <control name="elsif">
          <test name="address">
            <tag>domain</tag> <tag>is</tag>
            <list> <str>From</str> <str>To</str> </list>
            <str>example.com</str>
          </test>
          <action name="keep"/>
        </control>
        <comment>
        Try and catch unsolicited email. If a message is not to me,
        or it contains a subject known to be spam, file it away.
        </comment>
        <control name="elsif">
          <test name="anyof">
            <test name="not">
              <test name="address">
                <tag>all</tag> <tag>contains</tag>
                <list> <str>To</str> <str>Cc</str> <str>Bcc</str> </list>
                <str>me@example.com</str>
              </test>
            </test>
            <test name="header">
              <tag>matches</tag> <str>subject</str>
              <list> <str>*make*money*fast*</str> <str>*university*dipl*mas*</str> </list>
            </test>
          </test>
          <action name="fileinto"><str>spam</str></action>
        </control>
        <control name="else">
          <preamble>
            <comment>Move all other (non-company) mail to "personal" mailbox.</comment>
          </preamble>
          <action name="fileinto"><str>personal</str></action>
        </control>
        """;

    private const string Interpretation =
        """
        If the email header "Sender" is owner-ietf-mta-filters@imc.org,
        then file it into the "filter" folder.

        Otherwise, if the address in the "From" or "To" has a domain
        that is "example.com", then keep it.

        Otherwise, messages meeting with any of these conditions:

          (1) None of the addresses in "To", "Cc", or "Bcc" contain
              the domain "example.com".

          (2) The "Subject" field matches the pattern *make*money*fast*
              or *university*dipl*mas*, then file it into the "spam" folder.

        If all else fails, then file the message in the "personal" folder.
        """;

    // The text of appendix A in plain Sieve
    private const string Blocks =
        """
        require "fileinto";
        /* [* name="File filter list mail" order="1"
              group="FILE_TO_FOLDER" enable="true" */
        if header :is "Sender" "owner-ietf-mta-filters@imc.org"
        {
          fileinto "filter";
        }
        /* *] */
        /* [* name="Keep all company mail" order="2"
              group="KEEP_MESSAGE" enable="true" */
        elsif address :domain :is [ "From", "To" ] "example.com"
        {
          keep;
        }
        /* *] */
        /* [* name="File suspected spam" order="3"
              group="FILE_TO_FOLDER" enable="true" */
        elsif anyof ( not ( address :all :contains [ "To", "Cc", "Bcc" ]
                            "me@example.com" ),
                      header :matches "subject" [ "*make*money*fast*",
                                                  "*university*dipl*mas*" ] )
        {
          fileinto "spam";
        }
        /* *] */
        /* [* name="File noncompany mail as personal" order="4"
              group="FILE_TO_FOLDER" enable="true" */
        else
        {
          fileinto "personal";
        }
        /* *] */
        """;

    public static TheoryData<string, string> Messages => new()
    {
        { "Sender: owner-ietf-mta-filters@imc.org\nFrom: a@example.com\n\n", "fileinto filter" },
        { "From: Boss <boss@EXAMPLE.com>\nTo: x@y\n\n", "keep" },
        { "From: a@b\nTo: everyone@c\nSubject: hello\n\n", "fileinto spam" },
        { "From: a@b\nTo: me@example.com.au\nSubject: Make some Money very FAST today\n\n", "fileinto spam" },
        { "From: a@b\nTo: notme@example.community\nSubject: lunch\n\n", "fileinto personal" },
    };

    [Theory]
    [InlineData("<control name=\"stop\"/>", "stop;\n")]
    [InlineData("<control name=\"require\"><str>fileinto</str></control>", "require \"fileinto\";\n")]
    [InlineData("<control name=\"if\"> <test name=\"true\"/><control name=\"stop\"/> </control>", "if true {\nstop;\n}\n")]
    [InlineData("<action name=\"discard\"/>", "discard;\n")]
    [InlineData("<control name=\"require\"><str>fileinto</str></control><action name=\"fileinto\"><str>folder</str></action>", "require \"fileinto\";\nfileinto \"folder\";\n")]
    public void Commands_4(string xml, string script)
    {
        Sieve(xml).ShouldBe(script);
        Errors(script).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("true", true)]
    [InlineData("envelope \"to\" \"me@example.com\"", true)]
    [InlineData("header :is \"from\" \"you@example.com\"", true)]
    [InlineData("anyof (not exists [\"From\", \"Date\"], header :contains \"from\" \"fool@example.edu\")", false)]
    public void Tests_3(string test, bool holds) =>
        Holds(test, "From: you@example.com\nDate: Sat, 28 Nov 2026 12:00:00 +0000\n\n", "\"envelope\"", envelope: new SieveEnvelope { To = "me@example.com" }).ShouldBe(holds);

    [Theory]
    [InlineData("From: a@example.com\n\n", "discard")]
    [InlineData("From: fool@example.edu\nDate: Sat, 28 Nov 2026 12:00:00 +0000\n\n", "discard")]
    [InlineData("From: a@example.com\nDate: Sat, 28 Nov 2026 12:00:00 +0000\n\n", "(keep)")]
    public void NestedBlock_4(string message, string outcome)
    {
        const string Test =
            """
            <test name="anyof">
              <test name="not"><test name="exists"><list><str>From</str><str>Date</str></list></test></test>
              <test name="header"><tag>contains</tag> <str>from</str> <str>fool@example.edu</str></test>
            </test>
            <action name="discard"/>
            """;
        Outcome(Sieve($"<control name=\"if\">{Test}</control>"), message).ShouldBe(outcome);
        Outcome(
            Sieve(
                $"""
                <control name="if">
                  <preamble><comment>Check to see if message should be discarded</comment></preamble>
                  {Test}
                  <postamble><comment>End of discard check</comment></postamble>
                </control>
                """),
            message).ShouldBe(outcome);
    }

    [Theory]
    [MemberData(nameof(Messages))]
    public void ExtendedExample_A(string message, string outcome)
    {
        Outcome(Sieve(Extended), message).ShouldBe(outcome);
        Outcome(Sieve($"<nls:interpretation>{Interpretation}</nls:interpretation>{Extended}"), message).ShouldBe(outcome);
        Outcome(Sieve($"<displaydata><nls-interpretation>{Interpretation}</nls-interpretation></displaydata>{Extended}"), message).ShouldBe(outcome);
        Outcome($"/* [|\n<nls-interpretation>\n{Interpretation}\n</nls-interpretation>\n|] */\n{Sieve(Extended)}", message).ShouldBe(outcome);
    }

    // "not" takes a test, no list of tests (RFC 5228 section 5.8): without its parentheses the script is one
    [Theory]
    [MemberData(nameof(Messages))]
    public void DisplayBlocks_A(string message, string outcome)
    {
        Errors(Blocks).ShouldStartWith("line 18, column 21: error: The test 'not' takes one test without parentheses");
        Outcome(Blocks.Replace("not (", "not", StringComparison.Ordinal).Replace("\"me@example.com\" )", "\"me@example.com\"", StringComparison.Ordinal), message).ShouldBe(outcome);

        var xml = $"<displayblock name=\"All\" order=\"1\" enable=\"true\">{Extended}</displayblock>";
        Sieve(xml).ShouldStartWith("/* [* name=\"All\" order=\"1\" enable=\"true\" */\n");
        Outcome(Sieve(xml), message).ShouldBe(outcome);
    }

    private static string Sieve(string xml)
    {
        var root = XElement.Parse($"<sieve xmlns=\"urn:ietf:params:xml:ns:sieve\" xmlns:nls=\"http://example.com/nls\">{xml}</sieve>");
        var script = new StringBuilder();
        foreach (var element in root.Elements())
            Write(script, element);
        return script.ToString();
    }

    private static void Write(StringBuilder script, XElement element)
    {
        switch (element.Name.LocalName)
        {
            case "control" or "action":
                Command(script, element);
                return;
            case "preamble" or "postamble":
                break;
            case "displayblock":
                script.Append("/* [* ").AppendJoin(' ', element.Attributes().Select(static attribute => attribute.ToString())).Append(" */\n");
                break;
            case "displaydata":
                script.Append("/* [|").Append(string.Concat(element.Nodes())).Append("|] */\n");
                return;
            case "comment":
                script.Append("/* ").Append(element.Value).Append(" */\n");
                return;
            default:
                script.Append("/* [/").Append(element).Append("/] */\n");
                return;
        }

        foreach (var inner in element.Elements())
            Write(script, inner);
        if (element.Name.LocalName == "displayblock")
            script.Append("/* *] */\n");
    }

    private static void Command(StringBuilder script, XElement element)
    {
        script.Append(Words(element));
        var block = element.Elements().Where(static inner => inner.Name.LocalName is "control" or "action" or "displayblock" or "preamble" or "postamble").ToList();
        if (block.Count == 0)
        {
            script.Append(";\n");
            return;
        }

        script.Append(" {\n");
        foreach (var inner in block)
            Write(script, inner);
        script.Append("}\n");
    }

    private static string Words(XElement element)
    {
        var words = new List<string> { element.Attribute("name")!.Value };
        words.AddRange(element.Elements().Select(Argument).OfType<string>());
        var tests = element.Elements().Where(static inner => inner.Name.LocalName == "test").Select(Words).ToList();
        if (words[0] is "anyof" or "allof")
            words.Add($"({string.Join(", ", tests)})");
        else
            words.AddRange(tests);
        return string.Join(' ', words);
    }

    private static string? Argument(XElement element) => element.Name.LocalName switch
    {
        "tag" => $":{element.Value}",
        "num" => element.Value,
        "str" => $"\"{element.Value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"",
        "list" => $"[{string.Join(", ", element.Elements().Select(Argument))}]",
        _ => null,
    };
}
