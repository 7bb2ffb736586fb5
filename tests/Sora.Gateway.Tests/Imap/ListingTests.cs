using System.Text;
using Sora.Gateway.Imap.Listing;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Tests.Imap;

public sealed class ListingTests
{
    [Theory]
    [InlineData("", "*", "a/b", true)]
    [InlineData("", "%", "a", true)]
    [InlineData("", "%", "a/b", false)]
    [InlineData("", "a%", "a", true)]
    [InlineData("", "%b", "ab", true)]
    [InlineData("", "a/%", "a/b", true)]
    [InlineData("", "a/%", "a/b/c", false)]
    [InlineData("", "a*c", "a/b/c", true)]
    [InlineData("", "a%c", "a/c", false)]
    [InlineData("", "*%", "a/b", true)]
    [InlineData("", "%*", "a/b", true)]
    [InlineData("", "%/%", "a/b", true)]
    [InlineData("", "%/%", "a", false)]
    [InlineData("a/", "b", "a/b", true)]
    [InlineData("a", "/b", "a/b", true)]
    [InlineData("", "inbox", "INBOX", true)]
    [InlineData("", "InBox/x", "INBOX/x", true)]
    [InlineData("", "in*", "INBOX", true)]
    [InlineData("", "inbox/X", "INBOX/x", false)]
    [InlineData("", "A", "a", false)]
    [InlineData("", "inboxes", "INBOXES", false)]
    [InlineData("", "", "a", false)]
    [InlineData("", "*a*b*", "xxaxxbxx", true)]
    [InlineData("", "*a*b*", "xxbxxaxx", false)]
    public void Patterns(string reference, string pattern, string name, bool matches) =>
        new MailboxPattern(reference, pattern).Matches(name).ShouldBe(matches);

    // Backtracking would not come back from this one
    [Fact]
    public void No_pattern_is_slow() =>
        new MailboxPattern("", string.Concat(Enumerable.Repeat("*a%b", 200))).Matches(new string('a', 1000)).ShouldBeFalse();

    [Theory]
    [InlineData("abc", "abc")]
    [InlineData("a&b", "a&-b")]
    [InlineData("\u00e4", "&AOQ-")]
    [InlineData("~peter/mail/\u53f0\u5317/\u65e5\u672c\u8a9e", "~peter/mail/&U,BTFw-/&ZeVnLIqe-")]
    [InlineData("\U0001F600", "&2D3eAA-")]
    [InlineData("\u00e4\u00f6\u00fc", "&AOQA9gD8-")]
    public void Modified_utf7(string text, string encoded)
    {
        Encoding.ASCII.GetString(ModifiedUtf7.Encode(text)).ShouldBe(encoded);
        ModifiedUtf7.TryDecode(Encoding.ASCII.GetBytes(encoded), out var decoded).ShouldBeTrue();
        decoded.ShouldBe(text);
    }

    [Theory]
    [InlineData("&")]
    [InlineData("a&b")]
    [InlineData("&AOQ")]
    [InlineData("&AO-")]
    [InlineData("&AGE-")]
    [InlineData("&AOQ-&AOQ-")]
    [InlineData("&2D0-")]
    [InlineData("&3gA-")]
    [InlineData("&AOQx-")]
    [InlineData("&A/Q-")]
    public void What_no_encoder_writes_is_refused(string encoded) =>
        ModifiedUtf7.TryDecode(Encoding.ASCII.GetBytes(encoded), out _).ShouldBeFalse();
}
