using Sora.Contracts;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>COPY (RFC 9051 section 6.4.7), all or nothing.</summary>
internal sealed class CopyCommand(SequenceSet set, bool byUid, MailboxName destination) : ImapCommand
{
    public static ImapCommand Parse(ref ImapParser parser, ParseContext context)
    {
        parser.Space();
        var set = parser.SequenceSet();
        parser.Space();
        return new CopyCommand(set, context.ByUid, parser.Mailbox());
    }

    public override async ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        var transfer = await TransferAsync(connection, set, byUid, destination, move: false, cancellationToken).ConfigureAwait(false);
        if (transfer.Result is not { } result)
            return transfer.Reply;
        await CommandEvents.CopiedAsync(connection, transfer.Target!, result, move: false, cancellationToken).ConfigureAwait(false);
        return ImapReply.Ok("COPY completed", new CopyUidCode(result));
    }

    /// <summary>What COPY and MOVE have in common. Without a result the reply is the command's answer.</summary>
    public static async ValueTask<(CopyResult? Result, ImapReply Reply, ResponseCode? Limited, MailboxTarget? Target)> TransferAsync(
        ImapConnection connection, SequenceSet set, bool byUid, MailboxName destination, bool move, CancellationToken cancellationToken)
    {
        var selected = connection.Selected;
        if (selected.Resolve(set, byUid) is not { } resolved)
            return (null, ImapReply.Bad("No such message"), null, null);
        var uids = selected.View.Existing(resolved);
        var found = await connection.Directory.FindAsync(destination, Rights.Insert, cancellationToken).ConfigureAwait(false);
        if (!found.IsOk)
            return (null, ImapReply.No(found.Error.OrTryCreate()), null, null);
        if (uids.IsEmpty)
            return (null, ImapReply.Ok("No messages to transfer"), null, null);
        if (!move && MessageLimit.IsAboveSave(connection, uids.Count))
            return (null, ImapReply.No("Too many messages at once", MessageLimit.Code(connection, uids)), null, null);
        uids = MessageLimit.Highest(connection, uids, out var limited);
        if (uids != selected.Latest.Existing(uids))
            return (null, ImapReply.No("Some of the messages have been expunged", ResponseCode.ExpungeIssued), null, null);
        var target = found.Value;
        if (target.Account.Id != selected.Target.Account.Id)
        {
            var transferring = new AccountTransfer(connection, target, move).RunAsync(uids, cancellationToken).AsTask();
            await ProgressReport.WhileAsync(connection, transferring).ConfigureAwait(false);
            var (transferred, reply) = await transferring.ConfigureAwait(false);
            return (transferred, reply, limited, target);
        }

        var request = new CopyRequest(OperationId.New(), uids, target.Id, move, target.Rights);
        var copying = selected.Mailbox.CopyAsync(request, cancellationToken);
        await ProgressReport.WhileAsync(connection, copying).ConfigureAwait(false);
        var copied = await copying.ConfigureAwait(false);
        if (!copied.IsOk)
            return (null, ImapReply.No(copied.Error), null, null);
        connection.Session.Notify?.AddOwn(found.Value.Id, (int)copied.Value.DestinationUids.Count);
        return copied.Value.SourceUids.IsEmpty
            ? (null, ImapReply.No("The messages have been expunged", ResponseCode.ExpungeIssued), null, null)
            : (copied.Value, default, limited, target);
    }
}
