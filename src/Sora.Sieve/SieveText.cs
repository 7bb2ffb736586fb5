using System.Buffers;
using System.Text;

namespace Sora.Sieve;

/// <summary>
/// Text of scripts and messages as .NET strings. Octets that are no UTF-8, which RFC 5228 section 2.4.2 allows in scripts, are kept as single low surrogates
/// U+DC80 to U+DCFF, which no decoded text holds, and are written as they were.
/// </summary>
public static class SieveText
{
    private const char EscapeBase = '\uDC00';
    private static readonly SearchValues<char> AsciiSmall = SearchValues.Create("abcdefghijklmnopqrstuvwxyz");

    /// <summary>Reads octets; what is no UTF-8 is escaped.</summary>
    public static string Decode(ReadOnlySpan<byte> octets)
    {
        if (System.Text.Unicode.Utf8.IsValid(octets))
            return Encoding.UTF8.GetString(octets);
        var text = new StringBuilder(octets.Length);
        Span<char> chars = stackalloc char[2];
        while (!octets.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(octets, out var rune, out var length) == OperationStatus.Done)
            {
                text.Append(chars[..rune.EncodeToUtf16(chars)]);
            }
            else
            {
                for (var i = 0; i < length; i++)
                    text.Append((char)(EscapeBase + octets[i]));
            }

            octets = octets[length..];
        }

        return text.ToString();
    }

    /// <summary>Writes the octets that the text stands for.</summary>
    public static byte[] Encode(ReadOnlySpan<char> text)
    {
        if (text.IndexOfAnyInRange('\uD800', '\uDFFF') < 0)
        {
            var plain = new byte[Encoding.UTF8.GetByteCount(text)];
            Encoding.UTF8.GetBytes(text, plain);
            return plain;
        }

        var octets = new byte[text.Length * 3];
        var written = 0;
        for (var at = 0; at < text.Length;)
        {
            if (Rune.DecodeFromUtf16(text[at..], out var rune, out var length) == OperationStatus.Done)
                written += rune.EncodeToUtf8(octets.AsSpan(written));
            else if (text[at] is >= '\uDC80' and <= '\uDCFF')
                octets[written++] = (byte)(text[at] - EscapeBase);
            else
                written += Rune.ReplacementChar.EncodeToUtf8(octets.AsSpan(written));
            at += length;
        }

        return octets.AsSpan(0, written).ToArray();
    }

    /// <summary>Holds octets that are no UTF-8.</summary>
    internal static bool HasEscapes(ReadOnlySpan<char> text)
    {
        for (var at = 0; at < text.Length; at++)
        {
            var next = text[at..].IndexOfAnyInRange('\uDC80', '\uDCFF');
            if (next < 0)
                return false;
            at += next;
            if (at == 0 || !char.IsHighSurrogate(text[at - 1]))
                return true;
        }

        return false;
    }

    /// <summary>One character for each octet; the same object where that changes nothing.</summary>
    internal static string ToOctets(string text) => Ascii.IsValid(text) ? text : Encoding.Latin1.GetString(Encode(text));

    /// <summary>Undoes <see cref="ToOctets"/>.</summary>
    internal static string FromOctets(ReadOnlySpan<char> octets)
    {
        if (Ascii.IsValid(octets))
            return octets.ToString();
        var bytes = new byte[octets.Length];
        Encoding.Latin1.GetBytes(octets, bytes);
        return Decode(bytes);
    }

    /// <summary>i;ascii-casemap: a to z become A to Z, nothing else changes (RFC 4790 section 9.2.1).</summary>
    internal static string FoldAscii(string text)
    {
        if (text.AsSpan().IndexOfAny(AsciiSmall) < 0)
            return text;
        return string.Create(text.Length, text, static (folded, source) =>
        {
            if (Ascii.ToUpper(source, folded, out var done) == OperationStatus.Done)
                return;
            for (var i = done; i < folded.Length; i++)
                folded[i] = char.IsAsciiLetterLower(source[i]) ? (char)(source[i] - 32) : source[i];
        });
    }

    /// <summary>Cuts to a length without cutting a character in two.</summary>
    internal static string Cut(string text, int length)
    {
        if (text.Length <= length)
            return text;
        return text[..(length > 0 && char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];
    }

    /// <summary>A message that holds text of a script, as the one line that logs and protocols take it for.</summary>
    internal static string OneLine(string message) => message.AsSpan().IndexOfAnyInRange('\0', '\u001F') < 0 && message.AsSpan().IndexOfAnyInRange('\u007F', '\u009F') < 0
        ? message
        : string.Create(message.Length, message, static (line, text) =>
        {
            for (var i = 0; i < line.Length; i++)
                line[i] = char.IsControl(text[i]) ? ' ' : text[i];
        });

    /// <summary>Shows text in a message: one line, not too long, in quotes.</summary>
    internal static string Show(string text)
    {
        var shown = new StringBuilder().Append('"');
        foreach (var c in text.AsSpan(0, Math.Min(text.Length, 80)))
            shown.Append(char.IsControl(c) ? ' ' : char.IsSurrogate(c) ? '?' : c);
        return shown.Append(text.Length > 80 ? "…\"" : "\"").ToString();
    }
}
