using static Sora.Sieve.Tests.Scripts;

namespace Sora.Sieve.Tests;

/// <summary>Matching, addresses, sequences of scripts, limits and errors beyond the RFC's examples.</summary>
public sealed class EvaluationTests
{
    [Theory]
    [InlineData("*", "", true)]
    [InlineData("", "", true)]
    [InlineData("", "x", false)]
    [InlineData("?", "", false)]
    [InlineData("**", "", true)]
    [InlineData("a*", "a", true)]
    [InlineData("*a", "aba", true)]
    [InlineData("a*a", "a", false)]
    [InlineData("a*a", "aa", true)]
    [InlineData("*ab*ba*", "aba", false)]
    [InlineData("*ab*ba*", "abba", true)]
    [InlineData("*?b", "b", false)]
    [InlineData("*?b", "ab", true)]
    [InlineData("*?b?*", "aabbc", true)]
    [InlineData("a?c*?e", "abcde", true)]
    [InlineData("a?c*??e", "abcde", false)]
    [InlineData("\\\\\\\\*", "\\x", true)]
    [InlineData("a\\\\*", "a*", true)]
    [InlineData("a\\\\*", "ab", false)]
    [InlineData("*aab", "aaaab", true)]
    [InlineData("ABC", "abc", true)]
    public void Globs(string pattern, string value, bool holds) => Holds($"header :matches \"X\" \"{pattern}\"", $"X: {value}\n\n").ShouldBe(holds);

    [Fact]
    public void GlobsAreAsTheSlowDefinitionSays()
    {
        var random = new Random(5228);
        for (var round = 0; round < 5_000; round++)
        {
            var pattern = RandomText(random, "ab*?", 8);
            var value = RandomText(random, "abc", 10);
            var comparator = new Matching.OctetComparator();
            var glob = Matching.GlobPattern.Compile(pattern, comparator);
            var text = new Messages.SieveValue(value);
            glob.IsMatch(text, comparator).ShouldBe(IsMatch(pattern, value), $"{pattern} {value}");
            if (!IsMatch(pattern, value))
                continue;

            // What the wildcards stood for puts the value together again
            var captures = glob.Capture(text, comparator);
            var next = 1;
            string.Concat(pattern.Select(c => c is '*' or '?' ? captures[next++] : c.ToString())).ShouldBe(value);
            captures.Length.ShouldBe(next);
        }
    }

    [Theory]
    [InlineData("1", "01", true)]
    [InlineData("1", "1abc", true)]
    [InlineData("1", "2", false)]
    [InlineData("abc", "xyz", true)]
    [InlineData("", "x", true)]
    [InlineData("1", "x", false)]
    [InlineData("99999999999999999999999999", "099999999999999999999999999", true)]
    public void AsciiNumeric(string key, string value, bool holds) =>
        Holds($"header :comparator \"i;ascii-numeric\" \"X\" \"{key}\"", $"X: {value}\n\n", "\"comparator-i;ascii-numeric\"").ShouldBe(holds);

    [Theory]
    [InlineData("i;unicode-casemap", "STRASSENB\u00C4UME \u03A3", true)]
    [InlineData("i;ascii-casemap", "STRASSENB\u00C4UME \u03A3", false)]
    [InlineData("i;ascii-casemap", "STRASSENB\u00E4UME \u03C3", true)]
    [InlineData("i;octet", "Strassenb\u00E4ume \u03C3", true)]
    [InlineData("i;octet", "strassenb\u00E4ume \u03C3", false)]
    public void ComparatorsAndCase(string comparator, string key, bool holds) => Holds(
        $"header :comparator \"{comparator}\" \"Subject\" \"{key}\"",
        "Subject: =?utf-8?Q?Strassenb=C3=A4ume_?=\n =?iso-8859-7?Q?=F3?=\n\n",
        "[\"comparator-i;unicode-casemap\", \"comparator-i;octet\", \"comparator-i;ascii-casemap\"]").ShouldBe(holds);

    [Theory]
    [InlineData(":localpart", "roadrunner", true)]
    [InlineData(":domain", "acme.example.com", true)]
    [InlineData(":domain", "ACME.example.COM", true)]
    [InlineData(":all", "\\\"road runner\\\"@acme.example.com", true)]
    [InlineData(":localpart", "road runner", true)]
    [InlineData(":all", "Road Runner", false)]
    [InlineData(":all", "friends", false)]
    [InlineData(":all", "in@group.example", true)]
    [InlineData(":all", "undisclosed", true)]
    [InlineData(":localpart", "undisclosed", false)]
    [InlineData(":domain", "", false)]
    public void AddressParts(string part, string key, bool holds) => Holds(
        $"address {part} \"to\" \"{key}\"",
        "To: roadrunner@acme.example.com (Road Runner), \"Road Runner\" <\"road runner\"@acme.example.com>,\n friends: in@group.example;, undisclosed\n\n").ShouldBe(holds);

