using Sora.Contracts;

namespace Sora.Gateway.Imap.Notify;

/// <summary>
/// Carries changes of annotations to the sessions of this process that watch them (RFC 5465 sections 5.6 and 5.7). The command that has
/// changed them tells here what they are.
/// </summary>
internal sealed class MetadataNews
{
    private readonly Lock _lock = new();
    private NotifySession[] _sessions = [];

    public void Add(NotifySession session)
    {
        lock (_lock)
            _sessions = [.. _sessions, session];
    }

    public void Remove(NotifySession session)
    {
        lock (_lock)
            _sessions = [.. _sessions.Where(other => other != session)];
    }

    /// <summary>Entries have been set or removed.</summary>
    /// <param name="by">The connection that did it: it is not told.</param>
    /// <param name="user">Whose private entries are meant; shared ones are told to all who may see the mailbox.</param>
    /// <param name="mailbox">Number 0 for the server.</param>
    public void Tell(ImapConnection? by, AccountId user, MailboxId mailbox, IReadOnlyList<string> entries)
    {
        foreach (var session in Volatile.Read(ref _sessions))
            session.Changed(by, user, mailbox, entries);
    }
}
