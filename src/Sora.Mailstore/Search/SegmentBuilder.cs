using Sora.Contracts;
using Sora.Mime;

namespace Sora.Mailstore.Search;

/// <summary>A segment while messages are added to it.</summary>
internal sealed class SegmentBuilder
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
    private readonly FieldBuilder _header = new(SegmentField.Header);
    private readonly FieldBuilder _body = new(SegmentField.Body);
    private readonly TextColumnsBuilder _texts = new();
    private SegmentWriter _dates;
    private SegmentWriter _threads;

    public int Count => _contents.Count;

    /// <summary>Bytes that the words of all fields take, about.</summary>
    public long Size => _lines.Size + _header.Size + _body.Size;

    /// <summary>Begins a message; what is added next belongs to it.</summary>
    public void Begin(ContentId content, SortKeys keys)
    {
        _contents.Add(content.Value);
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
        var document = Count - 1;
        foreach (var field in HeaderFields.Enumerate(header))
        {
            _header.AddText(document, SearchText.Line(field));
            foreach (var (name, line, hasAddresses) in Lines)
            {
                if (!field.IsNamed(name))
                    continue;
                AddLine(document, line, SearchText.Value(field));
                foreach (var address in hasAddresses ? SearchText.Addresses(field) : [])
                    AddLine(document, line, address);
            }
        }
    }

    /// <summary>Adds what TEXT finds in the header of a part.</summary>
    public void AddPartHeader(MimePart part, ReadOnlySpan<byte> header)
    {
        foreach (var line in SearchText.PartLines(part, header))
            _header.AddText(Count - 1, line);
    }

    public void AddBodyWord(ReadOnlySpan<char> word) => _body.Add(Count - 1, word);

    public SegmentData Build() => new(
        [.. _contents],
        [
            _lines.Build(), _header.Build(), _body.Build(),
            new FieldData(SegmentField.Dates, _dates.ToArray(), []), _texts.Build(), new FieldData(SegmentField.Threads, _threads.ToArray(), []),
        ]);

    // A value that is too long for a word is cut into pieces that overlap; each is a line of its own
    private void AddLine(int document, string line, ReadOnlySpan<char> value)
    {
        do
        {
            var piece = WordCutter.Piece(value, out var next);
            _lines.AddWhole(document, string.Concat(line, piece));
            value = value[next..];
        }
        while (!value.IsEmpty);
    }
}
