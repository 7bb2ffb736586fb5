namespace Sora.Contracts.Tests;

public sealed class SieveScriptNameTests
{
    [Theory]
    [InlineData("main", "main")]
    [InlineData("with / slash and \"quote\"", "with / slash and \"quote\"")]
    [InlineData("A\u0308", "A\u0308")] // not the same as the character for both
    [InlineData("😀", "😀")]
    public void Names_that_are_allowed(string text, string name) => SieveScriptName.Parse(text).Value.Value.ShouldBe(name);

    [Theory]
    [InlineData("")]
    [InlineData("a\0")]
    [InlineData("a\u001f")]
    [InlineData("a\u007f")]
    [InlineData("a\u0080")]
    [InlineData("a\u009f")]
    [InlineData("a\u2028")]
    [InlineData("a\u2029")]
    public void Names_that_are_not(string text) => SieveScriptName.Parse(text).Error!.Code.ShouldBe(MailErrorCode.Cannot);

    [Fact]
    public void A_lone_surrogate_is_no_unicode() => SieveScriptName.Parse("a\ud800b").Error!.Code.ShouldBe(MailErrorCode.Cannot);

    [Fact]
    public void Characters_count_not_code_units()
    {
        SieveScriptName.Parse(string.Concat(Enumerable.Repeat("😀", 128))).IsOk.ShouldBeTrue();
        SieveScriptName.Parse(string.Concat(Enumerable.Repeat("😀", 129))).Error!.Code.ShouldBe(MailErrorCode.Limit);
        SieveScriptName.Parse(new string('a', 129)).Error!.Code.ShouldBe(MailErrorCode.Limit);
    }
}
