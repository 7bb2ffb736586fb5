using Sora.Contracts;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Search;

/// <summary>filter-mailboxes (RFC 7377 section 4, RFC 5465 section 6).</summary>
internal enum SourceKind
{
    Selected,
    Inboxes,
    Personal,
    Subscribed,
    Subtree,
    SubtreeOne,
    Mailboxes,
}

/// <summary>esearch-source-opts: in which mailboxes ESEARCH looks (RFC 7377 section 2.2).</summary>
internal sealed class SearchSources(List<(SourceKind Kind, List<MailboxName> Names)> sources)
{
    private const int MaxSources = 100;
    private const int MaxNames = 10_000;

    /// <summary>What no IN means.</summary>
    public static readonly SearchSources Selected = new([(SourceKind.Selected, [])]);

    /// <summary>Only the selected mailbox is searched: sequence numbers and <c>$</c> mean something.</summary>
    public bool IsOnlySelected => sources.TrueForAll(static source => source.Kind == SourceKind.Selected);

    public bool NeedsSelected => sources.Exists(static source => source.Kind == SourceKind.Selected);

    /// <summary><c>IN (...)</c> with the space behind it, if it stands here.</summary>
    public static SearchSources? TryParse(ref ImapParser parser)
    {
        if (!parser.TryKeyword("IN"u8))
            return null;
        parser.Space();
        parser.Open();
        var sources = new List<(SourceKind Kind, List<MailboxName> Names)>();
        var names = 0;
        do
        {
            // No scope option has been defined yet, so none can be known
            if (parser.Peek((byte)'(') || sources.Count == MaxSources)
                throw parser.Error("a mailbox filter");
            var kind = Kind(ref parser);
            var source = (kind, kind < SourceKind.Subtree ? [] : Names(ref parser));
            names += source.Item2.Count;
            if (names > MaxNames)
                throw parser.Error($"at most {MaxNames} mailboxes");
            sources.Add(source);
        }
        while (parser.TrySpace());
        parser.Close();
        parser.Space();
        return new SearchSources(sources);
    }

    /// <summary>
    /// The mailboxes meant, each once. Those that do not exist and those that the user may not read are left out alike, so that nobody learns of a
    /// mailbox this way (RFC 7377 section 5).
    /// </summary>
    public async ValueTask<List<MailboxTarget>> ResolveAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        var targets = new List<MailboxTarget>();
        var known = new HashSet<MailboxId>();
        MailboxList? list = null;
        foreach (var (kind, named) in sources)
        {
            if (kind == SourceKind.Selected)
            {
                if (connection.Selected.MayRead && known.Add(connection.Selected.Id))
                    targets.Add(connection.Selected.Target);
                continue;
            }

            list ??= await connection.Directory.ListAsync(cancellationToken).ConfigureAwait(false);
            foreach (var name in await NamesAsync(connection, kind, named, list, cancellationToken).ConfigureAwait(false))
            {
                // What the client has not named itself must be listed for the user too (RFC 7377 section 2.2)
                var isNamed = kind == SourceKind.Inboxes || named.Contains(name);
                var found = await connection.Directory.FindAsync(name, isNamed ? Rights.Read : Rights.Read | Rights.Lookup, cancellationToken)
                    .ConfigureAwait(false);
                if (found.IsOk && known.Add(found.Value.Id))
                    targets.Add(found.Value);
            }
        }

        return targets;
    }

    private static async ValueTask<IEnumerable<MailboxName>> NamesAsync(
        ImapConnection connection, SourceKind kind, List<MailboxName> named, MailboxList list, CancellationToken cancellationToken)
    {
        switch (kind)
        {
            case SourceKind.Inboxes:
                return [MailboxName.Inbox];
            case SourceKind.Personal:
                var own = await connection.Account.ListAsync(cancellationToken).ConfigureAwait(false);
                return own.Mailboxes.Select(static entry => entry.Name);
            case SourceKind.Subscribed:
                return list.Subscriptions;
            case SourceKind.Subtree:
                return named.Concat(list.Mailboxes.Select(static entry => entry.Name).Where(name => named.Exists(name.IsBelow)));
            case SourceKind.SubtreeOne:
                return named.Concat(list.Mailboxes.Select(static entry => entry.Name).Where(name => named.Exists(top => name.Parent == top)));
            default:
                return named;
        }
    }

    private static SourceKind Kind(ref ImapParser parser) => parser.Atom("a mailbox filter") switch
    {
        "SELECTED" => SourceKind.Selected,
        "INBOXES" => SourceKind.Inboxes,
        "PERSONAL" => SourceKind.Personal,
        "SUBSCRIBED" => SourceKind.Subscribed,
        "SUBTREE" => SourceKind.Subtree,
        "SUBTREE-ONE" => SourceKind.SubtreeOne,
        "MAILBOXES" => SourceKind.Mailboxes,
        _ => throw parser.Error("a mailbox filter"),
    };

    // one-or-more-mailbox = mailbox / "(" mailbox *(SP mailbox) ")"
    private static List<MailboxName> Names(ref ImapParser parser)
    {
        parser.Space();
        if (!parser.TryByte((byte)'('))
            return [parser.Mailbox()];
        var names = new List<MailboxName>();
        do
            names.Add(parser.Mailbox());
        while (parser.TrySpace() && names.Count < MaxNames);
        parser.Close();
        return names;
    }
}
