using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Sora.Gateway.Pop3.Wire;

namespace Sora.Gateway.Tests.Pop3;

public sealed class DotStufferTests
{
    [Theory]
    [InlineData("", ".\r\n", 0)]
    [InlineData("a", "a\r\n.\r\n", 3)]
    [InlineData(".", "..\r\n.\r\n", 3)]
    [InlineData("\n", "\r\n.\r\n", 2)]
    [InlineData("\r", "\r\r\n.\r\n", 3)]
    [InlineData("a\r\n.b\r\n", "a\r\n..b\r\n.\r\n", 7)]
    [InlineData("a\n.\n..\n", "a\r\n..\r\n...\r\n.\r\n", 10)]
    [InlineData("a\r.b\r\n", "a\r.b\r\n.\r\n", 6)]
    public async Task Lines_are_as_they_must_be_however_they_are_cut(string message, string expected, long octets)
    {
        for (var size = 1; size <= message.Length + 1; size++)
            (await RunAsync(message, size, null)).ShouldBe((expected, octets));
    }

    [Theory]
    [InlineData("h: 1\r\ni: 2\r\n\r\na\r\nb\r\n", 0, "h: 1\r\ni: 2\r\n\r\n.\r\n")]
    [InlineData("h: 1\r\n\r\na\r\nb\r\n", 1, "h: 1\r\n\r\na\r\n.\r\n")]
    [InlineData("h: 1\n\n\n\nb\n", 2, "h: 1\r\n\r\n\r\n\r\n.\r\n")]
    [InlineData("h: 1\r\n", 5, "h: 1\r\n.\r\n")]
    [InlineData("h: 1", 0, "h: 1\r\n.\r\n")]
    [InlineData("\r\na\r\nb", 1, "\r\na\r\n.\r\n")]
    [InlineData("h: 1\r\n\r\na\r\nb", 9, "h: 1\r\n\r\na\r\nb\r\n.\r\n")]
    public async Task The_top_ends_after_its_lines(string message, int lines, string expected)
    {
        for (var size = 1; size <= message.Length; size++)
            (await RunAsync(message, size, lines)).Text.ShouldBe(expected);
    }

    /// <summary>Taking the dots off again gives the message, for any message and any cuts.</summary>
    [Fact]
    public async Task What_is_stuffed_can_be_unstuffed()
    {
        var random = new Random(7);
        for (var round = 0; round < 500; round++)
        {
            var message = new StringBuilder();
            for (var length = random.Next(40); length > 0; length--)
                message.Append(".\r\na"[random.Next(4)]);
            var (text, octets) = await RunAsync(message.ToString(), random.Next(1, 9), null);
            text.ShouldEndWith(".\r\n");
            var lines = text[..^3].Split('\n');
            lines[^1].ShouldBeEmpty();
            var back = string.Join('\n', lines.Select(static line => line.StartsWith('.') ? line[1..] : line));
            back.Length.ShouldBe((int)octets);
            Lines(back).ShouldBe(Lines(message.ToString()));
        }

        static string Lines(string text) =>
            text.Replace("\r\n", "\n", StringComparison.Ordinal) is var lines && (lines.Length == 0 || lines.EndsWith('\n')) ? lines : lines + '\n';
    }

    private static async Task<(string Text, long Octets)> RunAsync(string message, int size, int? lines)
    {
        var output = new MemoryStream();
        var pipe = PipeWriter.Create(output, new StreamPipeWriterOptions(leaveOpen: true));
        var stuffer = new DotStuffer();
        stuffer.Begin(pipe, lines);
        var bytes = Encoding.Latin1.GetBytes(message);
        for (var at = 0; at < bytes.Length; at += size)
            stuffer.Write(bytes.AsSpan(at, Math.Min(size, bytes.Length - at)));
        stuffer.Complete();
        await pipe.FlushAsync();
        await pipe.CompleteAsync();
        return (Encoding.Latin1.GetString(output.ToArray()), stuffer.Octets);
    }
}
