namespace Sora.Mailstore.Search;

/// <summary>
/// Where words stand in a document, so that a text with spaces in it is found without looking at the document. Words have ascending positions, and two
/// have neighbouring ones exactly if nothing but one space stands between them. A break, which is a word of its own, has the position next to each word that
/// has something else than a space at that side: the beginning or end of a text, a control character, the rest of a very long word.
/// Stored: of each word, for each document of its postings, the distances between positions, times two, plus one if another follows; 0 if the document
/// has more positions than are kept.
/// </summary>
internal static class PositionLayout
{
    /// <summary>What stands at a break; no word can have it in it.</summary>
    public const char Break = '\u0001';

    /// <summary>The word of a break.</summary>
    public const string BreakWord = "\u0001";

    /// <summary>Finds that word among the words of a field.</summary>
    public static ReadOnlySpan<byte> BreakPattern => "\n\u0001\n"u8;

    /// <summary>Most positions of a field of one document; one with more is looked into instead.</summary>
    public const int MaxPositions = 1 << 18;
}
