using System.Text;
using Sora.Gateway.Lmtp;

namespace Sora.Gateway.Tests.Lmtp;

public sealed class LmtpAddressParserTests
{
    public static TheoryData<string, string, string?> ForwardPaths => new()
    {
        { "<a@b.example>", "a", "b.example" },
        { "<a.b@b>", "a.b", "b" },
        { "<postmaster>", "postmaster", "" },
        { "<!#$%&'*+-/=?^_`{|}~@b.example>", "!#$%&'*+-/=?^_`{|}~", "b.example" },
        { "<\"a b\"@b.example>", "a b", "b.example" },
        { "<\"a\\\"\\\\\"@b.example>", "a\"\\", "b.example" },
        { "<\"a@b>\"@b.example>", "a@b>", "b.example" },
        { "<@x.example:a@b.example>", "a", "b.example" },
        { "<@x.example,@[1.2.3.4]:a@b.example>", "a", "b.example" },
        { "<a@[192.0.2.1]>", "a", "[192.0.2.1]" },
        { "<a@[IPv6:2001:db8::1]>", "a", "[IPv6:2001:db8::1]" },
        { "<a@[x-tag:content]>", "a", "[x-tag:content]" },
        { "<a@under_score.example>", "a", "under_score.example" },
        { "<a@1.2.example>", "a", "1.2.example" },
        { "<jörg@bücher.example>", "jörg", "bücher.example" },
        { "<a@b.example> X=1", "a", "b.example" },
        { "<>", "", null },
        { "<@b.example>", "", null },
        { "<a@>", "", null },
        { "<a@b..example>", "", null },
        { "<a@b.example.>", "", null },
        { "<a@.example>", "", null },
        { "<a@-b.example>", "", null },
        { "<a@b-.example>", "", null },
        { "<a@b example>", "", null },
        { "<a b@b.example>", "", null },
        { "<a@b@c>", "", null },
        { "<.a@b.example>", "", null },
        { "<a.@b.example>", "", null },
        { "<a..b@b.example>", "", null },
        { "<\"a@b.example>", "", null },
        { "<\"\"@b.example>", "", null },
        { "<\"a\"b@b.example>", "", null },
        { "<\"a\nb\"@b.example>", "", null },
        { "<\"a\\", "", null },
        { "<a@[1.2.3]>", "", null },
        { "<a@[1.2.3.256]>", "", null },
        { "<a@[IPv6:1.2.3.4]>", "", null },
        { "<a@[]>", "", null },
        { "<a@[1.2.3.4>", "", null },
        { "<a@b.example>junk", "", null },
        { "<a@b.example", "", null },
        { "a@b.example", "", null },
        { "<@x.example a@b.example>", "", null },
        { "<@x.example,a@b.example>", "", null },
        { "<a\0@b.example>", "", null },
        { "", "", null },
    };

    [Theory]
    [MemberData(nameof(ForwardPaths))]
    public void Forward_paths(string text, string localPart, string? domain)
    {
        var parser = new LmtpAddressParser(Encoding.UTF8.GetBytes(text));
        parser.TryForwardPath(out var path).ShouldBe(domain is not null);
        if (domain is null)
            return;
        path.LocalPart.ShouldBe(localPart);
        path.Domain.ShouldBe(domain);
        path.IsAscii.ShouldBe(Ascii.IsValid(text));
    }

    [Theory]
    [InlineData("<>", "")]
    [InlineData("<a..b.@b.example>", "a..b.@b.example")]
    [InlineData("<\"a b\"@b.example>", "\"a b\"@b.example")]
    [InlineData("<\"ab\"@b.example>", "ab@b.example")]
    [InlineData("<@r.example:a@b.example>", "a@b.example")]
    [InlineData("< >", null)]
    public void Reverse_paths(string text, string? expected)
    {
        var parser = new LmtpAddressParser(Encoding.UTF8.GetBytes(text));
        parser.TryReversePath(out var path).ShouldBe(expected is not null);
        if (expected is not null)
            path.ToString().ShouldBe(expected);
    }

    [Theory]
    [InlineData(256, 10, true)]
    [InlineData(257, 10, false)]
    [InlineData(1, 255, true)]
    [InlineData(1, 256, false)]
    public void Parts_have_a_longest_length(int localPart, int domain, bool isValid)
    {
        var labels = new StringBuilder();
        while (labels.Length < domain)
            labels.Append(labels.Length % 64 == 63 && labels.Length + 1 < domain ? '.' : 'd');
        var parser = new LmtpAddressParser(Encoding.UTF8.GetBytes($"<{new string('l', localPart)}@{labels}>"));
        parser.TryForwardPath(out _).ShouldBe(isValid);
    }

    [Fact]
    public void Invalid_utf8_is_no_address()
    {
        new LmtpAddressParser([(byte)'<', 0xC3, (byte)'@', (byte)'b', (byte)'>']).TryForwardPath(out _).ShouldBeFalse();
        new LmtpAddressParser([(byte)'<', (byte)'a', (byte)'@', 0xFF, (byte)'>']).TryForwardPath(out _).ShouldBeFalse();
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("  ", "")]
    [InlineData(" A=1 B c-d=x+y", "A=1|B=|c-d=x+y")]
    [InlineData(" A=", "!")]
    [InlineData(" =1", "!")]
    [InlineData(" -A", "!")]
    [InlineData(" A=b=c", "!")]
    [InlineData("A", "!")]
    public void Parameters(string text, string expected)
    {
        var parser = new LmtpAddressParser(Encoding.UTF8.GetBytes(text));
        var seen = new List<string>();
        while (parser.TryParameter(out var keyword, out var value, out var isValid))
            seen.Add(isValid ? $"{Encoding.UTF8.GetString(keyword)}={Encoding.UTF8.GetString(value)}" : "!");
        string.Join('|', seen).ShouldBe(expected);
    }

    [Fact]
    public void Whatever_is_accepted_reads_back_the_same_and_nothing_throws()
    {
        var random = new Random(42);
        const string alphabet = "<>@.\"\\ab+[]:,- =1\u00e9\0\r";
        var accepted = 0;
        for (var round = 0; round < 20_000; round++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(14)).Select(_ => alphabet[random.Next(alphabet.Length)]));
            var parser = new LmtpAddressParser(Encoding.UTF8.GetBytes(round % 2 == 0 ? text : $"<{text}@b>"));
            if (!parser.TryForwardPath(out var path))
                continue;
            accepted++;
            new LmtpAddressParser(Encoding.UTF8.GetBytes($"<{path}>")).TryForwardPath(out var again).ShouldBeTrue(text);
            again.ShouldBe(path);
            while (parser.TryParameter(out _, out _, out _))
            {
            }
        }

        accepted.ShouldBeGreaterThan(100);
    }
}
