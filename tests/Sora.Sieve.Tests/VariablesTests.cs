using static Sora.Sieve.Tests.Scripts;

namespace Sora.Sieve.Tests;

/// <summary>variables (RFC 5229), with its examples.</summary>
public sealed class VariablesTests
{
    private const string Require = "require [\"variables\", \"fileinto\", \"ihave\", \"regex\", \"relational\", \"comparator-i;ascii-numeric\"];\n";

    // RFC 5229 section 4.1
    [Theory]
    [InlineData("set \"b\" \"${a}\";", "juMBlEd lETteRS")]
    [InlineData("set :length \"b\" \"${a}\";", "15")]
    [InlineData("set :lower \"b\" \"${a}\";", "jumbled letters")]
    [InlineData("set :upperfirst \"b\" \"${a}\";", "JuMBlEd lETteRS")]
    [InlineData("set :upperfirst :lower \"b\" \"${a}\";", "Jumbled letters")]
    [InlineData("set :lower :upperfirst \"b\" \"${a}\";", "Jumbled letters")]
    [InlineData("set :quotewildcard \"b\" \"Rock*\";", "Rock\\*")]
    [InlineData("set :quotewildcard \"b\" \"a?\\\\b\";", "a\\?\\\\b")]
    [InlineData("set :length :quotewildcard \"b\" \"Rock*\";", "6")]
    [InlineData("set :upper \"b\" \"\u00E9a\";", "\u00E9A")]
    [InlineData("set :lowerfirst :upper \"b\" \"${a}\";", "jUMBLED LETTERS")]
    [InlineData("set :length \"b\" \"\u00E9\u20AC\U0001F600\";", "3")]
    [InlineData("set :quoteregex \"b\" \"a.b*[c]\";", "a\\.b\\*\\[c\\]")]
    [InlineData("set \"B\" \"${A}${nothing}\";", "juMBlEd lETteRS")]
    [InlineData("set \"b\" \"${\u00E9}${a b}${}${a.}${a-b}$ {a}${a\";", "${\u00E9}${a b}${}${a.}${a-b}$ {a}${a")]
    [InlineData("set \"b\" \"$${a}}\";", "$juMBlEd lETteRS}")]
    [InlineData("set \"b\" \"${${a}}\";", "${juMBlEd lETteRS}")]
    public void Set(string set, string value) => Value($"set \"a\" \"juMBlEd lETteRS\";\n{set}", "${b}").ShouldBe(value);

    [Theory]
    [InlineData("set \"1\" \"x\";", "no variable that can be set")]
    [InlineData("set \"a-b\" \"x\";", "no variable that can be set")]
    [InlineData("set \"a.b\" \"x\";", "no variable that can be set")]
    [InlineData("set \"${a}\" \"x\";", "cannot hold variables")]
    [InlineData("set :lower :upper \"a\" \"x\";", "exclude each other")]
    [InlineData("set :quotewildcard :quoteregex \"a\" \"x\";", "exclude each other")]
    [InlineData("set :nothing \"a\" \"x\";", "has no tag ':nothing'")]
    [InlineData("set \"a\" \"${b.c}\";", "no namespace 'b'")]
    [InlineData("set \"a\" \"${100}\";", "beyond 99")]
    public void MistakesAreFoundWhenCompiling(string set, string message) => Errors(Require + set).ShouldContain(message);

    [Fact]
    public void WithoutTheExtensionNothingIsExpanded() =>
        Outcome("require \"fileinto\"; fileinto \"a ${b}\";").ShouldBe("fileinto a ${b}");

    // RFC 5229 section 3.2
    [Theory]
    [InlineData("*${hello}*", "", "")]
    public void AnUnsetVariableIsEmpty(string text, string value, string rest) => Value("", text).Replace("*", "", StringComparison.Ordinal).ShouldBe(value + rest);

    [Fact]
    public void MatchVariables_3_2()
    {
        const string test = """
            if header :matches "List-ID" "*<*@*" {
                fileinto "INBOX.lists.${2}";
                stop;
            }
            if header :matches ["To", "Cc"] ["coyote@**.com", "wile@**.com"] {
                fileinto "INBOX.business.${2}";
                stop;
            } else {
                # Case-insensitivity test
                if not header :matches "Subject" "" { set "x" "x"; }
                if address :matches :all "from" "*@*.*" { fileinto "${0} ${1} ${2} ${3} ${4}|"; }
            }
            """;
        Outcome(Require + test, "List-ID: Announcements <announce@x.example>\n\n").ShouldBe("fileinto INBOX.lists.announce");
        Outcome(Require + test, "To: coyote@ACME.Example.COM\n\n").ShouldBe("fileinto INBOX.business.ACME.Example");
        Outcome(Require + test, "To: wile@\nFrom: x@a.b.c\n\n").ShouldBe("fileinto x@a.b.c x a b.c |");
    }

    [Fact]
    public void MatchVariablesStayUntilTheNextMatch()
    {
        Value("if string :matches \"abc\" \"a*\" { }\nif string :matches \"abc\" \"x*\" { }\nif string :is \"q\" \"q\" { }", "${0}/${1}/${2}").ShouldBe("abc/bc/");
        Value("if string :matches [\"xyz\", \"abc\"] [\"a?*\", \"x?*\"] { }", "${0}/${1}/${2}").ShouldBe("xyz/y/z");
    }

