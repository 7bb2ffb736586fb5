using static Sora.Sieve.Tests.Scripts;

namespace Sora.Sieve.Tests;

/// <summary>include (RFC 6609) beyond the examples in <see cref="Rfc6609Tests"/>.</summary>
public sealed class IncludeTests
{
    // RFC 6609 section 3.4.2
    [Fact]
    public void TheNamespaceGlobal() => Outcome(
        """
        require ["variables", "include", "fileinto"];
        global "i_am_on_vacation";
        set "global.i_am_on_vacation" "1";
        if string :is "${i_am_on_vacation}${global.I_AM_ON_VACATION}" "11"
        {
            fileinto "away";
        }
        """).ShouldBe("fileinto away");

    [Theory]
    [InlineData("include \"a\"; fileinto \"after\";", "stop;", "(keep)")]
    [InlineData("include \"a\"; fileinto \"after\";", "require \"include\"; return; keep;", "fileinto after")]
    [InlineData("return; keep;", "", "(keep)")]
    [InlineData("include \"a\"; include \"a\";", "require \"fileinto\"; fileinto \"x\"; fileinto \"x\";", "fileinto x")]
    [InlineData("include :once \"a\"; include :once \"a\";", "redirect \"a@b\";", "redirect a@b")]
    [InlineData("include :optional \"none\"; keep;", "", "keep")]
    [InlineData("include \"none\";", "", "error in line 2: include: there is no script \"none\"; (keep)")]
    [InlineData("include \"a\";", "require \"include\"; include :once \"a\"; keep;", "keep")]
    [InlineData("include \"a\";", "require \"include\"; include \"a\";", "error in line 1: include: the script \"a\" includes itself; (keep)")]
    [InlineData("include \"a\";", "fileinto \"x\";", "error in line 2: include: the script \"a\" has errors: line 1, column 1: error: The command 'fileinto' needs 'require \"fileinto\";' at the beginning; (keep)")]
    [InlineData("set \"v\" \"outer\"; include \"a\"; fileinto \"${v}\";", "require \"variables\"; set \"v\" \"inner\";", "fileinto outer")]
    public void Including(string script, string included, string outcome) => Outcome(
        $"require [\"include\", \"fileinto\", \"variables\"];\n{script}", host: new TestHost { Scripts = { ["a"] = included } }).ShouldBe(outcome);

    [Fact]
    public void DepthAndNumberAreLimited()
    {
        var host = new TestHost();
        for (var i = 0; i < 20; i++)
            host.Scripts[$"s{i}"] = $"require \"include\"; include \"s{i + 1}\";";
        host.Scripts["s20"] = "keep;";
        Outcome("require \"include\"; include \"s11\";", host: host).ShouldBe("keep");
        Outcome("require \"include\"; include \"s0\";", host: host).ShouldContain("deeper than 10");
        Outcome("require \"include\";" + string.Concat(Enumerable.Repeat("include \"s20\";", 101)), host: host).ShouldContain("more than 100 scripts");
    }

    [Theory]
    [InlineData("include \"./../..//etc/passwd\";", "cannot be the name of a script")]
    [InlineData("include \"\";", "cannot be the name of a script")]
    [InlineData("include :personal :global \"a\";", "exclude each other")]
    [InlineData("set \"a\" \"1\"; global \"a\";", "was set before")]
    [InlineData("global \"1\";", "no variable that can be global")]
    [InlineData("global \"a.b\";", "no variable that can be global")]
    [InlineData("set \"global.data.from\" \"x\";", "no variable that can be set")]
    [InlineData("set \"global.12\" \"x\";", "no variable that can be set")]
    public void Mistakes(string script, string message) => Errors($"require [\"include\", \"variables\"]; {script}").ShouldContain(message);

    // The script that runs counts as included, whoever includes it again (RFC 6609 sections 3.1 and 3.2)
    [Theory]
    [InlineData("include :once \"main\"; keep;", "keep")]
    [InlineData("include \"main\"; keep;", "error in line 1: include: the script \"main\" includes itself; (keep)")]
    [InlineData("include :global \"main\"; keep;", "discard; keep")]
    public void TheFirstScriptIsNotIncludedAgain(string included, string outcome)
    {
        var host = new TestHost { Scripts = { ["a"] = $"require \"include\"; {included}", ["global:main"] = "discard;" } };
        host.Scripts["main"] = "require [\"include\", \"fileinto\"]; include \"a\";";
        var input = Input(host.Scripts["main"], MessageA, host);
        Show(Run(input with { Scripts = [input.Scripts[0] with { Name = "main" }] })).ShouldBe(outcome);
    }

    // "if it has not already been included at any other point during script execution": each script of a sequence is one execution
    [Fact]
    public void OnceIsPerScriptOfTheSequence()
    {
        var host = new TestHost { Scripts = { ["a"] = "require \"vnd.dovecot.debug\"; debug_log \"a\";" } };
        var input = Input("require \"include\"; include :once \"a\"; include :once \"a\";", MessageA, host);
        Run(input with { Scripts = [input.Scripts[0], input.Scripts[0]] }).DebugLog.ShouldBe(["a", "a"]);
    }

