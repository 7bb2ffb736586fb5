using System.Buffers;
using System.Text;
using Sora.Sieve.Messages;
using Sora.Sieve.Runtime;

namespace Sora.Sieve.Matching;

/// <summary>Keys with their match type and comparator, ready to be held against values. Immutable: shared by all runs.</summary>
internal abstract class Matcher
{
    /// <summary>Looks at the number of values, not at them (<c>:count</c>, RFC 5231).</summary>
    public virtual bool CountsValues => false;

    /// <summary>A key matches the value.</summary>
    public abstract ValueTask<bool> MatchAsync(SieveRun run, SieveValue value);

    /// <summary>A key matches the number of values.</summary>
    public virtual bool MatchCount(SieveRun run, int count) => false;
}

/// <summary>:is.</summary>
internal sealed class IsMatcher : Matcher
{
    private const int FewKeys = 4;

    private readonly Comparator _comparator;
    private readonly string[] _keys;
    private readonly HashSet<string>? _set;

    public IsMatcher(Comparator comparator, string[] keys)
    {
        _comparator = comparator;
        _keys = Array.ConvertAll(keys, comparator.Normalize);
        if (_keys.Length > FewKeys)
            _set = new HashSet<string>(_keys, StringComparer.Ordinal);
    }

    public override ValueTask<bool> MatchAsync(SieveRun run, SieveValue value)
    {
        run.Spend(value.Text.Length, _keys.Length);
        var text = _comparator.Normalize(value);
        if (_set is not null)
            return new(_set.Contains(text));
        foreach (var key in _keys)
            if (string.Equals(key, text, StringComparison.Ordinal))
                return new(true);
        return new(false);
    }
}

/// <summary>:contains.</summary>
internal sealed class ContainsMatcher : Matcher
{
    private const int LongText = 512;

    private readonly Comparator _comparator;
    private readonly string[] _keys;
    private readonly bool _isAscii; // keys in which the runtime's comparison without case is that of i;ascii-casemap: it takes no other character for a letter of ASCII
    private readonly string[] _octetKeys; // those that may begin or end in the middle of a character
    private readonly bool _hasEmpty;
    private SearchValues<string>? _inLongText;

    public ContainsMatcher(Comparator comparator, string[] keys)
    {
        _comparator = comparator;
        var octets = comparator.CountsOctets ? Array.FindAll(keys, static key => SieveText.HasEscapes(key)) : [];
        _octetKeys = Array.ConvertAll(octets, key => SieveText.ToOctets(comparator.Normalize(key)));
        _keys = Array.ConvertAll(octets.Length == 0 ? keys : Array.FindAll(keys, static key => !SieveText.HasEscapes(key)), comparator.Normalize);
        _hasEmpty = Array.Exists(_keys, static key => key.Length == 0);
        _isAscii = comparator is AsciiCasemapComparator && _keys.Length > 0 && Array.TrueForAll(_keys, static key => Ascii.IsValid(key));
    }

    public override ValueTask<bool> MatchAsync(SieveRun run, SieveValue value)
    {
        run.Spend(value.Text.Length, _keys.Length + _octetKeys.Length);
        if (_hasEmpty)
            return new(true);
        if (HasKey(value))
            return new(true);
        if (_octetKeys.Length > 0)
        {
            var octets = SieveText.ToOctets(_comparator.Normalize(value));
            foreach (var key in _octetKeys)
                if (octets.Contains(key, StringComparison.Ordinal))
                    return new(true);
        }

        return new(false);
    }

    private bool HasKey(SieveValue value)
    {
        // One pass for all keys, and no copy of a whole body in capitals
        if (_isAscii && value.Text.Length >= LongText)
            return value.Text.AsSpan().ContainsAny(_inLongText ??= SearchValues.Create(_keys, StringComparison.OrdinalIgnoreCase));
        var text = _comparator.Normalize(value);
        foreach (var key in _keys)
            if (text.Contains(key, StringComparison.Ordinal))
                return true;
        return false;
    }
}

/// <summary>:matches.</summary>
internal sealed class MatchesMatcher : Matcher
{
    private readonly Comparator _comparator;
    private readonly GlobPattern[] _patterns;
    private readonly bool _captures;

    public MatchesMatcher(Comparator comparator, string[] keys, bool captures)
    {
        _comparator = comparator;
        _captures = captures;
        _patterns = Array.ConvertAll(keys, key => GlobPattern.Compile(key, comparator));
    }

    public override ValueTask<bool> MatchAsync(SieveRun run, SieveValue value)
    {
        foreach (var pattern in _patterns)
        {
            run.Spend(value.Text.Length, pattern.Cost);
            if (!pattern.IsMatch(value, _comparator))
                continue;
            if (_captures)
                run.Scope.MatchValues = pattern.Capture(value, _comparator);
            return new(true);
        }

        return new(false);
    }
}
