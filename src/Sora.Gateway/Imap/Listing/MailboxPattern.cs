using Sora.Contracts;

namespace Sora.Gateway.Imap.Listing;

/// <summary>
/// A pattern of LIST and LSUB: <c>*</c> matches anything, <c>%</c> anything but the separator (RFC 9051 section 6.3.9). Matching follows all
/// readings of the pattern at once, so that no pattern makes it slow: work is at most the product of the lengths.
/// </summary>
internal sealed class MailboxPattern
{
    private readonly string _pattern;

    public MailboxPattern(string reference, string pattern) => _pattern = Normalise(NormalForm.Compose(reference + pattern));

    /// <summary>The pattern has a <c>%</c>.</summary>
    public bool HasLevelWildcard => _pattern.Contains('%', StringComparison.Ordinal);

    /// <summary>The pattern ends with a <c>%</c>.</summary>
    public bool EndsWithLevelWildcard => _pattern.EndsWith('%');

    /// <summary>Whether the name matches. INBOX, as the first level, matches in any case.</summary>
    public bool Matches(string name)
    {
        // _states[i]: the first i characters of the pattern can match what was read of the name
        Span<bool> states = _pattern.Length < 256 ? stackalloc bool[_pattern.Length + 1] : new bool[_pattern.Length + 1];
        states.Clear();
        states[0] = true;
        SkipWildcards(states);
        var foldable = name == "INBOX" || name.StartsWith("INBOX/", StringComparison.Ordinal) ? 5 : 0;
        for (var i = 0; i < name.Length; i++)
        {
            Step(states, name[i], ignoreCase: i < foldable);
            SkipWildcards(states);
        }

        return states[^1];
    }

    /// <summary>
    /// For a name that does not match: the ancestor that does, as LSUB's <c>%</c> wants to know it (RFC 3501 section 6.3.9); null when there
    /// is none.
    /// </summary>
    public MailboxName? MatchingAncestor(MailboxName name)
    {
        for (var parent = name.Parent; parent is not null; parent = parent.Value.Parent)
        {
            if (Matches(parent.Value.Value))
                return parent;
        }

        return null;
    }

    private void Step(Span<bool> states, char c, bool ignoreCase)
    {
        for (var i = _pattern.Length; i > 0; i--)
        {
            var p = _pattern[i - 1];
            var stays = states[i] && (p == '*' || (p == '%' && c != MailboxName.Separator));
            var advances = states[i - 1] && p is not ('*' or '%')
                && (p == c || (ignoreCase && char.ToUpperInvariant(p) == c));
            states[i] = stays || advances;
        }

        states[0] = false;
    }

    // A wildcard may match nothing.
    private void SkipWildcards(Span<bool> states)
    {
        for (var i = 0; i < _pattern.Length; i++)
        {
            if (states[i] && _pattern[i] is ('*' or '%'))
                states[i + 1] = true;
        }
    }

    // Neighbouring wildcards mean the strongest of them.
    private static string Normalise(string pattern)
    {
        var result = new System.Text.StringBuilder(pattern.Length);
        foreach (var c in pattern)
        {
            if (c is ('*' or '%') && result.Length > 0 && result[^1] is ('*' or '%'))
            {
                if (c == '*')
                    result[^1] = '*';
                continue;
            }

            result.Append(c);
        }

        return result.ToString();
    }
}
