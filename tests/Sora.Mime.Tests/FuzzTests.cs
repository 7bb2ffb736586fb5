using System.Buffers;

namespace Sora.Mime.Tests;

/// <summary>Whatever comes, nothing throws, offsets are right, chunks do not matter and what was stored comes back.</summary>
public sealed class FuzzTests
{
    private static readonly string[] Pieces =
    [
        "--b", "--b--", "--c", "--c--", "--", "-", "\r\n", "\n", "\r", "\r\n\r\n", "\n\n", ":", ";", " ", "\t", "\0", "\"", "(", ")", "<", ">", "@", ",",
        "=?utf-8?Q?=C3?=", "=?utf-8?B?w6Q=?=", "=?", "?=", "\u00ff", "\u00c3\u00a4", "boundary=b", "boundary=\"c\"", "charset=utf-16",
        "Content-Type: multipart/mixed; boundary=b\r\n", "Content-Type: multipart/digest; boundary=c\r\n", "Content-Type: message/rfc822\r\n",
        "Content-Type: text/html\r\n", "Content-Type: text/plain; format=flowed\r\n", "Content-Transfer-Encoding: base64\r\n",
        "Content-Transfer-Encoding: quoted-printable\r\n", "Content-Disposition: attachment; filename*0*=utf-8''%C3;filename*1=x\r\n",
        "From: g: a@b, \"x y\" <c@d>;\r\n", "To: ", "Subject: Re: [x] ", "Date: Sat, 1 Feb 2007 01:02:03 +0200\r\n", "Message-ID: <a@b>\r\n",
        "<p>", "</p>", "<script>", "</script>", "&amp;", "&#", "<!--", "-->", "=\r\n", "=3D", "x",
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Mail_put_together_by_chance(int seed)
    {
        var random = new Random(seed);
        for (int round = 0; round < 1500; round++)
        {
            int count = random.Next(1, 60);
            Check(Mail.Bytes(string.Concat(Enumerable.Range(0, count).Select(_ => Pieces[random.Next(Pieces.Length)]))), random);
        }
    }

    [Fact]
    public void Random_bytes()
    {
        var random = new Random(7);
        for (int round = 0; round < 500; round++)
        {
            byte[] mail = new byte[random.Next(2000)];
            random.NextBytes(mail);
            Check(mail, random);
        }
    }

    [Fact]
    public void Mail_with_random_changes()
    {
        var random = new Random(8);
        var mails = StructureTests.Mails.Select(row => Mail.Crlf((string)row[0])).Where(mail => mail.Length > 0).ToArray();
        for (int round = 0; round < 3000; round++)
        {
            byte[] mail = [.. mails[random.Next(mails.Length)]];
            for (int i = random.Next(1, 6); i > 0; i--)
                mail[random.Next(mail.Length)] = (byte)random.Next(256);
            Check(mail, random);
        }
    }

    [Fact]
    public void Long_lines_around_the_size_that_is_held_back()
    {
        var random = new Random(9);
        for (int length = 1015; length < 1035; length++)
        {
            string spaces = new(' ', length);
            string name = new('y', length);
            Check(Mail.Crlf($"Content-Type: multipart/mixed; boundary=b\nX{name}: y\n\n--b{spaces}\n\none\n--{name}\n--b\n\ntwo\n--b--{spaces}"), random);
        }
    }

    /// <summary>Each mail would take minutes if any step took the square of its length.</summary>
    [Theory]
    [InlineData("To: ", "<@")]
    [InlineData("To: ", "a@b (")]
    [InlineData("To: ", "\"")]
    [InlineData("To: ", "(\\(")]
    [InlineData("Subject: ", "=?a?Q?")]
    [InlineData("Subject: ", "[a]")]
    [InlineData("Subject: ", "[fwd: ")]
    [InlineData("Subject: ", "=?utf-8?Q?a?= ")]
    [InlineData("Message-ID: ", "<")]
    [InlineData("Content-Type: text/plain; ", "a b ")]
    [InlineData("Content-Type: text/plain; ", "a=b ")]
    [InlineData("Content-Type: text/plain; a=", "b (")]
    [InlineData("", "a\n ")]
    [InlineData("Content-Type: multipart/mixed; boundary=b\n\n", "--\n")]
    [InlineData("Content-Type: multipart/mixed; boundary=b\n\n", "\n--")]
    [InlineData("Content-Type: multipart/mixed; boundary=b\n\n", "--b\n")]
    [InlineData("Content-Type: text/html\n\n", "<")]
    [InlineData("Content-Type: text/html\n\n", "&")]
    [InlineData("Content-Type: text/html\n\n", "<!--")]
    [InlineData("Content-Type: text/html\n\n", "charset=")]
    public void Work_grows_with_the_size_only(string begin, string repeated)
    {
        byte[] mail = Mail.Bytes(begin + string.Concat(Enumerable.Repeat(repeated, 1_000_000 / repeated.Length)));
        var message = Mail.Parse(mail, mail.Length, new MimeLimits { MaxHeaderBytes = int.MaxValue, MaxStructureBytes = int.MaxValue });

        Use(message, mail);
        message.Root.End.ShouldBe(mail.Length);
    }

    private static void Check(byte[] mail, Random random)
    {
        var message = MimeReader.Parse(mail);
        string shape = Mail.Shape(message.Root, offsets: true);

        Offsets.ShouldBeConsistent(message.Root, mail);
        var reader = new MimeReader();
        for (int at = 0; at < mail.Length;)
        {
            int chunk = Math.Min(random.Next(1, 40), mail.Length - at);
            reader.Write(mail.AsSpan(at, chunk));
            at += chunk;
        }
        var chunked = reader.Complete();
        Mail.Shape(chunked.Root, offsets: true).ShouldBe(shape);
        chunked.Header.Span.SequenceEqual(message.Header.Span).ShouldBeTrue();

        var writer = new ArrayBufferWriter<byte>();
        message.Serialize(writer);
        Mail.Shape(MimeMessage.DeserializeStructure(writer.WrittenSpan), offsets: true).ShouldBe(shape);
        Use(message, mail);
    }

    private static void Use(MimeMessage message, byte[] mail)
    {
        var text = new ArrayBufferWriter<char>();
        TextExtractor.Extract(message.Root, mail, text, 100_000).ShouldBe(text.WrittenCount);
        text.WrittenSpan.IndexOf('\0').ShouldBe(-1);
        BaseSubject.Extract(message.Envelope.Subject).ShouldNotBeNull();
        DateParser.Parse(message.Envelope.Date);
        MessageIds.Parse(message.Envelope.MessageId).ShouldNotBeNull();
        ParameterDecoder.FileName(message.Root);
        var bytes = new ArrayBufferWriter<byte>();
        HeaderFieldFilter.Write(message.Header.Span, ["subject"u8.ToArray()], not: true, bytes);
        foreach (var encoding in Enum.GetValues<TransferEncoding>())
        {
            bytes.ResetWrittenCount();
            TransferDecoder.TryDecode(mail, encoding, bytes);
        }
    }
}
