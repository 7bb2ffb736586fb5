using System.Text;
using System.Text.Unicode;

namespace Sora.Gateway.Lmtp;

/// <summary>xtext of RFC 3461 section 4: octets that could not stand in a parameter as "+" and two upper case hexadecimal digits.</summary>
internal static class Xtext
{
    /// <summary>The text that was encoded; null when it is no xtext, or what comes out is no text.</summary>
    public static string? Decode(ReadOnlySpan<byte> value)
    {
        var octets = new byte[value.Length];
        var length = 0;
        for (var i = 0; i < value.Length; i++)
        {
            // xchar = any CHAR between "!" and "~" but "+" and "="
            if (value[i] is < (byte)'!' or > (byte)'~' or (byte)'=')
                return null;
            if (value[i] != '+')
            {
                octets[length++] = value[i];
                continue;
            }

            if (i + 2 >= value.Length || HexDigit(value[i + 1]) is not { } high || HexDigit(value[i + 2]) is not { } low)
                return null;
            octets[length++] = (byte)((high << 4) | low);
            i += 2;
        }

        var text = octets.AsSpan(0, length);
        return Utf8.IsValid(text) && text.IndexOfAnyInRange((byte)0, (byte)31) < 0 && !text.Contains((byte)127) ? Encoding.UTF8.GetString(text) : null;
    }

    /// <summary>As <see cref="Decode"/>, of what can stand in a report: printable US-ASCII alone (RFC 3461 sections 4.2 and 4.4).</summary>
    public static string? DecodePrintable(ReadOnlySpan<byte> value) =>
        Decode(value) is { } text && System.Text.Ascii.IsValid(text) ? text : null;

    private static int? HexDigit(byte octet) => octet switch
    {
        >= (byte)'0' and <= (byte)'9' => octet - '0',
        >= (byte)'A' and <= (byte)'F' => octet - 'A' + 10,
        _ => null,
    };
}
