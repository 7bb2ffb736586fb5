using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Search;

/// <summary>What is read of some words' postings or positions: those of words that are close to each other in one piece.</summary>
internal sealed class WordSlices
{
    private const int Gap = 512;

    private readonly Func<int, int> _at;
    private readonly List<(int FirstWord, int LastWord)> _runs = [];
    private readonly int _firstSlice;

    /// <param name="segment">The segment.</param>
    /// <param name="field">The field to read.</param>
    /// <param name="words">Numbers of words, in any order.</param>
    /// <param name="at">Where that of a word begins; that of the one before ends there.</param>
    /// <param name="slices">What is asked for; more is added here.</param>
    public WordSlices(long segment, SegmentField field, IEnumerable<int> words, Func<int, int> at, List<PostingsSlice> slices)
    {
        _at = at;
        _firstSlice = slices.Count;
        foreach (var number in words.Distinct().Order())
        {
            if (_runs.Count > 0 && at(number) - at(_runs[^1].LastWord + 1) <= Gap)
                _runs[^1] = (_runs[^1].FirstWord, number);
            else
                _runs.Add((number, number));
        }

        foreach (var (first, last) in _runs)
            slices.Add(new PostingsSlice(segment, field, at(first), at(last + 1) - at(first)));
    }

    /// <summary>That of a word, out of the slices that were read.</summary>
    /// <exception cref="InvalidDataException">A slice is shorter than it should be.</exception>
    public ReadOnlyMemory<byte> Of(int word, byte[][] slices)
    {
        var run = _runs.BinarySearch((word, word), Comparer<(int FirstWord, int LastWord)>.Create(static (run, wanted) =>
            run.LastWord < wanted.FirstWord ? -1 : run.FirstWord > wanted.FirstWord ? 1 : 0));
        var start = _at(_runs[run].FirstWord);
        var slice = slices[_firstSlice + run];
        return _at(word + 1) - start <= slice.Length ? slice.AsMemory((_at(word) - start)..(_at(word + 1) - start))
            : throw new InvalidDataException("Postings end too early");
    }
}
