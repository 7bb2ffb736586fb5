using System.Text;

namespace Sora.Mailstore.Search;

/// <summary>
/// The words of one field of a segment while documents are added to it, in few arrays however many words there are; with their positions for those fields
/// that have them (see <see cref="PositionLayout"/>).
/// </summary>
internal sealed class FieldBuilder(SegmentField field, SegmentField? positionsField = null) : IDisposable
{
    private Entry[] _entries = [];
    private int _count;
    private int[] _buckets = []; // numbers of entries plus 1
    private byte[] _text = []; // the words in UTF-8, one behind the other
    private int _textLength;
    private ByteLists _lists = new();
    private readonly List<int> _incomplete = [];

    private int _document = -1;
    private int _occurrences; // of the document
    private int _position; // of the word before
    private int _separators; // since that word
    private bool _isSpaceFirst;
    private bool _isSpaceLast;

    /// <summary>Bytes that its words take, about.</summary>
    public long Size { get; private set; }

    /// <summary>Begins a document; they come in ascending order.</summary>
    public void Begin(int document)
    {
        EndDocument();
        _document = document;
        _occurrences = 0;
        _position = 0;

        // Before the first word nothing ends, and nothing says yet that a space stands before it
        _separators = 2;
        _isSpaceFirst = true;
        _isSpaceLast = false;
    }

    /// <summary>Adds a word.</summary>
    public void Add(ReadOnlySpan<char> word)
    {
        while (!word.IsEmpty)
        {
            AddPiece(WordCutter.Piece(word, out var next));
            word = word[next..];
            if (!word.IsEmpty)
                Separate(PositionLayout.Break);
        }
    }

    /// <summary>A character that separates words, or the end of a text.</summary>
    public void Separate(char separator)
    {
        _isSpaceLast = separator == ' ';
        if (_separators++ == 0)
            _isSpaceFirst = _isSpaceLast;
    }

    /// <summary>Adds a piece of a long word, or a word that is not to be cut.</summary>
    public void AddPiece(ReadOnlySpan<char> word)
    {
        if (positionsField is null)
        {
            Note(word, 0);
            return;
        }

        if (_separators == 1 && _isSpaceFirst)
        {
            _position++;
        }
        else if (_isSpaceFirst)
        {
            _position += 2; // so that the two are no neighbours
            if (!_isSpaceLast)
                Note(PositionLayout.BreakWord, _position++);
        }
        else
        {
            Note(PositionLayout.BreakWord, ++_position);
            _position += _isSpaceLast ? 2 : 1;
        }

        Note(word, _position);
        _separators = 0;
    }

    /// <summary>Adds the words of a folded text, which begins and ends here.</summary>
    public void AddText(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            var length = WordCutter.WordLength(text);
            if (length > 0)
                Add(text[..length]);
            if (length == text.Length)
                break;
            Separate(text[length]);
            text = text[(length + 1)..];
        }

