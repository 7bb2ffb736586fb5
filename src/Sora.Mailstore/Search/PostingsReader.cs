using Sora.Contracts;

namespace Sora.Mailstore.Search;

/// <summary>Reads the documents of a word: the distances between them, less one. Every fault of the data is an <see cref="InvalidDataException"/>.</summary>
internal ref struct PostingsReader(ReadOnlySpan<byte> postings, int documents)
{
    private VarintReader _reader = new(postings);

    /// <summary>The document that <see cref="MoveNext"/> has found.</summary>
    public int Document { readonly get; private set; } = -1;

    /// <summary>Goes on to the next document; false when there is none.</summary>
    public bool MoveNext()
    {
        if (_reader.IsAtEnd)
            return false;
        var distance = _reader.ReadVarint();
        if (distance >= (ulong)(documents - Document - 1))
            throw new InvalidDataException("Postings name a document that is not there");
        Document += (int)distance + 1;
        return true;
    }
}
