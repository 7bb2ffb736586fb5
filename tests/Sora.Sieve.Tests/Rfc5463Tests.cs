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
