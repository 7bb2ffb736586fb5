using System.Text;
using Sora.Mime;
using static Sora.Sieve.Tests.Scripts;

namespace Sora.Sieve.Tests;

/// <summary>replace and enclose (RFC 5703 sections 5 and 6); the examples of section 9 are in <see cref="Rfc5703Tests"/>.</summary>
public sealed class ReplaceTests
{
    private const string WithProgram = """
        From: a@b.example
        To: c@d.example
        Subject: a program
        MIME-Version: 1.0
        Content-Type: multipart/mixed; boundary=b1

        prologue
        --b1

        first
        --b1
        Content-Type: application/octet-stream
        Content-Disposition: attachment; filename=run.com

        MZ
        --b1
        Content-Type: text/plain

        last
        --b1--
        epilogue

        """;

    [Fact]
    public void TheWholeMessageIsReplaced()
    {
        var result = Run("require [\"replace\", \"fileinto\", \"body\"]; replace :subject \"N\u00E9w\" :from \"new@b.example\" \"gone\"; if body :is \"gone\" { fileinto \"seen\"; }", WithProgram);
        Show(result).ShouldBe("ReplaceAction; fileinto seen");
        var bytes = Bytes(result.Actions[1].Message!);
        var text = Encoding.ASCII.GetString(bytes);
        text.ShouldContain("Original-Subject: a program\r\n");
        text.ShouldContain("Original-From: a@b.example\r\n");
        text.ShouldContain("To: c@d.example\r\n");
        text.ShouldNotContain("multipart");
        var message = MimeReader.Parse(bytes);
        EncodedWord.Decode(message.Envelope.Subject!).ShouldBe("N\u00E9w");
        Encoding.ASCII.GetString(message.Envelope.From.ShouldHaveSingleItem().Mailbox!).ShouldBe("new");
        Content(bytes, message.Root).ShouldBe("gone");
    }

    // RFC 5703 section 5: encoded words "if and only if non-ASCII characters are present"; RFC 2047 section 5: none in an address
    [Theory]
    [InlineData(":subject \"=?utf-8?q?t=C3=A4?= b\"", "Subject: =?utf-8?q?t=C3=A4?= b")]
    [InlineData(":subject \"t\u00E4\"", "Subject: =?UTF-8?B?dMOk?=")]
    [InlineData(":from \"J\u00FCrgen <j@x.example>\"", "From: =?UTF-8?B?SsO8cmdlbg==?= <j@x.example>")]
    [InlineData(":from \"=?utf-8?q?t=C3=A4?= <j@x.example>, k@y.example\"", "From: =?UTF-8?B?dMOk?= <j@x.example>,\r\n k@y.example")]
    [InlineData(":subject \"new\"", "Original-Subject: =?utf-8?q?old?=\r\n and long")]
    [InlineData(":from \"a@b.example\"", "Original-From: =?utf-8?q?J?= <j@x.example>")]
    public void NewFieldsAreEncodedWhereTheyMustAndOldOnesStayAsTheyWere(string arguments, string field)
    {
        var result = Run($"require \"replace\"; replace {arguments} \"gone\";", "From: =?utf-8?q?J?= <j@x.example>\nSubject: =?utf-8?q?old?=\n and long\n\nx\n");
        Encoding.ASCII.GetString(Bytes(result.KeepMessage!)).ShouldContain($"{field}\r\n");
    }

    [Fact]
    public void AMimeEntityBringsItsHeader()
    {
        var result = Run("require \"replace\"; replace :mime \"Content-Type: text/html\r\nX-Ignored: y\r\n\r\n<b>x</b>\";", WithProgram);
        var message = MimeReader.Parse(Bytes(result.KeepMessage!));
        message.Root.Is("text", "html").ShouldBeTrue();
        Content(Bytes(result.KeepMessage!), message.Root).ShouldBe("<b>x</b>");
        Encoding.ASCII.GetString(message.Envelope.Subject!).ShouldBe("a program");
    }

