using System.Globalization;
using System.Text;
using Sora.Contracts;

namespace Sora.Relay.Smtp;

/// <summary>
/// User and password as SCRAM and PLAIN send them (RFC 4013; RFC 5802 section 5.1, RFC 4616 section 2). Characters are composed (NFC), but compatibility characters stay what
/// they are: the program has no table of them, and whoever configures a password can write the plain ones.
/// </summary>
internal static class SaslPrep
{
    /// <summary>The prepared text; null when it has a character that may not stand there, or nothing is left.</summary>
    public static string? Prepare(string text)
    {
        var prepared = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            // Sections 2.1 and 2.3 of RFC 4013
            if (IsMappedToNothing(rune.Value))
                continue;
            switch (Rune.GetUnicodeCategory(rune))
            {
                case UnicodeCategory.SpaceSeparator:
                    prepared.Append(' ');
                    break;
                case UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate
                    or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator:
                case var _ when rune == Rune.ReplacementChar:
                    return null;
                default:
                    prepared.Append(rune.ToString());
                    break;
            }
        }

        return prepared.Length == 0 ? null : NormalForm.Compose(prepared.ToString());
    }

    // Table B.1 of RFC 3454
    private static bool IsMappedToNothing(int value) =>
        value is 0xAD or 0x34F or 0x1806 or (>= 0x180B and <= 0x180D) or (>= 0x200B and <= 0x200D) or 0x2060 or (>= 0xFE00 and <= 0xFE0F) or 0xFEFF;
}
