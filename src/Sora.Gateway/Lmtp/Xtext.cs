using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Sora.Gateway.Lmtp;

/// <summary>xtext of RFC 3461 section 4: octets that could not stand in a parameter as "+" and two hexadecimal digits.</summary>
internal static class Xtext
{
    /// <summary>The text that was encoded; null when it is no xtext, or what comes out is no text.</summary>
    public static string? Decode(ReadOnlySpan<byte> value)
    {
        var octets = new byte[value.Length];
        var length = 0;
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] != '+')
            {
                octets[length++] = value[i];
                continue;
            }

            if (i + 2 >= value.Length || !byte.TryParse(value.Slice(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var octet))
                return null;
            octets[length++] = octet;
            i += 2;
        }

        var text = octets.AsSpan(0, length);
        return Utf8.IsValid(text) && text.IndexOfAnyInRange((byte)0, (byte)31) < 0 && !text.Contains((byte)127) ? Encoding.UTF8.GetString(text) : null;
    }
}