    [Fact]
    public void AReplacedMultipartHasNoPartsAnyMore() => Outcome(
        """
        require ["foreverypart", "mime", "replace", "variables", "fileinto"];
        foreverypart { set "n" "${n}x"; if header :mime :type "Content-Type" "multipart" { replace "gone"; } }
        foreverypart { set "m" "${m}y"; }
        fileinto "${n}${m}";
        """,
        WithProgram).ShouldBe("ReplaceAction; fileinto xy");

    [Fact]
    public void ARedirectedMessageIsNotEnclosed()
    {
        var result = Run("require [\"enclose\", \"editheader\"]; addheader \"X\" \"y\"; enclose \"t\"; redirect \"a@b\"; keep;", WithProgram);
        Encoding.ASCII.GetString(result.Actions.OfType<RedirectAction>().Single().Message!.Header.Span).ShouldStartWith("X: y\r\nFrom: a@b.example");
        Encoding.ASCII.GetString(result.Actions.OfType<KeepAction>().Single().Message!.Header.Span).ShouldContain("multipart/mixed");
    }

    [Fact]
    public void EnclosingTwiceIsEnclosingTwice()
    {
        var result = Run("require \"enclose\"; enclose :headers [\"To\", \"Date\"] \"one\"; enclose \"two\";", WithProgram);
        var message = MimeReader.Parse(Bytes(result.KeepMessage!));
        message.Root.Children[1].Message!.Children[1].Message!.Children.Count.ShouldBe(3);
    }

    [Fact]
    public void WhatIsMadeIsLimited()
    {
        var limits = new SieveLimits { MaxNewMessageSize = 500 };
        Show(Run(Input("require \"enclose\"; enclose \"x\";", WithProgram + new string('x', 500)) with { Limits = limits })).ShouldContain("larger than 500 bytes");
        Show(Run(Input($"require \"replace\"; replace \"{new string('x', 600)}\";", WithProgram) with { Limits = limits })).ShouldContain("larger than 500 bytes");
    }

    [Theory]
    [InlineData("replace :mime :subject \"x\" \"y\";", "':mime' brings the header")]
    [InlineData("replace :from \"x\" \"y\";", "no address")]
    public void Mistakes(string script, string message) => Errors($"require \"replace\"; {script}").ShouldContain(message);

    // "If the MIME structure is altered, the change takes effect immediately" (RFC 5703 section 5)
    [Theory]
    [InlineData("replace \"new text\"; if header :mime :type \"Content-Type\" \"text\" { debug_log \"text\"; }", "text")]
    [InlineData("replace \"new text\"; extracttext \"t\"; debug_log \"${t}\";", "new text")]
    [InlineData("replace \"one\"; replace \"two\"; extracttext \"t\"; debug_log \"${t}\";", "two")]
    [InlineData("replace :mime \"Content-Type: text/html\r\nX: y\r\n\r\n<b>z</b>\"; if header :mime \"X\" \"y\" { extracttext \"t\"; debug_log \"${t}\"; }", "z")]
    [InlineData("replace \"a\"; if body :text :contains \"a\" { debug_log \"body\"; } if body :raw :contains \"MZ\" { debug_log \"MZ\"; }", "body")]
    [InlineData("replace \"a\"; foreverypart { debug_log \"inside\"; } debug_log \"out\";", "out")]
    [InlineData("replace :mime \"Content-Type: multipart/mixed; boundary=n\r\n\r\n--n\r\n\r\n1\r\n--n\r\n\r\n2\r\n--n--\r\n\"; foreverypart { extracttext \"t\"; debug_log \"${t}\"; }", "1|2")]
    [InlineData("addheader \"Y\" \"z\"; replace \"a\"; if header \"Y\" \"z\" { debug_log \"z\"; }", "z")]
    public void TestsSeeWhatWasReplacedAtOnce(string commands, string log) => string.Join('|', Run(
        $"require [\"foreverypart\", \"mime\", \"replace\", \"extracttext\", \"variables\", \"body\", \"editheader\", \"vnd.dovecot.debug\"];\nforeverypart {{ if header :mime :subtype \"Content-Type\" \"octet-stream\" {{ {commands} }} }}",
        WithProgram).DebugLog).ShouldBe(log);

