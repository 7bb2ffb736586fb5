using Sora.Contracts;
using Sora.Gateway.Imap.Fetch;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Notify;

/// <summary>What a NOTIFY SET command asks for.</summary>
/// <param name="HasUnknownEvent">An event is among them that the server cannot tell of: the command is to be refused with BADEVENT.</param>
/// <param name="NameCount">Groups and names, for the limit.</param>
internal sealed record NotifyRequest(SelectedEvents Selected, IReadOnlyList<EventGroup> Groups, bool HasUnknownEvent, int NameCount);

/// <summary>event-groups (RFC 5465 section 8).</summary>
internal ref struct NotifyParser
{
    private const int MaxNames = 100_000; // the option's upper end; the server's own limit answers with a code of its own

    private readonly List<EventGroup> _groups;
    private SelectedEvents? _selected;
    private List<FetchItem>? _fetch;
    private bool _hasUnknown;
    private int _names;

    public NotifyParser()
    {
        _groups = [];
    }

    /// <summary><c>event-group *(SP event-group)</c>.</summary>
    public NotifyRequest Parse(ref ImapParser parser)
    {
        do
            Group(ref parser);
        while (parser.TrySpace());
        return new NotifyRequest(_selected ?? SelectedEvents.None, _groups, _hasUnknown, _names);
    }

    // event-group = "(" filter-mailboxes SP events ")"
    private void Group(ref ImapParser parser)
    {
        Count(ref parser);
        parser.Open();
        var start = parser.Position;
        var filter = parser.Atom("a mailbox filter");
        if (filter is "SELECTED" or "SELECTED-DELAYED")
        {
            if (_selected is not null)
                throw parser.Error("SELECTED or SELECTED-DELAYED only once");
            parser.Space();
            var events = Events(ref parser, isSelected: true);
            _selected = new SelectedEvents(events, filter == "SELECTED-DELAYED", _fetch);
        }
        else
        {
            var (scope, names) = filter switch
            {
                "INBOXES" => (NotifyScope.Inboxes, []),
                "PERSONAL" => (NotifyScope.Personal, []),
                "SUBSCRIBED" => (NotifyScope.Subscribed, []),
                "SUBTREE" => (NotifyScope.Subtree, Names(ref parser)),
                "MAILBOXES" => (NotifyScope.Mailboxes, Names(ref parser)),
                _ => (default, default(List<MailboxName>)),
            };
            if (names is null)
            {
                parser.Position = start;
                throw parser.Error("a mailbox filter");
            }

            parser.Space();
            _groups.Add(new EventGroup(scope, names, Events(ref parser, isSelected: false)));
        }

        parser.Close();
    }

    // one-or-more-mailbox = mailbox / "(" mailbox *(SP mailbox) ")"; a name that no mailbox can have is as good as one that none has
    private List<MailboxName> Names(ref ImapParser parser)
    {
        var names = new List<MailboxName>();
        parser.Space();
        var isList = parser.TryByte((byte)'(');
        do
        {
            Count(ref parser);
            var name = MailboxName.Parse(parser.MailboxReference());
            if (name.IsOk && !names.Contains(name.Value))
                names.Add(name.Value);
        }
        while (isList && parser.TrySpace());
        if (isList)
            parser.Close();
        return names;
    }

    // events = ( "(" event *(SP event) ")" ) / "NONE"
    private NotifyEvents Events(ref ImapParser parser, bool isSelected)
    {
        if (parser.TryKeyword("NONE"u8))
            return NotifyEvents.None;
        var events = NotifyEvents.None;
        parser.Open();
        do
        {
            var start = parser.Position;
            var one = parser.Atom("an event") switch
            {
                "MESSAGENEW" => NotifyEvents.MessageNew,
                "MESSAGEEXPUNGE" => NotifyEvents.MessageExpunge,
                "FLAGCHANGE" => NotifyEvents.FlagChange,
                "ANNOTATIONCHANGE" => NotifyEvents.None,
                "MAILBOXNAME" => NotifyEvents.MailboxName,
                "SUBSCRIPTIONCHANGE" => NotifyEvents.SubscriptionChange,
                "MAILBOXMETADATACHANGE" => NotifyEvents.MailboxMetadataChange,
                "SERVERMETADATACHANGE" => NotifyEvents.ServerMetadataChange,
                _ => NotifyEvents.None,
            };
            if (isSelected && (one & ~NotifyEvents.Message) != NotifyEvents.None)
            {
                parser.Position = start;
                throw parser.Error("an event of messages");
            }

            _hasUnknown |= one == NotifyEvents.None;
            events |= one;
            if (one == NotifyEvents.MessageNew)
                FetchItems(ref parser, isSelected);
        }
        while (parser.TrySpace());
        parser.Close();
        var both = NotifyEvents.MessageNew | NotifyEvents.MessageExpunge;
        if ((events & NotifyEvents.Message) != NotifyEvents.None && (events & both) != both)
            throw parser.Error("MessageNew and MessageExpunge together, with or without other events of messages, before this");
        return events;
    }

    // [SP "(" fetch-att *(SP fetch-att) ")"]: only for the selected mailbox
    private void FetchItems(ref ImapParser parser, bool isSelected)
    {
        var start = parser.Position;
        if (!parser.TrySpace())
            return;
        if (isSelected && parser.Peek((byte)'('))
            _fetch = FetchItemParser.Parse(ref parser);
        else
            parser.Position = start;
    }

    private void Count(ref ImapParser parser)
    {
        if (++_names > MaxNames)
            throw parser.Error("fewer mailboxes");
    }
}
