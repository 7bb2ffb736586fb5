using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Search;

/// <summary>A question with spaces in it, and the documents of a segment that have all its words: decides of them by the positions of these.</summary>
internal sealed class PhraseStep(
    int question,
    OpenSegment segment,
    TextPlan plan,
    FieldWords words,
    List<int>[] numbers,
    List<int> breaks,
    Func<int, ReadOnlyMemory<byte>> postings,
    DocumentSet documents)
{
    private FieldPositions? _positions;
    private WordSlices? _slices;
    private int[] _places = []; // those that are asked for

    public int Question => question;

    public OpenSegment Segment => segment;

    public SegmentField Field => plan.Positions!.Value;

    /// <summary>Those that have the words; once decided, those that hold the text.</summary>
    public DocumentSet Documents => documents;

    /// <summary>Those that positions do not decide of, and that must be looked into.</summary>
    public DocumentSet Uncertain { get; } = new(documents.Documents);

    public bool IsDecided { get; private set; }

    /// <summary>
    /// Asks for positions, as far as they are not at hand: of the two places with the fewest first, for they often leave hardly a document, then of all.
    /// </summary>
    public void Request(FieldPositions positions, List<PostingsSlice> slices)
    {
        if (positions.Count != words.Count)
            throw new InvalidDataException("Words and positions are not of one segment");
        _positions = positions;

        // Of many words only those that stand in one of the documents
        foreach (var list in numbers)
        {
            if (list.Count > 1)
                list.RemoveAll(number => !documents.Overlaps(postings(number).Span));
        }

        int[] all = [.. Enumerable.Range(0, numbers.Length)];
        _places = _places.Length == 0 && all.Length > 2 ? [.. all.OrderBy(place => Length(numbers[place])).Take(2).Order()] : all;
        if (positions.Positions is null)
            _slices = new WordSlices(segment.Id, Field, _places.SelectMany(place => numbers[place]).Concat(breaks), positions.At, slices);
    }

    /// <summary>Takes away documents that do not hold the text.</summary>
    public void Decide(byte[][] slices)
    {
        foreach (var document in _positions!.Incomplete)
        {
            if (documents.Contains(document))
                Uncertain.Add(document);
        }

        documents.Remove(Uncertain);
        var isAll = _places.Length == numbers.Length;
        var phrase = new Phrase(
            Array.ConvertAll(_places, place => (place, (IReadOnlyList<PlacedWord>)numbers[place].ConvertAll(number => Place(number, slices)))),
            breaks.Count > 0 ? Place(breaks[0], slices) : default,
            isAll && plan.IsAfterSpace ? -1 : null,
            isAll && plan.IsBeforeSpace ? numbers.Length : null);
        phrase.Narrow(documents);
        IsDecided = isAll || documents.Count == 0;
    }

    private long Length(List<int> list)
    {
        var length = 0L;
        foreach (var number in list)
            length += _positions!.At(number + 1) - _positions.At(number);
        return length;
    }

    private PlacedWord Place(int number, byte[][] slices) => new(
        postings(number),
        _slices is null ? _positions!.Positions.AsMemory(_positions.At(number).._positions.At(number + 1)) : _slices.Of(number, slices));
}
