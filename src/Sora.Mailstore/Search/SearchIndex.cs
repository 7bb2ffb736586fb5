using Sora.Contracts;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Search;

/// <summary>Answers questions out of the segments of an account, and out of the kept texts where words alone do not decide.</summary>
internal sealed class SearchIndex(SearchStore store, AccountSegments segments) : ISearchIndex
{
    private const int TextsAtOnce = 2000;

    // So many texts are looked into as quickly as positions are read
    private const int FewTexts = 64;

    // Bytes of positions that are read and decided at a time, about
    private const int PositionsAtOnce = 8 * 1024 * 1024;

    /// <inheritdoc/>
    public async ValueTask<IndexAnswer> FindAsync(
        AccountId account, ReadOnlyMemory<ContentId> among, IReadOnlyList<TextQuestion> questions, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(questions);
        var contents = new long[among.Length];
        for (var i = 0; i < contents.Length; i++)
            contents[i] = among.Span[i].Value;
        var plans = questions.Select(TextPlan.Of).ToArray();
        for (var attempt = 0; attempt < AccountSegments.Attempts; attempt++)
        {
            var found = new Findings(contents, plans);
            var open = await segments.ListAsync(account, cancellationToken);
            if (await LookAsync(open, found, cancellationToken))
                return await DecideAsync(found, questions, cancellationToken);
        }

        // Merged again and again under our eyes: then everything is read
        return new Findings(contents, plans).ToAnswer();
    }

    private async ValueTask<bool> LookAsync(List<OpenSegment> open, Findings found, CancellationToken cancellationToken)
    {
        var words = new Dictionary<(long, SegmentField), FieldWords>();
        foreach (var field in found.Fields())
        {
            if (!await segments.LoadAsync(open, field, static (data, _) => DecodeWords(data), words, cancellationToken))
                return false;
        }

        foreach (var segment in open)
            found.Look(segment, words);

        // A text of nothing but spaces needs no word, and so no postings: it is to be decided all the same
        var slices = found.Slices.Count == 0 ? [] : await store.ReadSlicesAsync(found.Slices, cancellationToken);
        if (Array.IndexOf(slices, null) >= 0)
            return false;
        found.Take(slices!);
        return await PlaceAsync(found, cancellationToken);
    }

    // Texts with spaces in them are decided by the positions of their words
    private async ValueTask<bool> PlaceAsync(Findings found, CancellationToken cancellationToken)
    {
        var positions = new Dictionary<(long, SegmentField), FieldPositions>();
        found.LeaveFew(FewTexts);
        while (found.Phrases.Count > 0)
        {
            foreach (var phrases in found.Phrases.GroupBy(static phrase => phrase.Field))
            {
                var wanted = phrases.Select(static phrase => phrase.Segment).DistinctBy(static segment => segment.Id).ToList();
                if (!await segments.LoadAsync(wanted, phrases.Key, DecodePositions, positions, cancellationToken))
                    return false;
            }

            if (!await DecideAsync(found.Phrases, positions, cancellationToken))
                return false;
            found.TakeDecided();
            found.LeaveFew(FewTexts);
        }

        return true;
    }

    // What is read is used up before more is read
    private async ValueTask<bool> DecideAsync(
        IReadOnlyList<PhraseStep> phrases, Dictionary<(long, SegmentField), FieldPositions> positions, CancellationToken cancellationToken)
    {
        var pieces = new List<PostingsSlice>();
        var first = 0;
        for (var i = 0; i < phrases.Count; i++)
        {
            phrases[i].Request(positions[(phrases[i].Segment.Id, phrases[i].Field)], pieces);
            if (i + 1 < phrases.Count && pieces.Sum(static piece => (long)piece.Length) < PositionsAtOnce)
                continue;
            var slices = pieces.Count == 0 ? [] : await store.ReadSlicesAsync(pieces, cancellationToken);
            if (Array.IndexOf(slices, null) >= 0)
                return false;
            for (; first <= i; first++)
                phrases[first].Decide(slices!);
            pieces.Clear();
        }

        return true;
    }

    private static (FieldPositions Value, long Size) DecodePositions(LoadedField data, OpenSegment segment)
    {
        var positions = new FieldPositions(data.Words, data.Postings, segment.Contents.Length);
        return (positions, positions.Size);
    }

    private static (FieldWords Value, long Size) DecodeWords(LoadedField data)
    {
        var words = new FieldWords(data.Words, data.Postings);
        return (words, words.Size);
    }

    // Candidates are looked for in their texts, as far as these are kept
    private async ValueTask<IndexAnswer> DecideAsync(Findings found, IReadOnlyList<TextQuestion> questions, CancellationToken cancellationToken)
    {
        var answer = found.ToAnswer();
        var answers = answer.Answers.ToArray();
        for (var i = 0; i < answers.Length; i++)
        {
            if (questions[i].Field == TextField.Body && answers[i].Candidates.Length > 0)
                answers[i] = await LookIntoTextsAsync(answers[i], questions[i].Text, cancellationToken);
        }

        return answer with { Answers = answers };
    }

    private async ValueTask<TextMatches> LookIntoTextsAsync(TextMatches matches, string text, CancellationToken cancellationToken)
    {
        var wanted = System.Text.Encoding.UTF8.GetBytes(text);
        var certain = new List<ContentId>(matches.Matches.ToArray());
        var left = new HashSet<ContentId>(matches.Candidates.ToArray());
        var candidates = matches.Candidates.ToArray();
        for (var from = 0; from < candidates.Length; from += TextsAtOnce)
        {
            await store.ReadTextsAsync(
                new ArraySegment<ContentId>(candidates, from, Math.Min(TextsAtOnce, candidates.Length - from)),
                (content, compressed) =>
                {
                    left.Remove(content);
                    if (TextCodec.Contains(compressed, wanted))
                        certain.Add(content);
                },
                cancellationToken);
        }

        certain.Sort(static (a, b) => a.Value.CompareTo(b.Value));
        return new TextMatches(certain.ToArray(), left.OrderBy(static content => content.Value).ToArray());
    }
}
