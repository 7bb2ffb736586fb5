using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Sora.Gateway.Imap.Wire;

/// <summary>The modified UTF-7 of mailbox names for IMAP4rev1 (RFC 3501 section 5.1.3).</summary>
internal static class ModifiedUtf7
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

    private static readonly sbyte[] Values = MakeValues();

    public static byte[] Encode(string name)
    {
        var bytes = new List<byte>(name.Length + 8);
        var i = 0;
        while (i < name.Length)
        {
            var c = name[i];
            if (c is >= ' ' and <= '~')
            {
                bytes.Add((byte)c);
                if (c == '&')
                    bytes.Add((byte)'-');
                i++;
                continue;
            }

            bytes.Add((byte)'&');
            uint bits = 0;
            var count = 0;
            for (; i < name.Length && name[i] is < ' ' or > '~'; i++)
            {
                bits = bits << 16 | name[i];
                for (count += 16; count >= 6; count -= 6)
                    bytes.Add((byte)Alphabet[(int)(bits >> (count - 6) & 63)]);
            }

            if (count > 0)
                bytes.Add((byte)Alphabet[(int)(bits << (6 - count) & 63)]);
            bytes.Add((byte)'-');
        }

        return [.. bytes];
    }

    /// <summary>
    /// Decodes a name; false for what no encoder writes: 8-bit bytes, broken or superfluous base64, ASCII in base64, lone
    /// surrogates.
    /// </summary>
    public static bool TryDecode(ReadOnlySpan<byte> name, [NotNullWhen(true)] out string? text)
    {
        var result = new StringBuilder(name.Length);
        text = null;
        var i = 0;
        var afterShift = false;
        while (i < name.Length)
        {
            var b = name[i++];
            if (b is < 0x20 or > 0x7e)
                return false;
            if (b != '&')
            {
                result.Append((char)b);
                afterShift = false;
                continue;
            }

            var length = name[i..].IndexOf((byte)'-');
            if (length < 0)
                return false;
            if (length == 0)
            {
                result.Append('&');
                afterShift = false;
            }
            else if (afterShift || !DecodeShifted(name.Slice(i, length), result))
            {
                return false;
            }
            else
            {
                afterShift = true;
            }

            i += length + 1;
        }

        text = result.ToString();
        return true;
    }

    private static bool DecodeShifted(ReadOnlySpan<byte> base64, StringBuilder result)
    {
        uint bits = 0;
        var count = 0;
        var high = '\0';
        foreach (var b in base64)
        {
            if (b >= 128 || Values[b] < 0)
                return false;
            bits = bits << 6 | (byte)Values[b];
            count += 6;
            if (count < 16)
                continue;
            count -= 16;
            var unit = (char)(bits >> count & 0xffff);
            if (unit is >= ' ' and <= '~' || char.IsLowSurrogate(unit) != (high != '\0'))
                return false;
            high = char.IsHighSurrogate(unit) ? unit : '\0';
            result.Append(unit);
        }

        return high == '\0' && count < 6 && (bits & ((1u << count) - 1)) == 0;
    }

    private static sbyte[] MakeValues()
    {
        var values = new sbyte[128];
        values.AsSpan().Fill(-1);
        for (var i = 0; i < Alphabet.Length; i++)
            values[Alphabet[i]] = (sbyte)i;
        return values;
    }
}
