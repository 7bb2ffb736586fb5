using System.Diagnostics;
using System.Globalization;
using System.Text;
using Sora.Mime;
using Sora.Sieve;

namespace Sora.MicroBench.Sieve;

/// <summary>Microseconds for a message that a script of 200 lines and more looks at, on one core; the message is 20 KiB and parsed already, as LMTP has it.</summary>
internal static class SieveBench
{
    private const int Runs = 10_000;
    private const int Compilations = 500;

    public static void Run()
    {
        var plain = Message();
        var parts = MessageOfParts();
        foreach (var (name, more, message) in new[]
        {
            ("headers, addresses, size, flags, variables", "", plain),
            ("with body", "if body :contains [\"needle one\", \"needle two\"] { discard; }\r\n", plain),
            ("with regex", "if header :regex \"Subject\" \"^(re|fwd): *(.*)$\" { addflag \"x\"; }\r\n", plain),
            ("with all that is dear, a message of five parts", Dear(), parts),
        })
        {
            var parsed = MimeReader.Parse(message);
            var source = Script(more);
            var compilation = SieveCompiler.Compile(source);
            if (!compilation.IsOk)
                throw new InvalidOperationException(string.Join('\n', compilation.Diagnostics));
            Measure($"{name}, {source.AsSpan().Count((byte)'\n')} lines", Runs, () => RunOnce(compilation.Script, message, parsed));
            Measure($"compiling it, {source.Length / 1024} KiB", Compilations, () => SieveCompiler.Compile(source));
        }
    }

    private static void RunOnce(SieveScript script, byte[] message, MimeMessage parsed)
    {
        var result = SieveInterpreter.RunAsync(new SieveInput
        {
            Scripts = [new SieveSequenceItem("", script)],
            Message = new ParsedMessage(message, parsed),
            Host = new SieveHost(),
            Envelope = new SieveEnvelope { From = "joerg@example.org", To = "user@example.com" },
        });
        if (!result.IsCompletedSuccessfully || result.Result.Error is not null)
            throw new InvalidOperationException("The script did not run to its end.");
    }

