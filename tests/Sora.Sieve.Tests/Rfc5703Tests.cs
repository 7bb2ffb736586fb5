using System.Text;
using Sora.Mime;
using static Sora.Sieve.Tests.Scripts;

namespace Sora.Sieve.Tests;

/// <summary>The examples of RFC 5703 (mime, foreverypart, replace, enclose, extracttext) with the results that it gives.</summary>
public sealed class Rfc5703Tests
{
    [Theory]
    [InlineData("Content-Type: image/png\n\n", "fileinto INBOX.images")]
    [InlineData("Content-Type: text/plain\n\n", "(keep)")]
    [InlineData("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: image/png\n\n--b--\n", "(keep)")]
    public void HeaderMime_4_1(string message, string outcome) => Outcome(
        """
        require ["mime", "fileinto"];

        if header :mime :type "Content-Type" "image"
        {
            fileinto "INBOX.images";
        }
        """,
        message).ShouldBe(outcome);

    [Theory]
    [InlineData("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html; charset=utf-8\n\n--b--\n", "fileinto INBOX.html")]
    [InlineData("Content-Type: text/html\n\n", "fileinto INBOX.html")]
    [InlineData("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\n--b--\n", "(keep)")]
    public void HeaderMimeAnyChild_4_1(string message, string outcome) => Outcome(
        """
        require ["mime", "fileinto"];

        if header :mime :anychild :contenttype
                  "Content-Type" "text/html"
        {
            fileinto "INBOX.html";
        }
        """,
        message).ShouldBe(outcome);

    [Theory]
    [InlineData("important.pdf", 120_000, "fileinto INBOX.important")]
    [InlineData("boring.pdf", 120_000, "(keep)")]
    [InlineData("important.pdf", 10, "(keep)")]
    public void ALoop_4_1(string name, int size, string outcome) => Outcome(
        """
        require ["mime", "foreverypart", "fileinto"];

        foreverypart
        {
            if allof (
              header :mime :param "filename" :contains
                 "Content-Disposition" "important",
              header :mime :subtype "Content-Type" "pdf",
              size :over 100K)
            {
                fileinto "INBOX.important";
                break;
            }
        }
        """,
        $"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: application/pdf\nContent-Disposition: attachment;\n filename=\"{name}\"\n\n"
        + new string('x', size) + "\n--b--\n").ShouldBe(outcome);

    [Theory]
    [InlineData("Content-From: Tim <tim@example.com>\n\n", "fileinto INBOX.part-from-tim")]
    [InlineData("Content-From: tom@example.com\n\n", "(keep)")]
    public void AddressMime_4_2(string message, string outcome) => Outcome(
        """
        require ["mime", "fileinto"];

        if address :mime :is :all "content-from" "tim@example.com"
        {
            fileinto "INBOX.part-from-tim";
        }
        """,
        message).ShouldBe(outcome);

    [Theory]
    [InlineData("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-MD5: x\n\n--b--\n", "fileinto INBOX.md5")]
    [InlineData("Content-Type: multipart/mixed; boundary=b\n\n--b\n\n--b--\n", "(keep)")]
    public void ExistsMime_4_3(string message, string outcome) => Outcome(
        """
        require ["mime", "fileinto"];

        if exists :mime :anychild "content-md5"
        {
            fileinto "INBOX.md5";
        }
        """,
        message).ShouldBe(outcome);

    [Theory]
    [InlineData("Content-Type: application/exe")]
    [InlineData("Content-Type: application/x; filename=\"a.com\"")]
    [InlineData("Content-Disposition: attachment; filename=run.com")]
    public void Replace_9_1(string field)
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
            $"Subject: s\nContent-Type: multipart/mixed; boundary=b\n\nprologue\n--b\n\nfirst\n--b\n{field}\n\nEVIL\n--b\nContent-Type: text/plain\n\nlast\n--b--\nepilogue\n");
        result.ImplicitKeep.ShouldBeTrue();
        var bytes = Bytes(result.KeepMessage!);
        var message = MimeReader.Parse(bytes);
        message.Root.Children.Count.ShouldBe(3);
        Content(bytes, message.Root.Children[0]).ShouldBe("first");
        message.Root.Children[1].Is("text", "plain").ShouldBeTrue();
        Content(bytes, message.Root.Children[1]).ShouldBe("Executable attachment removed by user filter");
        Content(bytes, message.Root.Children[2]).ShouldBe("last");
        var text = Encoding.ASCII.GetString(bytes);
        text.ShouldNotContain("EVIL");
        text.ShouldEndWith("--b--\r\nepilogue\r\n");
    }

    [Theory]
    [InlineData("a.vbs", true)]
    [InlineData("a.txt", false)]
    public void Enclose_9_2(string name, bool isEnclosed)
    {
        var original = $"Subject: s\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Disposition: attachment; filename={name}\n\nx\n--b--\n";
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
            These attachment types may contain a computer virus program
            that can infect your computer and potentially damage your data.

            Before clicking on these message attachments, you should verify
            with the sender that this message was sent by them and not a
            computer virus.
            .
            ;
                break;
              }
            }
            """,
            original);
        if (!isEnclosed)
        {
            result.KeepMessage.ShouldBeNull();
            return;
        }

        Encoding.ASCII.GetString(result.KeepMessage!.Header.Span).ShouldContain("Subject: Warning\r\n");
        var bytes = Bytes(result.KeepMessage);
        var message = MimeReader.Parse(bytes);
        Encoding.ASCII.GetString(message.Envelope.From[0].Mailbox!).ShouldBe("roadrunner");
        Encoding.ASCII.GetString(message.Envelope.Date!).ShouldBe("Sat, 28 Nov 2026 12:30:00 +0000");
        message.Root.Is("multipart", "mixed").ShouldBeTrue();
        message.Root.Children.Count.ShouldBe(2);
        Content(bytes, message.Root.Children[0]).ShouldStartWith("WARNING! The enclosed message contains executable attachments.\r\nThese attachment");
        message.Root.Children[1].Is("message", "rfc822").ShouldBeTrue();
        message.Root.Children[1].IsMessage.ShouldBeTrue();
        Content(bytes, message.Root.Children[1]).ShouldBe(Encoding.ASCII.GetString(Crlf(original)));
    }

    [Theory]
    [InlineData("lunch", "lunch: " + "0123456789", true)]
    [InlineData("FYI: nothing", "", false)]
    public void ExtractText_9_3(string subject, string start, bool isNotified)
    {
        var notify = Run(
            """
            require ["mime", "variables", "extracttext", "foreverypart", "enotify"];

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

              # if it's not a 'for your information' message
              if not header :contains "subject" "FYI:"
              {
                # do something using ${subject} and ${msgcontent}
                notify :message "${subject}: ${msgcontent}" "mailto:boss@example.org";
              }
            }
            """,
            $"From: boss@example.org\nSubject: {subject}\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: image/png\n\nx\n--b\nContent-Type: text/plain\n\n"
            + string.Concat(Enumerable.Repeat("0123456789", 30)) + "\n--b--\n").Actions.OfType<NotifyAction>().SingleOrDefault();
        (notify is not null).ShouldBe(isNotified);
        if (notify is not null)
        {
            notify.Text.ShouldStartWith(start);
            notify.Text!.Length.ShouldBe("lunch: ".Length + 100);
        }
    }

    private static byte[] Bytes(SieveNewMessage message) => [.. message.Header.Span, .. message.Body!.Value.Span];

    private static string Content(byte[] message, MimePart part) => Encoding.ASCII.GetString(message.AsSpan((int)part.BodyStart, (int)part.Size));
}