        Separate(PositionLayout.Break);
    }

    /// <summary>What was added, in its stored form.</summary>
    public void BuildTo(List<FieldData> fields)
    {
        EndDocument();
        _document = -1;
        var order = new int[_count];
        for (var i = 0; i < order.Length; i++)
            order[i] = i;
        order.AsSpan().Sort((left, right) => WordOf(_entries[left]).SequenceCompareTo(WordOf(_entries[right])));
        using var writer = new FieldWriter();
        var postings = new SegmentWriter();
        var positions = new SegmentWriter();
        foreach (var number in order)
        {
            ref var entry = ref _entries[number];
            if (positionsField is not null)
                _lists.Varint(ref entry.Positions, (ulong)entry.Waiting << 1);
            postings.Clear();
            positions.Clear();
            _lists.CopyTo(entry.Documents, ref postings);
            _lists.CopyTo(entry.Positions, ref positions);
            writer.Add(WordOf(entry), postings.Written, positions.Written);
        }

        postings.Dispose();
        positions.Dispose();
        fields.Add(writer.ToWords(field));
        if (positionsField is { } beside)
            fields.Add(writer.ToPositions(beside, _incomplete));
    }

    public void Dispose()
    {
        Pooled.Return(ref _entries);
        Pooled.Return(ref _buckets);
        Pooled.Return(ref _text);
        _lists.Dispose();
    }

    private void EndDocument()
    {
        if (_document >= 0 && positionsField is not null && (_separators == 0 || !_isSpaceFirst))
            Note(PositionLayout.BreakWord, _position + 1);
    }

    private void Note(ReadOnlySpan<char> word, int position)
    {
        ref var entry = ref Find(word);
        if (positionsField is not null && _occurrences++ == PositionLayout.MaxPositions)
            _incomplete.Add(_document);
        if (entry.Document != _document)
        {
            if (positionsField is not null && entry.Document >= 0)
                _lists.Varint(ref entry.Positions, (ulong)entry.Waiting << 1);
            _lists.Varint(ref entry.Documents, (ulong)(_document - entry.Document - 1));
            entry.Document = _document;
            entry.Position = 0;
            entry.Waiting = 0;
        }
        else if (_occurrences <= PositionLayout.MaxPositions && positionsField is not null)
        {
            _lists.Varint(ref entry.Positions, ((ulong)entry.Waiting << 1) | 1);
        }

        // Whether another one follows in this document is not known yet
        if (_occurrences <= PositionLayout.MaxPositions)
        {
            entry.Waiting = position - entry.Position;
            entry.Position = position;
        }
    }

    private ref Entry Find(ReadOnlySpan<char> word)
    {
        Span<byte> bytes = stackalloc byte[256];
        if (word.Length > 80)
            bytes = new byte[Encoding.UTF8.GetMaxByteCount(word.Length)];
        bytes = bytes[..Encoding.UTF8.GetBytes(word, bytes)];
        var hash = string.GetHashCode(word, StringComparison.Ordinal); // random in each process: nobody can write mail with words of one hash
        for (var number = _buckets.Length == 0 ? 0 : _buckets[Bucket(hash)]; number > 0; number = _entries[number - 1].Next)
        {
            ref var entry = ref _entries[number - 1];
            if (entry.Hash == hash && WordOf(entry).SequenceEqual(bytes))
                return ref entry;
        }

        Size += bytes.Length + 2;
        return ref Append(bytes, hash);
    }

    private ref Entry Append(scoped ReadOnlySpan<byte> word, int hash)
    {
        if (_count == _entries.Length)
            Rehash();
        if (_text.Length - _textLength < word.Length)
            Pooled.Grow(ref _text, _textLength, word.Length);
        word.CopyTo(_text.AsSpan(_textLength));
        ref var bucket = ref _buckets[Bucket(hash)];
        ref var entry = ref _entries[_count++];
        entry = new Entry { Hash = hash, Next = bucket, WordAt = _textLength, WordLength = word.Length, Document = -1 };
        bucket = _count;
        _textLength += word.Length;
        return ref entry;
    }

    private void Rehash()
    {
        Pooled.Grow(ref _entries, _count, more: 16);
        Pooled.Return(ref _buckets);
        Pooled.Grow(ref _buckets, used: 0, _entries.Length);
        Array.Clear(_buckets);
        for (var i = 0; i < _count; i++)
        {
            ref var bucket = ref _buckets[Bucket(_entries[i].Hash)];
            _entries[i].Next = bucket;
            bucket = i + 1;
        }
    }

    private uint Bucket(int hash) => (uint)(((ulong)(uint)hash * (uint)_buckets.Length) >> 32);

    private ReadOnlySpan<byte> WordOf(Entry entry) => _text.AsSpan(entry.WordAt, entry.WordLength);

    private struct Entry
    {
        public int Hash;
        public int Next; // in its bucket, plus 1
        public int WordAt;
        public int WordLength;
        public int Document; // the last one
        public int Position; // the last one in it
        public int Waiting; // distance of that from the one before, not written yet; 0 if its positions are not kept
        public ByteList Documents;
        public ByteList Positions;
    }
}
