using Sora.Contracts;
using Sora.Gateway.Sieve.Mailboxes;
using Sora.Sieve;

namespace Sora.Gateway.Imap;

/// <summary>
/// Starts the scripts for what commands have done to messages (RFC 6785 section 2.2). They are called when the change is durable, and have no influence on the command's answer. Where
/// a mailbox has no script they cost a look-up in memory.
/// </summary>
internal static class CommandEvents
{
    /// <summary>APPEND and REPLACE.</summary>
    public static ValueTask AppendedAsync(ImapConnection connection, MailboxTarget target, UidSet uids, CancellationToken cancellationToken) =>
        connection.Server.Scripts?.Events is { } events
            ? AddedAsync(connection, events, new MessageEvents(SieveImapCause.Append, target, connection.Session.Identity!, [new EventGroup(uids, [])]), cancellationToken)
            : default;

    /// <summary>COPY and MOVE out of the selected mailbox.</summary>
    public static ValueTask CopiedAsync(ImapConnection connection, MailboxTarget target, CopyResult copied, bool move, CancellationToken cancellationToken)
    {
        if (connection.Server.Scripts?.Events is not { } events)
            return default;
        var source = connection.Selected.Target;
        var happened = new MessageEvents(SieveImapCause.Copy, target, connection.Session.Identity!, [new EventGroup(copied.DestinationUids, [])])
        {
            From = (source.Account.Id == target.Account.Id ? source.Entry.Name : source.Name).Value,
            Source = move ? null : new CopySource(source, copied.SourceUids, copied.DestinationUids),
        };
        return AddedAsync(connection, events, happened, cancellationToken);
    }

    /// <summary>The scripts for flags of messages in the selected mailbox; null for none, and then a change need not be told in detail. Asked before the change.</summary>
    public static ValueTask<EventSequences?> FindForFlagsAsync(ImapConnection connection, CancellationToken cancellationToken) =>
        connection.Server.Scripts?.Events is { } events
            ? events.FindAsync(SieveImapCause.Flag, connection.Selected.Target, null, cancellationToken)
            : default;

    /// <summary>Flags of messages in the selected mailbox have changed.</summary>
    public static ValueTask FlagsChangedAsync(ImapConnection connection, EventSequences? sequences, IReadOnlyList<EventGroup> changed, CancellationToken cancellationToken) =>
        sequences is null || changed.Count == 0
            ? default
            : connection.Server.Scripts!.Events!.RunAsync(
                connection, sequences, new MessageEvents(SieveImapCause.Flag, connection.Selected.Target, connection.Session.Identity!, changed), cancellationToken);

    private static async ValueTask AddedAsync(ImapConnection connection, EventRunner events, MessageEvents happened, CancellationToken cancellationToken)
    {
        if (happened.Groups[0].Uids.IsEmpty
            || await events.FindAsync(happened.Cause, happened.Target, happened.From, cancellationToken).ConfigureAwait(false) is not { } sequences)
            return;
        await events.RunAsync(connection, sequences, happened, cancellationToken).ConfigureAwait(false);
    }
}
