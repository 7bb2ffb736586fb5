namespace Sora.Mailstore.Search;

/// <summary>
/// Writes the words of a field in their stored form. Words: how many; the length of the postings of each; then the words in the order of their bytes, a line feed
/// before, between and behind them. Postings: of each word the distances between documents, less one.
/// </summary>
internal struct FieldWriter
{
    private SegmentWriter _lengths;
    private SegmentWriter _text;
    private SegmentWriter _postings;
    private int _words;

    public void Add(ReadOnlySpan<byte> word, ReadOnlySpan<byte> postings)
    {
        _words++;
        _lengths.Varint((ulong)postings.Length);
        _text.Bytes(word);
        _text.Byte((byte)'\n');
        _postings.Bytes(postings);
    }

    public readonly FieldData ToData(SegmentField field)
    {
        if (_words == 0)
            return new FieldData(field, [], []);
        var whole = new SegmentWriter();
        whole.Varint((ulong)_words);
        whole.Bytes(_lengths.Written);
        whole.Byte((byte)'\n');
        whole.Bytes(_text.Written);
        return new FieldData(field, whole.ToArray(), _postings.ToArray());
    }
}
