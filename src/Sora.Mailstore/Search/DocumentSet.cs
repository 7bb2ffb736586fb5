using System.Numerics;
using Sora.Contracts;

namespace Sora.Mailstore.Search;

/// <summary>Some of the documents of a segment, one bit each.</summary>
internal sealed class DocumentSet(int documents)
{
    private readonly ulong[] _bits = new ulong[(documents + 63) / 64];

    public void AddAll()
    {
        for (var i = 0; i < documents; i++)
            Add(i);
    }

    public void Add(int document) => _bits[document >> 6] |= 1ul << document;

    /// <summary>Adds the documents of a word.</summary>
    /// <exception cref="InvalidDataException">The postings are damaged.</exception>
    public void Add(ReadOnlySpan<byte> postings)
    {
        var reader = new VarintReader(postings);
        for (var last = -1L; !reader.IsAtEnd;)
        {
            last += (long)reader.ReadVarint() + 1;
            if ((ulong)last >= (ulong)documents)
                throw new InvalidDataException("Postings name a document that is not there");
            Add((int)last);
        }
    }

    public void IntersectWith(DocumentSet other)
    {
        for (var i = 0; i < _bits.Length; i++)
            _bits[i] &= other._bits[i];
    }

    public void CopyTo(List<ContentId> list, long[] contents)
    {
        for (var i = 0; i < _bits.Length; i++)
        {
            for (var bits = _bits[i]; bits != 0; bits &= bits - 1)
                list.Add(new ContentId(contents[(i << 6) + BitOperations.TrailingZeroCount(bits)]));
        }
    }
}
