using System.Text;

namespace Sora.Contracts;

/// <summary>
/// SASLprep (RFC 4013): user names and passwords that look the same become the same. Unicode is that of version 3.2, as RFC 3454 wants it. Passwords are taken as they come
/// everywhere but in SCRAM, where both sides must have made the same of them.
/// </summary>
public static class Saslprep
{
    private static readonly Lazy<SaslprepTable> Table = new(SaslprepTable.Load);

    /// <summary>
    /// The prepared text, which may be empty; null when it is not allowed: a control character or another one of section 2.3, a lone surrogate, letters of both directions in a
    /// way that section 2.4 forbids, or a character that is not assigned.
    /// </summary>
    /// <param name="text">A name or a password.</param>
    /// <param name="allowUnassigned">The text is a query (RFC 3454 section 7), as names are, and not a stored string, as passwords are (RFC 5802 section 2.2).</param>
    public static string? Prepare(string text, bool allowUnassigned = false)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (Ascii.IsValid(text))
            return text.AsSpan().ContainsAnyExceptInRange(' ', '~') ? null : text;
        var table = Table.Value;
        var mapped = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (!Rune.TryGetRuneAt(text, i, out var rune))
                return null;
            i += rune.Utf16SequenceLength - 1;
            if (table.IsNothing(rune.Value))
                continue;
            if (table.IsSpace(rune.Value))
                mapped.Append(' ');
            else if (table.Decompose(rune.Value) is { } parts)
                AppendAll(mapped, parts);
            else
                mapped.Append(rune.ToString());
        }

        var prepared = NormalForm.Compose(mapped.ToString());
        return IsAllowed(prepared, table, allowUnassigned) ? prepared : null;
    }

    private static void AppendAll(StringBuilder text, int[] characters)
    {
        foreach (var character in characters)
            text.Append(new Rune(character).ToString());
    }

    private static bool IsAllowed(string text, SaslprepTable table, bool allowUnassigned)
    {
        bool hasRightToLeft = false, hasLeftToRight = false;
        Rune first = default, last = default;
        var isFirst = true;
        foreach (var rune in text.EnumerateRunes())
        {
            if (table.IsProhibited(rune.Value) || (!allowUnassigned && table.IsUnassigned(rune.Value)))
                return false;
            hasRightToLeft |= table.IsRightToLeft(rune.Value);
            hasLeftToRight |= table.IsLeftToRight(rune.Value);
            first = isFirst ? rune : first;
            last = rune;
            isFirst = false;
        }

        // RFC 3454 section 6
        return !hasRightToLeft || (!hasLeftToRight && table.IsRightToLeft(first.Value) && table.IsRightToLeft(last.Value));
    }
}
