using static Sora.Sieve.Tests.Scripts;

namespace Sora.Sieve.Tests;

/// <summary>What RFC 5463 (ihave) says of scripts; it has no whole example.</summary>
public sealed class Rfc5463Tests
{
    [Theory]
    [InlineData("ihave \"fileinto\"", true)]
    [InlineData("ihave [\"fileinto\", \"copy\"]", true)]
    [InlineData("ihave [\"fileinto\", \"vnd.example.nothing\"]", false)]
    [InlineData("ihave \"comparator-i;ascii-numeric\"", true)]
    [InlineData("not ihave \"vnd.example.nothing\"", true)]
    public void TheTest_4(string test, bool holds) => Holds(test, require: "\"ihave\"").ShouldBe(holds);

    // "The test MUST fail and the extension MUST NOT be enabled if such usage is attempted"
    [Theory]
    [InlineData("variables")]
    [InlineData("encoded-character")]
    public void WhatChangesTheLanguageCannotBeAskedFor_4(string capability)
    {
        Holds($"ihave \"{capability}\"", require: "\"ihave\"").ShouldBeFalse();
        Outcome($"require [\"ihave\", \"fileinto\"]; if not ihave \"{capability}\" {{ fileinto \"${{hex:41}}${{a}}\"; }}").ShouldBe("fileinto ${hex:41}${a}");
    }

    [Fact]
    public void WhatIsThereCanBeUsedBehindIt_4() => Outcome(
        """
        require "ihave";
        if ihave ["fileinto", "copy"] {
            fileinto :copy "there";
        } else {
            keep;
        }
        """).ShouldBe("fileinto there :copy; (keep)");

    [Fact]
    public void WhatIsNotThereIsNoErrorWhereItIsNotReached_4() => Outcome(
        """
        require "ihave";
        if ihave "vnd.example.nothing" {
            unknown_command :with "arguments";
        } else {
            discard;
        }
        """).ShouldBe("discard");

    [Fact]
    public void WhatIsNotThereIsAnErrorWhereItIsReached_4() => Outcome(
        """
        require "ihave";
        if not ihave "vnd.example.nothing" {
            unknown_command;
        }
        """).ShouldBe("error in line 3: There is no command 'unknown_command'; (keep)");

    // "subsequent to a successful "ihave", things operate just as if the extension had been specified in the script's require clause"
    [Fact]
    public void WhatWasFoundCanBeUsedToTheEndOfTheScript_4() => Outcome(
        """
        require "ihave";
        if not ihave ["fileinto", "copy"] { stop; }
        if true { fileinto :copy "there"; }
        """).ShouldBe("fileinto there :copy; (keep)");

    // "a run-time error MUST be generated if such usage is attempted"
    [Theory]
    [InlineData("if false { if ihave \"fileinto\" { stop; } } fileinto \"there\";", "fileinto")]
    [InlineData("if anyof(true, ihave \"fileinto\") { fileinto \"there\"; }", "fileinto")]
    [InlineData("if allof(false, ihave \"copy\") { stop; } redirect :copy \"a@example.org\";", "copy")]
    [InlineData("if allof(false, ihave \"envelope\") { stop; } if envelope \"from\" \"tim@example.com\" { stop; }", "envelope")]
    [InlineData("if allof(false, ihave \"comparator-i;ascii-numeric\") { stop; } if header :comparator \"i;ascii-numeric\" \"Subject\" \"1\" { stop; }", "comparator-i;ascii-numeric")]
    [InlineData("if false { if ihave \"vacation-seconds\" { stop; } } vacation \"away\";", "vacation")]
    public void WhatNoTestHasFoundIsAnErrorWhereItIsReached_4(string script, string extension) =>
        Outcome($"require \"ihave\"; {script}").ShouldBe($"error in line 1: The extension \"{extension}\" is used here, and no 'ihave' has found it before; (keep)");

    [Fact]
    public void WhatIsRequiredNeedsNoTest_4() => Outcome(
        """
        require ["ihave", "fileinto"];
        if false { if ihave ["fileinto", "copy"] { stop; } }
        fileinto "there";
        """).ShouldBe("fileinto there");

    // The scripts of a sequence are each for itself
    [Fact]
    public void WhatAnotherScriptHasFoundIsNotFound_4()
    {
        const string asks = "require \"ihave\"; if ihave \"fileinto\" { keep; }";
        const string uses = "require \"ihave\"; if anyof(true, ihave \"fileinto\") { fileinto \"there\"; }";
        var input = Input(asks, MessageA);
        Show(Run(input with { Scripts = [.. input.Scripts, .. Input(uses, MessageA).Scripts] })).ShouldContain("no 'ihave' has found it");
    }

    // Point 2: what is there only with the extension is no error before the script gets to it
    [Theory]
    [InlineData("if not ihave \"vnd.example.nothing\" { discard; stop; } unknown_command;", "There is no command 'unknown_command'")]
    [InlineData("if not ihave \"vnd.example.nothing\" { discard; stop; } keep :unknown \"x\";", "The command 'keep' has no tag ':unknown'")]
    [InlineData("if not ihave \"vnd.example.nothing\" { discard; stop; } if unknown_test { keep; }", "There is no test 'unknown_test'")]
    [InlineData("if not ihave \"vnd.example.nothing\" { discard; stop; } if not unknown_test { keep; }", "There is no test 'unknown_test'")]
    [InlineData("if true { if not ihave \"vnd.example.nothing\" { discard; stop; } } unknown_command;", "There is no command 'unknown_command'")]
    [InlineData("if not ihave \"vnd.example.nothing\" { discard; } else { unknown_command; }", "There is no command 'unknown_command'")]
    public void WhatIsNotThereIsAWarningBehindTheTest_4(string script, string warning)
    {
        Outcome($"require \"ihave\"; {script}").ShouldBe("discard");
        var compilation = SieveCompiler.Compile(System.Text.Encoding.UTF8.GetBytes($"require \"ihave\"; {script}"));
        compilation.Diagnostics.ShouldHaveSingleItem().ToString().ShouldContain($"warning: {warning}: if the script gets here, it fails");
    }

    [Fact]
    public void OtherErrorsStayErrors_4()
    {
        Errors("require \"ihave\"; if not ihave \"vnd.example.nothing\" { stop; } fileinto \"x\";").ShouldContain("require \"fileinto\"");
        Errors("require \"ihave\"; if not ihave \"vnd.example.nothing\" { stop; } redirect;").ShouldContain("lacks its address");

        // This is reached whatever the test says
        Errors("require \"ihave\"; if ihave \"vnd.example.nothing\" { keep; } unknown_command;").ShouldContain("There is no command 'unknown_command'");
        Errors("require \"ihave\"; if not ihave \"vnd.example.nothing\" { keep; } unknown_command;").ShouldContain("There is no command 'unknown_command'");
    }

    [Fact]
    public void TheNamesAreConstant_4() => Errors("require [\"ihave\", \"variables\"]; if ihave \"${x}\" { stop; }").ShouldContain("cannot hold variables");

    [Fact]
    public void Error_5() => Outcome(
        """
        require "ihave";
        discard;
        error "Something is wrong";
        """).ShouldBe("error in line 3: Something is wrong; (keep)");
}
