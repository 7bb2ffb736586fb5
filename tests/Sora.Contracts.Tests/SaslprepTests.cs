namespace Sora.Contracts.Tests;

public sealed class SaslprepTests
{
    // The first seven are the examples of RFC 4013 section 3
    [Theory]
    [InlineData("I\u00ADX", "IX")]
    [InlineData("user", "user")]
    [InlineData("USER", "USER")]
    [InlineData("\u00AA", "a")]
    [InlineData("\u2168", "IX")]
    [InlineData("\u0007", null)]
    [InlineData("\u06271", null)]
    [InlineData("", "")]
    [InlineData("\u00AD", "")]
    [InlineData("a\u00A0b", "a b")] // C.1.2
    [InlineData("a\u200Bb", "ab")] // in C.1.2 and in B.1, which section 2.1 applies first
    [InlineData("a\u3000b", "a b")]
    [InlineData("a\u0301", "\u00E1")]
    [InlineData("\uFB01n", "fin")]
    [InlineData("\uFF41\u0301", "\u00E1")] // composed only after the wide letter has become one of ASCII
    [InlineData("\uAC00", "\uAC00")]
    [InlineData("\u1E9B\u0323", "\u1E69")] // UAX 15
    [InlineData("a\u007F", null)] // C.2.1
    [InlineData("a\u0085", null)] // C.2.2
    [InlineData("\uE000", null)] // C.3
    [InlineData("\uFFFE", null)] // C.4
    [InlineData("\uD800", null)] // C.5
    [InlineData("\uFFFD", null)] // C.6
    [InlineData("\u2FF0", null)] // C.7
    [InlineData("a\u202E", null)] // C.8
    [InlineData("\U000E0041", null)] // C.9
    [InlineData("\u0627a", null)] // RFC 3454 section 6, rule 2
    [InlineData("1\u0627", null)] // rule 3
    [InlineData("\u06271\u0628", "\u06271\u0628")]
    public void Prepares_stored_strings(string text, string? expected) => Saslprep.Prepare(text).ShouldBe(expected);

    [Theory]
    [InlineData("\u0221")]
    [InlineData("\U0001F600")]
    public void What_Unicode_3_2_does_not_know_may_be_asked_for_but_not_stored(string text)
    {
        Saslprep.Prepare(text).ShouldBeNull();
        Saslprep.Prepare(text, allowUnassigned: true).ShouldBe(text);
    }

    [Fact]
    public void What_is_prepared_stays_as_it_is()
    {
        var random = new Random(4013);
        var prepared = 0;
        for (var round = 0; round < 20_000; round++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(6)).Select(_ => char.ConvertFromUtf32(random.Next(0xD800))));
            if (Saslprep.Prepare(text, allowUnassigned: true) is not { } once)
                continue;
            prepared++;
            Saslprep.Prepare(once, allowUnassigned: true).ShouldBe(once);
        }

        prepared.ShouldBeGreaterThan(1000);
    }
}
