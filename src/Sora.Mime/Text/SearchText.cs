using System.Text;

namespace Sora.Mime;

/// <summary>
/// The text that searches look at, folded by <see cref="UnicodeCasemap"/>, with one space for each row of white space. Whoever searches and whoever
/// indexes takes it from here, so that both find the same.
/// </summary>
public static class SearchText
{
    /// <summary>A field's value, decoded (RFC 2047) and folded.</summary>
    public static string Value(HeaderField field) => Fold(EncodedWord.Decode(field.Value));

    /// <summary>A field as <c>NAME: VALUE</c>, decoded and folded; a line that is no field as it is.</summary>
    public static string Line(HeaderField field) =>
        field.Name.IsEmpty ? Value(field) : Fold($"{Encoding.Latin1.GetString(field.Name)}: {EncodedWord.Decode(field.Value)}");

    /// <summary>
    /// The addresses of a field as a client sees them, <c>NAME &lt;MAILBOX@HOST&gt;</c>, folded; nothing when the field's value has none that looks different
    /// there. Comments and white space may stand inside an address.
    /// </summary>
    public static IReadOnlyList<string> Addresses(HeaderField field)
    {
        if (!field.Value.ContainsAny("(<:"u8))
            return [];
        var list = new List<string>();
        foreach (var address in MailAddress.ParseList(field.Value))
        {
            if (address.Mailbox is null)
                continue;
            var spec = $"<{Encoding.UTF8.GetString(address.Mailbox)}@{Encoding.UTF8.GetString(address.Host ?? [])}>";
            list.Add(Fold(address.Name is { } display ? $"{EncodedWord.Decode(display)} {spec}" : spec));
        }

        return list;
    }

    /// <summary>
    /// The lines of a part's header: its fields (RFC 9051 section 6.4.4: TEXT looks at MIME header fields too), and the name of its file, which the fields
    /// may write in the way of RFC 2231.
    /// </summary>
    public static IEnumerable<string> PartLines(MimePart part, ReadOnlySpan<byte> header)
    {
        ArgumentNullException.ThrowIfNull(part);
        var lines = new List<string>();
        foreach (var field in HeaderFields.Enumerate(header))
            lines.Add(Line(field));
        if (ParameterDecoder.FileName(part) is { Length: > 0 } name)
            lines.Add(Fold(name));
        return lines;
    }

    /// <summary>What a client wants found, folded. NUL, which no text has, goes.</summary>
    public static string Wanted(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Fold(text.Replace("\0", "", StringComparison.Ordinal));
    }

    private static string Fold(string text) => WhiteSpace.Collapse(UnicodeCasemap.Fold(text));
}
