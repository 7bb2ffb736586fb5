namespace Sora.Mailstore.Search;

/// <summary>A word of a segment: its documents and its positions in them.</summary>
internal readonly record struct PlacedWord(ReadOnlyMemory<byte> Postings, ReadOnlyMemory<byte> Positions);

/// <summary>
/// Finds the documents in which words stand one behind the other, one space between each two. At each place one of several words may stand.
/// </summary>
/// <param name="places">Places of the phrase, counted from 0, and the words that may stand there; not all need be given.</param>
/// <param name="breaks">Where something else than a space stands beside a word.</param>
/// <param name="before">The place in front of the first one, if a space must be between them.</param>
/// <param name="behind">The place behind the last one, if a space must be between them.</param>
internal sealed class Phrase((int Place, IReadOnlyList<PlacedWord> Words)[] places, PlacedWord breaks, int? before, int? behind)
{
    /// <summary>Leaves of the documents those that hold the phrase.</summary>
    /// <exception cref="InvalidDataException">The data is damaged.</exception>
    public void Narrow(DocumentSet among)
    {
        // Where the phrase would begin if a word of the rarest place is part of it; the other places only take away from that
        var first = 0;
        for (var i = 1; i < places.Length; i++)
        {
            if (Length(places[i].Words) < Length(places[first].Words))
                first = i;
        }

        var starts = new Starts(among);
        try
        {
            foreach (var word in places[first].Words)
                starts.Add(word, places[first].Place);
            starts.Sort();
            for (var i = 0; i < places.Length; i++)
            {
                if (i == first)
                    continue;
                foreach (var word in places[i].Words)
                    starts.Mark(word, places[i].Place);
                starts.Keep(marked: true);
            }

            if (before is { } front)
                starts.Mark(breaks, front);
            if (behind is { } back)
                starts.Mark(breaks, back);
            starts.Keep(marked: false);
            among.Clear();
            starts.CopyTo(among);
        }
        finally
        {
            starts.Dispose();
        }
    }

    private static long Length(IReadOnlyList<PlacedWord> words)
    {
        var length = 0L;
        foreach (var word in words)
            length += word.Positions.Length;
        return length;
    }

    /// <summary>Documents and positions, ascending, some of them marked.</summary>
    private struct Starts(DocumentSet among)
    {
        private long[] _keys = []; // document, position
        private bool[] _marks = [];
        private int _count;

        public void Add(in PlacedWord word, int place)
        {
            var occurrences = new Occurrences(word.Postings.Span, word.Positions.Span, among.Documents);
            while (occurrences.MoveNext())
            {
                if (!among.Contains(occurrences.Document))
                    continue;
                while (occurrences.NextPosition() is > 0 and var position)
                {
                    if (position <= place)
                        continue;
                    if (_count == _keys.Length)
                        Pooled.Grow(ref _keys, _count, 256);
                    _keys[_count++] = Key(occurrences.Document, position - place);
                }
            }
        }

        public void Sort()
        {
            var keys = _keys.AsSpan(0, _count);
            for (var i = 1; i < keys.Length; i++)
            {
                if (keys[i] < keys[i - 1])
                {
                    keys.Sort();
                    break;
                }
            }

            Pooled.Grow(ref _marks, 0, _count);
            _marks.AsSpan(0, _count).Clear();
        }

        /// <summary>Marks those for which the word stands at the place.</summary>
        public readonly void Mark(in PlacedWord word, int place)
        {
            var occurrences = new Occurrences(word.Postings.Span, word.Positions.Span, among.Documents);
            var at = 0;
            while (at < _count && occurrences.MoveNext())
            {
                if (!among.Contains(occurrences.Document))
                    continue;
                at = Skip(at, Key(occurrences.Document, 0));
                while (at < _count && (int)(_keys[at] >> 32) == occurrences.Document && occurrences.NextPosition() is > 0 and var position)
                {
                    if (position <= place)
                        continue;
                    var key = Key(occurrences.Document, position - place);
                    while (at < _count && _keys[at] < key)
                        at++;
                    if (at < _count && _keys[at] == key)
                        _marks[at] = true;
                }
            }
        }

        /// <summary>Keeps those that are marked, or those that are not, and takes the marks off.</summary>
        public void Keep(bool marked)
        {
            var kept = 0;
            for (var i = 0; i < _count; i++)
            {
                if (_marks[i] == marked)
                    _keys[kept++] = _keys[i];
            }

            _count = kept;
            _marks.AsSpan(0, _count).Clear();
        }

        public readonly void CopyTo(DocumentSet documents)
        {
            for (var i = 0; i < _count; i++)
                documents.Add((int)(_keys[i] >> 32));
        }

        public void Dispose()
        {
            Pooled.Return(ref _keys);
            Pooled.Return(ref _marks);
        }

        // Near ones are found soon, far ones in few steps: a rare word goes through many starts
        private readonly int Skip(int at, long key)
        {
            if (at >= _count || _keys[at] >= key)
                return at;
            var step = 1;
            while (at + step < _count && _keys[at + step] < key)
                step *= 2;
            var from = at + (step / 2) + 1;
            var found = _keys.AsSpan(from, Math.Min(at + step, _count) - from).BinarySearch(key);
            return from + (found < 0 ? ~found : found);
        }

        private static long Key(int document, int position) => ((long)document << 32) | (uint)position;
    }
}
