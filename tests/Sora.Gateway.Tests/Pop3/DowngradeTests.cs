using System.Buffers;
using System.Text;
using Sora.Gateway.Downgrading;
using Sora.Gateway.Tests.Connections;

namespace Sora.Gateway.Tests.Pop3;

/// <summary>Messages with UTF-8 in their headers for clients that have not said UTF8 (RFC 6858).</summary>
[Collection("pop3")]
public sealed class DowngradeTests(Pop3Fixture pop3)
{
    private const string Nobody = "<invalid@internationalized-address.invalid>";

    private static readonly string Message = Latin(string.Join("\r\n",
        "Return-Path: <fr\u00e9d@example.org>",
        "Received: from a (b) by c for <fr\u00e9d@example.org>; Sat, 28 Nov 2026 12:00:00 +0000",
        "From: Fr\u00e9d <fr\u00e9d@example.org>",
        "To: Zo\u00eb <zoe@example.org>, plain@example.org",
        "Subject: Gr\u00fc\u00dfe",
        "X-Note: \u00e9",
        "X-Plain: kept",
        "MIME-Version: 1.0",
        "Content-Type: multipart/mixed; boundary=b",
        "",
        "--b",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
        "",
        ".Gr\u00fc\u00dfe",
        "--b",
        "Content-Type: application/pdf; name=\"\u00fc;.pdf\"; x=y",
        "Content-Disposition: attachment; filename=\"\u00fc.pdf\"; size=3",
        "Content-Description: \u00fc",
        "",
        "%PD",
        "--b--",
        ""));

    [Fact]
    public async Task What_cannot_be_told_in_ascii_is_replaced_or_left_out()
    {
        var user = await pop3.UserAsync(Message);
        using var client = await pop3.LogInAsync(user);
        var lines = await Pop3Fixture.LinesAsync(client, "RETR 1");
        lines.ShouldBe(
        [
            $"Return-Path: {Nobody}",
            $"From: =?UTF-8?B?{Base64("Fr\u00e9d (fr\u00e9d@example.org)")}?= {Nobody}",
            $"To: =?UTF-8?B?{Base64("Zo\u00eb")}?= <zoe@example.org>,",
            " plain@example.org",
            $"Subject: =?UTF-8?B?{Base64("Gr\u00fc\u00dfe")}?=",
            "X-Plain: kept",
            "MIME-Version: 1.0",
            "Content-Type: multipart/mixed; boundary=b",
            "",
            "--b",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: 8bit",
            "",
            Latin(".Gr\u00fc\u00dfe"), // a body may be 8bit
            "--b",
            "Content-Type: application/pdf;",
            " x=y",
            "Content-Disposition: attachment;",
            " size=3",
            "",
            "%PD",
            "--b--",
        ]);

        // Lines of TOP are those of what is sent (RFC 6858 section 4)
        (await Pop3Fixture.LinesAsync(client, "TOP 1 0")).ShouldBe(lines.Take(9));
        (await Pop3Fixture.LinesAsync(client, "TOP 1 4")).ShouldBe(lines.Take(13));
        (await Pop3Fixture.LinesAsync(client, "TOP 1 100")).ShouldBe(lines);
        await client.PlayAsync("C: QUIT\nS: +OK *\nS!");

        using var modern = await pop3.ConnectAsync();
        await modern.PlayAsync($"C: UTF8\nS: +OK *\nC: AUTH PLAIN {Pop3Fixture.Plain(user)}\nS: +OK *");
        (string.Join("\r\n", await Pop3Fixture.LinesAsync(modern, "RETR 1")) + "\r\n").ShouldBe(Message);
    }

    [Theory]
    [InlineData("From: \u00e9@example.org\r\n\r\n", $"From: =?UTF-8?B?w6lAZXhhbXBsZS5vcmc=?= {Nobody}\r\n\r\n")]
    [InlineData("Cc: \u00fcs: a@b, c@d;, e@f\r\n\r\n", "Cc: =?UTF-8?B?w7xz?=:a@b,\r\n c@d;,\r\n e@f\r\n\r\n")]
    [InlineData("Cc: \u00fcs:;\r\n\r\n", "Cc: =?UTF-8?B?w7xz?=:;\r\n\r\n")]
    [InlineData("Message-ID: <\u00e9@example.org>\r\nA: b\r\n\r\n", "A: b\r\n\r\n")]
    [InlineData("Content-Type: text/\u00fc\r\n\r\n", "\r\n")]
    [InlineData("Content-Type: text/plain; a=\"\\\"\u00fc;\"; b=c;\r\n\r\n", "Content-Type: text/plain;\r\n b=c;\r\n \r\n\r\n")]
    [InlineData("\u00fc: x\r\nSubject: \u00fc", "Subject: =?UTF-8?B?w7w=?=\r\n")]
    [InlineData("Subject: x\r\n\r\n", "Subject: x\r\n\r\n")]
    public void Fields_are_ascii_afterwards(string header, string expected)
    {
        var output = new ArrayBufferWriter<byte>();
        HeaderDowngrade.Write(Encoding.UTF8.GetBytes(header), output);
        Encoding.UTF8.GetString(output.WrittenSpan).ShouldBe(expected);
    }

    [Fact]
    public void Whatever_comes_in_ascii_comes_out()
    {
        var random = new Random(6858);
        string[] words = ["From", "To", "Subject", "Content-Type", "Content-Disposition", "X", ":", ": ", ";", "\"", "\\", "<", ">", "@", ",", "(", ")", "=?utf-8?q?", "?=", "\r\n", "\r\n ", "\u00fc", "a", "=", "\0"];
        for (var round = 0; round < 3000; round++)
        {
            var header = string.Concat(Enumerable.Range(0, random.Next(1, 30)).Select(_ => words[random.Next(words.Length)]));
            var output = new ArrayBufferWriter<byte>();
            HeaderDowngrade.Write(Encoding.UTF8.GetBytes(header), output);
            Ascii.IsValid(output.WrittenSpan).ShouldBeTrue(header);
        }
    }

    // As the fixture takes messages, and the client gives lines: an octet is a character
    private static string Latin(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
