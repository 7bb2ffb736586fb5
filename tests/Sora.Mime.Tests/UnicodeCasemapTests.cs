using System.Buffers;
using System.Text;

namespace Sora.Mime.Tests;

public class UnicodeCasemapTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("ALREADY 123", "ALREADY 123")]
    [InlineData("hello World", "HELLO WORLD")]
    [InlineData("Привет", "ПРИВЕТ")]
    [InlineData("é", "E\u0301")]
    [InlineData("É", "E\u0301")]
    [InlineData("e\u0301", "E\u0301")]
    [InlineData("\u1EAD", "A\u0323\u0302")] // two decompositions, one after the other
    [InlineData("ǆ", "DZ\u030C")] // titlecase is not uppercase here, and what it decomposes into has a titlecase again
    [InlineData("Ǆ", "DZ\u030C")]
    [InlineData("ß", "ß")] // no simple mapping
    [InlineData("ﬁn", "FIN")]
    [InlineData("①", "1")]
    [InlineData("ａｂｃ", "ABC")]
    [InlineData("x\u00A0y", "X Y")]
    [InlineData("ǰ", "J\u030C")]
    [InlineData("ſ", "S")]
    [InlineData("K", "K")] // KELVIN SIGN
    [InlineData("한글", "한글")]
    [InlineData("日本語", "日本語")]
    [InlineData("𝒜𝒷", "AB")]
    [InlineData("𐐨", "𐐀")]
    [InlineData("😀a", "😀A")]
    [InlineData("\uD83Da", "\uD83DA")] // half a character stays
    [InlineData("ώρα", "Ω\u0301ΡΑ")]
    [InlineData("ς", "Σ")]
    public void Folds(string text, string folded) => UnicodeCasemap.Fold(text).ShouldBe(folded);

    [Fact]
    public void What_changes_nothing_costs_nothing()
    {
        const string Text = "NO CHANGE 日本";
        UnicodeCasemap.Fold(Text).ShouldBeSameAs(Text);
    }

    [Fact]
    public void Every_character_is_folded_once_and_for_all()
    {
        for (var character = 0; character < 0x110000; character++)
        {
            if (character is >= 0xD800 and < 0xE000)
                continue;
            var folded = UnicodeCasemap.Fold(char.ConvertFromUtf32(character));
            folded.Length.ShouldBeInRange(1, UnicodeCasemap.MaxExpansion);
            UnicodeCasemap.Fold(folded).ShouldBe(folded, $"U+{character:X4}");
            if (character is < 0x180 or (>= 0x370 and < 0x530)) // elsewhere capitals are newer than the table, or no titlecase
                UnicodeCasemap.Fold(new Rune(character).ToString().ToUpperInvariant()).ShouldBe(folded, $"upper case of U+{character:X4}");
        }
    }

    [Fact]
    public void Pieces_give_the_same_as_the_whole()
    {
        var random = new Random(7);
        for (var round = 0; round < 300; round++)
        {
            var text = new StringBuilder();
            for (var i = random.Next(80); i > 0; i--)
                text.Append(random.Next(3) == 0 ? new Rune(random.Next(0xE000, 0x30000)) : random.Next(2) == 0 ? new Rune(random.Next(0x600)) : new Rune('a'));
            var whole = text.ToString();
            var writer = new ArrayBufferWriter<char>();
            UnicodeCasemap.Fold(whole, writer);
            writer.WrittenSpan.ToString().ShouldBe(UnicodeCasemap.Fold(whole));
            var room = new char[UnicodeCasemap.MaxExpansion];
            var small = new StringBuilder();
            for (var rest = whole.AsSpan(); !rest.IsEmpty;)
            {
                var taken = UnicodeCasemap.Fold(rest, room, out var written);
                taken.ShouldBePositive();
                rest = rest[taken..];
                small.Append(room, 0, written);
            }

            small.ToString().ShouldBe(UnicodeCasemap.Fold(whole));
        }
    }
}
