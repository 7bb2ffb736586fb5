namespace Sora.Mailstore.Search;

/// <summary>
/// Writes the words of a field in their stored form. Words: how many; the length of the postings of each; then the words in the order of their bytes, a line feed
/// before, between and behind them. Postings: of each word the distances between documents, less one. Positions: how many documents have none, and the
/// distances between these; how many words; the length of each word's positions; then these (see <see cref="PositionLayout"/>).
/// </summary>
internal sealed class FieldWriter : IDisposable
{
    private SegmentWriter _lengths;
    private SegmentWriter _text;
    private SegmentWriter _postings;
    private SegmentWriter _positionLengths;
    private SegmentWriter _positions;
    private int _words;

    public void Add(ReadOnlySpan<byte> word, ReadOnlySpan<byte> postings, ReadOnlySpan<byte> positions)
    {
        _words++;
        _lengths.Varint((ulong)postings.Length);
        _text.Bytes(word);
        _text.Byte((byte)'\n');
        _postings.Bytes(postings);
        _positionLengths.Varint((ulong)positions.Length);
        _positions.Bytes(positions);
    }

    public FieldData ToWords(SegmentField field)
    {
        if (_words == 0)
            return new FieldData(field, [], []);
        var whole = new SegmentWriter();
        whole.Varint((ulong)_words);
        whole.Bytes(_lengths.Written);
        whole.Byte((byte)'\n');
        whole.Bytes(_text.Written);
        var data = new FieldData(field, whole.ToArray(), _postings.ToArray());
        whole.Dispose();
        return data;
    }

    /// <param name="field">Which field it is.</param>
    /// <param name="incomplete">Documents that have not all their positions; ascending.</param>
    public FieldData ToPositions(SegmentField field, IReadOnlyList<int> incomplete)
    {
        var whole = new SegmentWriter();
        whole.Varint((ulong)incomplete.Count);
        var last = -1;
        foreach (var document in incomplete)
        {
            whole.Varint((ulong)(document - last - 1));
            last = document;
        }

        whole.Varint((ulong)_words);
        whole.Bytes(_positionLengths.Written);
        var data = new FieldData(field, whole.ToArray(), _positions.ToArray());
        whole.Dispose();
        return data;
    }

    public void Dispose()
    {
        _lengths.Dispose();
        _text.Dispose();
        _postings.Dispose();
        _positionLengths.Dispose();
        _positions.Dispose();
    }
}