    [Theory]
    [InlineData("a-b-c", "*-*", "a|b-c")]
    [InlineData("a-b-c", "*-*-*", "a|b|c")]
    [InlineData("a-b-c", "**", "|a-b-c")]
    [InlineData("abc", "?*?", "a|b|c")]
    [InlineData("ab", "*?", "a|b")]
    public void StarsAreNotGreedy(string value, string pattern, string captured) => Value(
        $"if string :matches \"{value}\" \"{pattern}\" {{ }}", "${1}|${2}|${3}").ShouldBe(captured + new string('|', 2 - captured.Count(static c => c == '|')));

    [Fact]
    public void MatchVariablesOfUnicodeComparatorsAreTheValue() => Value(
        "if string :matches :comparator \"i;unicode-casemap\" \"stra\u00DFe \u00E9X\" \"STRA?E *x\" { }",
        "${1}|${2}",
        "require \"comparator-i;unicode-casemap\";").ShouldBe("\u00DF|\u00E9");

    // RFC 5229 section 5
    [Fact]
    public void TheStringTest_5()
    {
        const string script = """
            set "state" "${state} pending";
            if string :matches " ${state} " "* pending *" { set "r" "yes"; }
            """;
        Value(script, "${r}").ShouldBe("yes");
        Value("if string :is \" a\" \"a\" { set \"r\" \"yes\"; }", "${r}").ShouldBe("");
        Value("if string :count \"eq\" :comparator \"i;ascii-numeric\" [\"a\", \"\", \"${n}\", \"b\"] \"2\" { set \"r\" \"yes\"; }", "${r}").ShouldBe("yes");
    }

    [Fact]
    public void VariablesAreLimited()
    {
        var sets = string.Concat(Enumerable.Range(0, 257).Select(static i => $"set \"v{i}\" \"x\";\n"));
        Errors(Require + sets).ShouldContain("more than 256 variables");
        Value("set \"a\" \"" + new string('x', 9000) + "\"; set :length \"b\" \"${a}\";", "${b}").ShouldBe("8192");
        var doubling = "set \"a\" \"aaaaaaaaaaaaaaaa\";" + string.Concat(Enumerable.Repeat("set \"a\" \"${a}${a}${a}${a}\";", 100));
        Value(doubling + "set :length \"b\" \"${a}\";", "${b}").ShouldBe("8192");
    }

    [Theory]
    [InlineData("a(b+)c", "xABBCx", "ABBC|BB")]
    [InlineData("^(.*)@([^.]*)\\\\.", "joe@host.example", "joe@host.|joe|host")]
    [InlineData("[[:digit:]]{2,3}", "a1b123c", "123")]
    [InlineData("(x|y)(z)?", "ay", "y|y")]
    [InlineData("^a.c$", "a\U0001F600c", "a\U0001F600c")]
    [InlineData("[^a]$", "a\U0001F600", "\U0001F600")]
    [InlineData("\\\\.\\\\*\\\\[", "x.*[y", ".*[")]
    [InlineData("[]a]+", "x]a]y", "]a]")]
    [InlineData("(a*?)b**", "aab", "aab|aa")]
    [InlineData("[a\\\\]+", "x\\\\ay", "\\a")]
    public void RegexesCapture(string regex, string value, string captured) => Value(
        $"if string :regex \"{value}\" \"{regex}\" {{ set \"r\" \"${{0}}|${{1}}|${{2}}\"; }}", "${r}").TrimEnd('|').ShouldBe(captured);

    [Theory]
    [InlineData("a(b", "never closed")]
    [InlineData("[a", "never closed")]
    [InlineData("*a", "stands behind nothing")]
    [InlineData("a{3,2}", "wrong order")]
    [InlineData("a{5001}", "too large")]
    [InlineData("(((a{200}){200}){200}){200}", "too large")]
    [InlineData("(a)\\\\1", "back-references")]
    [InlineData("(?=a)", "stands behind nothing")]
    [InlineData("[[:nope:]]", "no class")]
    [InlineData("[z-a]", "wrong order")]
    public void WhatIsNoRegexIsFoundWhenCompiling(string regex, string message) =>
        Errors(Require + $"if string :regex \"x\" \"{regex}\" {{ stop; }}").ShouldContain(message);

    [Theory]
    [InlineData("(a*)*b")]
    [InlineData("(a|aa)+$")]
    [InlineData("(.*)(.*)(.*)(.*)(.*)x")]
    [InlineData("^((a+)+)+$")]
    public void CatastrophicRegexesAreLinear(string regex)
    {
        var result = Run(Require + $"if header :regex \"X\" \"{regex}\" {{ discard; }}", $"X: {new string('a', 50_000)}!\n\n");
        result.Error.ShouldBeNull();
        result.Actions.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("i;octet", "ABC", false)]
    [InlineData("i;ascii-casemap", "ABC", true)]
    [InlineData("i;ascii-casemap", "[A-C]{3}", true)]
    [InlineData("i;octet", "[A-C]{3}", false)]
    [InlineData("i;ascii-casemap", "[[:upper:]]+", true)]
    [InlineData("i;octet", "[[:upper:]]+", false)]
    public void RegexesFollowTheComparator(string comparator, string regex, bool holds) => Holds(
        $"header :regex :comparator \"{comparator}\" \"X\" \"{regex}\"", "X: abc\n\n", "\"regex\"").ShouldBe(holds);

    // What an expression becomes, read by the way of an error's message
    private static string Value(string script, string text, string require = "") =>
        Run($"{require}{Require}{script}\nerror \"{text}\";").Error!.Message;
}
