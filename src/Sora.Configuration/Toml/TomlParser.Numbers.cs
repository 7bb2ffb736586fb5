using System.Globalization;

namespace Sora.Configuration.Toml;

/// <summary>
/// Booleans, integers, floats and date-times: everything without quotes or brackets. Messages do not repeat the token: it may be a
/// password whose quotes were forgotten.
/// </summary>
internal sealed partial class TomlParser
{
    private TomlScalar ReadPlainValue(TomlPosition position)
    {
        var start = _at;
        SkipPlainCharacters();

        // A date and a time may be parted by one space (TOML 1.0, offset date-time)
        if (_at - start == 10 && text[start + 4] == '-' && Next == ' ' && _at + 1 < text.Length && char.IsAsciiDigit(text[_at + 1]))
        {
            _at++;
            SkipPlainCharacters();
        }

        var token = text.AsSpan(start, _at - start);
        if (token.IsEmpty)
        {
            throw Expected("a value");
        }

        if (token is "true" or "false")
        {
            return new TomlScalar(TomlKind.Boolean, token is "true", position);
        }

        var value = LooksLikeDateTime(token) ? ReadDateTime(token, position) : ReadNumber(token, position);
        return value ?? throw new TomlException(file, position, "this is not a value; a string stands in quotes");
    }

    private void SkipPlainCharacters()
    {
        while (char.IsAsciiLetterOrDigit(Next) || Next is '+' or '-' or '_' or '.' or ':')
        {
            _at++;
        }
    }

    private static bool LooksLikeDateTime(ReadOnlySpan<char> token) =>
        (token.Length > 4 && token[4] == '-' && !token[..4].ContainsAnyExceptInRange('0', '9'))
        || (token.Length > 2 && token[2] == ':' && !token[..2].ContainsAnyExceptInRange('0', '9'));

    private TomlScalar ReadDateTime(ReadOnlySpan<char> token, TomlPosition position) =>
        TomlDateTime.TryParse(token, out var value)
            ? new TomlScalar(value.Kind, value, position)
            : throw new TomlException(file, position, "this is not a date or time such as 2026-07-01T12:00:00Z, 2026-07-01 or 12:00:00");

    /// <summary>An integer or a float, or null for a token that is neither.</summary>
    private TomlScalar? ReadNumber(ReadOnlySpan<char> token, TomlPosition position)
    {
        if (token.StartsWith("0x") || token.StartsWith("0o") || token.StartsWith("0b"))
        {
            return ReadPrefixed(token, position);
        }

        var unsigned = token[0] is '+' or '-' ? token[1..] : token;
        if (unsigned is "inf" or "nan")
        {
            var special = unsigned is "nan" ? double.NaN : token[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity;
            return new TomlScalar(TomlKind.Float, special, position);
        }

        if (!IsDecimal(unsigned, out var isFloat))
        {
            return null;
        }

        var digits = token.ToString().Replace("_", "", StringComparison.Ordinal);
        if (!isFloat)
        {
            return long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer)
                ? new TomlScalar(TomlKind.Integer, integer, position)
                : throw TooLarge(position);
        }

        var number = double.Parse(digits, NumberStyles.Float, CultureInfo.InvariantCulture);
        return double.IsFinite(number) ? new TomlScalar(TomlKind.Float, number, position) : throw TooLarge(position);
    }

    /// <summary>Checks <c>dec-int [ "." zero-prefixable-int ] [ exp ]</c> without its sign.</summary>
    private static bool IsDecimal(ReadOnlySpan<char> token, out bool isFloat)
    {
        isFloat = false;
        var at = SkipDigits(token, 0);
        if (at == 0 || (token[0] == '0' && at > 1))
        {
            return false;
        }

        if (at > 0 && at < token.Length && token[at] == '.')
        {
            isFloat = true;
            at = SkipDigits(token, at + 1);
        }

        if (at > 0 && at < token.Length && token[at] is 'e' or 'E')
        {
            isFloat = true;
            at++;
            at = SkipDigits(token, at < token.Length && token[at] is '+' or '-' ? at + 1 : at);
        }

        return at > 0 && at == token.Length;
    }

    /// <summary>The index after digits with single underscores between them; 0 when there is no digit or an underscore at an end.</summary>
    private static int SkipDigits(ReadOnlySpan<char> token, int at)
    {
        var digit = false;
        while (at < token.Length && (char.IsAsciiDigit(token[at]) || (digit && token[at] == '_')))
        {
            digit = token[at] != '_';
            at++;
        }

        return digit ? at : 0;
    }

    private TomlScalar? ReadPrefixed(ReadOnlySpan<char> token, TomlPosition position)
    {
        var radix = token[1] switch { 'x' => 16, 'o' => 8, _ => 2 };
        var digit = false;
        var number = 0L;
        foreach (var c in token[2..])
        {
            if (c == '_' && digit)
            {
                digit = false;
                continue;
            }

            digit = char.IsAsciiHexDigit(c) && HexValue(c) < radix;
            if (!digit)
            {
                return null;
            }

            if (number > (long.MaxValue - HexValue(c)) / radix)
            {
                throw TooLarge(position);
            }

            number = number * radix + HexValue(c);
        }

        return digit ? new TomlScalar(TomlKind.Integer, number, position) : null;
    }

    private static int HexValue(char c) => char.IsAsciiDigit(c) ? c - '0' : (c | 0x20) - 'a' + 10;

    private TomlException TooLarge(TomlPosition position) =>
        new(file, position, "this number does not fit into 64 bits");
}