    [Theory]
    [InlineData("<@hop.example,@hop2.example:tim@example.com>")]
    [InlineData("tim@example.com")]
    public void EnvelopesDropSourceRoutes(string path) => Holds(
        "envelope \"to\" \"tim@example.com\"", require: "\"envelope\"", envelope: new SieveEnvelope { From = "a@b", To = path.Trim('<', '>') }).ShouldBeTrue();

    [Fact]
    public void WithoutAnEnvelopeNothingMatches()
    {
        var input = Input("require \"envelope\"; if envelope :matches \"from\" \"*\" { discard; }", MessageA) with { Envelope = null };
        Show(Run(input)).ShouldBe("(keep)");
    }

    [Theory]
    [InlineData("exists \"From:\"")]
    [InlineData("header :contains \"no field\" \"\"")]
    [InlineData("header :contains \"\" \"\"")]
    [InlineData("address :contains \"Fr\u00F6m\" \"\"")]
    public void NamesThatAreNoFieldsMatchNothing(string test) => Holds(test).ShouldBeFalse();

    [Fact]
    public void HeadersAreUnfoldedAndTrimmed()
    {
        const string message = "X:   one\n two  \nX : obsolete\nx: third\n\n";
        Holds("header :is \"X\" \"one two\"", message).ShouldBeTrue();
        Holds("header :is \"x\" \"obsolete\"", message).ShouldBeTrue();
        Holds("header :is \"X\" \"third\"", message).ShouldBeTrue();
    }

    [Fact]
    public void AManyKeyedTestIsTheSameAsManyTests()
    {
        var keys = string.Join(", ", Enumerable.Range(0, 100).Select(static i => $"\"key{i}\""));
        foreach (var type in (string[])[":is", ":contains", ":matches"])
        {
            Holds($"header {type} \"X\" [{keys}]", "X: KEY73\n\n").ShouldBeTrue();
            Holds($"header {type} \"X\" [{keys}]", "X: KAY73\n\n").ShouldBeFalse();
        }
    }

    [Theory]
    [InlineData("fileinto \"\";")]
    [InlineData("fileinto \"a//b\";")]
    [InlineData("fileinto \"..\";")]
    public void MailboxesThatCannotBeAreRunTimeErrors(string command)
    {
        var result = Run($"require \"fileinto\";\nfileinto \"good\";\n{command}");
        result.Error!.Line.ShouldBe(3);
        result.Actions.ShouldBeEmpty();
        result.ImplicitKeep.ShouldBeTrue();
    }

    [Fact]
    public void RedirectsAreLimited()
    {
        const string script = "redirect \"a@b\"; redirect \"A@B\"; redirect \"c@d\";";
        Outcome(script).ShouldBe("redirect a@b; redirect c@d");
        var input = Input(script, MessageA) with { Limits = new SieveLimits { MaxRedirects = 1 } };
        Show(Run(input)).ShouldBe("error in line 1: More than 1 redirects; (keep)");
    }

    [Fact]
    public void ActionsAreLimited()
    {
        var input = Input("require \"fileinto\";\nfileinto \"a\";\nfileinto \"a\";\nfileinto \"b\";\nfileinto \"c\";", MessageA);
        Show(Run(input with { Limits = new SieveLimits { MaxActions = 3 } })).ShouldBe("fileinto a; fileinto b; fileinto c");
        Show(Run(input with { Limits = new SieveLimits { MaxActions = 2 } })).ShouldStartWith("error in line 5: ");
    }

    [Fact]
    public void WorkIsCountedAndLimited()
    {
        var script = "if header :contains \"Subject\" \"x\" { keep; }\n" + string.Concat(Enumerable.Repeat("if exists \"x\" { keep; }\n", 100));
        var input = Input(script, MessageA);
        var steps = Run(input).Steps;
        Run(input).Steps.ShouldBe(steps);
        Run(input with { Limits = new SieveLimits { MaxSteps = steps } }).Error.ShouldBeNull();
        Run(input with { Limits = new SieveLimits { MaxSteps = steps - 1 } }).Error!.Message.ShouldContain("more work than is allowed");
    }

