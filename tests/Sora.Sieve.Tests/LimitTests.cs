using System.Text;

namespace Sora.Sieve.Tests;

/// <summary>Each limit of [sieve_limits] limits: what is within the default is beyond a lower one.</summary>
public sealed class LimitTests
{
    private static readonly string Parts =
        $"Content-Type: multipart/mixed; boundary=b\n\n--b\n\n{string.Concat(Enumerable.Repeat("more words\n", 1_000))}one\n--b\n\ntwo\n--b--\n";

    [Theory]
    [InlineData(nameof(SieveEngineOptions.MaxBlockDepth), "if true { if true { if true { keep; } } }", "nested")]
    [InlineData(nameof(SieveEngineOptions.MaxTestDepth), "if not not not true { keep; }", "nested")]
    [InlineData(nameof(SieveEngineOptions.MaxCommands), "keep; keep; keep;", "2")]
    [InlineData(nameof(SieveEngineOptions.MaxStringSize), "if header \"X\" \"long\" { keep; }", "2")]
    [InlineData(nameof(SieveEngineOptions.MaxListLength), "if exists [\"A\", \"B\", \"C\"] { keep; }", "2")]
    [InlineData(nameof(SieveEngineOptions.MaxRegexLength), "require \"regex\"; if header :regex \"X\" \"abc\" { keep; }", "2")]
    [InlineData(nameof(SieveEngineOptions.MaxRegexSize), "require \"regex\"; if header :regex \"X\" \"a{3}\" { keep; }", "too large")]
    [InlineData(nameof(SieveEngineOptions.MaxRegexes), "require \"regex\"; if header :regex \"X\" [\"a\", \"b\", \"c\"] { keep; }", "2")]
    [InlineData(nameof(SieveEngineOptions.MaxForEveryPartDepth), "require \"foreverypart\"; foreverypart { foreverypart { foreverypart { keep; } } }", "nested")]
    [InlineData(nameof(SieveEngineOptions.MaxVariables), "require \"variables\"; set \"a\" \"1\"; set \"b\" \"1\"; set \"c\" \"1\";", "2")]
    public void Of_compiling(string option, string script, string expected)
    {
        var bytes = Encoding.UTF8.GetBytes(script);
        SieveCompiler.Compile(bytes, new SieveEngineOptions().ToCompilerOptions(10_000)).IsOk.ShouldBeTrue(string.Join('\n', SieveCompiler.Compile(bytes).Diagnostics));
        var compilation = SieveCompiler.Compile(bytes, Lowered(option).ToCompilerOptions(10_000));
        compilation.IsOk.ShouldBeFalse();
        compilation.Diagnostics[0].ToString().ShouldContain(expected);
    }

    [Fact]
    public void Of_the_size_of_a_script() =>
        SieveCompiler.Compile("keep; keep;"u8.ToArray(), new SieveEngineOptions().ToCompilerOptions(10)).Diagnostics[0].ToString().ShouldContain("10");

    [Fact]
    public void Of_what_is_told() =>
        SieveCompiler.Compile("a; b; c; d;"u8.ToArray(), Lowered(nameof(SieveEngineOptions.MaxDiagnostics)).ToCompilerOptions(100)).Diagnostics.Length.ShouldBe(2);

