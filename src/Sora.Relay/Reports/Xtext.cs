using System.Globalization;
using System.Text;

namespace Sora.Relay.Reports;

/// <summary>xtext of RFC 3461 section 4: what cannot stand in a command's parameter is <c>+</c> and two hexadecimal digits.</summary>
internal static class Xtext
{
    /// <summary>Undoes it. What would break a header field stays as it is.</summary>
    public static string Decode(string text)
    {
        var decoded = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '+' && i + 2 < text.Length
                && int.TryParse(text.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) && value is >= ' ' and < 0x7F)
            {
                decoded.Append((char)value);
                i += 2;
            }
            else
            {
                decoded.Append(text[i]);
            }
        }

        return decoded.ToString();
    }
}
