using System.Globalization;
using System.Text;

namespace Sora.Configuration.Toml;

/// <summary>Writes the small parts of TOML: keys, strings and numbers.</summary>
internal static class TomlText
{
    /// <summary>A key, bare when it can be.</summary>
    public static string Key(string name)
    {
        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-'))
            {
                return String(name);
            }
        }

        return name.Length == 0 ? "\"\"" : name;
    }

    /// <summary>A basic string on one line.</summary>
    public static string String(string value)
    {
        var text = new StringBuilder(value.Length + 2).Append('"');
        foreach (var c in value)
        {
            _ = c switch
            {
                '"' or '\\' => text.Append('\\').Append(c),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                < ' ' or '\x7F' => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}"),
                _ => text.Append(c),
            };
        }

        return text.Append('"').ToString();
    }

    /// <summary>Text that may stand in a comment: control characters become "?".</summary>
    public static string Comment(string text) => string.Concat(text.Select(c => char.IsControl(c) ? '?' : c));

    /// <summary>A float, always with a point or an exponent, so that it is read as a float again.</summary>
    public static string Float(double value)
    {
        if (!double.IsFinite(value))
        {
            return double.IsNaN(value) ? "nan" : value < 0 ? "-inf" : "inf";
        }

        var text = value.ToString("R", CultureInfo.InvariantCulture);
        return text.AsSpan().IndexOfAny('.', 'E') >= 0 ? text : text + ".0";
    }
}
