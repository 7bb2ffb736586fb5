using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Sora.Gateway.Lmtp;

/// <summary>ORCPT of RCPT: addr-type ";" xtext (RFC 3461 section 4.2), or an address of type utf-8, which is written in other ways (RFC 6533 section 3).</summary>
/// <param name="Text">Type and address, the address decoded.</param>
/// <param name="NeedsSmtpUtf8">The address came in UTF-8, not in an encoding of it.</param>
internal readonly record struct OriginalRecipient(string Text, bool NeedsSmtpUtf8)
{
    // RFC 3461 section 5.4
    private const int MaxLength = 500;

    // addr-type = atom, of characters that a parameter can have: no "="
    private static readonly SearchValues<byte> TypeBytes =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/?^_`{|}~"u8);

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789ABCDEF");

    /// <summary>Null when it is none.</summary>
    public static OriginalRecipient? Parse(ReadOnlySpan<byte> value)
    {
        var semicolon = value.IndexOf((byte)';');
        if (semicolon < 1 || semicolon + 1 == value.Length || value.Length > MaxLength || value[..semicolon].ContainsAnyExcept(TypeBytes))
            return null;
        var type = value[..semicolon];
        var address = value[(semicolon + 1)..];
        var isUtf8 = Ascii.EqualsIgnoreCase(type, "utf-8"u8);
        if ((isUtf8 ? DecodeUtf8(address) : Xtext.DecodePrintable(address)) is not { } text)
            return null;
        return new OriginalRecipient($"{Encoding.ASCII.GetString(type)};{text}", isUtf8 && !System.Text.Ascii.IsValid(address));
    }

    // utf-8-enc-addr: characters as they are, or as "\x{" hexadecimal digits "}"
    private static string? DecodeUtf8(ReadOnlySpan<byte> address)
    {
        if (!Utf8.IsValid(address))
            return null;
        var text = new StringBuilder(address.Length);
        var rest = Encoding.UTF8.GetString(address).AsSpan();
        while (!rest.IsEmpty)
        {
            Rune.DecodeFromUtf16(rest, out var rune, out var length);
            if (rune.Value is '\\')
            {
                var end = rest.IndexOf('}');
                if (end < 0 || !rest.StartsWith(@"\x{", StringComparison.Ordinal) || !TryPoint(rest[3..end], out rune))
                    return null;
                length = end + 1;
            }
            else if (rune.Value is '=')
            {
                return null;
            }

            if (rune.Value < ' ' || Rune.IsControl(rune))
                return null;
            text.Append(rune);
            rest = rest[length..];
        }

        return text.ToString();
    }

    // HEXPOINT: two to six upper case digits
    private static bool TryPoint(ReadOnlySpan<char> digits, out Rune rune)
    {
        rune = default;
        return digits.Length is >= 2 and <= 6
            && !digits.ContainsAnyExcept(HexDigits)
            && Rune.TryCreate(int.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture), out rune);
    }
}
