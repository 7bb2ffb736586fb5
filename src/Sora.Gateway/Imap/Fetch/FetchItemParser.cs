using System.Text;
using Sora.Gateway.Imap.Wire;
using Sora.Mime;

namespace Sora.Gateway.Imap.Fetch;

/// <summary>The items of FETCH: macros, one item, or a list (RFC 9051 section 6.4.5).</summary>
internal static class FetchItemParser
{
    private const int MaxItems = 200;
    private const int MaxFields = 200;
    private const int MaxPath = 64;

    public static List<FetchItem> Parse(ref ImapParser parser)
    {
        var items = new List<FetchItem>();
        if (parser.TryKeyword("ALL"u8))
            AddKinds(items, FetchKind.Flags, FetchKind.InternalDate, FetchKind.Size, FetchKind.Envelope);
        else if (parser.TryKeyword("FAST"u8))
            AddKinds(items, FetchKind.Flags, FetchKind.InternalDate, FetchKind.Size);
        else if (parser.TryKeyword("FULL"u8))
            AddKinds(items, FetchKind.Flags, FetchKind.InternalDate, FetchKind.Size, FetchKind.Envelope, FetchKind.Body);
        else if (parser.TryByte((byte)'('))
            ParseList(ref parser, items);
        else
            items.Add(ParseItem(ref parser));
        return items;
    }

    private static void ParseList(ref ImapParser parser, List<FetchItem> items)
    {
        do
        {
            if (items.Count == MaxItems)
                throw parser.Error($"at most {MaxItems} items");
            items.Add(ParseItem(ref parser));
        }
        while (parser.TrySpace());
        parser.Close();
    }

    private static void AddKinds(List<FetchItem> items, params ReadOnlySpan<FetchKind> kinds)
    {
        foreach (var kind in kinds)
            items.Add(new FetchItem(kind));
    }

    private static FetchItem ParseItem(ref ImapParser parser)
    {
        var start = parser.Position;
        var name = Name(ref parser);
        switch (name)
        {
            case "UID":
                return new FetchItem(FetchKind.Uid);
            case "FLAGS":
                return new FetchItem(FetchKind.Flags);
            case "MODSEQ":
                return new FetchItem(FetchKind.ModSeq);
            case "INTERNALDATE":
                return new FetchItem(FetchKind.InternalDate);
            case "EMAILID":
                return new FetchItem(FetchKind.EmailId);
            case "THREADID":
                return new FetchItem(FetchKind.ThreadId);
            case "SAVEDATE":
                return new FetchItem(FetchKind.SaveDate);
            case "ENVELOPE":
                return new FetchItem(FetchKind.Envelope);
            case "BODYSTRUCTURE":
                return new FetchItem(FetchKind.BodyStructure);
            case "RFC822.SIZE":
                return new FetchItem(FetchKind.Size);
            case "RFC822":
                return new FetchItem(FetchKind.Rfc822, new Section([], SectionText.None), SetsSeen: true);
            case "RFC822.HEADER":
                return new FetchItem(FetchKind.Rfc822Header, new Section([], SectionText.Header));
            case "RFC822.TEXT":
                return new FetchItem(FetchKind.Rfc822Text, new Section([], SectionText.Text), SetsSeen: true);
            case "BODY" when !parser.Peek((byte)'['):
                return new FetchItem(FetchKind.Body);
            case "BODY" or "BODY.PEEK" when parser.Peek((byte)'['):
                return new FetchItem(FetchKind.Section, ParseSection(ref parser), SetsSeen: name == "BODY");
            case "BINARY" or "BINARY.PEEK" when parser.Peek((byte)'['):
                return new FetchItem(FetchKind.Binary, ParseBinary(ref parser, withPartial: true), SetsSeen: name == "BINARY");
            case "BINARY.SIZE" when parser.Peek((byte)'['):
                return new FetchItem(FetchKind.BinarySize, ParseBinary(ref parser, withPartial: false));
            case "PREVIEW":
                return new FetchItem(FetchKind.Preview) { IsLazy = TryModifier(ref parser, " (LAZY)"u8) };
            case "SNIPPET":
                return new FetchItem(FetchKind.Snippet) { IsLazy = IsLazySnippet(ref parser) };
            default:
                parser.Position = start;
                throw parser.Error("a fetch item");
        }
    }