    private static void Measure(string name, int rounds, Action run)
    {
        for (var i = 0; i < rounds * 2; i++)
            run();
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < rounds; i++)
            run();
        var time = Stopwatch.GetElapsedTime(start).TotalMicroseconds / rounds;
        var bytes = (GC.GetAllocatedBytesForCurrentThread() - allocated) / rounds;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-60} {time,8:F1} µs {bytes,8} bytes"));
    }

    private static byte[] Script(string more)
    {
        var script = new StringBuilder(
            "require [\"fileinto\", \"variables\", \"imap4flags\", \"regex\", \"body\", \"mime\", \"foreverypart\"];\r\n");
        for (var i = 0; i < 33; i++)
        {
            script.Append(CultureInfo.InvariantCulture, $"if header :contains \"Subject\" [\"rule{i}\", \"topic{i}\"] {{\r\n  fileinto \"Rules/{i}\";\r\n  stop;\r\n}}\r\n");
            script.Append((i % 3) switch
            {
                0 => $"if address :domain :is [\"From\", \"To\"] \"domain{i}.example\" {{\r\n  addflag \"$label{i}\";\r\n}}\r\n",
                1 => $"if header :matches \"List-Id\" \"*<list{i}.*>\" {{\r\n  fileinto \"Lists/${{1}}\";\r\n}}\r\n",
                _ => $"if allof (exists \"X-Field{i}\", not size :over {i}M) {{\r\n  set \"v{i}\" \"x\";\r\n}}\r\n",
            });
        }

        return Encoding.UTF8.GetBytes(script.Append(more).ToString());
    }

    // 50 tests of headers with wildcards and 10 with patterns, 12 over the text of all parts, 2 of them patterns, and a loop over the parts
    private static string Dear()
    {
        var script = new StringBuilder();
        for (var i = 0; i < 50; i++)
            script.Append(CultureInfo.InvariantCulture, $"if header :matches [\"Subject\", \"From\", \"Received\"] \"*word{i}*then*that{i}*\" {{ addflag \"a{i}\"; }}\r\n");
        for (var i = 0; i < 10; i++)
            script.Append(CultureInfo.InvariantCulture, $"if header :regex [\"Subject\", \"Received\"] \"(ticket|case) *#?{i}[0-9]{{3,6}}$\" {{ addflag \"b{i}\"; }}\r\n");
        for (var i = 0; i < 10; i++)
            script.Append(CultureInfo.InvariantCulture, $"if body :text :contains [\"offer {i}\", \"unsubscribe{i}\"] {{ addflag \"c{i}\"; }}\r\n");
        script.Append("if body :text :regex \"invoice +no[.] *[0-9]+\" { addflag \"d\"; }\r\nif body :text :regex \"(dear|hello) (customer|friend)\" { addflag \"e\"; }\r\n");
        return script.Append("foreverypart { if header :mime :param \"filename\" :matches \"Content-Disposition\" [\"*.exe\", \"*.scr\"] { addflag \"f\"; } }\r\n").ToString();
    }

    // Text, the same as HTML, and three attachments
    private static byte[] MessageOfParts()
    {
        var message = new StringBuilder(Encoding.ASCII.GetString(Message()));
        var end = message.ToString().IndexOf("\r\n\r\n", StringComparison.Ordinal);
        message.Length = end;
        message.Replace("Content-Type: text/plain; charset=utf-8", "Content-Type: multipart/mixed; boundary=b");
        message.Append("\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n");
        for (var i = 0; i < 80; i++)
            message.Append("The quick brown f=C3=B6x jumps over the lazy dog and then does it again.\r\n");
        message.Append("--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><body>");
        for (var i = 0; i < 80; i++)
            message.Append("<p>The <b>quick</b> brown fox jumps over &amp; over the lazy dog.</p>\r\n");
        for (var i = 0; i < 3; i++)
        {
            message.Append(CultureInfo.InvariantCulture, $"--b\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=\"file{i}.pdf\"\r\n");
            message.Append("Content-Transfer-Encoding: base64\r\n\r\n");
            for (var line = 0; line < 30; line++)
                message.Append('A', 76).Append("\r\n");
        }

        return Encoding.ASCII.GetBytes(message.Append("--b--\r\n").ToString());
    }

    private static byte[] Message()
    {
        var message = new StringBuilder();
        for (var i = 0; i < 6; i++)
        {
            message.Append(
                CultureInfo.InvariantCulture,
                $"Received: from host{i}.example (host{i}.example [192.0.2.{i}])\r\n\tby mx{i}.example with ESMTPS id abcdef{i};\r\n\tSat, 28 Nov 2026 12:0{i}:00 +0000\r\n");
        }

        message.Append("From: =?utf-8?Q?J=C3=B6rg_M=C3=BCller?= <joerg@example.org>\r\nTo: user@example.com, other@example.net\r\nCc: third@example.com\r\n");
        message.Append("Subject: =?utf-8?B?w5xiZXIgZGFzIFdldHRlcg==?= and other things we talk about\r\nDate: Sat, 28 Nov 2026 12:00:00 +0000\r\n");
        message.Append("Message-ID: <1@example.org>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n");
        message.Append("DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=x; b=").Append('A', 300).Append("\r\n\r\n");
        while (message.Length < 20 * 1024)
            message.Append("The quick brown fox jumps over the lazy dog and then does it again.\r\n");
        return Encoding.ASCII.GetBytes(message.ToString());
    }

    private sealed class ParsedMessage(byte[] bytes, MimeMessage parsed) : SieveMessage
    {
        public override long Size => bytes.Length;

        public override ReadOnlyMemory<byte> Header => parsed.Header;

        public override MimePart Root => parsed.Root;

        public override ValueTask<int> ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellationToken)
        {
            var count = (int)Math.Min(destination.Length, Math.Max(0, bytes.Length - offset));
            bytes.AsSpan((int)Math.Min(offset, bytes.Length), count).CopyTo(destination.Span);
            return new(count);
        }
    }
}
