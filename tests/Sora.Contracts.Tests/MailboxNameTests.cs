using Sora.Contracts;

namespace Sora.Contracts.Tests;

public sealed class MailboxNameTests
{
    [Theory]
    [InlineData("INBOX", "INBOX")]
    [InlineData("inbox", "INBOX")]
    [InlineData("InBox/Sub", "INBOX/Sub")]
    [InlineData("inboxes", "inboxes")]
    [InlineData("Work/2026/", "Work/2026")]
    [InlineData("Entwürfe", "Entwürfe")]
    [InlineData("日本語/📬", "日本語/📬")]
    public void Good_names_are_kept_and_inbox_is_spelled_in_capitals(string text, string expected) =>
        MailboxName.Parse(text).Value.Value.ShouldBe(expected);

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("/a")]
    [InlineData("a//b")]
    [InlineData("a/../b")]
    [InlineData("./a")]
    [InlineData("a\0b")]
    [InlineData("a\r\nb")]
    [InlineData("100%")]
    [InlineData("a*")]
    public void Names_that_would_do_harm_are_refused(string text) => MailboxName.Parse(text).IsOk.ShouldBeFalse();

    [Fact]
    public void Half_a_character_is_refused() => MailboxName.Parse("a" + (char)0xd800).IsOk.ShouldBeFalse();

    [Fact]
    public void Names_have_limits()
    {
        MailboxName.Parse(new string('a', 255)).IsOk.ShouldBeTrue();
        MailboxName.Parse(new string('a', 256)).IsOk.ShouldBeFalse();
        MailboxName.Parse(string.Join('/', Enumerable.Repeat("a", 32))).IsOk.ShouldBeTrue();
        MailboxName.Parse(string.Join('/', Enumerable.Repeat("a", 33))).IsOk.ShouldBeFalse();
    }

    [Fact]
    public void Levels_are_told_apart()
    {
        var name = MailboxName.Parse("a/b/c").Value;
        name.Parent!.Value.Value.ShouldBe("a/b");
        name.IsBelow(MailboxName.Parse("a").Value).ShouldBeTrue();
        MailboxName.Parse("ab/c").Value.IsBelow(MailboxName.Parse("a").Value).ShouldBeFalse();
        name.Rebase(MailboxName.Parse("a/b").Value, MailboxName.Parse("x").Value).Value.ShouldBe("x/c");
    }
}