    // A list of algorithms, of which there is one: FUZZY, LAZY=FUZZY or, in any order, both
    private static bool IsLazySnippet(ref ImapParser parser)
    {
        if (TryModifier(ref parser, " (FUZZY)"u8))
            return false;
        return TryModifier(ref parser, " (LAZY=FUZZY)"u8)
            || TryModifier(ref parser, " (LAZY=FUZZY FUZZY)"u8)
            || TryModifier(ref parser, " (FUZZY LAZY=FUZZY)"u8);
    }

    // What stands in parentheses behind an item may be its own or a modifier of the whole command, so it is taken as a whole or not at all
    private static bool TryModifier(ref ImapParser parser, ReadOnlySpan<byte> text)
    {
        if (parser.Rest.Length < text.Length || !Ascii.EqualsIgnoreCase(parser.Rest[..text.Length], text))
            return false;
        parser.Position += text.Length;
        return true;
    }

    // An item's name ends before "[", which is an atom character.
    private static string Name(ref ImapParser parser)
    {
        var rest = parser.Rest;
        var length = 0;
        while (length < rest.Length && (char.IsAsciiLetterOrDigit((char)rest[length]) || rest[length] == '.'))
            length++;
        if (length == 0)
            throw parser.Error("a fetch item");
        parser.Position += length;
        return Encoding.ASCII.GetString(rest[..length]).ToUpperInvariant();
    }

    // section = "[" [section-spec] "]", partial = "<" number "." nz-number ">"
    internal static Section ParseSection(ref ImapParser parser)
    {
        parser.TryByte((byte)'[');
        var path = Path(ref parser, out var isOpen);
        var text = SectionText.None;
        List<byte[]>? fields = null;
        var isNot = false;
        if (!parser.Peek((byte)']') && (path.Length == 0 || isOpen))
        {
            switch (Name(ref parser))
            {
                case "HEADER":
                    text = SectionText.Header;
                    break;
                case "TEXT":
                    text = SectionText.Text;
                    break;
                case "MIME" when path.Length > 0:
                    text = SectionText.Mime;
                    break;
                case "HEADER.FIELDS":
                    (text, fields) = (SectionText.Header, HeaderList(ref parser));
                    break;
                case "HEADER.FIELDS.NOT":
                    (text, fields, isNot) = (SectionText.Header, HeaderList(ref parser), true);
                    break;
                default:
                    throw parser.Error("HEADER, HEADER.FIELDS, HEADER.FIELDS.NOT, TEXT, or MIME with a part number");
            }
        }
        else if (isOpen)
        {
            throw parser.Error("a part number or a text specifier");
        }

        if (!parser.TryByte((byte)']'))
            throw parser.Error("\"]\"");
        return new Section(path, text, fields, isNot) { Partial = Partial(ref parser) };
    }

    // section-binary = "[" [section-part] "]"
    private static Section ParseBinary(ref ImapParser parser, bool withPartial)
    {
        parser.TryByte((byte)'[');
        var path = Path(ref parser, out var isOpen);
        if (isOpen || !parser.TryByte((byte)']'))
            throw parser.Error("\"]\"");
        return new Section(path, SectionText.None) { Partial = withPartial ? Partial(ref parser) : null };
    }

    // section-part = nz-number *("." nz-number); isOpen tells that a dot with something else follows
    private static int[] Path(ref ImapParser parser, out bool isOpen)
    {
        var path = new List<int>();
        isOpen = false;
        while (!parser.AtEnd && char.IsAsciiDigit((char)parser.Rest[0]))
        {
            if (path.Count == MaxPath)
                throw parser.Error($"at most {MaxPath} part numbers");
            path.Add((int)Math.Min(parser.NzNumber(), int.MaxValue));
            isOpen = parser.TryByte((byte)'.');
            if (!isOpen)
                break;
        }

        return [.. path];
    }

    private static (long Start, long Count)? Partial(ref ImapParser parser)
    {
        if (!parser.TryByte((byte)'<'))
            return null;
        var start = parser.Number64();
        if (!parser.TryByte((byte)'.'))
            throw parser.Error("\".\"");
        var count = parser.Number64();
        if (count == 0 || !parser.TryByte((byte)'>'))
            throw parser.Error("a number above 0 and \">\"");
        return (start, count);
    }

    // header-list = "(" header-fld-name *(SP header-fld-name) ")"
    private static List<byte[]> HeaderList(ref ImapParser parser)
    {
        var fields = new List<byte[]>();
        parser.Space();
        parser.Open();
        do
        {
            if (fields.Count == MaxFields)
                throw parser.Error($"at most {MaxFields} field names");
            fields.Add(parser.AString());
        }
        while (parser.TrySpace());
        parser.Close();
        return fields;
    }
}