    // "MUST NOT generate errors for recursive includes at upload time", nor for missing scripts (section 3.1): warnings
    [Theory]
    [InlineData("include \"a\";", "")]
    [InlineData("include \"none\"; include :optional \"none\";", "line 2, column 1: warning: There is no script \"none\" to be included; until there is, a run ends here with an error")]
    [InlineData("include :global \"a\";", "line 2, column 1: warning: There is no script \"a\" of the site to be included; until there is, a run ends here with an error")]
    [InlineData("if true { include \"main\"; }", "line 2, column 11: warning: Scripts include each other in a circle, which ends a run with an error: \"main\", \"main\"")]
    [InlineData("include :once \"main\";", "")]
    [InlineData("include \"back\";", "line 2, column 1: warning: Scripts include each other in a circle, which ends a run with an error: \"main\", \"back\", \"main\"")]
    [InlineData("include \"x\";", "line 2, column 1: warning: Scripts include each other in a circle, which ends a run with an error: \"x\", \"y\", \"x\"")]
    [InlineData("include \"deep1\";", "line 2, column 1: warning: Scripts include each other deeper than 3, which ends a run with an error: \"main\", \"deep1\", \"deep2\", \"deep3\", \"a\"")]
    [InlineData("include \"deep2\"; include \"deep2\";", "")]
    [InlineData("include \"bad\";", "line 2, column 1: warning: The script \"bad\" to be included has errors: line 1, column 1: error: The command 'fileinto' needs 'require \"fileinto\";' at the beginning")]
    public async Task WhatIsIncludedIsLookedAt(string script, string warning)
    {
        var host = new TestHost
        {
            Scripts =
            {
                ["a"] = "keep;",
                ["back"] = "require \"include\"; include \"main\";",
                ["x"] = "require \"include\"; include \"y\";",
                ["y"] = "require \"include\"; include \"x\";",
                ["deep1"] = "require \"include\"; include \"deep2\";",
                ["deep2"] = "require \"include\"; include \"deep3\";",
                ["deep3"] = "require \"include\"; include \"a\";",
                ["bad"] = "fileinto \"x\";",
            },
        };
        var check = new SieveIncludeCheck(host.GetScriptAsync, new SieveLimits { MaxIncludeDepth = 3 });
        var warnings = await check.WarningsAsync("main", Script($"require \"include\";\n{script}"), CancellationToken.None);
        string.Join('\n', warnings).ShouldBe(warning);
    }

    // RFC 6609 section 3.5
    [Fact]
    public void InALoopAnIncludedScriptSeesThePartAsTheMessage()
    {
        var host = new TestHost
        {
            Scripts =
            {
                ["part"] = """
                    require ["include", "variables", "editheader", "foreverypart"];
                    foreverypart { set "n" "${n}i"; }
                    if header :matches "Content-Type" "*" { set "global.seen" "${global.seen} ${1}${n}"; }
                    if header "Subject" "outer" { set "global.seen" "${global.seen} SUBJECT"; }
                    addheader "X" "y";
                    """,
            },
        };
        Outcome(
            """
            require ["include", "variables", "foreverypart", "mime", "fileinto"];
            foreverypart { if header :mime :type "Content-Type" "text" { include "part"; } }
            if header "Subject" "outer" { fileinto "x${global.seen}"; }
            """,
            "Subject: outer\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\na\n--b\nContent-Type: text/html\n\nb\n--b--\n",
            host).ShouldBe("fileinto x text/plaini text/htmli");
    }

    // The first part of all is the message, and an included script's loop begins with it again
    [Fact]
    public void AtTheMessageItselfALoopOfAnIncludedScriptBeginsAnew()
    {
        var host = new TestHost
        {
            Scripts = { ["parts"] = "require [\"include\", \"variables\", \"foreverypart\", \"mime\"]; foreverypart { if header :mime :matches \"X\" \"*\" { set \"global.n\" \"${global.n}${1}\"; } }" },
        };
        Outcome(
            """
            require ["include", "variables", "foreverypart", "mime", "fileinto"];
            foreverypart { include "parts"; if header :mime :matches "X" "*" { set "global.n" "${global.n}-${1}/"; } }
            fileinto "${global.n}";
            """,
            "X: a\nContent-Type: multipart/mixed; boundary=b\n\n--b\nX: c\n\n1\n--b\nX: d\n\n2\n--b--\n",
            host).ShouldBe("fileinto acd-a/c-c/d-d/");
    }

    [Fact]
    public void GlobalNeedsBothCapabilities()
    {
        Errors("require \"include\"; global \"a\";").ShouldContain("require \"variables\"");
        Errors("require \"variables\"; global \"a\";").ShouldContain("require \"include\"");
        Errors("require \"variables\"; set \"a\" \"${global.b}\";").ShouldContain("no namespace 'global'");
    }
}
