namespace Sora.Mailstore.Search;

/// <summary>
/// Cuts folded text into the words of the index: what stands between white space. A word that is too long becomes pieces that overlap, so that a text of up
/// to <see cref="Overlap"/> code units stands in one of them whole.
/// </summary>
internal static class WordCutter
{
    /// <summary>Most UTF-16 code units of a word of the index.</summary>
    public const int MaxLength = 1000;

    /// <summary>Code units that two pieces of one word share.</summary>
    public const int Overlap = 250;

    /// <summary>What separates words. Other spaces have become U+0020 by folding.</summary>
    public static bool IsSpace(char c) => c <= ' ' || c is '\u0085' or '\u1680' or '\u2028' or '\u2029';

    /// <summary>The length of the text up to the next white space.</summary>
    public static int WordLength(ReadOnlySpan<char> text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (IsSpace(text[i]))
                return i;
        }

        return text.Length;
    }

    /// <summary>The first piece of a word, and how far behind its start the next one begins; all of it when it is short enough.</summary>
    public static ReadOnlySpan<char> Piece(ReadOnlySpan<char> word, out int next)
    {
        if (word.Length <= MaxLength)
        {
            next = word.Length;
            return word;
        }

        // No character is cut in two
        next = MaxLength - Overlap;
        if (char.IsLowSurrogate(word[next]))
            next--;
        return word[..(char.IsHighSurrogate(word[MaxLength - 1]) ? MaxLength - 1 : MaxLength)];
    }
}
