using Sora.Contracts;
using Sora.Gateway.Imap.Responses;

namespace Sora.Gateway.Imap.Listing;

/// <summary>One line of a LIST answer.</summary>
/// <param name="ChildInfo">The selection option that a mailbox below meets, as CHILDINFO says it; null for none.</param>
internal sealed record ListedMailbox(MailboxName Name, ListAttributes Attributes, string? ChildInfo, MailboxEntry? Entry);

/// <summary>Decides what LIST and LSUB answer, from an account's list: no input or output.</summary>
internal static class MailboxListing
{
    /// <summary>LIST (RFC 9051 section 6.3.9). Each mailbox comes once, however many patterns it matches.</summary>
    public static IReadOnlyList<ListedMailbox> List(MailboxList list, IReadOnlyList<MailboxPattern> patterns, ListOptions options)
    {
        var subscribed = new HashSet<MailboxName>(list.Subscriptions);
        var entries = new Dictionary<MailboxName, MailboxEntry>();
        var parents = new HashSet<MailboxName>();
        foreach (var entry in list.Mailboxes)
        {
            entries[entry.Name] = entry;
            AddParents(parents, entry.Name);
        }

        IEnumerable<MailboxName> names = list.Mailboxes.Select(static entry => entry.Name);
        var childMatches = new Dictionary<MailboxName, string>();
        var onlyLevels = new HashSet<MailboxName>();
        var onlyBelow = new HashSet<MailboxName>(); // with a match below that the answer does not show by itself
        if (options.SelectSubscribed)
            names = names.Concat(list.Subscriptions.Where(name => !entries.ContainsKey(name))).Order(ByName);
        if (options.RecursiveMatch)
        {
            foreach (var name in names.Where(IsSelected))
            {
                AddChildMatch(childMatches, name, options);
                if (!MatchesAny(patterns, name))
                    AddParents(onlyBelow, name);
            }

            names = names.Concat(childMatches.Keys.Where(name => !entries.ContainsKey(name) && !subscribed.Contains(name))).Order(ByName);
        }

        if (!options.SelectSubscribed && !options.SelectSpecialUse)
        {
            // A level that is no mailbox (or none that the user may see) is shown where "%" ends a pattern (RFC 9051 section 6.3.9)
            onlyLevels.UnionWith(parents.Where(name => !entries.ContainsKey(name) && IsLevel(name)));
            if (onlyLevels.Count > 0)
                names = names.Concat(onlyLevels).Order(ByName);
        }

        var result = new List<ListedMailbox>();
        foreach (var name in names)
        {
            var childInfo = childMatches.GetValueOrDefault(name);
            // CHILDINFO for a mailbox that is not selected itself is redundant when all below it is listed too (RFC 5258 section 3.5)
            if ((!IsSelected(name) && !onlyBelow.Contains(name)) || !MatchesAny(patterns, name))
                continue;
            result.Add(new ListedMailbox(name, AttributesOf(name), childInfo, entries.GetValueOrDefault(name)));
        }

        return result;

        bool IsLevel(MailboxName name)
        {
            foreach (var pattern in patterns)
            {
                if (pattern.EndsWithLevelWildcard && pattern.Matches(name.Value))
                    return true;
            }

            return false;
        }

        bool IsSelected(MailboxName name) =>
            (!options.SelectSubscribed || subscribed.Contains(name))
            && (!options.SelectSpecialUse || (entries.TryGetValue(name, out var entry) && entry.SpecialUse != SpecialUse.None));

        ListAttributes AttributesOf(MailboxName name)
        {
            var entry = entries.GetValueOrDefault(name);
            var flags = parents.Contains(name) ? MailboxAttributes.HasChildren : MailboxAttributes.HasNoChildren;
            if (entry is null)
                flags |= MailboxAttributes.NonExistent;
            if ((options.SelectSubscribed || options.ReturnSubscribed) && subscribed.Contains(name))
                flags |= MailboxAttributes.Subscribed;
            return new ListAttributes(flags | MailboxAttributes.Use, entry?.SpecialUse ?? SpecialUse.None);
        }
    }

    /// <summary>
    /// LSUB (RFC 3501 section 6.3.9): subscribed names that match; for those that do not, with a <c>%</c> pattern, the level above that does,
    /// as \Noselect.
    /// </summary>
    public static IReadOnlyList<ListedMailbox> Lsub(MailboxList list, MailboxPattern pattern)
    {
        var result = new SortedDictionary<MailboxName, ListedMailbox>(ByName);
        foreach (var name in list.Subscriptions)
        {
            var entry = list.Find(name);
            if (pattern.Matches(name.Value))
                result[name] = new ListedMailbox(name, new ListAttributes(entry is null ? MailboxAttributes.NoSelect : MailboxAttributes.None), null, entry);
        }

        foreach (var name in list.Subscriptions)
        {
            if (pattern.HasLevelWildcard && !pattern.Matches(name.Value) && pattern.MatchingAncestor(name) is { } parent)
                result.TryAdd(parent, new ListedMailbox(parent, new ListAttributes(MailboxAttributes.NoSelect), null, null));
        }

        return [.. result.Values];
    }

    private static readonly Comparer<MailboxName> ByName = Comparer<MailboxName>.Create(MailboxName.CompareInLists);

    private static void AddParents(HashSet<MailboxName> parents, MailboxName name)
    {
        for (var parent = name.Parent; parent is not null && parents.Add(parent.Value); parent = parent.Value.Parent)
        {
        }
    }

    private static void AddChildMatch(Dictionary<MailboxName, string> matches, MailboxName name, ListOptions options)
    {
        for (var parent = name.Parent; parent is not null; parent = parent.Value.Parent)
            matches[parent.Value] = options.SelectSubscribed ? "SUBSCRIBED" : "SPECIAL-USE";
    }

    private static bool MatchesAny(IReadOnlyList<MailboxPattern> patterns, MailboxName name)
    {
        for (var i = 0; i < patterns.Count; i++)
        {
            if (patterns[i].Matches(name.Value))
                return true;
        }

        return false;
    }
}
