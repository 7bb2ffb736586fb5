namespace Sora.Sieve.Matching;

/// <summary>
/// Looks for the match that POSIX wants (IEEE 1003.1 section 9.1): of those that begin first the longest, and in it each subexpression, from left to right and from the outside in, as
/// long as possible. One pass over the text; a character costs at most the square of the number of states that are alive.
/// </summary>
/// <remarks>
/// The order of Okui and Suzuki, as Borsotti and Trofimovich simplify it ("Efficient POSIX submatch extraction on NFA"): of two ways through the expression each has, after
/// each character, the least depth that it has come to since they parted. The later of two that leaves the outermost subexpression was in a longer one: the last
/// character after which the depths differ decides, and the way that was deeper wins. Where they never differ, the first of the choices at the fork does.
/// </remarks>
internal sealed class RegexMatch
{
    private readonly RegexProgram _program;
    private readonly RegexState[] _states;
    private readonly string _text;
    private readonly Action<int> _spend;
    private readonly bool _captures;

    // The ways that are alive, each at a state that takes a character, and how they stand to each other
    private List<Way> _ways = [];
    private List<Way> _nextWays = [];
    private Relation[] _relations = [];
    private Relation[] _nextRelations = [];

    // What a step looks at: paths from the ways to the states that can be reached without a character, and the best one for each state
    private readonly List<Path> _paths = [];
    private readonly List<int> _reached = [];
    private readonly int[] _best;
    private readonly PriorityQueue<int, int> _waiting = new();
    private readonly Stack<int> _chain = new();

    private RegexMatch(RegexProgram program, string text, bool captures, Action<int> spend)
    {
        _program = program;
        _states = program.States;
        _text = text;
        _captures = captures && program.Groups > 0;
        _spend = spend;
        _best = new int[_states.Length];
        Array.Fill(_best, -1);
    }

    /// <summary>A way to a state.</summary>
    private readonly record struct Way(int State, int Start, int[]? Places);

    /// <summary>What a way has against another one: the least depth since they parted, and whether it is the better one so far (1, or -1).</summary>
    private readonly record struct Relation(ushort Least, sbyte Sign);

    /// <summary>A path of states that take no character: a state and the path that it was reached by.</summary>
    /// <param name="Before">The path before it; negative at the beginning.</param>
    /// <param name="Origin">The way that the path goes on from; negative where it begins a match.</param>
    /// <param name="Least">The least depth of its states.</param>
    /// <param name="IsSecond">It is the worse choice of the state before.</param>
    private readonly record struct Path(int State, int Before, int Origin, int Start, int Length, int Least, bool IsSecond);

    /// <summary>Finds the match.</summary>
    /// <param name="program">The expression.</param>
    /// <param name="text">Where to look.</param>
    /// <param name="start">Where a match may begin at first.</param>
    /// <param name="isAnchored">It begins there and nowhere else.</param>
    /// <param name="captures">Say what the groups hold.</param>
    /// <param name="spend">Told how many states, or pairs of states, were looked at; may throw.</param>
    /// <returns>Start and end of the match and of each group, -1 for those that took no part; null without a match.</returns>
    public static int[]? Find(RegexProgram program, string text, int start, bool isAnchored, bool captures, Action<int> spend) =>
        new RegexMatch(program, text, captures, spend).Run(start, isAnchored);

    private int[]? Run(int from, bool isAnchored)
    {
        int[]? found = null;
        for (var at = from; ; at += LengthAt(at))
        {
            if (found is null && (!isAnchored || at == from))
                Offer(new Path(0, -1, -1, at, 0, _states[0].Depth, IsSecond: false));
            Close(at);
            if (_best[^1] is var end and >= 0)
            {
                found = Places(end, at);
                (found[0], found[1]) = (_paths[end].Start, at);
            }

            Settle(found?[0] ?? int.MaxValue, at);
            if (at >= _text.Length || (_ways.Count == 0 && (found is not null || isAnchored)))
                return found;
            Take(at);
        }
    }

    private int CodePointAt(int at) =>
        char.IsHighSurrogate(_text[at]) && at + 1 < _text.Length && char.IsLowSurrogate(_text[at + 1]) ? char.ConvertToUtf32(_text[at], _text[at + 1]) : _text[at];

    private int LengthAt(int at) => CodePointAt(at) > char.MaxValue ? 2 : 1;

    // The ways that can take the character go on with paths behind it
    private void Take(int at)
    {
        var character = CodePointAt(at);
        for (var i = 0; i < _ways.Count; i++)
        {
            var state = _states[_ways[i].State];
            if (state.Set!.Contains(character))
                Offer(new Path(state.First, -1, i, _ways[i].Start, 0, _states[state.First].Depth, IsSecond: false));
        }
    }

    // From state to state without a character, the first in the program first: what leads to a state was seen before it, but for repetitions that begin again
    private void Close(int at)
    {
        while (_waiting.TryDequeue(out var state, out _))
        {
            var before = _best[state];
            var here = _states[state];
            if (here.Operation is RegexOperation.Take or RegexOperation.Match || (here.Operation == RegexOperation.Assert && !IsPlace(here.Place, at)))
                continue;
            GoOn(before, here.First, isSecond: false);
            if (here.Operation == RegexOperation.Choose)
                GoOn(before, here.Second, isSecond: true);
        }

        _spend(_paths.Count);
    }

    private void GoOn(int before, int state, bool isSecond)
    {
        var path = _paths[before];
        Offer(new Path(state, before, path.Origin, path.Start, path.Length + 1, Math.Min(path.Least, _states[state].Depth), isSecond));
    }

