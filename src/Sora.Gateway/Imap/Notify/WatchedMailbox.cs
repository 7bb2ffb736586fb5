using Sora.Contracts;
using Sora.Gateway.Imap.Responses;

namespace Sora.Gateway.Imap.Notify;

/// <summary>A mailbox whose messages are watched, and what the client was last told of it.</summary>
internal sealed class WatchedMailbox(MailboxTarget target, NotifyEvents events, IDisposable subscription) : IDisposable
{
    private static readonly StatusItem[] Counts = [StatusItem.Messages, StatusItem.UidNext, StatusItem.UidValidity];

    private int _ownMessages;
    private int _ownRecords;

    public MailboxTarget Target { get; private set; } = target;

    public NotifyEvents Events { get; private set; } = events;

    /// <summary>The state that the client knows of; null before it was read for the first time.</summary>
    public MailboxStatus? Known { get; set; }

    /// <summary>The client itself has added messages by one record: that is no news to it.</summary>
    public void AddOwn(int messages) => (_ownMessages, _ownRecords) = (_ownMessages + messages, _ownRecords + 1);

    public void Update(MailboxTarget target, NotifyEvents events) => (Target, Events) = (target, events);

    public void Dispose() => subscription.Dispose();

    /// <summary>What NOTIFY SET STATUS tells first (RFC 5465 section 3.1).</summary>
    public List<StatusItem> FirstItems()
    {
        List<StatusItem> items = [.. Counts];
        if (Events.HasFlag(NotifyEvents.FlagChange))
            items.Add(StatusItem.HighestModSeq);
        return items;
    }

    /// <summary>What the client has to be told of a newer state (RFC 5465 sections 5.1 to 5.3); null for nothing.</summary>
    public List<StatusItem>? NewsIn(MailboxStatus now, bool condStore)
    {
        if (Known is not { } known || known.UidValidity != now.UidValidity)
            return FirstItems();
        var (messages, records) = (_ownMessages, _ownRecords);
        (_ownMessages, _ownRecords) = (0, 0);
        if (messages > 0 && IsOnlyOwn(known, now, messages, records))
            return null;
        var counts = known.UidNext != now.UidNext || known.Totals.Messages != now.Totals.Messages;
        var unseen = known.Totals.Unseen != now.Totals.Unseen && Events.HasFlag(NotifyEvents.FlagChange);
        var flags = known.HighestModSeq != now.HighestModSeq && Events.HasFlag(NotifyEvents.FlagChange) && condStore;
        if (!counts && !unseen && !flags)
            return null;
        List<StatusItem> items = counts ? [.. Counts] : [StatusItem.UidValidity];
        if (unseen)
            items.Add(StatusItem.Unseen);
        if (condStore)
            items.Add(StatusItem.HighestModSeq);
        return items;
    }

    // Nobody else has added or removed messages, and there are just as many records as this client has caused.
    private static bool IsOnlyOwn(MailboxStatus known, MailboxStatus now, int messages, int records) =>
        now.UidNext.Value == known.UidNext.Value + messages
        && now.Totals.Messages == known.Totals.Messages + messages
        && now.HighestModSeq.Value == known.HighestModSeq.Value + records;
}
