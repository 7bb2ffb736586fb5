using Sora.Contracts;
using System.Text;

namespace Sora.Sieve.Tests;

/// <summary>Random bytes, scripts with damage, and scripts out of the grammar: no exception, nothing above the limits.</summary>
public sealed class FuzzTests
{
    private static readonly SieveLimits Limits = new() { MaxSteps = 20_000, MaxLogLines = 50 };

    private static readonly string[] Words =
    [
        "if", "elsif", "else", "require", "stop", "keep", "discard", "fileinto", "redirect", "not", "allof", "anyof", "header", "address", "envelope", "exists",
        "size", "true", "false", ":is", ":contains", ":matches", ":comparator", ":over", ":under", ":all", ":domain", "\"i;octet\"", "\"i;ascii-numeric\"", "{", "}",
        "(", ")", "[", "]", ",", ";", "\"Subject\"", "\"from\"", "\"*a?b*\"", "\"\"", "10K", "99999999999999999999", "text:\r\n..\r\n.\r\n", "#x\r\n", "/*x*/",
        "\"${hex:C3 28}\"", "\"${1}${a.b}\"", "\r\n", " ",
    ];

    [Fact]
    public void RandomBytes()
    {
        var random = new Random(1);
        for (var round = 0; round < 3_000; round++)
        {
            var script = new byte[random.Next(200)];
            random.NextBytes(script);
            Check(script);
        }
    }

    [Fact]
    public void RandomTokens()
    {
        var random = new Random(2);
        for (var round = 0; round < 5_000; round++)
        {
            var script = new StringBuilder();
            for (var i = random.Next(40); i > 0; i--)
                script.Append(Words[random.Next(Words.Length)]).Append(random.Next(8) == 0 ? "" : " ");
            Check(Encoding.UTF8.GetBytes(script.ToString()));
        }
    }

    [Fact]
    public void DamagedScripts()
    {
        var random = new Random(3);
        for (var round = 0; round < 2_000; round++)
        {
            var script = Encoding.UTF8.GetBytes(new ScriptGenerator(random).Script()).ToList();
            for (var i = random.Next(1, 6); i > 0 && script.Count > 0; i--)
            {
                var at = random.Next(script.Count);
                switch (random.Next(4))
                {
                    case 0:
                        script[at] = (byte)random.Next(256);
                        break;
                    case 1:
                        script.RemoveAt(at);
                        break;
                    case 2:
                        script.Insert(at, (byte)"\"{}()[];,:\\\r\n#/*.$"[random.Next(18)]);
                        break;
                    default:
                        script.RemoveRange(at, Math.Min(script.Count - at, random.Next(20)));
                        break;
                }
            }

            Check([.. script]);
        }
    }

    [Fact]
    public void ScriptsOutOfTheGrammarCompileAndRun()
    {
        var random = new Random(4);
        var ran = 0;
        for (var round = 0; round < 2_000; round++)
        {
            var script = new ScriptGenerator(random).Script();
            var compilation = Check(Encoding.UTF8.GetBytes(script));
            if (compilation.IsOk)
                ran++;
        }

        // The generator knows the language well: were most of its scripts refused, this test would test nothing
        ran.ShouldBeGreaterThan(1_000);
    }

    // SORA_FUZZ_MINUTES makes it go on with other seeds
    [Fact]
    public void ScriptsOnBrokenMessages()
    {
        var minutes = double.TryParse(Environment.GetEnvironmentVariable("SORA_FUZZ_MINUTES"), System.Globalization.CultureInfo.InvariantCulture, out var given) ? given : 0;
        var end = DateTime.UtcNow.AddMinutes(minutes);
        var seed = 5;
        do
        {
            var random = new Random(seed);
            var ran = 0;
            for (var round = 0; round < 1_500; round++)
            {
                var isDelivery = random.Next(4) > 0;
                var script = Encoding.UTF8.GetBytes(new ScriptGenerator(random, isDelivery).Script());
                var message = new MessageGenerator(random).Message();
                try
                {
                    ran += Check(script, new SieveMessageInMemory(message), isDelivery ? null : Happened).IsOk ? 1 : 0;
                }
                catch (Exception e) when (e is not Xunit.Sdk.XunitException)
                {
                    Assert.Fail($"seed {seed}, round {round}: {e}\n{Encoding.UTF8.GetString(script)}\n{Convert.ToBase64String(message)}");
                }
            }

            ran.ShouldBeGreaterThan(500);
            seed++;
        }
        while (DateTime.UtcNow < end);
    }

