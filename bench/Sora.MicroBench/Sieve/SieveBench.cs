using System.Diagnostics;
using System.Globalization;
using System.Text;
using Sora.Mime;
using Sora.Sieve;

namespace Sora.MicroBench.Sieve;

/// <summary>Microseconds for a message that a script of 200 lines and more looks at, on one core; the message is 20 KiB and parsed already, as LMTP has it.</summary>
internal static class SieveBench
{
    private const int Warmup = 20_000;
    private const int Rounds = 10_000;

    public static void Run()
    {
        var message = Message();
        var parsed = MimeReader.Parse(message);
        foreach (var (name, more) in new[]
        {
            ("headers, addresses, size, flags, variables", ""),
            ("with body", "if body :contains [\"needle one\", \"needle two\"] { discard; }\r\n"),
            ("with regex", "if header :regex \"Subject\" \"^(re|fwd): *(.*)$\" { addflag \"x\"; }\r\n"),
        })
        {
            var source = Script(more);
            var compilation = SieveCompiler.Compile(source);
            if (!compilation.IsOk)
                throw new InvalidOperationException(string.Join('\n', compilation.Diagnostics));
            Measure($"{name}, {source.AsSpan().Count((byte)'\n')} lines", () => RunOnce(compilation.Script, message, parsed));
            Measure($"compiling it, {source.Length / 1024} KiB", () => SieveCompiler.Compile(source));
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

    private static void Measure(string name, Action run)
    {
        for (var i = 0; i < Warmup; i++)
            run();
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < Rounds; i++)
            run();
        var time = Stopwatch.GetElapsedTime(start).TotalMicroseconds / Rounds;
        var bytes = (GC.GetAllocatedBytesForCurrentThread() - allocated) / Rounds;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-60} {time,8:F1} µs {bytes,8} bytes"));
    }

    private static byte[] Script(string more)
    {
        var script = new StringBuilder(
            "require [\"fileinto\", \"variables\", \"imap4flags\", \"regex\", \"body\"];\r\n");
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
