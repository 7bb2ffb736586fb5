using System.Text;
using Sora.Gateway.Lmtp;
using Sora.Gateway.Tests.Connections;

namespace Sora.Gateway.Tests.Lmtp;

public sealed class DotUnstufferTests
{
    /// <summary>What is sent up to the end, the message in it, and what is left behind it.</summary>
    public static TheoryData<string, string, string> Samples => new()
    {
        { ".\r\n", "", "" },
        { "a\r\n.\r\n", "a\r\n", "" },
        { "a\r\n.\r\nQUIT\r\n", "a\r\n", "QUIT\r\n" },
        { "..\r\n.\r\n", ".\r\n", "" },
        { "..a\r\n...\r\n.\r\n.\r\n", ".a\r\n..\r\n", ".\r\n" },
        { ".a\r\n.\r\n", "a\r\n", "" },
        { "\r\n.\r\n", "\r\n", "" },
        { "\r\n\r\n.\r\n", "\r\n\r\n", "" },
        { "a.\r\nb.c\r\n.\r\n", "a.\r\nb.c\r\n", "" },
        // Only CR LF . CR LF is an end: what other servers take for one is not (SMTP smuggling)
        { "a\n.\n\r\n.\r\n", "a\n.\n\r\n", "" },
        { "a\n.\r\nMAIL FROM:<evil>\r\n.\r\n", "a\n.\r\nMAIL FROM:<evil>\r\n", "" },
        { "a\r.\r\nb\r\n.\r\n", "a\r.\r\nb\r\n", "" },
        { "a\r\n.\nb\r\n.\r\n", "a\r\n\nb\r\n", "" },
        { "a\r\n.\rb\r\n.\r\n", "a\r\n\rb\r\n", "" },
        { "a\r\n.\r\rb\r\n.\r\n", "a\r\n\r\rb\r\n", "" },
        { "a\r\n.\r.\r\nb\r\n.\r\n", "a\r\n\r.\r\nb\r\n", "" },
        { "a\r\r\n.\r\n", "a\r\r\n", "" },
        { "a\n\n.\n.\r\n.\r\n.\r\n", "a\n\n.\n.\r\n", ".\r\n" },
        { "\0\u00ff.\r\n.\0\r\n.\r\n", "\0\u00ff.\r\n\0\r\n", "" },
    };

    [Theory]
    [MemberData(nameof(Samples))]
    public void Data_is_the_same_at_every_split(string sent, string message, string rest)
    {
        for (var first = 0; first <= sent.Length; first++)
            for (var second = first; second <= sent.Length; second++)
                Decode(sent[..first], sent[first..second], sent[second..]).ShouldBe((message, rest), $"split at {first} and {second}");
        Decode([.. sent.Select(c => c.ToString())]).ShouldBe((message, rest));
    }

    [Fact]
    public void Random_data_survives_stuffing_and_any_cuts()
    {
        var random = new Random(20260301);
        for (var round = 0; round < 2000; round++)
        {
            var lines = new StringBuilder();
            for (var n = random.Next(60); n > 0; n--)
                lines.Append(".\r\na"[random.Next(4)]);
            var message = lines.Append("\r\n").ToString();
            var stuffed = message.Replace("\r\n.", "\r\n..", StringComparison.Ordinal);
            var sent = (stuffed.StartsWith('.') ? "." : "") + stuffed + ".\r\n";
            var pieces = new List<string>();
            for (var at = 0; at < sent.Length;)
            {
                var length = Math.Min(random.Next(1, 12), sent.Length - at);
                pieces.Add(sent.Substring(at, length));
                at += length;
            }

            Decode([.. pieces]).ShouldBe((message, ""), $"round {round}");
        }
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public async Task A_session_sees_it_the_same_way(string sent, string message, string rest)
    {
        await using var lmtp = await LmtpFixture.StartAsync();
        using var client = await lmtp.ReadyAsync();
        await client.SendAsync("MAIL FROM:<>\r\nRCPT TO:<ada@example.org>\r\nDATA\r\n" + sent + "NOOP\r\n");
        await client.PlayAsync("""
            S: 250 *
            S: 250 *
            S: 354 *
            S: 250 2.0.0 <ada@example.org> *
            """);
        lmtp.Store.Arrivals.Single().Body.ShouldBe(message);
        if (rest.Length == 0)
            await client.PlayAsync("S: 250 2.0.0 OK");
    }

    private static (string Message, string Behind) Decode(params string[] pieces)
    {
        var unstuffer = default(DotUnstuffer);
        var message = new StringBuilder();
        var rest = new StringBuilder();
        foreach (var piece in pieces)
        {
            ReadOnlyMemory<byte> left = Encoding.Latin1.GetBytes(piece);
            while (!left.IsEmpty && !unstuffer.HasEnded)
                message.Append(Encoding.Latin1.GetString(unstuffer.Next(ref left).Span));
            rest.Append(Encoding.Latin1.GetString(left.Span));
        }

        unstuffer.HasEnded.ShouldBeTrue();
        return (message.ToString(), rest.ToString());
    }
}
