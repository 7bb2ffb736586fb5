using System.Globalization;
using System.Text;

namespace Sora.EndToEnd.Tests.Wire;

/// <summary>Messages that can be made again from their number alone, so that what is read back is compared byte for byte.</summary>
internal static class TestMail
{
    /// <summary>The field that holds the number.</summary>
    public const string Field = "X-Sora-Test";

    /// <summary>A message of about <paramref name="size"/> bytes (a few hundred at least), with lines that begin with dots and 8-bit text.</summary>
    public static byte[] Make(int number, int size = 600)
    {
        var message = new StringBuilder(size + 200);
        message.Append(string.Create(CultureInfo.InvariantCulture, $"""
            Date: Sat, 21 Nov 2026 10:00:00 +0000
            From: "Sender {number}" <sender@example.org>
            To: somebody@example.com
            Subject: Message {number}
            Message-ID: <{number}.test@example.org>
            {Field}: {number}
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: 8bit

            .A line with a dot, and one with only a dot:
            .
            Grüße
            """).ReplaceLineEndings("\r\n")).Append("\r\n");
        var random = new Random(number);
        while (message.Length < size)
        {
            for (var length = random.Next(1, 76); length > 0; length--)
                message.Append((char)random.Next(' ', '~' + 1));
            message.Append("\r\n");
        }

        return Encoding.UTF8.GetBytes(message.ToString());
    }

    /// <summary>The number out of a header block, or a part of one, that has the field.</summary>
    public static int NumberOf(ReadOnlySpan<byte> header)
    {
        var at = header.IndexOf("X-Sora-Test: "u8);
        (at >= 0).ShouldBeTrue("no message of this test: " + Encoding.UTF8.GetString(header[..Math.Min(300, header.Length)]));
        var rest = header[(at + Field.Length + 2)..];
        return int.Parse(rest[..rest.IndexOf((byte)'\r')], NumberStyles.None, CultureInfo.InvariantCulture);
    }

    /// <summary>Fails unless the message is what LMTP was given with trace fields, and nothing else, before it.</summary>
    public static void ShouldBeDelivered(ReadOnlySpan<byte> message, ReadOnlySpan<byte> sent, string sender, string recipient)
    {
        message.EndsWith(sent).ShouldBeTrue($"message {NumberOf(sent)} came back changed");
        var trace = Encoding.UTF8.GetString(message[..^sent.Length]);
        trace.ShouldStartWith($"Return-Path: <{sender}>\r\nDelivered-To: {recipient}\r\nReceived: ");
        trace.ShouldEndWith("\r\n");
        foreach (var line in trace[..^2].Split("\r\n").Skip(3))
            (line.Length > 1 && line[0] is ' ' or '\t').ShouldBeTrue("only Received follows: " + trace);
    }
}
