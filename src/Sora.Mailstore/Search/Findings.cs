using Sora.Contracts;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Search;

/// <summary>One look at an account's segments: which words match, the postings that are needed, and what comes of them.</summary>
internal sealed class Findings(long[] among, TextPlan[] plans)
{
    private readonly bool[] _known = new bool[among.Length];
    private readonly List<ContentId>[] _found = Array.ConvertAll(plans, static _ => new List<ContentId>());
    private readonly List<ContentId>[] _uncertain = Array.ConvertAll(plans, static _ => new List<ContentId>());
    private readonly List<Step> _steps = [];
    private readonly List<PhraseStep> _phrases = [];

    /// <summary>Pieces of postings to be read.</summary>
    public List<PostingsSlice> Slices { get; } = [];

    /// <summary>Where words stand in documents that positions decide of.</summary>
    public IReadOnlyList<PhraseStep> Phrases => _phrases;

    public IEnumerable<SegmentField> Fields() => plans.Select(static plan => plan.Field).Distinct();

    /// <summary>Looks for the words of all questions in a segment.</summary>
    public void Look(OpenSegment segment, Dictionary<(long Segment, SegmentField Field), FieldWords> words)
    {
        var isWanted = false;
        segment.Locate(among, (position, _) =>
        {
            _known[position] = true;
            isWanted = true;
        });
        if (!isWanted)
            return;
        for (var i = 0; i < plans.Length; i++)
        {
            var step = new Step(i, segment, words[(segment.Id, plans[i].Field)], plans[i]);
            if (step.IsPossible)
                _steps.Add(step);
        }

        // Those whose postings are at hand are done with at once, the others when these have been read
        for (var i = _steps.Count - 1; i >= 0 && ReferenceEquals(_steps[i].Segment, segment); i--)
        {
            var step = _steps[i];
            if (step.Words.Postings is { } postings)
            {
                Finish(step, number => postings.AsMemory(step.Words.PostingsAt(number)..step.Words.PostingsAt(number + 1)));
                _steps.RemoveAt(i);
            }
            else
            {
                step.Request(Slices);
            }
        }
    }

    /// <summary>Takes the pieces of postings that were asked for.</summary>
    public void Take(byte[][] slices)
    {
        foreach (var step in _steps)
            Finish(step, number => step.PostingsOf(number, slices));
        _steps.Clear();
    }

    /// <summary>The answer so far; what no segment has is unindexed.</summary>
    public IndexAnswer ToAnswer()
    {
        var answers = new TextMatches[plans.Length];
        for (var i = 0; i < plans.Length; i++)
        {
            answers[i] = new TextMatches(Among(_found[i]), Among(_uncertain[i]));
        }

        var unknown = new List<ContentId>();
        for (var i = 0; i < among.Length; i++)
        {
            if (!_known[i])
                unknown.Add(new ContentId(among[i]));
        }

        return new IndexAnswer(answers, unknown.ToArray());
    }

    private void Finish(Step step, Func<int, ReadOnlyMemory<byte>> postings)
    {
        DocumentSet? all = null;
        foreach (var numbers in step.Numbers)
        {
            var some = new DocumentSet(step.Segment.Contents.Length);
            foreach (var number in numbers)
                some.Add(postings(number).Span);
            if (all is null)
                all = some;
            else
                all.IntersectWith(some);
        }

        if (all is null)
        {
            all = new DocumentSet(step.Segment.Contents.Length);
            all.AddAll();
        }

        if (step.Plan.IsExact)
            all.CopyTo(_found[step.Question], step.Segment.Contents);
        else if (step.Plan.Positions is not null && step.Segment.HasPositions && all.Count > 0)
            _phrases.Add(new PhraseStep(step.Question, step.Segment, step.Plan, step.Words, step.Numbers, step.Breaks, postings, all));
        else
            all.CopyTo(_uncertain[step.Question], step.Segment.Contents);
    }

    /// <summary>
    /// Leaves to the texts what positions could decide of too, where that is so little that reading positions does not pay.
    /// </summary>
    public void LeaveFew(int few)
    {
        for (var i = 0; i < plans.Length; i++)
        {
            if (_phrases.Where(phrase => phrase.Question == i).Sum(static phrase => phrase.Documents.Count) > few)
                continue;
            foreach (var phrase in _phrases.Where(phrase => phrase.Question == i))
            {
                phrase.Documents.CopyTo(_uncertain[i], phrase.Segment.Contents);
                phrase.Uncertain.CopyTo(_uncertain[i], phrase.Segment.Contents);
            }

            _phrases.RemoveAll(phrase => phrase.Question == i);
        }
    }

    /// <summary>Takes what is decided now.</summary>
    public void TakeDecided()
    {
        foreach (var phrase in _phrases.Where(static phrase => phrase.IsDecided))
        {
            phrase.Documents.CopyTo(_found[phrase.Question], phrase.Segment.Contents);
            phrase.Uncertain.CopyTo(_uncertain[phrase.Question], phrase.Segment.Contents);
        }

        _phrases.RemoveAll(static phrase => phrase.IsDecided);
    }

    private ContentId[] Among(List<ContentId> found)
    {
        found.Sort(static (left, right) => left.Value.CompareTo(right.Value));
        var kept = new List<ContentId>(found.Count);
        var at = 0;
        foreach (var content in found)
        {
            at += IndexFrom(among.AsSpan(at), content.Value);
            if (at < among.Length && among[at] == content.Value && (kept.Count == 0 || kept[^1] != content))
                kept.Add(content);
        }

        return [.. kept];
    }

    private static int IndexFrom(ReadOnlySpan<long> rest, long value)
    {
        var index = rest.BinarySearch(value);
        return index < 0 ? ~index : index;
    }

    /// <summary>A question and a segment.</summary>
    private sealed class Step
    {
        private WordSlices? _slices;

        public Step(int question, OpenSegment segment, FieldWords words, TextPlan plan)
        {
            Question = question;
            Segment = segment;
            Words = words;
            Plan = plan;
            Numbers = new List<int>[plan.Patterns.Count];
            IsPossible = true;
            for (var i = 0; i < Numbers.Length && IsPossible; i++)
            {
                words.Find(plan.Patterns[i], plan.Prefix, Numbers[i] = []);
                IsPossible = Numbers[i].Count > 0;
            }

            if (IsPossible && plan.Positions is not null && segment.HasPositions && (plan.IsAfterSpace || plan.IsBeforeSpace))
                words.Find(PositionLayout.BreakPattern, default, Breaks);
        }

        public int Question { get; }

        public OpenSegment Segment { get; }

        public FieldWords Words { get; }

        public TextPlan Plan { get; }

        /// <summary>Of each pattern the words it stands in.</summary>
        public List<int>[] Numbers { get; }

        /// <summary>The word of breaks, if the text begins or ends with a space.</summary>
        public List<int> Breaks { get; } = [];

        /// <summary>Each pattern stands in a word.</summary>
        public bool IsPossible { get; }

        /// <summary>Asks for the postings.</summary>
        public void Request(List<PostingsSlice> slices) =>
            _slices = new WordSlices(Segment.Id, Plan.Field, Numbers.SelectMany(static numbers => numbers).Concat(Breaks), Words.PostingsAt, slices);

        public ReadOnlyMemory<byte> PostingsOf(int number, byte[][] slices) => _slices!.Of(number, slices);
    }
}