    // The loops around go on with what is there
    [Theory]
    [InlineData("if header :mime :type \"Content-Type\" \"application\" { replace \"R\"; }", "first|R|last")]
    [InlineData("if header :mime :type \"Content-Type\" \"multipart\" { replace \"R\"; }", "R")]
    [InlineData("foreverypart { replace \"R\"; extracttext \"t\"; debug_log \"${t}\"; }", "R|R|R|R|R|R")]
    [InlineData("foreverypart { if header :mime :type \"Content-Type\" \"application\" { replace \"R\"; break; } }", "first|R|last")]
    [InlineData("if header :mime :type \"Content-Type\" \"application\" { enclose \"E\"; }", "first||last")]
    public void LoopsGoOnWithTheNewMessage(string commands, string log)
    {
        var result = Run(
            $"require [\"foreverypart\", \"mime\", \"replace\", \"enclose\", \"extracttext\", \"variables\", \"vnd.dovecot.debug\"];\nforeverypart {{ {commands} if not header :mime :type \"Content-Type\" \"multipart\" {{ extracttext \"t\"; debug_log \"${{t}}\"; }} }}",
            WithProgram);
        result.Error.ShouldBeNull();
        string.Join('|', result.DebugLog).ShouldBe(log);
    }

    // A loop behind it, and one around it that has a name, go through the new parts
    [Fact]
    public void ABreakOutOfTwoLoopsLeavesTheChangeInPlace() => Run(
        """
        require ["foreverypart", "mime", "replace", "extracttext", "variables", "vnd.dovecot.debug"];
        foreverypart :name "all" {
            foreverypart {
                if header :mime :type "Content-Type" "application" { replace "R"; break :name "all"; }
            }
            debug_log "never";
        }
        foreverypart { extracttext "t"; debug_log "${t}"; }
        """,
        WithProgram).DebugLog.ShouldBe(["", "first", "R", "last"]);

    // What was enclosed is replaced where it is now
    [Fact]
    public void APartOfAnEnclosedMessageIsReplacedInIt()
    {
        var bytes = Bytes(Run(
            "require [\"foreverypart\", \"mime\", \"replace\", \"enclose\"]; foreverypart { if header :mime :type \"Content-Type\" \"application\" { enclose \"E\"; replace \"R\"; } }",
            WithProgram).KeepMessage!);
        var inner = MimeReader.Parse(bytes).Root.Children[1].Message!;
        Content(bytes, inner.Children[0]).ShouldBe("first");
        Content(bytes, inner.Children[1]).ShouldBe("R");
    }

    // A text that holds a boundary of the message cannot end its part before its time
    [Fact]
    public void ABoundaryInTheTextIsEncoded()
    {
        var bytes = Bytes(Run(
            "require [\"foreverypart\", \"mime\", \"replace\"]; foreverypart { if header :mime :type \"Content-Type\" \"application\" { replace \"a\r\n--b1--\r\nb\"; } }",
            WithProgram).KeepMessage!);
        var parts = MimeReader.Parse(bytes).Root.Children;
        parts.Count.ShouldBe(3);
        parts[1].Encoding.ShouldBe("base64");
        Content(bytes, parts[2]).ShouldBe("last");
    }

    // An included script sees the part, or the message where the loop is at it, and what it changes of the message is seen behind it (RFC 6609 section 3.5)
    [Fact]
    public void AnIncludedScriptLoopsThroughTheMessageItself() => Run(
        """
        require ["foreverypart", "include", "vnd.dovecot.debug", "extracttext", "variables"];
        foreverypart { include "a"; extracttext "t"; debug_log "${t}"; }
        """,
        "Subject: s\n\ntext\n",
        new TestHost { Scripts = { ["a"] = "require [\"foreverypart\", \"replace\", \"vnd.dovecot.debug\"]; foreverypart { debug_log \"part\"; } replace \"new\";" } })
        .DebugLog.ShouldBe(["part", "new"]);

    private static byte[] Bytes(SieveNewMessage message) => [.. message.Header.Span, .. message.Body!.Value.Span];

    private static string Content(byte[] message, MimePart part) => Encoding.ASCII.GetString(message.AsSpan((int)part.BodyStart, (int)part.Size));
}
