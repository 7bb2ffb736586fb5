using System.Text;

namespace Sora.Mime;

/// <summary>Reads the Content-* fields of a header block into a part (RFC 2045, 2183, 3282), tolerant of what real mail holds.</summary>
internal sealed class ContentFieldParser(int maxParameters)
{
    /// <summary>RFC 2045 section 5.2: the type of an entity without a readable Content-Type is text/plain; charset=us-ascii.</summary>
    public static readonly IReadOnlyList<MimeParameter> DefaultParameters = [new("charset"u8.ToArray(), "us-ascii"u8.ToArray())];

    private bool _typeSeen;

    public void Parse(ReadOnlySpan<byte> header, MimePart part, ref EnvelopeBuilder envelope)
    {
        _typeSeen = false;
        foreach (var field in HeaderFields.Enumerate(header))
        {
            if (IsContent(field.Name))
                Take(field, part);
            else
                envelope.Add(field);
        }
        if (!_typeSeen)
            part.Parameters = DefaultParameters;
    }

    public void Parse(ReadOnlySpan<byte> header, MimePart part, bool isDigestPart)
    {
        _typeSeen = false;
        foreach (var field in HeaderFields.Enumerate(header))
        {
            if (IsContent(field.Name))
                Take(field, part);
        }
        if (_typeSeen)
            return;
        if (isDigestPart)
        {
            part.Type = "message";
            part.Subtype = "rfc822";
        }
        else
        {
            part.Parameters = DefaultParameters;
        }
    }

    private static bool IsContent(ReadOnlySpan<byte> name) =>
        name.Length is >= 10 and <= 25 && name[7] == (byte)'-' && Ascii.EqualsIgnoreCase(name[..7], "content"u8);

    // The first of a repeated field counts.
    private void Take(HeaderField field, MimePart part)
    {
        var name = field.Name[8..];
        var value = field.Value;
        switch (name.Length)
        {
            case 2 when Ascii.EqualsIgnoreCase(name, "id"u8):
                part.Id ??= Text(field);
                break;
            case 3 when Ascii.EqualsIgnoreCase(name, "md5"u8):
                part.Md5 ??= Text(field);
                break;
            case 4 when !_typeSeen && Ascii.EqualsIgnoreCase(name, "type"u8):
                _typeSeen = true;
                TakeType(value, part);
                break;
            case 8 when part.Languages.Count == 0 && Ascii.EqualsIgnoreCase(name, "language"u8):
                part.Languages = ReadLanguages(value);
                break;
            case 8 when Ascii.EqualsIgnoreCase(name, "location"u8):
                part.Location ??= Text(field);
                break;
            case 11 when Ascii.EqualsIgnoreCase(name, "description"u8):
                part.Description ??= Text(field);
                break;
            case 11 when part.Disposition is null && Ascii.EqualsIgnoreCase(name, "disposition"u8):
                var disposition = new FieldScanner(value);
                var word = disposition.Token();
                if (!word.IsEmpty)
                {
                    part.Disposition = TokenText.Get(word);
                    part.DispositionParameters = disposition.Parameters(maxParameters);
                }
                break;
            case 17 when part.Encoding is null && Ascii.EqualsIgnoreCase(name, "transfer-encoding"u8):
                var encoding = new FieldScanner(value).Token();
                part.Encoding = encoding.IsEmpty ? null : TokenText.Get(encoding);
                break;
        }
    }

    private void TakeType(ReadOnlySpan<byte> value, MimePart part)
    {
        var scanner = new FieldScanner(value);
        var type = scanner.Token();
        bool valid = !type.IsEmpty && scanner.TryTake((byte)'/');
        var subtype = valid ? scanner.Token() : default;
        if (!subtype.IsEmpty)
        {
            part.Type = TokenText.Get(type);
            part.Subtype = TokenText.Get(subtype);
        }
        var parameters = scanner.Parameters(maxParameters);
        part.Parameters = subtype.IsEmpty && parameters.Length == 0 ? DefaultParameters : parameters;
    }

    private static byte[]? Text(HeaderField field) => field.Value.IsEmpty ? null : field.Unfold();

    private static byte[][] ReadLanguages(ReadOnlySpan<byte> value)
    {
        var languages = new List<byte[]>();
        var scanner = new FieldScanner(value);
        while (languages.Count < 100)
        {
            var tag = scanner.Token();
            if (!tag.IsEmpty)
                languages.Add(tag.ToArray());
            if (!scanner.SkipPast((byte)','))
                break;
        }
        return [.. languages];
    }
}
