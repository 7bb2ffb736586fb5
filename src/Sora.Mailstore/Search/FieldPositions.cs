using Sora.Contracts;

namespace Sora.Mailstore.Search;

/// <summary>Where the positions of the words of a field are, in the order of the words in <see cref="FieldWords"/>.</summary>
internal sealed class FieldPositions
{
    private readonly int[] _starts; // one more than there are words

    /// <exception cref="InvalidDataException">The data is damaged.</exception>
    public FieldPositions(ReadOnlySpan<byte> data, byte[]? positions, int documents)
    {
        Positions = positions;
        var reader = new VarintReader(data);
        Incomplete = new int[reader.ReadCount(1)];
        var last = -1L;
        for (var i = 0; i < Incomplete.Length; i++)
        {
            last += reader.ReadUInt32() + 1L;
            Incomplete[i] = last < documents ? (int)last : throw new InvalidDataException("Positions name a document that is not there");
        }

        var count = reader.ReadCount(1);
        _starts = new int[count + 1];
        for (var i = 0; i < count; i++)
        {
            var next = _starts[i] + (long)reader.ReadUInt32();
            _starts[i + 1] = next <= int.MaxValue ? (int)next : throw new InvalidDataException("Positions are too long");
        }

        if (!reader.IsAtEnd || (positions is not null && positions.Length != _starts[count]))
            throw new InvalidDataException("Positions are not as long as they say");
    }

    /// <summary>Documents of which not all positions are kept; ascending.</summary>
    public int[] Incomplete { get; }

    /// <summary>Words.</summary>
    public int Count => _starts.Length - 1;

    /// <summary>All positions, where they are short enough to be kept; else they are read in slices.</summary>
    public byte[]? Positions { get; }

    /// <summary>Bytes in memory.</summary>
    public long Size => (4L * (_starts.Length + Incomplete.Length)) + (Positions?.Length ?? 0) + 100;

    /// <summary>Where the positions of a word begin; those of the number behind the last word is where they end.</summary>
    public int At(int word) => _starts[word];
}
