using System.Text;
using Sora.Sieve.Matching;

namespace Sora.Sieve.Tests;

/// <summary>What POSIX wants of regular expressions (IEEE 1003.1 sections 9.1 and 9.4), which the draft of :regex refers to.</summary>
public sealed class RegexMatchTests
{
    private const int MaxSize = 20_000;

    private static readonly string[] Places = ["^", "$", @"\b", @"\B", @"\<", @"\>"];
    private static readonly string[] Repetitions = ["*", "*", "+", "?", "{2}", "{0,2}", "{1,}", "{,1}"];

    [Theory]
    [InlineData("a|ab", "xabc", "(1,3)")]
    [InlineData("(a|ab)(c|bcd)(d*)", "abcd", "(0,4)(0,2)(2,3)(3,4)")]
    [InlineData("(a|ab)(bcd|c)(d*)", "abcd", "(0,4)(0,2)(2,3)(3,4)")]
    [InlineData("(a*)(ab)*(b*)", "abb", "(0,3)(0,1)(?)(1,3)")]
    [InlineData("(xyz|xy|x)(.*)", "xyzz", "(0,4)(0,3)(3,4)")]
    [InlineData("(x|xy|xyz|w)*", "xyzw", "(0,4)(3,4)")]
    [InlineData("((a)|b)*", "ab", "(0,2)(1,2)(?)")]
    [InlineData("((a)|(b))*", "ab", "(0,2)(1,2)(?)(1,2)")]
    [InlineData("(a*)*", "b", "(0,0)(0,0)")]
    [InlineData("(a*)*", "aa", "(0,2)(0,2)")]
    [InlineData("(a*)+", "aa", "(0,2)(0,2)")]
    [InlineData("(a*){2}", "aa", "(0,2)(2,2)")]
    [InlineData("(a?)(ab)?", "ab", "(0,2)(0,0)(0,2)")]
    [InlineData("()|a", "a", "(0,1)(?)")]
    [InlineData("(|a)*", "aa", "(0,2)(1,2)")]
    [InlineData("(.*)-(.*)-", "a-b-c-", "(0,6)(0,3)(4,5)")]
    [InlineData("a{0}b", "ab", "(1,2)")]
    [InlineData("a{,2}", "aaa", "(0,2)")]
    [InlineData("a{300}", "", null)]
    [InlineData("a)b", "a)b", "(0,3)")]
    [InlineData("a{x}", "a{x}", "(0,4)")]
    [InlineData("a^b|$c|^$", "a^b", null)]
    [InlineData("(^| )a", "b a", "(1,3)(1,2)")]
    [InlineData("[]-a]+", "[]^_`ab", "(1,6)")]
    [InlineData("[^]]", "]a", "(1,2)")]
    [InlineData("[--/]+", ",-./0", "(1,4)")]
    [InlineData("[[.-.]a]+", "b-a", "(1,3)")]
    [InlineData("[[.a.]-[=c=]]+", "dabc", "(1,4)")]
    [InlineData("[[:alpha:]_-]+", "1a_-Z", "(1,5)")]
    [InlineData("[a\\]b]", "a\\]b", null)]
    [InlineData("[\\n]", "\\", "(0,1)")]
    [InlineData("\\<a\\w*\\>", "ba ab, ", "(3,5)")]
    [InlineData("\\Bb\\b", "b ab", "(3,4)")]
    [InlineData("\\bo", "\u00E9o", "(1,2)")]
    [InlineData(".", "\U0001F600", "(0,2)")]
    [InlineData("^.{2}$", "\U0001F600", null)]
    [InlineData("[\U0001F600-\U0001F64F]+", "a\U0001F600\U0001F601b", "(1,5)")]
    [InlineData("[^\U0001F600]", "\U0001F600a", "(2,3)")]
    [InlineData("x.", "x\uDC80", "(0,2)")]
    public void MatchesTheLongestAndItsGroupsInTurn(string pattern, string text, string? places)
    {
        Find(pattern, text).ShouldBe(places);
        FindAlone(pattern, text).ShouldBe(places);
    }

