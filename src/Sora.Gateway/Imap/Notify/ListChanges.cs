using Sora.Contracts;

namespace Sora.Gateway.Imap.Notify;

/// <summary>A mailbox name that a change of the list touches.</summary>
/// <param name="OldName">The name before it was renamed, or null.</param>
internal readonly record struct ListChange(MailboxName Name, MailboxName? OldName, NotifyEvents Event);

/// <summary>What differs between two states of a user's list, as NOTIFY tells it (RFC 5465 sections 5.4 and 5.5).</summary>
internal static class ListChanges
{
    /// <summary>
    /// Created, deleted and renamed mailboxes, each with the level above it, and changed subscriptions. Mailboxes that were renamed because one
    /// above them was are not named by themselves. A renamed INBOX is told as the new mailbox that has its messages, and INBOX itself, which is assumed
    /// to be created anew, is not told.
    /// </summary>
    public static List<ListChange> Between(MailboxList older, MailboxList newer)
    {
        var changes = new List<ListChange>();
        var before = older.Mailboxes.ToDictionary(static entry => entry.Id, static entry => entry.Name);
        var after = newer.Mailboxes.ToDictionary(static entry => entry.Id, static entry => entry.Name);
        var renamed = new Dictionary<MailboxName, MailboxName>();
        foreach (var entry in newer.Mailboxes)
        {
            if (before.TryGetValue(entry.Id, out var old) && old != entry.Name)
                renamed[old] = entry.Name;
        }

        foreach (var entry in older.Mailboxes)
        {
            if (!after.ContainsKey(entry.Id) && newer.Find(entry.Name) is null && !renamed.ContainsValue(entry.Name))
                AddWithParent(changes, entry.Name);
        }

        foreach (var entry in newer.Mailboxes)
        {
            var isNew = !before.TryGetValue(entry.Id, out var old);
            if (isNew && entry.WasInbox)
                Add(changes, new ListChange(entry.Name, MailboxName.Inbox, NotifyEvents.MailboxName));
            else if (isNew)
                AddWithParent(changes, entry.Name);
            else if (old != entry.Name && !FollowsParent(renamed, old, entry.Name))
                Add(changes, new ListChange(entry.Name, old, NotifyEvents.MailboxName));
        }

        foreach (var name in newer.Subscriptions.Except(older.Subscriptions).Concat(older.Subscriptions.Except(newer.Subscriptions)))
            Add(changes, new ListChange(name, null, NotifyEvents.SubscriptionChange));
        return changes;
    }

    private static bool FollowsParent(Dictionary<MailboxName, MailboxName> renamed, MailboxName old, MailboxName name)
    {
        for (var parent = old.Parent; parent is { } above; parent = above.Parent)
        {
            if (renamed.TryGetValue(above, out var to) && old.Rebase(above, to) == name)
                return true;
        }

        return false;
    }

    private static void AddWithParent(List<ListChange> changes, MailboxName name)
    {
        Add(changes, new ListChange(name, null, NotifyEvents.MailboxName));
        if (name.Parent is { } parent)
            Add(changes, new ListChange(parent, null, NotifyEvents.MailboxName));
    }

    private static void Add(List<ListChange> changes, ListChange change)
    {
        if (!changes.Exists(other => other.Name == change.Name && other.Event == change.Event))
            changes.Add(change);
    }
}
