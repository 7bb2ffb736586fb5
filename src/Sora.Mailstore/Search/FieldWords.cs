using Sora.Contracts;

namespace Sora.Mailstore.Search;

/// <summary>The words of a field of a stored segment, to be searched in. Where a word's postings are follows from its place among the words.</summary>
internal sealed class FieldWords
{
    private readonly byte[] _data;
    private readonly int _text; // of the line feed before the first word
    private readonly int[] _starts; // of words in the data; one more than there are
    private readonly int[] _postings; // of words' postings; one more than there are

    /// <exception cref="InvalidDataException">The data is damaged.</exception>
    public FieldWords(byte[] data, byte[]? postings)
    {
        _data = data;
        Postings = postings;
        if (data.Length == 0)
        {
            _starts = _postings = [0];
            return;
        }

        var reader = new VarintReader(data);
        var count = reader.ReadCount(2);
        _starts = new int[count + 1];
        _postings = new int[count + 1];
        for (var i = 0; i < count; i++)
        {
            var next = _postings[i] + (long)reader.ReadUInt32();
            _postings[i + 1] = next <= int.MaxValue ? (int)next : throw new InvalidDataException("Postings are too long");
        }

        if (postings is not null && postings.Length != _postings[count])
            throw new InvalidDataException("Postings are not as long as they say");
        _text = data.Length - reader.Remaining;
        var at = _text + 1;
        for (var i = 0; i < count; i++)
        {
            _starts[i] = at;
            var length = data.AsSpan(Math.Min(at, data.Length)).IndexOf((byte)'\n');
            if (length < 0)
                throw new InvalidDataException("Words end too early");
            at += length + 1;
        }

        _starts[count] = at;
        if (at != data.Length)
            throw new InvalidDataException("Words are followed by something else");
    }

    public int Count => _starts.Length - 1;

    /// <summary>All postings, where they are short enough to be kept; else they are read in slices.</summary>
    public byte[]? Postings { get; }

    /// <summary>Bytes in memory.</summary>
    public long Size => _data.Length + (8L * _starts.Length) + (Postings?.Length ?? 0) + 100;

    public ReadOnlySpan<byte> Word(int number) => _data.AsSpan(_starts[number], _starts[number + 1] - _starts[number] - 1);

    /// <summary>Where the postings of a word begin; that of the number behind the last word is where they end.</summary>
    public int PostingsAt(int number) => _postings[number];

    /// <summary>Adds the numbers of the words in which the pattern stands, ascending. A line feed in it stands for a word's beginning or end.</summary>
    /// <param name="pattern">UTF-8.</param>
    /// <param name="prefix">What the word begins with; the pattern is looked for behind it.</param>
    /// <param name="numbers">Where they go.</param>
    public void Find(ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> prefix, List<int> numbers)
    {
        if (Count == 0)
            return;
        for (var at = _text; at < _data.Length;)
        {
            var found = _data.AsSpan(at).IndexOf(pattern);
            if (found < 0)
                return;
            found += at;

            // A pattern that begins with a word's beginning is found at the line feed before it
            var number = NumberAt(pattern[0] == (byte)'\n' ? found + 1 : found);
            if (number >= Count)
                return;
            if (prefix.IsEmpty || (Word(number).StartsWith(prefix) && Word(number)[prefix.Length..].IndexOf(pattern) >= 0))
                numbers.Add(number);
            at = _starts[number + 1] - 1; // the line feed between the words belongs to both
        }
    }

    private int NumberAt(int position)
    {
        var number = Array.BinarySearch(_starts, position);
        return number >= 0 ? number : ~number - 1;
    }
}
