using System.Text;
using Sora.Contracts;

namespace Sora.Mailstore.Search;

/// <summary>
/// How a question is put to the words of a field. A text without white space stands in a message exactly if it stands in one of its words. Of any other
/// text the pieces between white space are looked for, the first at the end of a word, the last at the beginning of one, those between as whole words;
/// a message that has them all may hold the text, and does if they stand one behind the other (<see cref="PositionLayout"/>).
/// </summary>
internal sealed class TextPlan
{
    private TextPlan(SegmentField field, string prefix, IReadOnlyList<byte[]> patterns, bool isExact, SegmentField? positions = null)
    {
        Field = field;
        Prefix = Encoding.UTF8.GetBytes(prefix);
        Patterns = patterns;
        IsExact = isExact;
        Positions = positions;
    }

    public SegmentField Field { get; }

    /// <summary>What the words begin with that are looked at.</summary>
    public byte[] Prefix { get; }

    /// <summary>A document is found if each stands in one of its words; none means that each document is found. A line feed stands for a word's beginning or end.</summary>
    public IReadOnlyList<byte[]> Patterns { get; }

    /// <summary>Whether a document that is found certainly holds the text.</summary>
    public bool IsExact { get; }

    /// <summary>Where the positions are that decide of a text with spaces; null if it has none, or if they do not decide.</summary>
    public SegmentField? Positions { get; }

    /// <summary>The text begins with a space.</summary>
    public bool IsAfterSpace { get; private init; }

    /// <summary>The text ends with a space.</summary>
    public bool IsBeforeSpace { get; private init; }

    public static TextPlan Of(TextQuestion question) => question.Field switch
    {
        TextField.Subject => OfLine("SUBJECT: ", question.Text),
        TextField.From => OfLine("FROM: ", question.Text),
        TextField.To => OfLine("TO: ", question.Text),
        TextField.Cc => OfLine("CC: ", question.Text),
        TextField.Bcc => OfLine("BCC: ", question.Text),
        TextField.Header => OfWords(SegmentField.Header, question.Text),
        _ => OfWords(SegmentField.Body, question.Text),
    };

    // A value has no line feed in it
    private static TextPlan OfLine(string prefix, string text) =>
        new(SegmentField.Lines, prefix, [Encoding.UTF8.GetBytes(Shortened(text))], text.Length <= WordCutter.Overlap);

    private static TextPlan OfWords(SegmentField field, string text)
    {
        var patterns = new List<byte[]>();
        var isExact = true;
        var hasPositions = true;
        var start = 0;
        for (var end = 0; end <= text.Length; end++)
        {
            if (end < text.Length && !WordCutter.IsSpace(text[end]))
                continue;
            var piece = text[start..end];

            // What decides are single spaces between, before and behind words that are no pieces
            hasPositions &= piece.Length <= WordCutter.Overlap && (piece.Length > 0 || start == 0 || end == text.Length);
            hasPositions &= end == text.Length || text[end] == ' ';
            isExact &= piece.Length == text.Length && piece.Length <= WordCutter.Overlap;
            if (piece.Length > WordCutter.Overlap)
                patterns.Add(Encoding.UTF8.GetBytes(Shortened(piece)));
            else if (piece.Length > 0)
                patterns.Add(Encoding.UTF8.GetBytes((start > 0 ? "\n" : "") + piece + (end < text.Length ? "\n" : "")));
            start = end + 1;
        }

        SegmentField? positions = !hasPositions || isExact || patterns.Count == 0 ? null
            : field == SegmentField.Header ? SegmentField.HeaderPositions
            : SegmentField.BodyPositions;
        return new TextPlan(field, "", patterns, isExact, positions) { IsAfterSpace = text.StartsWith(' '), IsBeforeSpace = text.EndsWith(' ') };
    }

    // Only so much of a word is sure to stand in one piece of it
    private static string Shortened(string text)
    {
        if (text.Length <= WordCutter.Overlap)
            return text;
        return text[..(char.IsHighSurrogate(text[WordCutter.Overlap - 1]) ? WordCutter.Overlap - 1 : WordCutter.Overlap)];
    }
}
