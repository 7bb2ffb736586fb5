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

    public int Question => question;

    public OpenSegment Segment => segment;

    public SegmentField Field => plan.Positions!.Value;

    /// <summary>Those that have the words; once decided, those that hold the text.</summary>
    public DocumentSet Documents => documents;

    /// <summary>Once decided, those that must be looked into.</summary>
    public DocumentSet Uncertain { get; } = new(documents.Documents);

    /// <summary>Asks for positions, as far as they are not at hand.</summary>
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

        if (positions.Positions is null)
            _slices = new WordSlices(segment.Id, Field, numbers.SelectMany(static list => list).Concat(breaks), positions.At, slices);
    }

    /// <summary>Decides.</summary>
    public void Decide(byte[][] slices)
    {
        foreach (var document in _positions!.Incomplete)
        {
            if (documents.Contains(document))
                Uncertain.Add(document);
        }

        documents.Remove(Uncertain);
        var places = Array.ConvertAll(numbers, list => (IReadOnlyList<PlacedWord>)list.ConvertAll(number => Place(number, slices)));
        new Phrase(places, breaks.Count > 0 ? Place(breaks[0], slices) : default, plan.IsAfterSpace, plan.IsBeforeSpace).Narrow(documents);
    }

    private PlacedWord Place(int number, byte[][] slices) => new(
        postings(number),
        _slices is null ? _positions!.Positions.AsMemory(_positions.At(number).._positions.At(number + 1)) : _slices.Of(number, slices));
}
