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
            ? AddedAsync(connection, events, SieveImapCause.Append, target, null, uids, cancellationToken)
            : default;

    /// <summary>COPY and MOVE out of the selected mailbox.</summary>
    public static ValueTask CopiedAsync(ImapConnection connection, MailboxTarget target, UidSet uids, CancellationToken cancellationToken)
    {
        if (connection.Server.Scripts?.Events is not { } events)
            return default;
        var source = connection.Selected.Target;
        var from = source.Account.Id == target.Account.Id ? source.Entry.Name : source.Name;
        return AddedAsync(connection, events, SieveImapCause.Copy, target, from.Value, uids, cancellationToken);
    }

    /// <summary>Flags of messages in the selected mailbox.</summary>
    /// <param name="connection">Whose command it was.</param>
    /// <param name="groups">Asked only where there are scripts: which messages have changed how.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async ValueTask FlagsChangedAsync(ImapConnection connection, Func<IReadOnlyList<EventGroup>> groups, CancellationToken cancellationToken)
    {
        if (connection.Server.Scripts?.Events is not { } events)
            return;
        var target = connection.Selected.Target;
        if (await events.FindAsync(SieveImapCause.Flag, target, null, cancellationToken).ConfigureAwait(false) is not { } sequence)
            return;
        if (groups() is { Count: > 0 } changed)
            await events.RunAsync(connection, sequence, new MessageEvents(SieveImapCause.Flag, target, connection.Session.Identity!, changed), cancellationToken).ConfigureAwait(false);
    }

    private static async ValueTask AddedAsync(
        ImapConnection connection, EventRunner events, SieveImapCause cause, MailboxTarget target, string? from, UidSet uids, CancellationToken cancellationToken)
    {
        if (uids.IsEmpty || await events.FindAsync(cause, target, from, cancellationToken).ConfigureAwait(false) is not { } sequence)
            return;
        var happened = new MessageEvents(cause, target, connection.Session.Identity!, [new EventGroup(uids, [])]);
        await events.RunAsync(connection, sequence, happened, cancellationToken).ConfigureAwait(false);
    }
}
