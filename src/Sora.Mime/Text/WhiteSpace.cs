namespace Sora.Mime;

/// <summary>
/// White space in folded text: a row of it, whatever it is made of, counts as one space. So a text is found though a line was broken within it, by
/// the author's program, by folding of a header field (RFC 5322 section 2.2.3), or in the HTML.
/// </summary>
internal static class WhiteSpace
{
    /// <summary>Brings the text into that form, where it is, and returns its new length.</summary>
    /// <param name="folded">Folded by <see cref="UnicodeCasemap"/>, which has made a space of each space that is not ASCII.</param>
    /// <param name="isAfter">White space stood before the text; afterwards, at its end.</param>
    public static int Collapse(Span<char> folded, ref bool isAfter)
    {
        var written = 0;
        for (var read = 0; read < folded.Length; read++)
        {
            var c = folded[read];
            var isSpace = c <= ' ' ? c is ' ' or (>= '\t' and <= '\r') : c >= '\u0085' && char.IsWhiteSpace(c);
            if (!isSpace)
                folded[written++] = c;
            else if (!isAfter)
                folded[written++] = ' ';
            isAfter = isSpace;
        }

        return written;
    }

    /// <summary>As above, of a text that is whole.</summary>
    public static string Collapse(string folded)
    {
        if (!NeedsCollapse(folded))
            return folded;
        Span<char> copy = folded.ToCharArray();
        var isAfter = false;
        return copy[..Collapse(copy, ref isAfter)].ToString();
    }

    private static bool NeedsCollapse(string folded)
    {
        for (var i = 0; i < folded.Length; i++)
        {
            if (char.IsWhiteSpace(folded[i]) && (folded[i] != ' ' || (i > 0 && folded[i - 1] == ' ')))
                return true;
        }

        return false;
    }
}
