using System.Text;
using Sora.Mailstore.Bodies.Intake;

namespace Sora.Mailstore.Tests.Bodies;

public sealed class LineEndCounterTests
{
    [Theory]
    [InlineData("", 0)]
    [InlineData("a\r\n", 0)]
    [InlineData("a", 2)]
    [InlineData("a\r", 2)]
    [InlineData("a\n", 1)]
    [InlineData("\n", 1)]
    [InlineData("\n\n\r\n\r\r\n", 2)]
    [InlineData("a\nb\nc", 4)]
    public void What_is_missing_is_counted_however_it_comes(string text, long expected)
    {
        var bytes = Encoding.ASCII.GetBytes(text);
        var counter = new LineEndCounter();
        for (var size = 1; size <= Math.Max(1, bytes.Length); size++)
        {
            counter.Reset();
            for (var at = 0; at < bytes.Length; at += size)
                counter.Write(bytes.AsSpan(at, Math.Min(size, bytes.Length - at)));
            counter.Octets.ShouldBe(expected);
        }
    }
}
