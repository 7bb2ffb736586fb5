using System.Text;
using Sora.Mime;
using static Sora.Sieve.Tests.Scripts;

namespace Sora.Sieve.Tests;

/// <summary>replace and enclose (RFC 5703 sections 5 and 6), with their examples.</summary>
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

    // RFC 5703 section 9.1
    [Fact]
    public void APartIsReplaced()
    {
        var result = Run(
            """
            require [ "foreverypart", "mime", "replace" ];
            foreverypart
            {
              if anyof (
                     header :mime :contenttype :is
                       "Content-Type" "application/exe",
                     header :mime :param "filename"
                       :matches ["Content-Type", "Content-Disposition"] "*.com" )
              {
                replace "Executable attachment removed by user filter";
              }
            }
            """,
            WithProgram);
        result.ImplicitKeep.ShouldBeTrue();
        var bytes = Bytes(result.KeepMessage!);
        var message = MimeReader.Parse(bytes);
        message.Root.Children.Count.ShouldBe(3);
        Content(bytes, message.Root.Children[0]).ShouldBe("first");
        message.Root.Children[1].Is("text", "plain").ShouldBeTrue();
        Content(bytes, message.Root.Children[1]).ShouldBe("Executable attachment removed by user filter");
        Content(bytes, message.Root.Children[2]).ShouldBe("last");
        Encoding.ASCII.GetString(bytes).ShouldNotContain("MZ");
        Encoding.ASCII.GetString(bytes).ShouldContain("epilogue");
    }

    // RFC 5703 section 9.2
    [Fact]
    public void TheMessageIsEnclosed()
    {
        var result = Run(
            """
            require [ "foreverypart", "mime", "enclose" ];

            foreverypart
            {
              if header :mime :param "filename"
                 :matches ["Content-Type", "Content-Disposition"]
                   ["*.com", "*.exe", "*.vbs", "*.scr",
                    "*.pif", "*.hta", "*.bat", "*.zip" ]
              {
                # these attachment types are executable
                enclose :subject "Warning" text:
            WARNING! The enclosed message contains executable attachments.
            .
            ;
                break;
              }
            }
            """,
            WithProgram);
        var bytes = Bytes(result.KeepMessage!);
        var message = MimeReader.Parse(bytes);
        Encoding.ASCII.GetString(message.Envelope.Subject!).ShouldBe("Warning");
        Encoding.ASCII.GetString(message.Envelope.From[0].Mailbox!).ShouldBe("roadrunner");
        Encoding.ASCII.GetString(message.Envelope.Date!).ShouldBe("Sat, 28 Nov 2026 12:30:00 +0000");
        message.Root.Is("multipart", "mixed").ShouldBeTrue();
        Content(bytes, message.Root.Children[0]).ShouldBe("WARNING! The enclosed message contains executable attachments.\r\n");
        message.Root.Children[1].IsMessage.ShouldBeTrue();
        Content(bytes, message.Root.Children[1]).ShouldBe(Encoding.ASCII.GetString(Crlf(WithProgram)));
    }

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

    private static byte[] Bytes(SieveNewMessage message) => [.. message.Header.Span, .. message.Body!.Value.Span];

    private static string Content(byte[] message, MimePart part) => Encoding.ASCII.GetString(message.AsSpan((int)part.BodyStart, (int)part.Size));
}