    [Fact]
    public void AnyExpressionMatchesAsTheRuleSays()
    {
        var random = new Random(5_228);
        for (var round = 0; round < 6_000; round++)
        {
            var pattern = Pattern(random, 3);
            var text = string.Concat(Enumerable.Range(0, random.Next(8)).Select(_ => "ab "[random.Next(8) / 3]));
            var expected = Show(RegexOracle.Find(RegexParser.Parse(pattern, RegexCase.Exact, MaxSize), text));
            FindAlone(pattern, text).ShouldBe(expected, $"{pattern} in '{text}'");
            if (round % 3 != 0)
                continue;
            Find(pattern, text).ShouldBe(expected, $"{pattern} in '{text}'");
            RegexExpression.Compile(pattern, RegexCase.Exact, MaxSize).IsMatch(text, static _ => { }).ShouldBe(expected is not null, $"{pattern} in '{text}'");
        }
    }

    // What is looked at grows with the text alone; a search that goes back would look at millions here
    [Theory]
    [InlineData("(((((((((a*)*)*)*)*)*)*)*)*)*b")]
    [InlineData("((a|aa)(a|aaa)*)*b")]
    [InlineData("(a?){20}(a{20})b")]
    [InlineData("(.*)(.*)(.*)(.*)(.*)(.*)b")]
    [InlineData("(a|(a|(a|(a|(a|(a|(a)*)*)*)*)*)*)*b")]
    public void TimeIsLinear(string pattern)
    {
        var (of200, of400) = (Work(200), Work(400));
        of400.ShouldBeLessThan(of200 * 21 / 10);
        of400.ShouldBeLessThan(400 * 4_000);

        long Work(int length)
        {
            long work = 0;
            RegexMatch.Find(RegexProgram.Of(RegexParser.Parse(pattern, RegexCase.Exact, MaxSize)), new string('a', length), 0, isAnchored: false, captures: true, states => work += states)
                .ShouldBeNull();
            return work;
        }
    }

    [Theory]
    [InlineData("\u00E9t\u00C9", "\u00C9T\u00E9", true)]
    [InlineData("[\u00E0-\u00FC]{2}", "\u00C9\u00DC", true)]
    [InlineData("^[^a]$", "A", false)]
    [InlineData("\U00010428", "\U00010400", true)]
    [InlineData("\u03C3", "\u03C2", true)]
    [InlineData("k", "\u212A", true)]
    [InlineData("a", "\u00E1", false)]
    public void UnicodeCasemapTakesCasesForTheSame(string pattern, string text, bool matches)
    {
        RegexExpression.Compile(pattern, RegexCase.Unicode, MaxSize).IsMatch(text, static _ => { }).ShouldBe(matches);
        RegexExpression.Compile(pattern, RegexCase.Unicode, MaxSize).Find(text, static _ => { }).ShouldBe(matches ? [0, text.Length] : null);
    }

