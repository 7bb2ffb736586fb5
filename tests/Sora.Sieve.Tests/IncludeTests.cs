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
