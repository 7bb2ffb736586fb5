using System.Text;
using Sora.Mime;

namespace Sora.Sieve.Matching;

/// <summary>A set of Unicode's code points, surrogates among them: octets that are no UTF-8 are such (<see cref="SieveText"/>). Immutable.</summary>
internal sealed class CodePointSet
{
    private const int Last = 0x10FFFF;

    private readonly (int From, int To)[] _ranges; // in order, with gaps between them
    private readonly UInt128 _ascii;

    private CodePointSet(IEnumerable<(int From, int To)> ranges)
    {
        var merged = new List<(int From, int To)>();
        foreach (var (from, to) in ranges.Order())
        {
            if (merged.Count > 0 && from <= merged[^1].To + 1)
                merged[^1] = (merged[^1].From, Math.Max(merged[^1].To, to));
            else
                merged.Add((from, to));
        }

        _ranges = [.. merged];
        foreach (var (from, to) in _ranges)
            for (var c = from; c <= to && c < 128; c++)
                _ascii |= UInt128.One << c;
    }

    /// <summary>All code points.</summary>
    public static CodePointSet All { get; } = new([(0, Last)]);

    public static CodePointSet Of(IEnumerable<(int From, int To)> ranges) => new(ranges);

    public IReadOnlyList<(int From, int To)> Ranges => _ranges;

    public bool Contains(int codePoint)
    {
        if (codePoint < 128)
            return (_ascii >> codePoint & 1) != 0;
        var (low, high) = (0, _ranges.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (codePoint < _ranges[middle].From)
                high = middle - 1;
            else if (codePoint > _ranges[middle].To)
                low = middle + 1;
            else
                return true;
        }

        return false;
    }

    /// <summary>What is not in the set.</summary>
    public CodePointSet Complement()
    {
        var others = new List<(int From, int To)>();
        var next = 0;
        foreach (var (from, to) in _ranges)
        {
            if (from > next)
                others.Add((next, from - 1));
            next = to + 1;
        }

        if (next <= Last)
            others.Add((next, Last));
        return new CodePointSet(others);
    }

    /// <summary>The letters of ASCII in both cases where one of them is in the set.</summary>
    public CodePointSet WithAsciiCases()
    {
        var ranges = _ranges.ToList();
        for (var c = 'A'; c <= 'Z'; c++)
            if (Contains(c) != Contains(c | 0x20))
                ranges.Add(Contains(c) ? (c | 0x20, c | 0x20) : (c, c));
        return ranges.Count == _ranges.Length ? this : new CodePointSet(ranges);
    }

    /// <summary>Each character with those that i;unicode-casemap takes for the same (RFC 5051).</summary>
    public CodePointSet WithUnicodeCases()
    {
        if (_ranges is [(var from, var to)] && from == to)
            return Cases.Value.Of.TryGetValue(from, out var same) ? new CodePointSet(same.Select(static c => (c, c))) : this;
        var ranges = _ranges.ToList();
        foreach (var group in Cases.Value.Groups)
            if (Array.Exists(group, Contains))
                ranges.AddRange(group.Select(static c => (c, c)));
        return new CodePointSet(ranges);
    }

    private static readonly Lazy<(int[][] Groups, Dictionary<int, int[]> Of)> Cases = new(static () =>
    {
        // Nothing beyond plane 2 has another form
        var byForm = new Dictionary<string, List<int>>(StringComparer.Ordinal);
        for (var c = 0; c < 0x30000; c = c == 0xD7FF ? 0xE000 : c + 1)
        {
            var text = char.ConvertFromUtf32(c);
            var form = UnicodeCasemap.Fold(text);
            if (form == text)
                continue;
            if (!byForm.TryGetValue(form, out var same))
                byForm[form] = same = Rune.TryGetRuneAt(form, 0, out var rune) && rune.Utf16SequenceLength == form.Length ? [rune.Value] : [];
            same.Add(c);
        }

        int[][] groups = [.. byForm.Values.Where(static same => same.Count > 1).Select(static same => same.ToArray())];
        return (groups, groups.SelectMany(static group => group.Select(c => (c, group))).ToDictionary(static pair => pair.c, static pair => pair.group));
    });
}
