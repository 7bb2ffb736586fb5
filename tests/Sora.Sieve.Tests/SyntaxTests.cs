using System.Text;
using static Sora.Sieve.Tests.Scripts;

namespace Sora.Sieve.Tests;

/// <summary>Lexical tokens and grammar (RFC 5228 sections 2.1 to 2.6 and 8), and what the compiler says of mistakes.</summary>
public sealed class SyntaxTests
{
    [Theory]
    [InlineData("\"\"", "")]
    [InlineData("\"a\\\"b\\\\c\\d\"", "a\"b\\cd")]
    [InlineData("\"two\nlines\"", "two\r\nlines")]
    [InlineData("\"\u00FC\u20AC\U0001F600\"", "\u00FC\u20AC\U0001F600")]
    [InlineData("text:\nhello\n.\n", "hello\r\n")]
    [InlineData("text: # a comment\n..one\n.two\n...\n\n.\n", ".one\r\n.two\r\n..\r\n\r\n")]
    [InlineData("TEXT: \t\n.\n", "")]
    [InlineData("text:\n# no comment\n/* nor this */\n.\n", "# no comment\r\n/* nor this */\r\n")]
    public void Strings(string literal, string value) =>
        Run($"require \"ihave\";\nerror {literal};").Error!.Message.ShouldBe(value);

    [Theory]
    [InlineData("0", 0L)]
    [InlineData("00017", 17L)]
    [InlineData("2147483647", 2147483647L)]
    [InlineData("3k", 3072L)]
    [InlineData("3K", 3072L)]
    [InlineData("2M", 2L << 20)]
    [InlineData("5G", 5L << 30)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("8589934591G", 8589934591L << 30)]
    public void Numbers(string literal, long value)
    {
        var syntax = Parse($"keep {literal};", out var errors);
        errors.ShouldBe("");
        syntax[0].Arguments[0].ShouldBeOfType<Syntax.NumberSyntax>().Value.ShouldBe(value);
    }

    [Theory]
    [InlineData("9223372036854775808")]
    [InlineData("8589934592G")]
    [InlineData("99999999999999999999999999999999999999999999")]
    [InlineData("99999999999999999999999999999999999999999999M")]
    public void NumbersThatAreTooGreat(string literal)
    {
        Parse($"keep {literal};", out var errors);
        errors.ShouldContain("line 1, column 6: error: The number is greater than");
    }

    [Theory]
    [InlineData("keep 100x;", "line 1, column 9")]
    [InlineData("keep 100kb;", "line 1, column 10")]
    [InlineData("keep -1;", "line 1, column 6")]
    [InlineData("keep\n \"x", "line 2, column 2")]
    [InlineData("keep text: x\n.\n;", "line 1, column 12")]
    [InlineData("keep text:\nx\n", "line 1, column 6")]
    [InlineData("/* never", "line 1, column 1")]
    [InlineData("if true { keep;", "line 1, column 9")]
    [InlineData("keep; }", "line 1, column 7")]
    [InlineData("keep", "line 1, column 5")]
    [InlineData(";", "line 1, column 1")]
    [InlineData("keep [];", "line 1, column 7")]
    [InlineData("keep [\"a\",];", "line 1, column 11")]
    [InlineData("keep [\"a\" \"b\"];", "line 1, column 11")]
    [InlineData("if allof () { keep; }", "line 1, column 11")]
    [InlineData("if anyof (true,) { keep; }", "line 1, column 16")]
    [InlineData("# \u00FC\u00FC\u00FC\n\"\u00FC\u00FC\" keep;", "line 2, column 1")]
    [InlineData("keep \"\u00FC\u20AC\U0001F600\" \u00FC;", "line 1, column 12")]
    [InlineData("keep \"\\\n\";", "line 1, column 7")]
    public void SyntaxErrorsSayWhere(string script, string where)
    {
        Parse(script, out var errors);
        errors.ShouldStartWith(where);
    }

    [Fact]
    public void NulIsNeverAllowed()
    {
        foreach (var script in (string[])["\0keep;", "keep \"a\0b\";", "# \0\nkeep;", "keep text:\n\0\n.\n;", "/* \0 */ keep;"])
        {
            Parse(script, out var errors);
            errors.ShouldNotBe("", script.Replace('\0', '@'));
        }
    }

    [Fact]
    public void ALineMayEndWithLfAloneAndTheFileWithABom() =>
        SieveCompiler.Compile(Encoding.UTF8.GetBytes("\uFEFFrequire \"fileinto\";\nif true\n{ fileinto \"x\"; } # end")).IsOk.ShouldBeTrue();

