using System.Buffers;
using System.Text;
using Sora.Relay.Smtp;

namespace Sora.Relay.Tests;

/// <summary>Whatever a host or a message says, there is an end, and no other exception than the one that is meant for it.</summary>
public sealed class FuzzTests
{
    private static readonly string[] Words =
        ["250", "250-", "250 ", "354", "5", "99999", "-", " ", "\r\n", "\n", "\r", "\0", "2.1.0", "4.999.1", "SIZE", "SIZE 99999999999999999999", "AUTH", "\u00FC", "\t", "421 4.3.2"];

    private static readonly string[] Mime =
        ["Content-Type: ", "multipart/mixed; ", "boundary=", "\"b\"", "b", "--b", "--b--", "--", "message/rfc822", "Content-Transfer-Encoding: ", "8bit", "base64", "\r\n", "\n", "\r\n\r\n", " ", "\u00FC", "=", "x", "\r", ";", "\"", "\\"];

    [Fact]
    public async Task A_reply_is_read_or_refused()
    {
        var random = new Random(17);
        var limits = new RelayLimitOptions { MaxReplyLine = new Sora.Configuration.ByteSize(512), MaxReply = Sora.Configuration.ByteSize.KiB(1) };
        var replies = 0;
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = Encoding.UTF8.GetBytes(Text(random, Words, 30));
            if (random.Next(3) == 0 && bytes.Length > 0)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            using var stream = new SmtpStream(new MemoryStream(bytes), limits);
            try
            {
                while (true)
                {
                    var reply = await stream.ReplyAsync(TimeSpan.FromMinutes(1), default);
                    replies++;
                    reply.Code.ShouldBeInRange(200, 599);
                    SmtpCapabilities.Parse(reply).MaxSize.ShouldBeGreaterThanOrEqualTo(0);
                    var known = reply.ToReply("host");
                    known.Text.ShouldNotContain('\n');
                    known.Status[0].ShouldBe((char)('0' + (reply.Code / 100)));
                }
            }
            catch (SmtpException)
            {
                // The end, or no reply
            }
        }

        replies.ShouldBeGreaterThan(100);
    }

    [Fact]
    public void Any_message_becomes_seven_bits_where_that_can_be()
    {
        var random = new Random(19);
        for (var round = 0; round < 20_000; round++)
        {
            var message = Encoding.UTF8.GetBytes(Text(random, Mime, 40) + "\r\n");
            var encoder = new SevenBitEncoder();
            var output = new ArrayBufferWriter<byte>();
            foreach (var target in (ArrayBufferWriter<byte>?[])[null, output])
            {
                encoder.Begin(target);
                for (int at = 0, size = 0; at < message.Length; at += size)
                {
                    size = Math.Min(random.Next(1, 20), message.Length - at);
                    encoder.Add(message.AsSpan(at, size));
                }

                encoder.Finish();
            }

            // Where there is nothing to encode, only declarations may change
            if (Ascii.IsValid(message) && !Encoding.ASCII.GetString(message).Contains("8bit", StringComparison.Ordinal))
                Lines(output.WrittenSpan).Where(NoEncoding).ShouldBe(Lines(message).Where(NoEncoding));
        }
    }

    [Fact]
    public void An_address_that_looks_rewritten_is_read_or_refused()
    {
        var random = new Random(23);
        var srs = new SenderRewriting(["a secret of the tests"], "example.org", TimeSpan.FromDays(21), TimeProvider.System);
        string[] words = ["SRS0", "SRS1", "=", "==", "+", "-", "@", "example.org", "AAAAAAAA", "AA", "a", "\u00FC", "\"", "[1.2.3.4]", ""];
        for (var round = 0; round < 50_000; round++)
        {
            var text = Text(random, words, 12);
            srs.Decode(text).ShouldBeNull();
            srs.Decode(text + "@example.org").ShouldBeNull();
            var encoded = srs.Encode(text);
            if (encoded != text && !text[(text.LastIndexOf('@') + 1)..].Contains('=', StringComparison.Ordinal))
                srs.Decode(encoded).ShouldNotBeNull(text);
        }
    }

    private static bool NoEncoding(string line) => !line.StartsWith("Content-Transfer-Encoding:", StringComparison.OrdinalIgnoreCase) && !line.StartsWith(' ');

    private static string[] Lines(ReadOnlySpan<byte> bytes) => Encoding.ASCII.GetString(bytes).Split('\n');

    private static string Text(Random random, string[] words, int most)
    {
        var text = new StringBuilder();
        for (var i = random.Next(most); i >= 0; i--)
            text.Append(words[random.Next(words.Length)]);
        return text.ToString();
    }
}