    private void Offer(Path path)
    {
        var known = _best[path.State];
        _paths.Add(path);
        if (known < 0)
            _reached.Add(path.State);
        else if (!IsBetter(_paths.Count - 1, known))
            return;
        _best[path.State] = _paths.Count - 1;
        _waiting.Enqueue(path.State, path.State);
    }

    private bool IsBetter(int path, int other) => _paths[path].Start != _paths[other].Start
        ? _paths[path].Start < _paths[other].Start
        : _captures && Compare(path, other, out _, out _) > 0;

    // Which of two paths with the same beginning is the better one so far, and the least depth of each since they parted
    private int Compare(int path, int other, out int least, out int otherLeast)
    {
        var (left, right) = (_paths[path], _paths[other]);
        if (left.Origin != right.Origin)
        {
            var relation = _relations[(left.Origin * _ways.Count) + right.Origin];
            least = Math.Min(relation.Least, left.Least);
            otherLeast = Math.Min(_relations[(right.Origin * _ways.Count) + left.Origin].Least, right.Least);
            return least != otherLeast ? least.CompareTo(otherLeast) : relation.Sign;
        }

        // They part at this place of the text: back to the fork
        (least, otherLeast) = (int.MaxValue, int.MaxValue);
        bool isSecond = false, isOtherSecond = false;
        while (path != other)
        {
            if (_paths[path].Length >= _paths[other].Length)
            {
                var step = _paths[path];
                (least, isSecond, path) = (Math.Min(least, _states[step.State].Depth), step.IsSecond, step.Before);
            }
            else
            {
                var step = _paths[other];
                (otherLeast, isOtherSecond, other) = (Math.Min(otherLeast, _states[step.State].Depth), step.IsSecond, step.Before);
            }
        }

        var fork = _states[_paths[path].State].Depth;
        (least, otherLeast) = (Math.Min(least, fork), Math.Min(otherLeast, fork));
        return least != otherLeast ? least.CompareTo(otherLeast) : isOtherSecond.CompareTo(isSecond);
    }

    // What can take a character is alive; nothing that begins after a match is
    private void Settle(int latestStart, int at)
    {
        _nextWays.Clear();
        var ends = new List<int>(_reached.Count);
        foreach (var state in _reached)
        {
            var end = _best[state];
            if (_states[state].Operation != RegexOperation.Take || _paths[end].Start > latestStart)
                continue;
            ends.Add(end);
            _nextWays.Add(new Way(state, _paths[end].Start, Places(end, at)));
        }

        if (_captures)
            Relate(ends);
        foreach (var state in _reached)
            _best[state] = -1;
        _reached.Clear();
        _paths.Clear();
        (_ways, _nextWays) = (_nextWays, _ways);
        (_relations, _nextRelations) = (_nextRelations, _relations);
    }

    private void Relate(List<int> ends)
    {
        var pairs = ends.Count * ends.Count;
        _spend(pairs);
        if (_nextRelations.Length < pairs)
            _nextRelations = new Relation[Math.Max(pairs, 2 * _nextRelations.Length)];
        for (var i = 0; i < ends.Count; i++)
        {
            for (var j = 0; j < i; j++)
            {
                if (_paths[ends[i]].Start != _paths[ends[j]].Start)
                    continue;
                var sign = Compare(ends[i], ends[j], out var least, out var otherLeast);
                _nextRelations[(i * ends.Count) + j] = new Relation((ushort)least, (sbyte)sign);
                _nextRelations[(j * ends.Count) + i] = new Relation((ushort)otherLeast, (sbyte)-sign);
            }
        }
    }

    // Where the match and its groups are, once the groups of the path have begun and ended
    private int[] Places(int end, int at)
    {
        var origin = _paths[end].Origin;
        var places = origin < 0 ? null : _ways[origin].Places;
        if (!_captures)
            return places ?? [-1, -1];
        if (places is null)
        {
            places = new int[2 * (_program.Groups + 1)];
            Array.Fill(places, -1);
        }

        _chain.Clear();
        for (var path = end; path >= 0; path = _paths[path].Before)
            if (_states[_paths[path].State].Operation is RegexOperation.Open or RegexOperation.Close)
                _chain.Push(_paths[path].State);
        if (_chain.Count == 0)
            return places;
        places = [.. places];
        foreach (var state in _chain)
        {
            var here = _states[state];
            if (here.Operation == RegexOperation.Close)
            {
                places[(2 * here.Group) + 1] = at;
                continue;
            }

            // A group that begins again forgets what those inside it have found
            Array.Fill(places, -1, 2 * here.Group, 2 * (here.LastInside - here.Group + 1));
            places[2 * here.Group] = at;
        }

        return places;
    }

    private bool IsPlace(RegexPlace place, int at)
    {
        var isWordBefore = at > 0 && IsWord(_text[at - 1]);
        var isWordBehind = at < _text.Length && IsWord(_text[at]);
        return place switch
        {
            RegexPlace.Start => at == 0,
            RegexPlace.End => at == _text.Length,
            RegexPlace.WordBoundary => isWordBefore != isWordBehind,
            RegexPlace.NoWordBoundary => isWordBefore == isWordBehind,
            RegexPlace.WordStart => !isWordBefore && isWordBehind,
            _ => isWordBefore && !isWordBehind,
        };
    }

    private static bool IsWord(char c) => char.IsAsciiLetterOrDigit(c) || c == '_';
}
