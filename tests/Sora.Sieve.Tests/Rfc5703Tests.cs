using System.Text;
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
            $"Subject: s\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nfirst\n--b\n{field}\n\nEVIL\n--b--\n");
        var body = Encoding.ASCII.GetString(result.KeepMessage!.Body!.Value.Span);
        body.ShouldContain("first");
        body.ShouldContain("Executable attachment removed by user filter");
        body.ShouldNotContain("EVIL");
        body.ShouldContain("--b--");
    }

    [Theory]
    [InlineData("a.vbs", true)]
    [InlineData("a.txt", false)]
    public void Enclose_9_2(string name, bool isEnclosed)
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
            $"Subject: s\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Disposition: attachment; filename={name}\n\nx\n--b--\n");
        if (!isEnclosed)
        {
            result.KeepMessage.ShouldBeNull();
            return;
        }

        var header = Encoding.ASCII.GetString(result.KeepMessage!.Header.Span);
        header.ShouldContain("Subject: Warning\r\n");
        header.ShouldContain("Content-Type: multipart/mixed;");
        var body = Encoding.ASCII.GetString(result.KeepMessage.Body!.Value.Span);
        body.ShouldContain("WARNING! The enclosed message contains executable attachments.");
        body.ShouldContain("Content-Type: message/rfc822\r\n\r\nSubject: s\r\n");
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
}
