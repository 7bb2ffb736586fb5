using Sora.Sieve.Runtime;

namespace Sora.Sieve.Matching;

/// <summary>MATCH-TYPE, COMPARATOR and the keys of a test.</summary>
internal sealed class MatchArguments
{
    private readonly MatchType _type;
    private readonly Comparator _comparator;
    private readonly SieveStrings _keys;
    private readonly bool _captures;
    private readonly Matcher? _constant;

    public MatchArguments(MatchType type, Comparator comparator, SieveStrings keys, bool captures)
    {
        _type = type;
        _comparator = comparator;
        _keys = keys;
        _captures = captures;
        if (keys.Constant is { } constant)
            _constant = type.Create(comparator, constant, captures);
    }

    /// <summary>The matcher for one evaluation of the test.</summary>
    public Matcher For(SieveRun run) => _constant ?? _type.Create(_comparator, _keys.Get(run), _captures);
}
