using System.Diagnostics.CodeAnalysis;

namespace Sora.Contracts;

/// <summary>
/// The members of an external list (RFC 6134): addresses, or whatever else scripts look for. What is the same is for lists to say (section 2.2): here upper and lower case
/// are, and <c>Ada &lt;ada@example.net&gt;</c> is ada@example.net. A list that comes from several places has the members of all of them. Immutable.
/// </summary>
public sealed class SieveList
{
    private readonly HashSet<string> _members;
    private readonly Dictionary<string, string>? _named; // those with a name before the address, by the address
    private readonly SieveList? _more;

    /// <param name="members">Its members; one that comes twice, whatever its case, counts once.</param>
    public SieveList(IEnumerable<string> members)
    {
        _members = new HashSet<string>(members, StringComparer.OrdinalIgnoreCase);
        foreach (var member in _members)
        {
            if (AddressIn(member) is { Length: > 0 } address)
                (_named ??= new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)).TryAdd(address.ToString(), member);
        }
    }

    private SieveList(SieveList first, SieveList more)
    {
        _members = first._members;
        _named = first._named;
        _more = more;
    }

    /// <summary>A list without members.</summary>
    public static SieveList Empty { get; } = new([]);

    /// <summary>Its members, each once, as the list writes them.</summary>
    public IEnumerable<string> Members
    {
        get
        {
            foreach (var member in _members)
                yield return member;
            if (_more is null)
                yield break;
            foreach (var member in _more.Members)
            {
                if (!_members.Contains(member))
                    yield return member;
            }
        }
    }

    /// <summary>A list with the members of both; none are copied.</summary>
    public SieveList And(SieveList? more)
    {
        if (more is null || ReferenceEquals(more, Empty))
            return this;
        if (ReferenceEquals(this, Empty))
            return more;
        return new SieveList(this, _more is null ? more : _more.And(more));
    }

    /// <summary>Looks for a value, and gives it as the list writes it (RFC 6134 section 2.2).</summary>
    public bool TryFind(string value, [NotNullWhen(true)] out string? member)
    {
        ArgumentNullException.ThrowIfNull(value);
        for (var list = this; list is not null; list = list._more)
        {
            if (list._members.TryGetValue(value, out member) || (list._named is { } named && named.TryGetValue(value, out member)))
                return true;
        }

        member = null;
        return AddressIn(value) is { Length: > 0 } address && TryFind(address.ToString(), out member);
    }

    // What stands in the angle brackets at the end; empty where there are none
    private static ReadOnlySpan<char> AddressIn(string text) =>
        text.EndsWith('>') && text.LastIndexOf('<') is >= 0 and var open ? text.AsSpan(open + 1, text.Length - open - 2).Trim() : default;
}
