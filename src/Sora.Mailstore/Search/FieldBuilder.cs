using System.Text;

namespace Sora.Mailstore.Search;

/// <summary>The words of one field of a segment while documents are added to it.</summary>
internal sealed class FieldBuilder(SegmentField field)
{
    private readonly Dictionary<string, WordPostings> _words = new(StringComparer.Ordinal);

    /// <summary>Bytes that its words take, about.</summary>
    public long Size { get; private set; }

    /// <summary>Notes that a word stands in a document; documents come in ascending order.</summary>
    public void Add(int document, ReadOnlySpan<char> word)
    {
        while (!word.IsEmpty)
        {
            AddPiece(document, WordCutter.Piece(word, out var next));
            word = word[next..];
        }
    }

    /// <summary>As <see cref="Add"/>, for a word that is not to be cut.</summary>
    public void AddWhole(int document, ReadOnlySpan<char> word) => AddPiece(document, word);

    /// <summary>Adds the words of a folded text.</summary>
    public void AddText(int document, ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            var length = WordCutter.WordLength(text);
            if (length > 0)
                Add(document, text[..length]);
            text = text[Math.Min(length + 1, text.Length)..];
        }
    }

    public FieldData Build()
    {
        var words = new (byte[] Word, WordPostings Postings)[_words.Count];
        var count = 0;
        foreach (var (word, postings) in _words)
            words[count++] = (Encoding.UTF8.GetBytes(word), postings);
        Array.Sort(words, static (left, right) => left.Word.AsSpan().SequenceCompareTo(right.Word));
        var writer = new FieldWriter();
        foreach (var (word, postings) in words)
            writer.Add(word, postings.Encoded);
        return writer.ToData(field);
    }

    private void AddPiece(int document, ReadOnlySpan<char> word)
    {
        var lookup = _words.GetAlternateLookup<ReadOnlySpan<char>>();
        if (!lookup.TryGetValue(word, out var postings))
        {
            lookup[word] = postings = new WordPostings();
            Size += word.Length + 2;
        }

        postings.Add(document);
    }

    private sealed class WordPostings
    {
        private SegmentWriter _writer;
        private int _last = -1;

        public ReadOnlySpan<byte> Encoded => _writer.Written;

        public void Add(int document)
        {
            if (document == _last)
                return;
            _writer.Varint((ulong)(document - _last - 1));
            _last = document;
        }
    }
}
