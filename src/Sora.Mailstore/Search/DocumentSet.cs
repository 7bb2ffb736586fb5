using System.Numerics;
using Sora.Contracts;

namespace Sora.Mailstore.Search;

/// <summary>Some of the documents of a segment, one bit each.</summary>
internal sealed class DocumentSet(int documents)
{
    private readonly ulong[] _bits = new ulong[(documents + 63) / 64];

    public int Documents => documents;

    public int Count
    {
        get
        {
            var count = 0;
            foreach (var bits in _bits)
                count += BitOperations.PopCount(bits);
            return count;
        }
    }

    public bool Contains(int document) => (_bits[document >> 6] >> document & 1) != 0;

    public void Clear() => Array.Clear(_bits);

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
        var reader = new PostingsReader(postings, documents);
        while (reader.MoveNext())
            Add(reader.Document);
    }

    public void IntersectWith(DocumentSet other)
    {
        for (var i = 0; i < _bits.Length; i++)
            _bits[i] &= other._bits[i];
    }

    public void Remove(DocumentSet other)
    {
        for (var i = 0; i < _bits.Length; i++)
            _bits[i] &= ~other._bits[i];
    }

    /// <summary>Whether a word stands in one of them.</summary>
    /// <exception cref="InvalidDataException">The postings are damaged.</exception>
    public bool Overlaps(ReadOnlySpan<byte> postings)
    {
        var reader = new PostingsReader(postings, documents);
        while (reader.MoveNext())
        {
            if (Contains(reader.Document))
                return true;
        }

        return false;
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
