using System.Text;
using Sora.Mime;

namespace Sora.Sieve.Messages;

/// <summary>
/// Writes a header field out of Unicode text: encoded words where it is not ASCII (RFC 2047), folded where it is long (RFC 5322 section 2.1.1).
/// </summary>
internal static class HeaderFieldWriter
{
    private const int MaxLine = 76;

    // 75 for the whole word, without =?UTF-8?B? and ?=
    private const int MaxWordBytes = 45;

    // Of a whole line without its end (RFC 5322 section 2.1.1), less a name
    private const int LongestWord = 900;

    /// <param name="name">The field's name.</param>
    /// <param name="value">The text.</param>
    /// <param name="keepsEncodedWords">What is written as an encoded word is one: words in ASCII stay as they are.</param>
    public static byte[] Write(string name, string value, bool keepsEncodedWords = false)
    {
        value = Unfold(value);
        var text = new StringBuilder(name).Append(':');
        var line = text.Length;
        foreach (var word in NeedsEncoding(value, keepsEncodedWords) ? Encoded(value) : Words(value))
        {
            if (line + word.Length > MaxLine && line > name.Length + 1)
            {
                text.Append("\r\n");
                line = 0;
            }

            text.Append(word);
            line += word.Length;
        }

        return Encoding.ASCII.GetBytes(text.Append("\r\n").ToString());
    }

    /// <summary>A field of addresses; display names become encoded words where they must, addresses never (RFC 2047 section 5).</summary>
    public static byte[] WriteAddresses(string name, string value)
    {
        var text = new StringBuilder();
        foreach (var address in MailAddress.ParseList(SieveText.Encode(value)))
        {
            if (address.Mailbox is not { Length: > 0 } local || address.Host is not { Length: > 0 } host)
                continue;
            if (text.Length > 0)
                text.Append(",\r\n ");
            var spec = $"{SieveAddress.QuoteLocalPart(SieveText.Decode(local))}@{SieveText.Decode(host)}";
            text.Append(address.Name is { Length: > 0 } phrase ? $"{Phrase(EncodedWord.Decode(phrase))} <{spec}>" : spec);
        }

        return Encoding.UTF8.GetBytes($"{name}: {(text.Length > 0 ? text : Unfold(value))}\r\n");
    }

    /// <summary>A display name: a quoted string where it must be one, encoded words where it is not ASCII.</summary>
    internal static string Phrase(string name)
    {
        var clean = new StringBuilder(name.Length);
        foreach (var c in name)
            clean.Append(char.IsControl(c) ? ' ' : c);
        var text = clean.ToString();
        if (Ascii.IsValid(text))
            return text.All(static c => char.IsAsciiLetterOrDigit(c) || c is ' ' or '-' or '\'' or '_') ? text : $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

        // "x" stands for a name: the encoded words alone are wanted
        return Encoding.ASCII.GetString(Write("x", text))[3..^2];
    }

    // Line breaks that a script has put in are folding or, where no white space follows, become some
    private static string Unfold(string value)
    {
        if (value.AsSpan().IndexOfAny('\r', '\n', '\0') < 0)
            return value;
        return value.Replace("\0", "", StringComparison.Ordinal).Replace("\r\n ", " ", StringComparison.Ordinal)
            .Replace("\r\n\t", "\t", StringComparison.Ordinal).ReplaceLineEndings(" ");
    }

    private static bool NeedsEncoding(string value, bool keepsEncodedWords)
    {
        var longest = 0;
        foreach (var range in value.AsSpan().SplitAny(' ', '\t'))
            longest = Math.Max(longest, value.AsSpan(range).Length);
        return longest > LongestWord || (!keepsEncodedWords && value.Contains("=?", StringComparison.Ordinal))
            || value.AsSpan().IndexOfAnyExceptInRange(' ', '~') is >= 0 and var at && value.AsSpan(at).IndexOfAnyExcept(Printable) >= 0;
    }

    private static readonly System.Buffers.SearchValues<char> Printable =
        System.Buffers.SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Select(static c => (char)c), '\t']);

    // Each with the white space before it
    private static IEnumerable<string> Words(string value)
    {
        value = $" {value}";
        for (var start = 0; start < value.Length;)
        {
            var end = start;
            while (end < value.Length && value[end] is ' ' or '\t')
                end++;
            while (end < value.Length && value[end] is not (' ' or '\t'))
                end++;
            yield return value[start..end];
            start = end;
        }
    }

    private static IEnumerable<string> Encoded(string text)
    {
        var bytes = new List<byte>();
        var utf8 = new byte[4];
        foreach (var rune in text.EnumerateRunes())
        {
            var length = rune.EncodeToUtf8(utf8);
            if (bytes.Count + length > MaxWordBytes)
            {
                yield return Word(bytes);
                bytes.Clear();
            }

            bytes.AddRange(utf8.AsSpan(0, length));
        }

        if (bytes.Count > 0)
            yield return Word(bytes);
    }

    private static string Word(List<byte> bytes) => $" =?UTF-8?B?{Convert.ToBase64String([.. bytes])}?=";
}
