using System.Buffers;
using System.Text;

namespace Sora.Mime.Tests;

/// <summary>The example message of RFC 3501 section 6.4.5, and what surrounds it.</summary>
public sealed class SectionTests
{
    private static readonly byte[] Example = Mail.Crlf("""
        Subject: H0
        Content-Type: multipart/mixed; boundary=b0

        --b0
        Content-Type: text/plain

        B1
        --b0
        Content-Type: application/octet-stream

        B2
        --b0
        Content-Type: message/rfc822

        Subject: H3
        Content-Type: multipart/mixed; boundary=b3

        --b3

        B3.1
        --b3
        Content-Type: application/octet-stream

        B3.2
        --b3--
        --b0
        Content-Type: multipart/mixed; boundary=b4

        --b4
        Content-Type: image/gif

        B4.1
        --b4
        Content-Type: message/rfc822

        Subject: H4.2
        Content-Type: multipart/mixed; boundary=b42

        --b42

        B4.2.1
        --b42
        Content-Type: multipart/alternative; boundary=b422

        --b422

        B4.2.2.1
        --b422
        Content-Type: text/richtext

        B4.2.2.2
        --b422--
        --b42--
        --b4--
        --b0--

        """);

    private static readonly byte[] Plain = Mail.Crlf("Subject: P\n\nplain body\n");

    private static readonly byte[] Wrapped = Mail.Crlf("Subject: W\nContent-Type: message/rfc822\n\nSubject: inner\n\ninner body\n");

    [Theory]
    [InlineData("1", "B1")]
    [InlineData("2", "B2")]
    [InlineData("3", "Subject: H3|")]
    [InlineData("3.HEADER", "Subject: H3|Content-Type: multipart/mixed; boundary=b3||")]
    [InlineData("3.TEXT", "--b3||B3.1|--b3|Content-Type: application/octet-stream||B3.2|--b3--")]
    [InlineData("3.1", "B3.1")]
    [InlineData("3.2", "B3.2")]
    [InlineData("3.2.MIME", "Content-Type: application/octet-stream||")]
    [InlineData("3.MIME", "Content-Type: message/rfc822||")]
    [InlineData("4.1", "B4.1")]
    [InlineData("4.1.MIME", "Content-Type: image/gif||")]
    [InlineData("4.2", "Subject: H4.2|")]
    [InlineData("4.2.HEADER", "Subject: H4.2|Content-Type: multipart/mixed; boundary=b42||")]
    [InlineData("4.2.TEXT", "--b42||B4.2.1|")]
    [InlineData("4.2.1", "B4.2.1")]
    [InlineData("4.2.2.1", "B4.2.2.1")]
    [InlineData("4.2.2.2", "B4.2.2.2")]
    [InlineData("HEADER", "Subject: H0|Content-Type: multipart/mixed; boundary=b0||")]
    [InlineData("TEXT", "--b0|")]
    [InlineData("", "Subject: H0|")]
    [InlineData("5", null)]
    [InlineData("0", null)]
    [InlineData("1.1", null)]
    [InlineData("1.HEADER", null)]
    [InlineData("1.TEXT", null)]
    [InlineData("4.HEADER", null)]
    [InlineData("4.2.2.2.1", null)]
    [InlineData("3.3", null)]
    [InlineData("MIME", null)]
    public void The_example_of_RFC_3501(string section, string? begin) => Check(Example, section, begin);

    [Theory]
    [InlineData("1", "plain body|")]
    [InlineData("1.MIME", "Subject: P||")]
    [InlineData("TEXT", "plain body|")]
    [InlineData("1.1", null)]
    [InlineData("2", null)]
    [InlineData("1.HEADER", null)]
    public void Part_1_of_a_message_without_parts(string section, string? begin) => Check(Plain, section, begin);

    [Theory]
    [InlineData("1", "Subject: inner||inner body|")]
    [InlineData("1.HEADER", "Subject: inner||")]
    [InlineData("1.TEXT", "inner body|")]
    [InlineData("1.1", "inner body|")]
    [InlineData("1.1.MIME", "Subject: inner||")]
    [InlineData("1.2", null)]
    [InlineData("1.1.1", null)]
    public void A_message_that_is_a_message(string section, string? begin) => Check(Wrapped, section, begin);

    [Theory]
    [InlineData("Subject", false, "SUBJECT: a|\r\n")]
    [InlineData("to from", false, "From: x|To: y,|\tz|to:w|\r\n")]
    [InlineData("nothing", false, "\r\n")]
    [InlineData("subject to", true, "From: x|junk line|X-Y : q|\r\n")]
    [InlineData("x-y", false, "X-Y : q|\r\n")]
    public void Header_fields_keep_their_bytes_and_order(string names, bool not, string expected)
    {
        byte[] header = Mail.Crlf("From: x\nTo: y,\n\tz\nSUBJECT: a\njunk line\nto:w\nX-Y : q\n\n");
        var output = new ArrayBufferWriter<byte>();
        HeaderFieldFilter.Write(header, names.Split(' ').Select(Mail.Bytes).ToArray(), not, output);

        Mail.Latin(output.WrittenSpan).ShouldBe(expected.Replace("|", "\r\n"));
    }

    [Fact]
    public void A_last_field_without_line_break_gets_one()
    {
        var output = new ArrayBufferWriter<byte>();
        HeaderFieldFilter.Write("Subject: a"u8, ["Subject"u8.ToArray()], not: false, output);

        Mail.Latin(output.WrittenSpan).ShouldBe("Subject: a\r\n\r\n");
    }

    private static void Check(byte[] mail, string section, string? begin)
    {
        string[] words = section.Split('.', StringSplitOptions.RemoveEmptyEntries);
        int[] path = words.Where(word => char.IsAsciiDigit(word[0])).Select(int.Parse).ToArray();
        var text = words.Length > path.Length ? Enum.Parse<SectionText>(words[^1], ignoreCase: true) : SectionText.None;

        bool found = SectionResolver.TryResolve(MimeReader.Parse(mail).Root, path, text, out long start, out long length);

        found.ShouldBe(begin is not null);
        if (begin is null)
            return;
        string bytes = Encoding.Latin1.GetString(mail.AsSpan((int)start, (int)length));
        string expected = begin.Replace("|", "\r\n");
        if (expected.EndsWith('\n') && words.Length > 0 && words[^1] is "HEADER" or "MIME" || path.Length > 0 && !expected.StartsWith("--") && !expected.StartsWith("Subject"))
            bytes.ShouldBe(expected);
        else
            bytes.ShouldStartWith(expected);
    }
}