    [Fact]
    public void OctetsThatAreNoUtf8AreKeptWithAWarning()
    {
        byte[] script = [.. "if header :contains :comparator \"i;octet\" \"X\" \""u8, 0xE4, 0xC3, .. "\" { discard; }"u8];
        var compilation = SieveCompiler.Compile(script);
        compilation.IsOk.ShouldBeTrue();
        compilation.Diagnostics.ShouldHaveSingleItem().Severity.ShouldBe(SieveSeverity.Warning);
        SieveText.Encode(SieveText.Decode([0x41, 0xE4, 0xC3, 0xF0, 0x9F, 0x98])).ShouldBe([0x41, 0xE4, 0xC3, 0xF0, 0x9F, 0x98]);
    }

    [Fact]
    public void AKeyMayBeAPieceOfACharacter() =>
        Holds("header :contains \"X\" \"${hex:C3}\"", "X: \u00E9\n\n", "\"encoded-character\"").ShouldBeTrue();

    [Fact]
    public void AllErrorsOfOnePassAreReported()
    {
        var errors = Errors(
            """
            require ["fileinto", "no-such-thing"];
            keep
            discard;
            fileinto;
            if header :is "Subject" {
                redirect "no address";
                frobnicate "x";
            }
            if true { keep }
            if size :over 10Q { stop; }
            vacation "away";
            fileinto ["a"];
            """).Split('\n');
        errors.Select(static line => line[..line.IndexOf(": error", StringComparison.Ordinal)]).ShouldBe(
        [
            "line 1, column 22", "line 3, column 1", "line 4, column 1", "line 5, column 4", "line 6, column 14", "line 7, column 5", "line 9, column 16",
            "line 10, column 17", "line 11, column 1", "line 12, column 10",
        ]);
        errors[0].ShouldContain("no extension \"no-such-thing\"");
        errors[1].ShouldContain("a semicolon may be missing before it: expected ';', found 'discard'");
        errors[2].ShouldContain("lacks its mailbox: expected a string, found nothing");
        errors[6].ShouldContain("expected ';', a block or an argument, found '}'");
        errors[9].ShouldContain("expected a string, found a string list");
    }

    [Theory]
    [InlineData("fileinto \"x\";", "The command 'fileinto' needs 'require \"fileinto\";'")]
    [InlineData("if envelope \"from\" \"x\" { keep; }", "The test 'envelope' needs 'require \"envelope\";'")]
    [InlineData("if header :comparator \"i;ascii-numeric\" \"X\" \"1\" { keep; }", "needs 'require \"comparator-i;ascii-numeric\";'")]
    [InlineData("if header :comparator \"i;nothing\" \"X\" \"1\" { keep; }", "There is no comparator \"i;nothing\"")]
    [InlineData("require \"comparator-i;ascii-numeric\"; if header :contains :comparator \"i;ascii-numeric\" \"X\" \"1\" { keep; }", "knows no substrings")]
    [InlineData("if header :is :contains \"X\" \"1\" { keep; }", "takes one match type")]
    [InlineData("if header :is :is \"X\" \"1\" { keep; }", "takes one match type")]
    [InlineData("if address :all :domain \"From\" \"1\" { keep; }", "takes one address part")]
    [InlineData("if header :localpart \"From\" \"1\" { keep; }", "has no tag ':localpart'")]
    [InlineData("if header :comparator \"i;octet\" :comparator \"i;octet\" \"From\" \"1\" { keep; }", "given twice")]
    [InlineData("if header \"From\" :is \"1\" { keep; }", "Tags stand before the other arguments")]
    [InlineData("if header \"From\" { keep; }", "lacks its keys")]
    [InlineData("if header \"From\" \"x\" \"y\" { keep; }", "takes 2 arguments")]
    [InlineData("if header \"From\" 5 { keep; }", "expected a string list, found the number 5")]
    [InlineData("if keep { stop; }", "'keep' is a command")]
    [InlineData("true;", "'true' is a test")]
    [InlineData("keep { stop; }", "takes no block")]
    [InlineData("stop \"x\";", "takes no arguments")]
    [InlineData("if allof true { keep; }", "takes tests in parentheses")]
    [InlineData("if not (true) { keep; }", "takes one test without parentheses")]
    [InlineData("if (true) { keep; }", "'if' takes one test")]
    [InlineData("if true;", "takes a block")]
    [InlineData("if \"x\" true { keep; }", "takes no arguments")]
    [InlineData("if header :is \"X\" \"y\", \"z\" { keep; }", "not complete")]
    [InlineData("require fileinto;", "expected a string in double quotes, found 'fileinto'")]
    [InlineData("require \"FILEINTO\";", "no extension \"FILEINTO\"")]
    [InlineData("if address \"Subject\" \"x\" { keep; }", "holds no addresses")]
    [InlineData("redirect \"a@b, c@d\";", "no address")]
    [InlineData("redirect \"<@a,@b:c@d>\";", "no address")]
    [InlineData("redirect \"group: a@b;\";", "no address")]
    public void WhatIsWrongIsSaid(string script, string message) => Errors(script).ShouldContain(message);

