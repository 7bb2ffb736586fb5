using System.Globalization;
using System.Text;

namespace Sora.Gateway.Imap.Wire;

/// <summary>An identifier of SETACL, DELETEACL and LISTRIGHTS (RFC 4314 sections 2 and 3).</summary>
/// <param name="Sent">As the client sent it.</param>
/// <param name="Name">Without the dash of negative rights, and prepared.</param>
internal sealed record AclIdentifier(byte[] Sent, string Name, bool IsNegative)
{
    /// <summary>Longest identifier in bytes; an address is never longer.</summary>
    public const int MaxBytes = 1024;

    public static AclIdentifier Parse(ref ImapParser parser)
    {
        var start = parser.Position;
        var sent = parser.AString();
        if (sent.Length <= MaxBytes && System.Text.Unicode.Utf8.IsValid(sent) && Prepare(Encoding.UTF8.GetString(sent)) is { } prepared)
        {
            var isNegative = prepared[0] == '-';
            if (!isNegative || prepared.Length > 1)
                return new AclIdentifier(sent, isNegative ? prepared[1..] : prepared, isNegative);
        }

        parser.Position = start;
        throw parser.Error("an identifier");
    }

    // What SASLprep (RFC 4013) maps to nothing and to a space, and what it prohibits. Null for what is refused, and when nothing is left.
    private static string? Prepare(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value is 0xad or 0x34f or 0x1806 or 0x200b or 0x200c or 0x200d or 0x2060 or 0xfeff or (>= 0x180b and <= 0x180d) or (>= 0xfe00 and <= 0xfe0f))
                continue;
            switch (Rune.GetUnicodeCategory(rune))
            {
                case UnicodeCategory.SpaceSeparator:
                    result.Append(' ');
                    break;
                case UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate
                    or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.OtherNotAssigned:
                    return null;
                default:
                    result.Append(rune.ToString());
                    break;
            }
        }

        return result.Length == 0 ? null : result.ToString();
    }
}
