using Sora.Sieve.Runtime;

namespace Sora.Sieve.Matching;

/// <summary>MATCH-TYPE, COMPARATOR and the keys of a test.</summary>
internal sealed class MatchArguments
{
    private readonly MatchType _type;
    private readonly Comparator _comparator;
    private readonly SieveStrings _keys;
    private readonly bool _captures;
    private readonly Func<string[], string[]>? _prepare; // what is made of the keys before they are compared
    private readonly Matcher? _constant;

    public MatchArguments(MatchType type, Comparator comparator, SieveStrings keys, bool captures, Func<string[], string[]>? prepare = null)
    {
        _type = type;
        _comparator = comparator;
        _keys = keys;
        _captures = captures;
        _prepare = prepare;
        if (keys.Constant is { } constant)
            _constant = _type.Create(_comparator, Prepare(constant), _captures);
    }

    /// <summary>The matcher for one evaluation of the test.</summary>
    public Matcher For(SieveRun run)
    {
        if (_constant is not null)
            return _constant;
        run.Spend(0, _keys.Count * _type.CreationCost);
        return _type.CreateOnce(_comparator, Prepare(_keys.Get(run)), _captures);
    }

    private string[] Prepare(string[] keys) => _prepare?.Invoke(keys) ?? keys;
}
