namespace Sora.Sieve.Matching;

/// <summary>What a state of a <see cref="RegexProgram"/> does.</summary>
internal enum RegexOperation : byte
{
    /// <summary>Takes a character of <see cref="RegexState.Set"/>, and goes on with the next state.</summary>
    Take,

    /// <summary>Goes on with both <see cref="RegexState.First"/>, which is better where all else is the same, and <see cref="RegexState.Second"/>.</summary>
    Choose,

    /// <summary>Goes on with <see cref="RegexState.First"/>.</summary>
    Go,

    /// <summary>A group begins.</summary>
    Open,

    /// <summary>A group ends.</summary>
    Close,

    /// <summary>Goes on where the place is one of its kind.</summary>
    Assert,

    /// <summary>The end.</summary>
    Match,
}

/// <summary>A state of the automaton.</summary>
/// <param name="Operation">What it does.</param>
/// <param name="Depth">How deep in the expression it stands: a path that comes to a state of less depth has left the subexpressions below.</param>
internal readonly record struct RegexState(RegexOperation Operation, int Depth)
{
    public CodePointSet? Set { get; init; }

    public RegexPlace Place { get; init; }

    public int Group { get; init; }

    public int LastInside { get; init; }

    public int First { get; init; }

    public int Second { get; init; }
}

/// <summary>
/// An expression as a non-deterministic automaton, its repetitions written out. States that take no character lead to later ones, except where a repetition begins again.
/// </summary>
internal sealed class RegexProgram
{
    private readonly List<RegexState> _states = [];

    private RegexProgram(ParsedRegex regex)
    {
        Groups = regex.Groups;
        Emit(regex.Root, 0);
        _states.Add(new RegexState(RegexOperation.Match, 0));
        States = [.. _states];
    }

    public RegexState[] States { get; }

    public int Groups { get; }

    public static RegexProgram Of(ParsedRegex regex) => new(regex);

    private int Next => _states.Count;

    private int Add(RegexState state)
    {
        _states.Add(state);
        return _states.Count - 1;
    }

    // Where a subexpression ends that has a depth of its own, the path is back at the depth around it
    private void Leave(int depth) => Add(new RegexState(RegexOperation.Go, depth) { First = Next + 1 });

    private void Emit(RegexNode node, int depth)
    {
        switch (node)
        {
            case RegexSet set:
                Add(new RegexState(RegexOperation.Take, depth) { Set = set.Set, First = Next + 1 });
                break;
            case RegexAssertion assertion:
                Add(new RegexState(RegexOperation.Assert, depth) { Place = assertion.Place, First = Next + 1 });
                break;
            case RegexSequence sequence:
                foreach (var piece in sequence.Pieces)
                    Emit(piece, depth);
                break;
            case RegexGroup group:
                Add(new RegexState(RegexOperation.Open, depth + 1) { Group = group.Number, LastInside = group.LastInside, First = Next + 1 });
                Emit(group.Piece, depth + 1);
                Add(new RegexState(RegexOperation.Close, depth) { Group = group.Number, First = Next + 1 });
                break;
            case RegexAlternatives alternatives:
                EmitAlternatives(alternatives, depth + 1);
                Leave(depth);
                break;
            case RegexRepetition repetition:
                EmitRepetition(repetition, depth);
                break;
        }
    }

    private void EmitAlternatives(RegexAlternatives alternatives, int depth)
    {
        var ends = new List<int>();
        for (var i = 0; i < alternatives.Pieces.Length; i++)
        {
            var isLast = i == alternatives.Pieces.Length - 1;
            var choice = isLast ? -1 : Add(default);
            Emit(alternatives.Pieces[i], depth + 1);
            ends.Add(Add(default));
            if (!isLast)
                _states[choice] = new RegexState(RegexOperation.Choose, depth) { First = choice + 1, Second = Next };
        }

        foreach (var end in ends)
            _states[end] = new RegexState(RegexOperation.Go, depth) { First = Next };
    }

    // Taking part is better than not, even with nothing; where nothing differs but the number of times, fewer are better
    private void EmitRepetition(RegexRepetition repetition, int depth)
    {
        if (repetition.Most == 0)
            return;
        var skip = repetition.Least == 0 ? Add(default) : -1;
        var copies = repetition.Most < 0 ? Math.Max(repetition.Least, 1) : repetition.Most;
        var stops = new List<int>();
        for (var i = 0; i < copies; i++)
        {
            if (i > 0 && i >= repetition.Least)
                stops.Add(Add(default));
            var start = Next;
            Emit(repetition.Piece, depth + 2);
            if (repetition.Most < 0 && i == copies - 1)
                Add(new RegexState(RegexOperation.Choose, depth + 1) { First = Next + 1, Second = start });
            else
                Leave(depth + 1);
        }

        foreach (var stop in stops)
            _states[stop] = new RegexState(RegexOperation.Choose, depth + 1) { First = Next, Second = stop + 1 };
        Leave(depth);
        if (skip >= 0)
            _states[skip] = new RegexState(RegexOperation.Choose, depth) { First = skip + 1, Second = Next };
    }
}
