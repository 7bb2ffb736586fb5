using Sora.Contracts;
using Sora.Mime;

namespace Sora.Mailstore.Search;

/// <summary>A segment while messages are added to it.</summary>
internal sealed class SegmentBuilder : IDisposable
{
    private static readonly (byte[] Name, string Line, bool HasAddresses)[] Lines =
    [
        ("Subject"u8.ToArray(), "SUBJECT: ", false),
        ("From"u8.ToArray(), "FROM: ", true),
        ("To"u8.ToArray(), "TO: ", true),
        ("Cc"u8.ToArray(), "CC: ", true),
        ("Bcc"u8.ToArray(), "BCC: ", true),
    ];

    private readonly List<long> _contents = [];
    private readonly FieldBuilder _lines = new(SegmentField.Lines);
    private readonly FieldBuilder _header = new(SegmentField.Header, SegmentField.HeaderPositions);
    private readonly FieldBuilder _body = new(SegmentField.Body, SegmentField.BodyPositions);
    private readonly TextColumnsBuilder _texts = new();
    private SegmentWriter _dates;
    private SegmentWriter _threads;

    public int Count => _contents.Count;

    /// <summary>Bytes that the words of all fields take, about.</summary>
    public long Size => _lines.Size + _header.Size + _body.Size;

    /// <summary>Begins a message; what is added next belongs to it.</summary>
    public void Begin(ContentId content, SortKeys keys)
    {
        var document = _contents.Count;
        _contents.Add(content.Value);
        _lines.Begin(document);
        _header.Begin(document);
        _body.Begin(document);
        DateColumn.Write(keys.SentDate, keys.SentDay, ref _dates);
        _texts.Add(keys);
        ThreadColumn.Write(keys.MessageId, keys.References, ref _threads);
    }

    /// <summary>
    /// The message that was begun last could not be read to its end: its place stays, without a content.
    /// </summary>
    public void Abandon() => _contents[^1] = 0;

    public void AddHeader(ReadOnlySpan<byte> header)
    {
        foreach (var field in HeaderFields.Enumerate(header))
        {
            AddHeaderLine(SearchText.Line(field));
            foreach (var (name, line, hasAddresses) in Lines)
            {
                if (!field.IsNamed(name))
                    continue;
                AddLine(line, SearchText.Value(field));
                foreach (var address in hasAddresses ? SearchText.Addresses(field) : [])
                    AddLine(line, address);
            }
        }
    }

    /// <summary>Adds the words of a folded line of a header.</summary>
    public void AddHeaderLine(ReadOnlySpan<char> line) => _header.AddText(line);

    /// <summary>Adds what TEXT finds in the header of a part.</summary>
    public void AddPartHeader(MimePart part, ReadOnlySpan<byte> header)
    {
        foreach (var line in SearchText.PartLines(part, header))
            AddHeaderLine(line);
    }

    public void AddBodyWord(ReadOnlySpan<char> word) => _body.Add(word);

    /// <summary>What stands behind a word of the body.</summary>
    public void SeparateBody(char separator) => _body.Separate(separator);

    /// <summary>The segment; nothing can be added any more.</summary>
    public SegmentData Build()
    {
        var fields = new List<FieldData>(8);
        _lines.BuildTo(fields);
        _header.BuildTo(fields);
        _body.BuildTo(fields);
        fields.Add(new FieldData(SegmentField.Dates, _dates.ToArray(), []));
        fields.Add(_texts.Build());
        fields.Add(new FieldData(SegmentField.Threads, _threads.ToArray(), []));
        return SegmentData.Of(_contents, fields);
    }

    public void Dispose()
    {
        _lines.Dispose();
        _header.Dispose();
        _body.Dispose();
        _texts.Dispose();
        _dates.Dispose();
        _threads.Dispose();
    }

    // A value that is too long for a word is cut into pieces that overlap; each is a line of its own
    private void AddLine(string line, ReadOnlySpan<char> value)
    {
        do
        {
            var piece = WordCutter.Piece(value, out var next);
            _lines.AddPiece(string.Concat(line, piece));
            value = value[next..];
        }
        while (!value.IsEmpty);
    }
}
