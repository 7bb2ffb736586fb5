using static Sora.Sieve.Tests.Scripts;

namespace Sora.Sieve.Tests;

/// <summary>The examples of RFC 3894 (copy) with the results that it gives.</summary>
public sealed class Rfc3894Tests
{
    // Section 2: what a user would have to write without the extension
    [Fact]
    public void ACopyWithoutTheExtension_2() =>
        Outcome("require \"fileinto\"; fileinto \"unfiltered\"; keep;").ShouldBe("fileinto unfiltered; keep");

    [Theory]
    [InlineData("Subject: MAKE MONEY FAST!!!\n\n", "fileinto unfiltered; keep; discard")]
    [InlineData("Subject: lunch\n\n", "fileinto unfiltered; keep")]
    public void AnExplicitKeepDefeatsALaterDiscard_2(string message, string outcome) => Outcome(
        """
        require "fileinto";
        fileinto "unfiltered";
        keep;

        if header "Subject" "MAKE MONEY FAST!!!"
        {
                discard;
        }
        """,
        message).ShouldBe(outcome);

    [Fact]
    public void FileIntoCopy_3() => Outcome(
        """
        require ["copy", "fileinto"];
        fileinto :copy "incoming";

        # ... more processing follows ...
        """).ShouldBe("fileinto incoming :copy; (keep)");

    [Theory]
    [InlineData("Subject: MAKE MONEY FAST!!!\n\n", "fileinto unfiltered :copy; discard")]
    [InlineData("Subject: lunch\n\n", "fileinto unfiltered :copy; (keep)")]
    public void ACopyLeavesTheRestAsItIs_3(string message, string outcome) => Outcome(
        """
        require ["copy", "fileinto"];
        fileinto :copy "unfiltered";
        if header "Subject" "MAKE MONEY FAST!!!" { discard; }
        """,
        message).ShouldBe(outcome);

    [Fact]
    public void RedirectCopy_3() => Outcome("require \"copy\"; redirect :copy \"a@example.com\";").ShouldBe("redirect a@example.com :copy; (keep)");
}
