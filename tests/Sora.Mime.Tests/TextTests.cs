using System.Buffers;
using System.Text;

namespace Sora.Mime.Tests;

public sealed class TextTests
{
    [Theory]
    [InlineData("<p>Hello <b>wor</b>ld</p><p>again</p>", "Hello world\nagain")]
    [InlineData("a<br>b<br/>c", "a\nb\nc")]
    [InlineData("  a \r\n\t b  ", "a b")]
    [InlineData("<style>p { x: '<b>' }</style>a<script>if (a<b) '</p>'</script >b", "ab")]
    [InlineData("<SCRIPT>x</SCRIPT>a", "a")]
    [InlineData("<script>never closed", "")]
    [InlineData("<!-- comment <b> -- > -->a<!DOCTYPE x>b<?php ?>c<!---->d", "abcd")]
    [InlineData("&lt;b&gt; &amp;amp; &copy;2 &#65;&#x42; &eacute; &nbsp;x &unknown; &", "<b> &amp; ©2 AB é x &unknown; &")]
    [InlineData("&#128; &#0; &#xD800; &#99999999999;", "€ \uFFFD \uFFFD \uFFFD")]
    [InlineData("AT&T a && b &amp", "AT&T a && b &")]
    [InlineData("1 < 2 > 3 <", "1 < 2 > 3 <")]
    [InlineData("<img src=x alt=\"a > &quot;b&quot;\" title='t'>c", "a > \"b\" t c")]
    [InlineData("<img alt=plain>c<img alt=>d", "plain c d")]
    [InlineData("<a href=\"x>y\">link</a>", "link")]
    [InlineData("<td>a</td><td>b</td>", "a b")]
    [InlineData("so\u00adft", "soft")]
    [InlineData("<title>T</title><body>B", "T\nB")]
    [InlineData("<p unclosed", "")]
    public void Html(string html, string text) => Extract("Content-Type: text/html; charset=iso-8859-1", html).ShouldBe(text);

    [Theory]
    [InlineData("Content-Type: text/plain; charset=utf-8", "\u00c3\u00a4\r\nb", "ä\nb")]
    [InlineData("Content-Type: text/plain", "\u00c3\u00a4", "ä")]
    [InlineData("Content-Type: text/plain; charset=us-ascii", "\u00e4", "ä")]
    [InlineData("Content-Type: text/plain; charset=x-what", "\u00e4", "ä")]
    [InlineData("Content-Type: text/plain; charset=iso-8859-5", "\u00bf\u00e0", "Пр")]
    [InlineData("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64", "w6Q=", "ä")]
    [InlineData("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable", "=C3=\r\n=A4", "ä")]
    [InlineData("Content-Type: text/html", "<meta charset=\"koi8-r\"><p>\u00f0\u00d2", "Пр")]
    [InlineData("Content-Type: text/html", "<meta http-equiv=x content='text/html; charset=utf-8'>\u00c3\u00a4", "ä")]
    [InlineData("X: y", "a\0b", "ab")]
    [InlineData("X: y", "a\rb\r\rc\r\nd\r", "a\nb\n\nc\nd")]
    [InlineData("Content-Type: text/plain; format=flowed", "a \rb\rc", "a b\nc")]
    [InlineData("Content-Type: text/plain; charset=utf-8", "\u00ff", "\uFFFD")]
    [InlineData("Content-Type: text/plain; format=flowed", "a \r\nb\r\nc", "a b\nc")]
    [InlineData("Content-Type: text/plain; format=flowed; delsp=yes", "a \r\nb", "ab")]
    [InlineData("Content-Type: text/plain; format=flowed", ">a \r\n>b \r\nc", "> a b \nc")]
    [InlineData("Content-Type: text/plain; format=flowed", "a\r\n-- \r\nsig", "a\n-- \nsig")]
    [InlineData("Content-Type: text/plain; format=flowed", "  a\r\n >b", " a\n>b")]
    [InlineData("Content-Type: image/png", "x", "")]
    public void Charsets_and_encodings(string header, string body, string text) => Extract(header, body).ShouldBe(text);

    [Fact]
    public void All_text_parts_and_embedded_messages_in_order()
    {
        string mail = """
            Subject: outer
            Content-Type: multipart/mixed; boundary=b

            --b

            one
            --b
            Content-Type: image/png

            no
            --b
            Content-Type: message/rfc822

            From: "N" <a@b>
            Subject: =?utf-8?Q?in=C3=A4?=
            Content-Type: text/html

            <p>two
            --b
            Content-Type: text/calendar

            three
            --b--
            """;
        Extract(mail, body: null).ShouldBe("one\u001Einä\u001EN\u001Ea@b\u001Etwo\u001Ethree");
    }