    [Fact]
    public async Task ACancelledRunEnds()
    {
        using var source = new CancellationTokenSource();
        await source.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => SieveInterpreter.RunAsync(Input("keep;", MessageA), source.Token).AsTask());
    }

    [Fact]
    public async Task ARunWaitsForAHostThatDoes()
    {
        const string script = "require [\"mailbox\", \"fileinto\"]; if allof (mailboxexists \"INBOX\", not mailboxexists \"x\") { fileinto \"y\"; }";
        Show(await SieveInterpreter.RunAsync(Input(script, MessageA, new TestHost { IsSlow = true }))).ShouldBe("fileinto y");
    }

    // Dovecot's semantics of sieve_before and sieve_after
    [Theory]
    [InlineData(new[] { "keep;", "fileinto \"user\";" }, "fileinto user")]
    [InlineData(new[] { "fileinto \"before\";", "fileinto \"user\";" }, "fileinto before")]
    [InlineData(new[] { "fileinto \"before\"; keep;", "fileinto \"user\";" }, "fileinto before; fileinto user")]
    [InlineData(new[] { "discard; stop;", "fileinto \"user\";" }, "discard")]
    [InlineData(new[] { "stop;", "fileinto \"user\";" }, "fileinto user")]
    [InlineData(new[] { "", "", "" }, "(keep)")]
    [InlineData(new[] { "", "keep;", "" }, "(keep)")]
    [InlineData(new[] { "", "", "keep;" }, "keep")]
    [InlineData(new[] { "", "fileinto \"user\";", "fileinto \"after\";" }, "fileinto user")]
    [InlineData(new[] { "fileinto \"x\"; keep;", "fileinto \"x\";" }, "fileinto x")]
    [InlineData(new[] { "fileinto :flags \"a\" \"x\"; keep;", "fileinto :flags \"b\" \"x\"; keep;" }, "fileinto x [b]; keep")]
    [InlineData(new[] { "fileinto \"INBOX\"; keep;", "keep;" }, "fileinto INBOX")]
    [InlineData(new[] { "fileinto \"x\"; keep;", "fileinto \"y\"; fileinto \"\";" }, "fileinto x; error in line 1: fileinto: \"\" cannot be a mailbox: Mailbox name is empty; (keep)")]
    public void Sequences(string[] scripts, string outcome)
    {
        var input = Input("keep;", MessageA) with
        {
            Scripts = [.. scripts.Select(static script => new SieveSequenceItem("", Script($"require [\"fileinto\", \"imap4flags\"]; {script}")))],
        };
        Show(Run(input)).ShouldBe(outcome);
    }

    [Fact]
    public void TheTraceTellsWhatWasDone()
    {
        var input = Input("require \"fileinto\";\nif not header :is \"X\" \"y\" {\n  fileinto \"z\";\n}", MessageA) with { IsTraced = true };
        Run(input).Trace.ShouldBe(["line 2: header: false", "line 2: not: true", "line 3: fileinto \"z\""]);
    }

    [Fact]
    public void ErrorsInGuardedCodeAreErrorsWhenItRuns()
    {
        const string script =
            """
            require ["ihave", "fileinto"];
            if ihave "no-such-thing" {
                nosuchcommand :tag "x";
                if nosuchtest { keep; }
            } elsif ihave ["envelope"] {
                if envelope "from" "coyote@desert.example.org" { fileinto "x"; }
            } else {
                discard;
            }
            """;
        Outcome(script).ShouldBe("fileinto x");
        Outcome("require \"ihave\"; if not ihave \"nothing\" { nosuchcommand; }").ShouldStartWith("error in line 1: There is no command 'nosuchcommand'");
        Errors("require \"ihave\"; if ihave \"nothing\" { keep; } nosuchcommand;").ShouldContain("no command 'nosuchcommand'");
        Outcome("require \"ihave\"; if not ihave \"nothing\" { error \"we need it\"; }").ShouldBe("error in line 1: we need it; (keep)");
    }

    [Fact]
    public void CachedScriptsAreTheSameObject()
    {
        var cache = new SieveScriptCache(SieveCompilerOptions.Default, maxScripts: 2, maxBytes: 1 << 20);
        var first = cache.Get("keep;"u8.ToArray());
        cache.Get("keep;"u8.ToArray()).ShouldBeSameAs(first);
        cache.Get("stop;"u8.ToArray()).ShouldNotBeSameAs(first);
        cache.Get("keep;"u8.ToArray()).ShouldBeSameAs(first);
        cache.Get("discard;"u8.ToArray());
        cache.Count.ShouldBe(2);
        cache.Get("keep;"u8.ToArray()).ShouldBeSameAs(first);
        new SieveScriptCache(SieveCompilerOptions.Default, 10, 100).Get("keep;"u8.ToArray()).IsOk.ShouldBeTrue();
    }

    private static string RandomText(Random random, string alphabet, int max) =>
        new([.. Enumerable.Range(0, random.Next(max)).Select(_ => alphabet[random.Next(alphabet.Length)])]);

    private static bool IsMatch(ReadOnlySpan<char> pattern, ReadOnlySpan<char> value)
    {
        if (pattern.IsEmpty)
            return value.IsEmpty;
        if (pattern[0] == '*')
            return IsMatch(pattern[1..], value) || (!value.IsEmpty && IsMatch(pattern, value[1..]));
        return !value.IsEmpty && (pattern[0] == '?' || pattern[0] == value[0]) && IsMatch(pattern[1..], value[1..]);
    }
}
