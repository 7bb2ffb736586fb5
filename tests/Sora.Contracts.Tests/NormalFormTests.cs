using System.Diagnostics;

namespace Sora.Contracts.Tests;

/// <summary>Normalization Form C; that the tables are right is asked of PostgreSQL's, in Sora.Mailstore.Tests.</summary>
public sealed class NormalFormTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("INBOX", "INBOX")]
    [InlineData("Entwu\u0308rfe", "Entwürfe")]
    [InlineData("Cafe\u0301/re\u0301sume\u0301", "Café/résumé")]
    [InlineData("a\u0302\u0323", "\u1EAD")] // the mark below comes first, then both compose
    [InlineData("\u00E2\u0323", "\u1EAD")] // also when the mark above was composed already
    [InlineData("q\u0307\u0323", "q\u0323\u0307")] // ordered, with nothing to compose
    [InlineData("\u212B\u2126", "ÅΩ")] // signs that are letters
    [InlineData("\u0958", "\u0915\u093C")] // an exclusion: it is never composed
    [InlineData("\u1112\u1161\u11AB\u1100\u1173\u11AF", "한글")]
    [InlineData("\uD558\u11AB", "한")] // a syllable that gets its last sound
    [InlineData("\u304B\u3099", "が")]
    [InlineData("\uF900", "\u8C48")]
    [InlineData("\uD834\uDD5E", "\uD834\uDD57\uD834\uDD65")] // beyond the basic plane
    [InlineData("\uD804\uDC99\uD804\uDCBA", "\uD804\uDC9A")]
    [InlineData("\u0301a", "\u0301a")] // a mark without a base
    [InlineData("ﬁ½①", "ﬁ½①")] // compatible is not the same
    public void What_looks_the_same_is_written_the_same(string text, string composed)
    {
        NormalForm.Compose(text).ShouldBe(composed);
        NormalForm.Compose(composed).ShouldBe(composed);
    }

    [Fact]
    public void Half_a_character_stays() =>
        NormalForm.Compose("\ud800e\u0301\udc00").ShouldBe("\ud800é\udc00");

    [Fact]
    public void Any_text_is_in_the_form_after_one_step()
    {
        var random = new Random(15);
        for (var round = 0; round < 20_000; round++)
        {
            var text = new string([.. Enumerable.Range(0, random.Next(12)).Select(_ => random.Next(4) switch
            {
                0 => (char)random.Next(0x300, 0x370),
                1 => (char)random.Next(0x1100, 0x1200),
                2 => (char)random.Next(0x10000),
                _ => (char)random.Next('A', 0x250),
            })]);
            var once = NormalForm.Compose(text);
            NormalForm.Compose(once).ShouldBe(once, text);
        }
    }

    [Fact]
    public void Very_many_marks_take_no_more_than_their_time()
    {
        var marks = string.Concat(Enumerable.Repeat("\u0301\u0323\u0334\u0345", 50_000));
        var started = Stopwatch.GetTimestamp();
        NormalForm.Compose("a" + marks).Length.ShouldBe(marks.Length); // one of those below has joined the letter
        Stopwatch.GetElapsedTime(started).ShouldBeLessThan(TimeSpan.FromSeconds(5)); // by steps of n², it would be minutes
    }
}
