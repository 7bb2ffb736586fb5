using System.Buffers;
using System.Text;
using Sora.Contracts;
using Sora.Relay.Smtp;
using Sora.Testing;
using static Sora.Relay.Tests.RelayFixture;

namespace Sora.Relay.Tests;

/// <summary>Messages for servers without 8BITMIME. In the tables "|" is a line's end.</summary>
public sealed class SevenBitEncoderTests
{
    [Theory]
    [InlineData("Subject: x||\u00FC|", "Subject: x|Content-Transfer-Encoding: quoted-printable||=C3=BC|")]
    [InlineData("Subject: x|Content-Transfer-Encoding: 8bit||a=b \u00FC |x\t|", "Subject: x|Content-Transfer-Encoding: quoted-printable||a=3Db =C3=BC=20|x=09|")]
    [InlineData("content-transfer-encoding:|\t8BIT|Subject: x||\u00FC", "Content-Transfer-Encoding: quoted-printable|Subject: x||=C3=BC")]
    [InlineData("Subject: x||plain|", "Subject: x||plain|")]
    [InlineData("Content-Transfer-Encoding: 8bit||plain|", "Content-Transfer-Encoding: 8bit||plain|")]
    [InlineData("Content-Transfer-Encoding: base64||\u00FC|", "Content-Transfer-Encoding: base64||\u00FC|")]
    [InlineData("Subject: \u00FC||plain|", "Subject: \u00FC||plain|")]
    [InlineData("Subject: x", "Subject: x")]
    [InlineData("", "")]
    [InlineData(
        "Content-Type: multipart/mixed; boundary=\"b b\"|Content-Transfer-Encoding: 8bit||pre|--b b|Content-Type: text/plain||\u00FC|--b b  |Content-Type: text/plain||y|--x|--b b-|--b b--|post|",
        "Content-Type: multipart/mixed; boundary=\"b b\"|Content-Transfer-Encoding: 7bit||pre|--b b|Content-Type: text/plain|Content-Transfer-Encoding: quoted-printable||=C3=BC|--b b  |Content-Type: text/plain||y|--x|--b b-|--b b--|post|")]
    [InlineData(
        "Content-Type: multipart/mixed;| charset=x; BOUNDARY=o||--o|Content-Type: multipart/alternative; boundary=i||--i||\u00FC|--o||\u00DF|--o--|",
        "Content-Type: multipart/mixed;| charset=x; BOUNDARY=o||--o|Content-Type: multipart/alternative; boundary=i||--i|Content-Transfer-Encoding: quoted-printable||=C3=BC|--o|Content-Transfer-Encoding: quoted-printable||=C3=9F|--o--|")]
    [InlineData(
        "Content-Type: message/rfc822|Content-Transfer-Encoding: 8bit||Subject: in|Content-Transfer-Encoding: 8bit||\u00FC|",
        "Content-Type: message/rfc822|Content-Transfer-Encoding: 7bit||Subject: in|Content-Transfer-Encoding: quoted-printable||=C3=BC|")]
    [InlineData("Content-Type: multipart/mixed||\u00FC|", "Content-Type: multipart/mixed|Content-Transfer-Encoding: quoted-printable||=C3=BC|")]
    [InlineData("Content-Type: multipart/mixed; boundary=b||--b|Subject: no end of header|--b--|", "Content-Type: multipart/mixed; boundary=b||--b|Subject: no end of header|--b--|")]
    public void Parts_with_eight_bits_are_encoded_and_no_others(string message, string expected)
    {
        var bytes = Bytes(message);
        for (var size = 1; size < 40; size = (size * 2) + 1)
            Text(Encode(bytes, size)).ShouldBe(expected);
    }

    [Fact]
    public void Lines_stay_short_and_decode_to_what_they_were()
    {
        var random = new Random(11);
        for (var round = 0; round < 200; round++)
        {
            var body = new byte[random.Next(1, 2000)];
            for (var i = 0; i < body.Length; i++)
                body[i] = (byte)(random.Next(5) == 0 ? " \t=.\r\u00FC-"[random.Next(7)] : random.Next(1, 256));
            body[0] = 0xFC;
            byte[] message = [.. "Subject: x\r\n\r\n"u8, .. body];
            var encoded = Encode(message, random.Next(1, 300));
            encoded.ShouldAllBe(octet => octet < 128);
            Encoding.ASCII.GetString(encoded).Split("\r\n").ShouldAllBe(line => line.Length <= 76 && !line.EndsWith(' ') && !line.EndsWith('\t'));
            var start = encoded.AsSpan().IndexOf("\r\n\r\n"u8) + 4;

            // A LF without CR is a line's end too, here and on the wire
            Decode(encoded[start..]).ShouldBe(Normalise(body));
        }
    }

    [Fact]
    public async Task A_server_without_8BITMIME_gets_seven_bits()
    {
        await using var peer = new SmtpPeer { Extensions = ["PIPELINING", "SIZE"] };
        await using var fixture = await RelayFixture.StartAsync(peer);
        var lines = string.Concat(Enumerable.Repeat(".\u00FC and more\r\n", 40_000));
        await fixture.EnqueueAsync(Request("op", "Subject: x\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + lines) with { Kind = RelayKind.Notify });
        fixture.Work();
        await fixture.EmptyAsync();
        var received = peer.Messages.ShouldHaveSingleItem();
        received.Mail.ShouldNotContain("BODY");
        received.Text.ShouldBe("Subject: x\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + lines.Replace("\u00FC", "=C3=BC", StringComparison.Ordinal));
        peer.Violations.ShouldBeEmpty();
    }

    private static byte[] Encode(byte[] message, int pieces)
    {
        var encoder = new SevenBitEncoder();
        var output = new ArrayBufferWriter<byte>();
        foreach (var target in (ArrayBufferWriter<byte>?[])[null, output])
        {
            encoder.Begin(target);
            for (var at = 0; at < message.Length; at += pieces)
                encoder.Add(message.AsSpan(at, Math.Min(pieces, message.Length - at)));
            encoder.Finish();
        }

        return output.WrittenSpan.ToArray();
    }

    private static byte[] Decode(byte[] encoded)
    {
        var text = Encoding.ASCII.GetString(encoded).Replace("=\r\n", "", StringComparison.Ordinal);
        var decoded = new List<byte>();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '=')
            {
                decoded.Add(Convert.ToByte(text.Substring(i + 1, 2), 16));
                i += 2;
            }
            else
            {
                decoded.Add((byte)text[i]);
            }
        }

        return [.. decoded];
    }

    private static byte[] Normalise(byte[] body)
    {
        var text = Encoding.Latin1.GetString(body).Replace("\r\n", "\n", StringComparison.Ordinal).Replace("\n", "\r\n", StringComparison.Ordinal);
        return Encoding.Latin1.GetBytes(text);
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text.Replace("|", "\r\n", StringComparison.Ordinal));

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes).Replace("\r\n", "|", StringComparison.Ordinal);
}