    [Theory]
    [InlineData("ab(c", "a '(' is never closed (at character 3)")]
    [InlineData("ab[c", "a '[' is never closed (at character 3)")]
    [InlineData("ab|*", "a repetition stands behind nothing that can be repeated (at character 4)")]
    [InlineData("a(+b)", "a repetition stands behind nothing that can be repeated (at character 3)")]
    [InlineData("^*", "a repetition stands behind nothing that can be repeated (at character 2)")]
    [InlineData("{2}", "a repetition stands behind nothing that can be repeated")]
    [InlineData("a{2", "a '{' is never closed (at character 2)")]
    [InlineData("a{2,1}", "the numbers in braces are in the wrong order (at character 2)")]
    [InlineData("[[:alfa:]]", "there is no class '[:alfa:]' (at character 2)")]
    [InlineData("[[:]", "a '[:' is never closed (at character 2)")]
    [InlineData("[[::]]", "there is no class '[::]' (at character 2)")]
    [InlineData("[[:]upper:]]", "there is no class '[:]upper:]' (at character 2)")]
    [InlineData("[a-[:digit:]]", "a range in brackets ends with a class (at character 2)")]
    [InlineData("[[.ab.]]", "only one character stands in '[. .]' and '[= =]' (at character 2)")]
    [InlineData("[z-a]", "a range in brackets is in the wrong order (at character 2)")]
    [InlineData("(a)\\1", "back-references cannot be matched in linear time (at character 4)")]
    [InlineData("ab\\", "a backslash stands at the end (at character 3)")]
    [InlineData("(a{100}){201}", "it is too large once its repetitions are written out")]
    [InlineData("a{99999999999}", "there is no number of times in the braces (at character 3)")]
    public void WhatIsNoExpressionIsTold(string pattern, string problem) =>
        Should.Throw<RegexSyntaxException>(() => RegexParser.Parse(pattern, RegexCase.Exact, MaxSize)).Message.ShouldBe(problem);

    // Whatever stands in a pattern, it is an expression or it is told why it is none
    [Fact]
    public void RandomPieces()
    {
        string[] pieces =
        [
            "[", "]", "[:", ":]", "[.", ".]", "[=", "=]", "alpha", "^", "$", "-", "(", ")", "|", "*", "+", "?", "{", "}", ",", "0", "2", "99999999999", "\\", "a", "\u00E9",
            "\U0001F600", "\uD83D", ".", "\\w", "\\<", "\\1",
        ];
        var random = new Random(9_051);
        var found = 0;
        for (var round = 0; round < 20_000; round++)
        {
            var pattern = string.Concat(random.GetItems(pieces, random.Next(1, 9)));
            try
            {
                RegexExpression.Compile(pattern, (RegexCase)random.Next(3), 2_000).Find("a\u00E9[2\U0001F600] \uD83D", static _ => { });
                found++;
            }
            catch (RegexSyntaxException e)
            {
                e.Message.ShouldNotBeEmpty();
            }
        }

        found.ShouldBeGreaterThan(2_000);
    }

    private static string? Find(string pattern, string text) => Show(RegexExpression.Compile(pattern, RegexCase.Exact, MaxSize).Find(text, static _ => { }));

    // Without the help of .NET's automaton
    private static string? FindAlone(string pattern, string text) => Show(RegexMatch.Find(
        RegexProgram.Of(RegexParser.Parse(pattern, RegexCase.Exact, MaxSize)), text, 0, isAnchored: false, captures: true, static _ => { }));

    private static string? Show(int[]? places) => places is null
        ? null
        : string.Concat(Enumerable.Range(0, places.Length / 2).Select(i => places[2 * i] < 0 ? "(?)" : $"({places[2 * i]},{places[(2 * i) + 1]})"));

    private static string Pattern(Random random, int depth)
    {
        var pattern = new StringBuilder();
        for (var i = random.Next(1, 4); i > 0; i--)
        {
            var piece = random.Next(depth > 0 ? 10 : 6) switch
            {
                0 or 1 => "a",
                2 or 3 => "b",
                4 => random.Next(2) == 0 ? "." : "[ab]",
                5 => random.Next(3) == 0 ? random.GetItems(Places, 1)[0] : " ",
                6 or 7 => $"({Pattern(random, depth - 1)})",
                8 => $"({Pattern(random, depth - 1)}|{Pattern(random, depth - 1)})",
                _ => $"({Pattern(random, depth - 1)}|{Pattern(random, depth - 1)}|)",
            };
            pattern.Append(piece);
            if (!Places.Contains(piece) && random.Next(3) == 0)
                pattern.Append(random.GetItems(Repetitions, 1)[0]);
        }

        return pattern.ToString();
    }
}
