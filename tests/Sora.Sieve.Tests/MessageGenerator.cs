using System.Text;

namespace Sora.Sieve.Tests;

/// <summary>Makes messages, many of them broken: parts in parts, boundaries that never come, encodings that are none, octets of all kinds.</summary>
internal sealed class MessageGenerator(Random random)
{
    private readonly List<byte> _bytes = [];
    private int _budget = 40;

    public byte[] Message()
    {
        if (random.Next(20) == 0)
        {
            var noise = new byte[random.Next(300)];
            random.NextBytes(noise);
            return noise;
        }

        Part(0);
        for (var i = random.Next(4) == 0 ? random.Next(6) : 0; i > 0 && _bytes.Count > 0; i--)
            Damage();
        return [.. _bytes];
    }

    private void Part(int depth)
    {
        for (var i = random.Next(5); i > 0; i--)
            Field();
        var isMultipart = depth < 5 && _budget > 0 && random.Next(2) == 0;
        var boundary = $"b{random.Next(3)}";
        if (isMultipart)
            Line($"Content-Type: multipart/{Pick("mixed", "alternative", "report", "x")}; boundary={Pick(boundary, $"\"{boundary}\"", "", "other")}");
        else
            Line(Pick(
                "Content-Type: text/plain; charset=utf-8", "Content-Type: text/html", "Content-Type: image/png; name*0*=utf-8''a%C3; name*1=b.exe", "Content-Type: text/plain/x",
                "Content-Type:", "Content-Type: message/rfc822", "Content-Type: application/xhtml+xml; charset=koi8-r", "X-No: type", "Content-Type: text/plain; charset=x-unknown"));
        if (random.Next(2) == 0)
            Line($"Content-Transfer-Encoding: {Pick("base64", "quoted-printable", "8bit", "x-unknown", "", "7bit", "binary")}");
        if (random.Next(2) == 0)
            Line($"Content-Disposition: {Pick("attachment; filename=a.exe", "inline", "attachment; filename=\"=?utf-8?q?x?=\"", ";", "x; y=\"")}");
        if (random.Next(15) > 0)
            Line("");
        if (!isMultipart)
        {
            Body(depth);
            return;
        }

        Line(Pick("prologue", ""));
        for (var i = random.Next(4); i > 0 && _budget-- > 0; i--)
        {
            Line($"--{boundary}{Pick("", "", " ", "x")}");
            Part(depth + 1);
        }

        if (random.Next(4) > 0)
            Line($"--{boundary}--");
        Line(Pick("epilogue", ""));
    }

    private void Field() => Line(Pick(
        "Subject: [list] =?utf-8?b?w4TDtg==?= and more", "From: Joe <joe@example.com>", "To: a@b, c@d; x:y@z;", "To: <", "Received: by a; Thu, 3 Apr 2025 00:00:00 +0000",
        "Date: Thu, 3 Apr 2025 00:00:00 +0000", "Date: x", "X-0: 0", "X-1: 1\r\n folded\r\n\tagain", "no field at all", ": nothing", "Message-ID: <1@x>",
        "Cc: \"a\\\"b\" (c(d)) <@e:f@g>", "X-2: =?x?q?=", "Content-From: a@b", "Content-Type: text/plain", $"X-Long: {new string('x', random.Next(2_000))}"));

    private void Body(int depth)
    {
        switch (random.Next(6))
        {
            case 0:
                Line("PGI+aGVsbG8gw7w8L2I+");
                break;
            case 1:
                Line("<html><body>=C3=BC <b>bold</b> &amp; &#8364; <script>x</script>");
                break;
            case 2:
                for (var i = random.Next(200); i > 0; i--)
                    _bytes.Add((byte)random.Next(256));
                break;
            case 3 when depth < 5 && _budget-- > 0:
                Part(depth + 1);
                break;
            case 4:
                Line(new string('a', random.Next(20_000)));
                break;
            default:
                Line("just text");
                break;
        }
    }

    private void Damage()
    {
        var at = random.Next(_bytes.Count);
        switch (random.Next(4))
        {
            case 0:
                _bytes[at] = (byte)random.Next(256);
                break;
            case 1:
                _bytes.RemoveRange(at, Math.Min(_bytes.Count - at, random.Next(30)));
                break;
            case 2:
                _bytes.Insert(at, (byte)Pick("\n", "\r", "\0", "-", ":")[0]);
                break;
            default:
                _bytes.RemoveRange(at, _bytes.Count - at);
                break;
        }
    }

    private void Line(string text) => _bytes.AddRange(Encoding.UTF8.GetBytes(text + Pick("\r\n", "\r\n", "\r\n", "\n")));

    private string Pick(params string[] choices) => choices[random.Next(choices.Length)];
}
