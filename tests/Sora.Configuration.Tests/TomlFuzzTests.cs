using System.Text;
using Sora.Configuration.Toml;

namespace Sora.Configuration.Tests;

public sealed class TomlFuzzTests
{
    private static readonly string[] Pieces =
    [
        "a", "b.c", "\"k\"", "'k'", "=", " = ", "[", "]", "[[", "]]", "{", "}", ",", ".", "\n", "\r\n", "\r", " ", "\t", "#", "\"", "\"\"\"", "'", "'''",
        "\\", "\\u00e9", "\\UFFFFFFFF", "0x", "0b1", "1_0", "-", "+", "1e5", "1.5", "inf", "nan", "true", "2026-07-01", "T", "12:00:00", "Z", "+01:00", "\0",
        "é", "😀", "\uFEFF", "\x7F", "[a]\n", "[[a]]\n", "a = 1\n", "x = [1, 2]\n", "t = {p = 1}\n", "9223372036854775808",
    ];

    [Fact]
    public void AnyTextGivesATableOrATomlError()
    {
        var random = new Random(20260701);
        var good = 0;
        for (var round = 0; round < 20_000; round++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(1, 14)).Select(_ => Pieces[random.Next(Pieces.Length)]));
            good += Reads(Encoding.UTF8.GetBytes(text)) ? 1 : 0;
        }

        good.ShouldBeGreaterThan(100);
    }

    [Fact]
    public void AnyDamageToAGoodDocumentGivesATableOrATomlError()
    {
        var random = new Random(8);
        var document = Encoding.UTF8.GetBytes(ConfigurationExample.Write<SampleOptions>() + "d = 2026-07-01 10:00:00.5Z\ns = \"\"\"\\\n x\\u00e9\"\"\"\n");
        Reads(document).ShouldBeTrue();
        for (var round = 0; round < 4_000; round++)
        {
            var damaged = (byte[])document.Clone();
            for (var i = random.Next(1, 4); i > 0; i--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            Reads(damaged.AsSpan(0, random.Next(2) == 0 ? damaged.Length : random.Next(damaged.Length)));
        }
    }

    /// <summary>Shapes that cost quadratic time in a careless reader; at this size that would be many minutes.</summary>
    [Theory]
    [InlineData("a.a.a.a.a.a.a.a = 1\n[a.a.a.a.b]\n", false)]
    [InlineData("[[a.b]]\n", true)]
    [InlineData("[[a]]\n[a.b.c.d]\nx.y.z = 1\n", true)]
    [InlineData("#\r\n", true)]
    [InlineData("\"\"\"\\\n", false)]
    [InlineData("a = \"\\n\\", false)]
    [InlineData("a=[[],", false)]
    [InlineData("''''", false)]
    [InlineData("\r\n\t ", true)]
    public void RepeatedShapesAreReadInLinearTime(string shape, bool isToml)
    {
        var text = string.Concat(Enumerable.Repeat(shape, 400_000 / shape.Length));
        Reads(Encoding.UTF8.GetBytes(text)).ShouldBe(isToml);
        Reads(Encoding.UTF8.GetBytes("a = \"\"\"\n" + text.Replace("\"\"\"", "\"\"\\\"", StringComparison.Ordinal))).ShouldBeFalse();
        Reads(Encoding.UTF8.GetBytes("a = [\n" + text)).ShouldBeFalse();
    }

    private static bool Reads(ReadOnlySpan<byte> utf8)
    {
        try
        {
            TomlReader.Read(utf8, "fuzz").ShouldNotBeNull();
            return true;
        }
        catch (TomlException e)
        {
            e.Position.Line.ShouldBeGreaterThan(0);
            e.Position.Column.ShouldBeGreaterThan(0);
            e.Reason.ShouldNotBeEmpty();
            return false;
        }
    }
}
