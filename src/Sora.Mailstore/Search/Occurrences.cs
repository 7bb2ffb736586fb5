namespace Sora.Mailstore.Search;

/// <summary>Reads the documents of a word and its positions in them. Every fault of the data is an <see cref="InvalidDataException"/>.</summary>
internal ref struct Occurrences(ReadOnlySpan<byte> postings, ReadOnlySpan<byte> positions, int documents)
{
    private readonly ReadOnlySpan<byte> _positions = positions;
    private PostingsReader _postings = new(postings, documents);
    private int _at;
    private int _position;
    private bool _hasMore;

    /// <summary>The document that <see cref="MoveNext"/> has found.</summary>
    public readonly int Document => _postings.Document;

    /// <summary>Where the positions of the document begin or, once they have been read, end.</summary>
    public readonly int At => _at;

    /// <summary>Goes on to the next document.</summary>
    public bool MoveNext()
    {
        while (_hasMore)
            _hasMore = (Read() & 1) != 0;
        if (!_postings.MoveNext())
            return _at == _positions.Length ? false : throw new InvalidDataException("Positions are followed by something else");
        _position = 0;
        _hasMore = true;
        return true;
    }

    /// <summary>Goes on to the next position in the document; 0 when there is none.</summary>
    public int NextPosition()
    {
        if (!_hasMore)
            return 0;
        var value = Read();
        _hasMore = (value & 1) != 0;
        var distance = value >> 1;
        if (distance == 0 && (_hasMore || _position > 0))
            throw new InvalidDataException("Two words at one position");
        if (distance > (uint)(int.MaxValue - _position))
            throw new InvalidDataException("A position is out of range");
        return _position += (int)distance;
    }

    private uint Read()
    {
        var value = 0u;
        for (var shift = 0; shift < 35 && _at < _positions.Length; shift += 7)
        {
            var b = _positions[_at++];
            value |= (uint)(b & 0x7f) << shift;
            if (b < 0x80)
                return value;
        }

        throw new InvalidDataException("Positions end too early");
    }
}