    [Theory]
    [InlineData("a@b.example")]
    [InlineData("A Name <a@b.example>")]
    [InlineData("\\\"Q. Name\\\" <a.b+c@b.example>")]
    [InlineData("\\\"a b\\\"@b.example")]
    [InlineData("a@[192.0.2.1]")]
    public void RedirectTakesSieveAddresses(string address) => Errors($"redirect \"{address}\";").ShouldBe("");

    [Fact]
    public void FifteenLevelsAreAllowedAndTooManyAreNot()
    {
        string Blocks(int depth) => string.Concat(Enumerable.Repeat("if true { ", depth)) + "keep;" + new string('}', depth);
        string Tests(int depth) => $"if {string.Concat(Enumerable.Repeat("not ", depth - 1))}true {{ keep; }}";
        var options = SieveCompilerOptions.Default;
        Errors(Blocks(15)).ShouldBe("");
        Errors(Tests(15)).ShouldBe("");
        Errors(Blocks(options.MaxBlockDepth)).ShouldBe("");
        Errors(Blocks(options.MaxBlockDepth + 1)).ShouldContain("nested deeper");
        Errors(Tests(options.MaxTestDepth)).ShouldBe("");
        Errors(Tests(options.MaxTestDepth + 1)).ShouldContain("nested deeper");
        Errors(Blocks(50_000)).ShouldContain("nested deeper");
        Errors(Tests(100_000)).ShouldContain("nested deeper");
    }

    [Fact]
    public void LimitsOfScriptsAreErrors()
    {
        Errors("keep;", new SieveCompilerOptions { MaxScriptSize = 4 }).ShouldContain("larger than 4 bytes");
        Errors("keep; keep; keep;", new SieveCompilerOptions { MaxCommands = 2 }).ShouldContain("more than 2 commands");
        Errors("if true { keep; }", new SieveCompilerOptions { MaxCommands = 2 }).ShouldContain("more than 2 commands");
        Errors("if exists \"12345\" { keep; }", new SieveCompilerOptions { MaxStringSize = 4 }).ShouldContain("longer than 4 bytes");
        Errors("if exists [\"1\", \"2\"] { keep; }", new SieveCompilerOptions { MaxListLength = 1 }).ShouldContain("longer than 1");
        Compile(string.Concat(Enumerable.Repeat("foo;\n", 100)), new SieveCompilerOptions { MaxDiagnostics = 7 }).Diagnostics.Length.ShouldBe(7);
    }

    [Fact]
    public void ExtensionsThatAreSwitchedOffAreNotThere()
    {
        var options = SieveCompilerOptions.Default with { Extensions = SieveCompilerOptions.Default.Extensions.Remove("fileinto") };
        Errors("require \"fileinto\"; fileinto \"x\";", options).ShouldContain("no extension \"fileinto\"");
        Errors("fileinto \"x\";", options).ShouldContain("no command 'fileinto'");
    }

    [Fact]
    public void IdentifiersAndTagsHaveNoCase() => Outcome("REQUIRE \"fileinto\"; IF NOT Header :CONTAINS \"x\" \"\" { FileInto \"x\"; }").ShouldBe("fileinto x");

    [Fact]
    public void ALongLineIsReadInLinearTime()
    {
        // 200,000 tokens in a line: columns are counted on, not anew
        var script = "if exists [" + string.Join(',', Enumerable.Repeat("\"a\"", 100_000)) + "] { keep; }";
        var compilation = Compile(script, SieveCompilerOptions.Default with { MaxListLength = 200_000 });
        compilation.IsOk.ShouldBeTrue();
    }

    private static System.Collections.Immutable.ImmutableArray<Syntax.CallSyntax> Parse(string script, out string errors)
    {
        var diagnostics = new Syntax.DiagnosticList(50);
        var syntax = new Syntax.SieveParser(Encoding.UTF8.GetBytes(script), SieveCompilerOptions.Default, diagnostics).Parse();
        errors = string.Join('\n', diagnostics.ToOrdered());
        return syntax;
    }
}
