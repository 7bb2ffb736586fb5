using Sora.Contracts;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Search;

/// <summary>One look at an account's segments: which words match, the postings that are needed, and what comes of them.</summary>
internal sealed class Findings(long[] among, TextPlan[] plans)
{
    private readonly bool[] _known = new bool[among.Length];
    private readonly List<ContentId>[] _found = Array.ConvertAll(plans, static _ => new List<ContentId>());
    private readonly List<Step> _steps = [];

    /// <summary>Pieces of postings to be read.</summary>
    public List<PostingsSlice> Slices { get; } = [];

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
            var contents = Among(_found[i]);
            answers[i] = plans[i].IsExact ? new TextMatches(contents, default) : new TextMatches(default, contents);
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

        all.CopyTo(_found[step.Question], step.Segment.Contents);
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
        private int _firstSlice;
        private readonly List<(int FirstWord, int LastWord)> _runs = [];

        public Step(int question, OpenSegment segment, FieldWords words, TextPlan plan)
        {
            Question = question;
            Segment = segment;
            Words = words;
            Field = plan.Field;
            Numbers = new List<int>[plan.Patterns.Count];
            IsPossible = true;
            for (var i = 0; i < Numbers.Length && IsPossible; i++)
            {
                words.Find(plan.Patterns[i], plan.Prefix, Numbers[i] = []);
                IsPossible = Numbers[i].Count > 0;
            }
        }

        public int Question { get; }

        public OpenSegment Segment { get; }

        public FieldWords Words { get; }

        public SegmentField Field { get; }

        /// <summary>Of each pattern the words it stands in.</summary>
        public List<int>[] Numbers { get; }

        /// <summary>Each pattern stands in a word.</summary>
        public bool IsPossible { get; }

        /// <summary>Asks for the postings; those of words that are close to each other in one piece.</summary>
        public void Request(List<PostingsSlice> slices)
        {
            const int Gap = 512;
            var all = Numbers.SelectMany(static numbers => numbers).Distinct().Order().ToList();
            _firstSlice = slices.Count;
            foreach (var number in all)
            {
                if (_runs.Count > 0 && Words.PostingsAt(number) - Words.PostingsAt(_runs[^1].LastWord + 1) <= Gap)
                    _runs[^1] = (_runs[^1].FirstWord, number);
                else
                    _runs.Add((number, number));
            }

            foreach (var (first, last) in _runs)
            {
                var start = Words.PostingsAt(first);
                slices.Add(new PostingsSlice(Segment.Id, Field, start, Words.PostingsAt(last + 1) - start));
            }
        }

        public ReadOnlyMemory<byte> PostingsOf(int number, byte[][] slices)
        {
            var run = _runs.BinarySearch((number, number), Comparer<(int FirstWord, int LastWord)>.Create(static (run, wanted) =>
                run.LastWord < wanted.FirstWord ? -1 : run.FirstWord > wanted.FirstWord ? 1 : 0));
            var start = Words.PostingsAt(_runs[run].FirstWord);
            return slices[_firstSlice + run].AsMemory((Words.PostingsAt(number) - start)..(Words.PostingsAt(number + 1) - start));
        }
    }
}
