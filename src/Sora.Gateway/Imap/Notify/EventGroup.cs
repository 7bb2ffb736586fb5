using Sora.Contracts;
using Sora.Gateway.Imap.Fetch;

namespace Sora.Gateway.Imap.Notify;

/// <summary>filter-mailboxes-other (RFC 5465 section 6).</summary>
internal enum NotifyScope
{
    /// <summary>Where mail may be delivered: with Sieve that is any of the user's own, so it is <see cref="Personal"/> (section 6.3).</summary>
    Inboxes,
    Personal,
    Subscribed,
    Subtree,
    Mailboxes,
}

/// <summary>Events that the client wants of mailboxes other than the selected one.</summary>
/// <param name="Names">For <see cref="NotifyScope.Subtree"/> and <see cref="NotifyScope.Mailboxes"/>.</param>
internal sealed record EventGroup(NotifyScope Scope, IReadOnlyList<MailboxName> Names, NotifyEvents Events)
{
    public bool Covers(MailboxName name, bool isPersonal, bool isSubscribed) => Scope switch
    {
        NotifyScope.Subscribed => isSubscribed,
        NotifyScope.Subtree => Names.Any(root => name == root || name.IsBelow(root)),
        NotifyScope.Mailboxes => Names.Contains(name),
        _ => isPersonal,
    };
}

/// <summary>Events that the client wants of the selected mailbox, whichever that is at the time (RFC 5465 section 6.1).</summary>
/// <param name="IsDelayed">Expunges wait for a command that allows them.</param>
/// <param name="Fetch">What is told of a new message; null for nothing but EXISTS.</param>
internal sealed record SelectedEvents(NotifyEvents Events, bool IsDelayed, List<FetchItem>? Fetch)
{
    public static readonly SelectedEvents None = new(NotifyEvents.None, IsDelayed: true, Fetch: null);
}