    [Theory]
    [InlineData(nameof(SieveEngineOptions.MaxSteps), "keep; keep; stop;", "keep", "error in line 1: The script does more work than is allowed (2 steps); (keep)")]
    [InlineData(nameof(SieveEngineOptions.MaxActions), "require \"fileinto\"; fileinto \"a\"; fileinto \"b\"; fileinto \"c\";", "fileinto a; fileinto b; fileinto c", "error in line 1: The script has more than 2 actions; (keep)")]
    [InlineData(nameof(SieveEngineOptions.MaxRedirects), "redirect \"a@b.example\"; redirect \"b@b.example\"; redirect \"c@b.example\";", "redirect a@b.example; redirect b@b.example; redirect c@b.example", "error")]
    [InlineData(nameof(SieveEngineOptions.MaxNotifications), "require \"enotify\"; notify \"mailto:a@b.example\"; notify \"mailto:b@b.example\"; notify \"mailto:c@b.example\";", "notify mailto:a@b.example; notify mailto:b@b.example; notify mailto:c@b.example; (keep)", "error")]
    [InlineData(nameof(SieveEngineOptions.MaxHeaderEdits), "require \"editheader\"; addheader \"A\" \"1\"; addheader \"B\" \"1\"; addheader \"C\" \"1\"; discard;", "addheader A: 1; addheader B: 1; addheader C: 1; discard", "error")]
    [InlineData(nameof(SieveEngineOptions.MaxHeaderValue), "require \"editheader\"; addheader \"A\" \"abc\";", "addheader A: abc; (keep)", "error")]
    [InlineData(nameof(SieveEngineOptions.MaxVariableSize), "require \"variables\"; set \"a\" \"abc\"; if string \"${a}\" \"ab\" { discard; }", "(keep)", "discard")]
    [InlineData(nameof(SieveEngineOptions.MaxIncludeDepth), "require \"include\"; include \"one\";", "discard", "error")]
    [InlineData(nameof(SieveEngineOptions.MaxIncludes), "require \"include\"; include \"three\"; include \"three\"; include \"three\";", "discard", "error")]
    [InlineData(nameof(SieveEngineOptions.MaxPartSize), "require \"body\"; if body :text :contains \"one\" { discard; }", "discard", "(keep)", 1024)]
    [InlineData(nameof(SieveEngineOptions.MaxBodyBytes), "require \"body\"; if body :text :contains \"two\" { discard; }", "discard", "(keep)", 1024)]
    [InlineData(nameof(SieveEngineOptions.MaxNewMessageSize), "require \"replace\"; replace \"abc\"; discard;", "ReplaceAction; discard", "error")]
    public void Of_running(string option, string script, string within, string beyond, int value = 2)
    {
        Scripts.Show(Scripts.Run(Input() with { Limits = new SieveEngineOptions().ToLimits() })).ShouldBe(within);
        Scripts.Show(Scripts.Run(Input() with { Limits = Lowered(option, value).ToLimits() })).ShouldStartWith(beyond);

        // A message remembers its text
        SieveInput Input() => Scripts.Input(script, Parts, new TestHost
        {
            Scripts = { ["one"] = "require \"include\"; include \"two\";", ["two"] = "require \"include\"; include \"three\";", ["three"] = "discard;" },
        });
    }

    [Fact]
    public void Of_the_log()
    {
        var script = "require \"vnd.dovecot.debug\"; debug_log \"1\"; debug_log \"2\"; debug_log \"3\";";
        Scripts.Run(Scripts.Input(script, Parts) with { Limits = Lowered(nameof(SieveEngineOptions.MaxLogLines)).ToLimits() }).DebugLog.ShouldBe(["1", "2"]);
    }

    // The clock is looked at after some thousand steps, and any time is longer than none
    [Fact]
    public void Of_the_time()
    {
        var script = string.Concat(Enumerable.Repeat("if header :contains \"X\" \"y\" { stop; }\n", 5_000));
        var input = Scripts.Input(script, Parts);
        Scripts.Show(Scripts.Run(input with { Limits = new SieveEngineOptions().ToLimits() })).ShouldBe("(keep)");
        Scripts.Show(Scripts.Run(input with { Limits = new SieveEngineOptions { MaxTime = TimeSpan.Zero }.ToLimits() }))
            .ShouldMatch(@"^error in line \d+: The script takes longer than is allowed \(0 s\); \(keep\)$");
    }

    private static SieveEngineOptions Lowered(string option, int value = 2)
    {
        var options = new SieveEngineOptions();
        var property = typeof(SieveEngineOptions).GetProperty(option)!;
        property.SetValue(
            options, property.PropertyType == typeof(int) ? value : property.PropertyType == typeof(long) ? (long)value : new Sora.Configuration.ByteSize(value));
        return options;
    }
}
