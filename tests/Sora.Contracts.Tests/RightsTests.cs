using Sora.Contracts;

namespace Sora.Contracts.Tests;

public sealed class RightsTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("lrswipkxtea", "lrswipkxtecda")]
    [InlineData("aetxkpiwsrl", "lrswipkxtecda")]
    [InlineData("d", "ted")]
    [InlineData("c", "kxc")]
    [InlineData("cd", "kxtecd")]
    [InlineData("t", "td")]
    [InlineData("e", "ed")]
    [InlineData("x", "xc")]
    [InlineData("lrswida", "lrswiteda")]
    [InlineData("lrswikda", "lrswiktecda")]
    [InlineData("lll", "l")]
    public void Letters_are_read_and_written(string text, string shown)
    {
        RightsText.TryParse(text, out var rights, out _).ShouldBeTrue();
        RightsText.Format(rights).ShouldBe(shown);
        RightsText.TryParse(shown.Replace("c", "", StringComparison.Ordinal).Replace("d", "", StringComparison.Ordinal), out var again, out _).ShouldBeTrue();
        again.ShouldBe(rights);
    }

    [Theory]
    [InlineData("L", 'L')]
    [InlineData("lrq", 'q')]
    [InlineData("n", 'n')]
    [InlineData("l0", '0')]
    [InlineData("l r", ' ')]
    [InlineData("+l", '+')]
    public void Others_are_not_rights(string text, char unknown)
    {
        RightsText.TryParse(text, out _, out var found).ShouldBeFalse();
        found.ShouldBe(unknown);
    }

    [Fact]
    public void Every_right_has_a_letter()
    {
        RightsText.TryParse("lrswipkxtea", out var rights, out _).ShouldBeTrue();
        rights.ShouldBe(Rights.All);
        RightsText.Grantable.ShouldBeUnique();
    }

    [Fact]
    public void Flags_are_covered_by_their_rights()
    {
        (FlagMask.Covered(Rights.KeepSeen) | FlagMask.Covered(Rights.Write) | FlagMask.Covered(Rights.DeleteMessages)).ShouldBe(ulong.MaxValue);
        FlagMask.Covered(Rights.All & ~Rights.AnyFlag).ShouldBe(0ul);
        var flags = FlagSet.Of(SystemFlags.Seen | SystemFlags.Deleted | SystemFlags.Draft, "$x");
        flags.CoveredBy(Rights.All).ShouldBeSameAs(flags);
        flags.CoveredBy(Rights.Write).ShouldBe(flags with { System = SystemFlags.Draft });
        flags.CoveredBy(Rights.KeepSeen).System.ShouldBe(SystemFlags.Seen);
        flags.CoveredBy(Rights.Insert).IsEmpty.ShouldBeTrue();
    }
}
