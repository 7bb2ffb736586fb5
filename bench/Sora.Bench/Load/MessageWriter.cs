using System.Globalization;
using System.Text;

namespace Sora.Bench.Load;

/// <summary>
/// Writes messages of a wanted size into a buffer of its own: a plain text, from 8 KiB on text beside HTML, from 64 KiB on with
/// an attachment. Every message has its own Message-ID; many answer earlier ones. Holds no line that begins with a dot.
/// One writer belongs to one session.
/// </summary>
internal sealed class MessageWriter
{
    /// <summary>A word that stands in every thousandth message and nowhere else.</summary>
    public const string RareWord = "xylophonics";

    /// <summary>A word that stands in every hundredth message and nowhere else.</summary>
    public const string UncommonWord = "glockenspiel";

    private const string Boundary = "=_bench_part";

    private const int DatesInThreeYears = 3 * 365 * 24 * 4;

    private static readonly DateTimeOffset FirstDate = new(2023, 1, 1, 8, 0, 0, TimeSpan.Zero);

    private readonly Corpus _corpus;
    private readonly int _seed;
    private readonly string _run;
    private Random _random = Random.Shared;
    private byte[] _buffer = new byte[4096];
    private int _length;

    /// <param name="corpus">What messages are cut from.</param>
    /// <param name="seed">Chooses among the corpus, together with the message's number: whoever writes number 7 writes the same.</param>
    /// <param name="run">Goes into every Message-ID, so that a second run is not taken for the first one's duplicates.</param>
    public MessageWriter(Corpus corpus, int seed, string run)
    {
        _corpus = corpus;
        _seed = seed;
        _run = run;
    }

    /// <summary>The message, ended by CRLF.</summary>
    public ReadOnlyMemory<byte> Message => _buffer.AsMemory(0, _length - 3);

    /// <summary>The message with the "." line that ends DATA.</summary>
    public ReadOnlyMemory<byte> Dotted => _buffer.AsMemory(0, _length);

    /// <summary>The date that message <paramref name="number"/> bears: a quarter of an hour after the one before, over three years.</summary>
    public static DateTimeOffset DateOf(int number) => FirstDate.AddMinutes(number % DatesInThreeYears * 15);

    /// <summary>APPEND's date-time for message <paramref name="number"/>, in quotes.</summary>
    public static string InternalDateOf(int number) =>
        DateOf(number).ToString("'\"'dd-MMM-yyyy HH:mm:ss '+0000\"'", CultureInfo.InvariantCulture);

    /// <summary>Writes message <paramref name="number"/>, which must not be used twice in a run, with about <paramref name="size"/> octets.</summary>
    public void Write(int number, int size, string recipient)
    {
        _random = new Random(unchecked((_seed * 31) + (number * 486187739)));
        _length = 0;
        WriteHeader(number, recipient);
        if (size < 8 * 1024)
        {
            Append("Content-Type: text/plain; charset=utf-8\r\n\r\n");
            WriteText(number, size - _length);
        }
        else
        {
            WriteParts(number, size);
        }

        Append(".\r\n");
    }

    private void WriteHeader(int number, string recipient)
    {
        var sender = _corpus.SenderNames[_random.Next(_random.Next(1, _corpus.SenderNames.Length))];
        var thread = number - (number % 7);
        var depth = number - thread;
        var subject = _corpus.SubjectLines[thread / 7 % _corpus.SubjectLines.Length];
        Append("Received: from mx.bench.example (mx.bench.example [192.0.2.7])\r\n\tby store.bench.example with ESMTPS id ");
        Append(_run + number.ToString("x", CultureInfo.InvariantCulture));
        Append(";\r\n\t" + Rfc5322(DateOf(number)) + "\r\nDate: " + Rfc5322(DateOf(number)) + "\r\nFrom: " + sender + " <");
        Append(sender.Replace(' ', '.').ToLowerInvariant() + "@senders.example>\r\nTo: " + recipient + "\r\nSubject: ");
        Append((depth > 0 ? "Re: " : "") + subject + "\r\nMessage-ID: " + MessageId(number) + "\r\n");
        if (depth > 0)
        {
            Append("In-Reply-To: " + MessageId(number - 1) + "\r\nReferences:");
            for (var earlier = thread; earlier < number; earlier++)
            {
                Append("\r\n " + MessageId(earlier));
            }

            Append("\r\n");
        }

        Append("MIME-Version: 1.0\r\nX-Mailer: Bench 1.0\r\n");
    }

    private void WriteText(int number, int size)
    {
        if (number % 100 == 7)
        {
            Append("This line says " + UncommonWord + " once.\r\n");
        }

        if (number % 1000 == 7)
        {
            Append("This line says " + RareWord + " once.\r\n");
        }

        for (var left = Math.Max(size, 80); left >= 80;)
        {
            var lines = _corpus.Lines(_random, left);
            Append(lines);
            left -= lines.Length;
        }
    }

    private void WriteParts(int number, int size)
    {
        var attachment = size >= 64 * 1024;
        if (attachment)
        {
            Append("Content-Type: multipart/mixed; boundary=\"" + Boundary + "0\"\r\n\r\n--" + Boundary + "0\r\n");
        }

        var text = attachment ? 12 * 1024 : size - _length - 400;
        Append("Content-Type: multipart/alternative; boundary=\"" + Boundary + "1\"\r\n\r\n--" + Boundary + "1\r\n");
        Append("Content-Type: text/plain; charset=utf-8\r\n\r\n");
        WriteText(number, text * 2 / 5);
        Append("--" + Boundary + "1\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><body><p>\r\n");
        WriteText(number, text * 3 / 5);
        Append("</p></body></html>\r\n--" + Boundary + "1--\r\n");
        if (!attachment)
        {
            return;
        }

        Append("--" + Boundary + "0\r\nContent-Type: application/pdf; name=\"report.pdf\"\r\n");
        Append("Content-Disposition: attachment; filename=\"report.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\n");
        for (var left = (size - _length) / 78; left > 0;)
        {
            var lines = Math.Min(left, _corpus.Base64.Length / 78 / 2);
            Append(_corpus.Base64.AsSpan(_random.Next(_corpus.Base64.Length / 78 / 2) * 78, lines * 78));
            left -= lines;
        }

        Append("--" + Boundary + "0--\r\n");
    }

    private string MessageId(int number) => string.Create(CultureInfo.InvariantCulture, $"<{number:x}.{_run}@bench.example>");

    private static string Rfc5322(DateTimeOffset date) => date.ToString("ddd, dd MMM yyyy HH:mm:ss '+0000'", CultureInfo.InvariantCulture);

    private void Append(string text)
    {
        Reserve(text.Length);
        _length += Encoding.ASCII.GetBytes(text, _buffer.AsSpan(_length));
    }

    private void Append(ReadOnlySpan<byte> text)
    {
        Reserve(text.Length);
        text.CopyTo(_buffer.AsSpan(_length));
        _length += text.Length;
    }

    private void Reserve(int more)
    {
        if (_buffer.Length - _length < more)
        {
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + more));
        }
    }
}