    [Fact]
    public async Task Ranges_are_read_only_where_there_is_text_and_only_until_it_is_enough()
    {
        byte[] mail = Mail.Crlf("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: image/png\n\n" + new string('x', 100_000)
            + "\n--b\n\n" + new string('y', 200_000) + "\n--b--\n");
        var root = MimeReader.Parse(mail).Root;
        long read = 0;
        ValueTask<int> Read(long offset, Memory<byte> destination, CancellationToken cancellationToken)
        {
            offset.ShouldBeGreaterThanOrEqualTo(root.Children[1].BodyStart);
            int count = Math.Min(destination.Length, 1000);
            mail.AsMemory((int)offset, count).CopyTo(destination);
            read += count;
            return ValueTask.FromResult(count);
        }

        var output = new ArrayBufferWriter<char>();
        int written = await TextExtractor.ExtractAsync(root, Read, output, 50_000, CancellationToken.None);

        written.ShouldBe(50_000);
        output.WrittenSpan.ToString().ShouldBe(new string('y', 50_000));
        read.ShouldBeLessThan(80_000);
    }

    [Fact]
    public async Task Headers_of_parts_and_embedded_messages_come_with_the_text()
    {
        byte[] mail = Mail.Crlf("Subject: outer\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\nContent-Type: image/png\n\nno\n"
            + "--b\nContent-Type: message/rfc822\n\nX: inner\n\ntwo\n--b--\n");
        ValueTask<int> Read(long offset, Memory<byte> destination, CancellationToken cancellationToken)
        {
            int count = Math.Min(destination.Length, 5);
            mail.AsMemory((int)offset, count).CopyTo(destination);
            return ValueTask.FromResult(count);
        }

        var output = new ArrayBufferWriter<char>();
        var headers = new List<string>();
        await TextExtractor.ExtractAsync(
            MimeReader.Parse(mail).Root,
            Read,
            output,
            (part, header) => headers.Add($"{part.Subtype}|{Encoding.ASCII.GetString(header.Span)}"),
            int.MaxValue,
            CancellationToken.None);

        headers.ShouldBe(["mixed|", "plain|\r\n", "png|Content-Type: image/png\r\n\r\n", "rfc822|Content-Type: message/rfc822\r\n\r\n", "plain|X: inner\r\n\r\n"]);
        output.WrittenSpan.ToString().ShouldBe($"one{TextExtractor.PartEnd}two{TextExtractor.PartEnd}");
    }

    [Fact]
    public void A_limit_never_cuts_a_character_in_two()
    {
        for (int max = 0; max < 8; max++)
        {
            var output = new ArrayBufferWriter<char>();
            byte[] mail = [.. "Content-Type: text/plain; charset=utf-8\r\n\r\n"u8, .. "a😀b😀"u8];
            TextExtractor.Extract(MimeReader.Parse(mail).Root, mail, output, max).ShouldBe(output.WrittenCount);
            output.WrittenCount.ShouldBeLessThanOrEqualTo(max);
            new UTF8Encoding(false, throwOnInvalidBytes: true).GetByteCount(output.WrittenSpan).ShouldBeGreaterThanOrEqualTo(0);
        }
    }

    [Fact]
    public void Html_gives_the_same_text_in_lines_as_character_by_character()
    {
        string[] pieces =
        [
            "a", "word ", " ", "  ", "   ", "\t", "\r\n", "ö", "слово", "語", "😀", "\u00A0", "\u2003", "\u00AD", "\u200B", "<b>", "</b>", "<p class=x>", "<br/>",
            "<img alt=\"a  b\">", "<!-- c -- d -->", "<style> x </style>", "&amp;", "&nbsp;", "&eacute;", "&nothing;", "&", "<", "x<y ", ".", "\u007F",
        ];
        var random = new Random(1);
        for (int round = 0; round < 3_000; round++)
            Extract("Content-Type: text/html; charset=utf-8", string.Concat(Enumerable.Range(0, 30).Select(_ => pieces[random.Next(pieces.Length)])));
    }

    [Fact]
    public void Text_of_a_part_comes_as_a_string_and_its_buffers_serve_the_next_one()
    {
        for (int round = 0; round < 3; round++)
        {
            byte[] mail = Mail.Bytes($"Content-Type: text/html; charset=utf-8\r\n\r\n<p>one {round}</p><p>{new string('x', round * 1000)}");
            var root = MimeReader.Parse(mail).Root;
            using var extractor = new TextExtractor(root, 500);
            extractor.Write(mail.AsSpan((int)root.BodyStart));
            string expected = round == 0 ? "one 0" : $"one {round}\n" + new string('x', 494);
            extractor.CompleteText().ShouldBe(expected);
        }
    }

    private static string Extract(string header, string? body)
    {
        byte[] mail = body is null ? Mail.Crlf(header) : Mail.Bytes($"{header}\r\n\r\n{body}");
        var root = MimeReader.Parse(mail).Root;
        var whole = new ArrayBufferWriter<char>();
        int count = TextExtractor.Extract(root, mail, whole, 10_000);
        count.ShouldBe(whole.WrittenCount);
        if (body is not null && root.IsText)
        {
            var pieces = new ArrayBufferWriter<char>();
            var extractor = new TextExtractor(root, pieces, 10_000);
            for (long i = root.BodyStart; i < root.End; i++)
                extractor.Write(mail.AsSpan((int)i, 1));
            extractor.Complete();
            whole.WrittenSpan.ToString().ShouldBe(pieces.WrittenSpan.ToString() + TextExtractor.PartEnd);
        }
        return whole.WrittenSpan.TrimEnd(['\n', TextExtractor.PartEnd]).ToString();
    }
}