    private static readonly SieveImapEvent Happened = new(SieveImapCause.Flag, "INBOX") { Flags = ["\\Seen", "a"], ChangedFlags = ["a"] };

    [Fact]
    public void DeepNestingIsRefusedAndNoStackRunsOver()
    {
        foreach (var piece in (string[])["{", "(", "[", "if true {", "not ", "allof(", "if not ", "/*", "text:\r\n", "\"${"])
            Check(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(piece, 50_000))));
    }

    // None of these takes more time than a script of its size should: each would take minutes were it looked at again from every place
    [Fact]
    public void LargeScriptsAreReadOnce()
    {
        const string require = "require [\"variables\", \"encoded-character\", \"regex\", \"relational\"];\r\n";
        foreach (var text in (string[])
            [
                "${", "${a", "${hex:", "${unicode: 4", "${1}", "*?", "\\\\", "((", "[a", "a{1}", "\u00E9",
            ])
        {
            var many = string.Concat(Enumerable.Repeat(text, 200_000 / Encoding.UTF8.GetByteCount(text)));
            Check(Encoding.UTF8.GetBytes($"{require}if string \"{many}\" \"{many}}}\" {{ set \"a\" \"{many} }}\"; }} if string :matches \"x\" \"{many}\" {{ stop; }}"));
        }

        Check(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("# comment\r\n/* another */ ", 40_000)) + "keep;")).IsOk.ShouldBeTrue();
        Check(Encoding.UTF8.GetBytes("keep;" + new string(' ', 1_000_000))).IsOk.ShouldBeTrue();
        Check(Encoding.UTF8.GetBytes("/*" + new string('*', 1_000_000) + "/ keep;")).IsOk.ShouldBeTrue();
        Check(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("'", 500_000)))).IsOk.ShouldBeFalse();
        Check(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("elsif ", 150_000)))).IsOk.ShouldBeFalse();
    }

    // Whatever scripts of all tests make of the headers of a message, it ends within the steps
    [Fact]
    public void LargeMessagesStayWithinTheSteps()
    {
        var lines = string.Concat(Enumerable.Range(0, 10_000).Select(static i => $"X-{i % 10}: a@b.c, \"x\" <d{i}@e>, =?utf-8?q?=C3=A9?= {i}\n"));
        var parts = new StringBuilder("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b0\n\n");
        for (var i = 0; i < 300; i++)
            parts.Append(System.Globalization.CultureInfo.InvariantCulture, $"--b{i}\nContent-Type: multipart/mixed; boundary=b{i + 1}\n\n");
        foreach (var message in (string[])[$"{lines}\nbody\n", lines + parts + "--b300\n\ntext\n"])
        {
            foreach (var commands in (string[])
                [
                    "if header :contains [\"X-1\", \"X-2\", \"X-3\"] [\"q\", \"r\"] { discard; }",
                    "if address :domain :matches \"X-1\" \"*?*?*z\" { discard; }",
                    "if header :regex \"X-1\" \"((a|b)*|.)*z$\" { discard; }",
                    "foreverypart { foreverypart { foreverypart { if header :mime :anychild :contains \"Content-Type\" \"q\" { discard; } } } }",
                    "if body :text :contains \"q\" { discard; }",
                    "addheader \"X-1\" \"y\"; deleteheader \"X-1\"; deleteheader :contains \"X-2\" \"q\";",
                    "if header :count \"gt\" :comparator \"i;ascii-numeric\" \"X-1\" \"99999\" { discard; }",
                    "if header :mime :param \"boundary\" \"Content-Type\" \"q\" { discard; } enclose \"x\"; foreverypart { replace \"y\"; }",
                ])
            {
                var repeated = string.Concat(Enumerable.Repeat(commands, 20));
                var result = Scripts.Run(Scripts.Input(
                    "require [\"regex\", \"mime\", \"foreverypart\", \"body\", \"editheader\", \"relational\", \"comparator-i;ascii-numeric\", \"replace\", \"enclose\"];\r\n" + repeated, message) with
                {
                    Limits = Limits with { MaxSteps = 200_000 },
                });
                result.ImplicitKeep.ShouldBeTrue();
                result.Steps.ShouldBeLessThan(400_000);
            }
        }
    }

    // Each of these asks a database, or makes an automaton, at every turn
    [Theory]
    [InlineData("if not metadataexists \"INBOX\" [\"/private/a\", \"/private/a\", \"/private/a\"] { stop; }")]
    [InlineData("if metadata \"INBOX\" \"/private/a\" \"b\" { stop; }")]
    [InlineData("if not duplicate :uniqueid \"${n}\" { stop; }")]
    [InlineData("if header :list \"X\" \"tag:example.com,2026:list\" { stop; }")]
    [InlineData("if header :regex \"X\" \"(${n}|a{2000}|(b*c)*)*z\" { stop; }")]
    public void WhatIsDearIsCounted(string test)
    {
        var host = new TestHost { Metadata = { ["INBOX/private/a"] = "x" }, Lists = { ["tag:example.com,2026:list"] = [] }, Seen = { "|a" } };
        var script = "require [\"variables\", \"mboxmetadata\", \"duplicate\", \"extlists\", \"regex\"]; set \"n\" \"a\";\n"
            + string.Concat(Enumerable.Repeat($"if true {{ {test} }}\n", 2_000));
        Scripts.Show(Scripts.Run(Scripts.Input(script, "X: y\n\n", host) with { Limits = Limits })).ShouldContain("more work than is allowed");
    }

    // A way is alive for each place where a group may have ended
    [Fact]
    public void GroupsOfAPatternAreCounted() => Scripts.Show(Scripts.Run(
        Scripts.Input("require [\"regex\", \"variables\"]; if header :regex \"X\" \"(.{1,200})(.{1,200})(.{1,200})z?$\" { discard; }", $"X: {new string('x', 5_000)}\n\n") with { Limits = Limits }))
        .ShouldContain("more work than is allowed");

    [Fact]
    public void PatternsAgainstThemselvesStayWithinTheSteps()
    {
        var pattern = string.Concat(Enumerable.Repeat("*?a", 1_000));
        var value = new string('a', 60_000);
        var result = Scripts.Run(Scripts.Input($"if header :matches \"X\" [{string.Join(',', Enumerable.Repeat($"\"{pattern}b\"", 50))}] {{ discard; }}", $"X: {value}\n\n") with
        {
            Limits = Limits,
        });
        result.ImplicitKeep.ShouldBeTrue();
        result.Steps.ShouldBeLessThan(Limits.MaxSteps + 100_000);
    }

    private static SieveCompilation Check(byte[] script, SieveMessage? only = null, SieveImapEvent? happened = null)
    {
        var compilation = SieveCompiler.Compile(script);
        compilation.Diagnostics.Length.ShouldBeLessThanOrEqualTo(SieveCompilerOptions.Default.MaxDiagnostics);
        compilation.IsOk.ShouldBe(compilation.Diagnostics.All(static diagnostic => diagnostic.Severity == SieveSeverity.Warning));
        var lines = script.Count(static b => b == '\n') + 1;
        foreach (var diagnostic in compilation.Diagnostics)
        {
            if (diagnostic.Line < 1 || diagnostic.Line > lines || diagnostic.Column < 1 || diagnostic.ToString().Contains('\n'))
                Assert.Fail($"{diagnostic} of {lines} lines");
        }

        if (!compilation.IsOk)
            return compilation;
        SieveMessage[] messages = only is null ? [Scripts.Message(Scripts.MessageA), Scripts.Message(Scripts.MessageB)] : [only];
        foreach (var message in messages)
        {
            var result = Scripts.Run(new SieveInput
            {
                Scripts = [new SieveSequenceItem("fuzz", compilation.Script), new SieveSequenceItem("fuzz", compilation.Script)],
                Message = message,
                ImapEvent = happened,
                Envelope = happened is null ? new SieveEnvelope { From = "a@b", To = "c+d@e", Notify = "NEVER", ByTime = DateTimeOffset.UnixEpoch, ByMode = 'R' } : null,
                Host = new TestHost
                {
                    Scripts =
                    {
                        ["one"] = "require \"include\"; include :once \"two\"; return;",
                        ["two"] = "require \"include\"; include \"one\";",
                        ["loop"] = "require [\"foreverypart\", \"extracttext\", \"variables\", \"include\"]; global \"g\"; foreverypart { extracttext \"g\"; }",
                    },
                    Lists = { ["tag:x,2026:y"] = ["joe@example.com", "a@b"], [SieveListName.DefaultAddressBook] = [] },
                    Checks = { [SieveCheckKind.Spam] = 0.5 },
                    NotifySchemes = { "xmpp" },
                },
                Limits = Limits,
                IsTraced = true,
            });
            result.Actions.Length.ShouldBeLessThanOrEqualTo(4 * (Limits.MaxActions + Limits.MaxHeaderEdits));
            (result.Error is null || result.ImplicitKeep).ShouldBeTrue();
            result.Trace.Length.ShouldBeLessThanOrEqualTo(Limits.MaxLogLines);
        }

        return compilation;
    }
}
