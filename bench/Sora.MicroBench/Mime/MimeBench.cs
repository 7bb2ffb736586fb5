using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Sora.Mime;

namespace Sora.MicroBench.Mime;

/// <summary>MB/s of Sora.Mime on one core: structure (with envelope), and what follows from it.</summary>
internal static class MimeBench
{
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    public static void Run()
    {
        byte[] small = Plain(lines: 30);
        byte[] html = Alternative(lines: 250);
        byte[] attachment = Mixed(attachmentBytes: 60_000);
        byte[] large = Mixed(attachmentBytes: 3_000_000);
        var reader = new MimeReader();
        var bytes = new ArrayBufferWriter<byte>();
        var chars = new ArrayBufferWriter<char>();

        foreach (var (name, mail) in new[] { ("plain", small), ("alternative", html), ("attachment", attachment), ("large", large) })
        {
            Measure($"structure, {name}, {mail.Length / 1024} KiB", mail.Length, () => Structure(reader, mail, mail.Length));
            Measure($"structure, {name}, 16 KiB chunks", mail.Length, () => Structure(reader, mail, 16 * 1024));
        }
        byte[][] mixture = [small, small, small, html, html, attachment, small, html, attachment, large];
        int total = mixture.Sum(mail => mail.Length);
        Measure($"structure, a mixture of 10 mails, {total / 1024} KiB", total, () => Array.ForEach(mixture, mail => Structure(reader, mail, 64 * 1024)));
        var message = MimeReader.Parse(large);
        message.Serialize(bytes);
        Measure($"structure, store and read back {bytes.WrittenCount} bytes", bytes.WrittenCount, () =>
        {
            bytes.ResetWrittenCount();
            message.Serialize(bytes);
            MimeMessage.DeserializeStructure(bytes.WrittenSpan, 100);
        });
        Measure("base64 decoding", large.Length, () =>
        {
            bytes.ResetWrittenCount();
            TransferDecoder.TryDecode(large, TransferEncoding.Base64, bytes);
        });
        Measure("quoted-printable decoding", html.Length, () =>
        {
            bytes.ResetWrittenCount();
            TransferDecoder.TryDecode(html, TransferEncoding.QuotedPrintable, bytes);
        });
        var root = MimeReader.Parse(html).Root;
        Measure("text for search, plain and html", html.Length, () =>
        {
            chars.ResetWrittenCount();
            TextExtractor.Extract(root, html, chars, int.MaxValue);
        });
    }

    private static void Structure(MimeReader reader, byte[] mail, int chunk)
    {
        reader.Reset();
        for (int i = 0; i < mail.Length; i += chunk)
            reader.Write(mail.AsSpan(i, Math.Min(chunk, mail.Length - i)));
        if (reader.Complete().Size != mail.Length)
            throw new InvalidOperationException("The structure does not cover the mail.");
    }

    private static void Measure(string name, long size, Action action)
    {
        var warm = Stopwatch.StartNew();
        while (warm.Elapsed < Shortest)
            action();
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        long rounds = 0;
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < Shortest)
        {
            action();
            rounds++;
        }
        double seconds = watch.Elapsed.TotalSeconds;
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name,-50} {size * rounds / seconds / 1e6,9:F0} MB/s {seconds / rounds * 1e6,9:F1} us {allocated / rounds,9} B allocated"));
    }

    private static string Header(string subject)
    {
        var header = new StringBuilder();
        for (int i = 0; i < 4; i++)
        {
            header.Append(CultureInfo.InvariantCulture, $"Received: from mx{i}.example.org (mx{i}.example.org [192.0.2.{i}])\r\n");
            header.Append("\tby mail.example.com (Postfix) with ESMTPS id 4Zt6pX0kz9z1h\r\n\tfor <user@example.com>; Sat,  1 Feb 2025 01:02:03 +0200 (EET)\r\n");
        }
        header.Append("DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=s1;\r\n");
        for (int i = 0; i < 6; i++)
            header.Append("\tb=Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9v\r\n");
        header.Append("From: \"Some Sender\" <sender@example.org>\r\nTo: First Receiver <first@example.com>, second@example.com\r\n");
        header.Append("Cc: =?utf-8?Q?J=C3=B6rg?= <third@example.com>\r\nDate: Sat, 1 Feb 2025 01:02:03 +0200\r\n");
        header.Append(CultureInfo.InvariantCulture, $"Subject: {subject}\r\nMessage-ID: <20250201010203.12345@example.org>\r\n");
        header.Append("In-Reply-To: <20250131010203.54321@example.com>\r\nReferences: <a@example.com>\r\n <20250131010203.54321@example.com>\r\n");
        header.Append("MIME-Version: 1.0\r\nX-Mailer: Some Mailer 1.2.3\r\nX-Spam-Status: No, score=-1.9\r\n");
        return header.ToString();
    }

    private static string Text(int lines) =>
        string.Concat(Enumerable.Range(0, lines).Select(i => $"This is line {i} of a text that is about as long as the lines of mail are.\r\n"));

    private static byte[] Plain(int lines) =>
        Encoding.ASCII.GetBytes($"{Header("plain")}Content-Type: text/plain; charset=utf-8\r\n\r\n{Text(lines)}");

    private static string AlternativeBody(int lines) =>
        $"--alt\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{Text(lines)}\r\n"
        + $"--alt\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        + string.Concat(Enumerable.Repeat("<p class=3D\"x\">A paragraph with <b>bold</b> text &amp; a =\r\nsoft break</p>\r\n", lines)) + "\r\n--alt--\r\n";

    private static byte[] Alternative(int lines) =>
        Encoding.ASCII.GetBytes($"{Header("alternative")}Content-Type: multipart/alternative; boundary=alt\r\n\r\n{AlternativeBody(lines)}");

    private static byte[] Mixed(int attachmentBytes)
    {
        byte[] data = new byte[attachmentBytes];
        new Random(1).NextBytes(data);
        return Encoding.ASCII.GetBytes(
            $"{Header("mixed")}Content-Type: multipart/mixed; boundary=\"----=_Part_1\"\r\n\r\nThis is MIME.\r\n------=_Part_1\r\n"
            + $"Content-Type: multipart/alternative; boundary=alt\r\n\r\n{AlternativeBody(20)}\r\n------=_Part_1\r\n"
            + "Content-Type: application/pdf; name=\"file.pdf\"\r\nContent-Transfer-Encoding: base64\r\n"
            + "Content-Disposition: attachment; filename=\"file.pdf\"\r\n\r\n"
            + Convert.ToBase64String(data, Base64FormattingOptions.InsertLineBreaks) + "\r\n------=_Part_1--\r\n");
    }
}
