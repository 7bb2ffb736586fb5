using System.Globalization;
using System.Text;
using Sora.Sieve.Validation;

namespace Sora.Sieve.Extensions;

/// <summary>encoded-character (RFC 5228 section 2.4.2.4).</summary>
internal sealed class EncodedCharacterExtension : SieveExtension
{
    private const int MaxCodePoint = 0x10FFFF;

    public override string Capability => "encoded-character";

    public override void Register(Vocabulary vocabulary)
    {
        // It changes strings: see CompilationContext.String
    }

    /// <summary>Puts in what well-formed sequences stand for; what is put in is not looked at again.</summary>
    public static string Decode(string text, Action<string> error)
    {
        var octets = new List<byte>(text.Length);
        var at = 0;
        while (at < text.Length)
        {
            var open = text.IndexOf("${", at, StringComparison.Ordinal);
            if (open < 0)
                break;
            octets.AddRange(SieveText.Encode(text.AsSpan(at, open - at)));
            at = open;
            // Another one cannot begin inside, so a text of many beginnings is read once
            var close = text.AsSpan(open + 2).IndexOfAny('}', '$') is >= 0 and var length ? open + 2 + length : text.Length;
            if (close < text.Length && text[close] == '}' && TryDecode(text.AsSpan(open + 2, close - open - 2), octets, error))
            {
                at = close + 1;
            }
            else
            {
                octets.AddRange("${"u8);
                at += 2;
            }
        }

        octets.AddRange(SieveText.Encode(text.AsSpan(at)));
        return SieveText.Decode([.. octets]);
    }

    private static bool TryDecode(ReadOnlySpan<char> sequence, List<byte> octets, Action<string> error)
    {
        var isHex = sequence.StartsWith("hex:", StringComparison.OrdinalIgnoreCase);
        if (!isHex && !sequence.StartsWith("unicode:", StringComparison.OrdinalIgnoreCase))
            return false;
        var digits = sequence[(sequence.IndexOf(':') + 1)..];
        var decoded = new List<byte>();
        var isRangeError = false;
        Span<byte> utf8 = stackalloc byte[4];
        while (true)
        {
            digits = digits.TrimStart(" \t\r\n");
            if (digits.IsEmpty)
                break;
            var length = digits.IndexOfAny(" \t\r\n");
            var number = length < 0 ? digits : digits[..length];
            digits = digits[number.Length..];
            if (!IsHexDigits(number) || (isHex && number.Length > 2))
                return false;
            number = number.TrimStart('0');
            var value = number.Length switch
            {
                0 => 0,
                > 6 => int.MaxValue,
                _ => int.Parse(number, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
            };
            if (isHex)
                decoded.Add((byte)value);
            else if (value > MaxCodePoint || value is >= 0xD800 and <= 0xDFFF)
                isRangeError = true;
            else
                decoded.AddRange(utf8[..new Rune(value).EncodeToUtf8(utf8)]);
        }

        if (decoded.Count == 0 && !isRangeError)
            return false;
        if (isRangeError)
            error($"'${{{SieveText.Cut(sequence.ToString(), 40)}}}' names no Unicode character");
        octets.AddRange(decoded);
        return true;
    }

    private static bool IsHexDigits(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
            if (!char.IsAsciiHexDigit(c))
                return false;
        return true;
    }
}
