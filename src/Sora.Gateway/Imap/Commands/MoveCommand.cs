using Sora.Contracts;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>MOVE (RFC 9051 section 6.4.8, RFC 6851): COPYUID comes before the EXPUNGE responses.</summary>
internal sealed class MoveCommand(SequenceSet set, bool byUid, MailboxName destination) : ImapCommand
{
    public static ImapCommand Parse(ref ImapParser parser, ParseContext context)
    {
        parser.Space();
        var set = parser.SequenceSet();
        parser.Space();
        return new MoveCommand(set, context.ByUid, parser.Mailbox());
    }

    public override async ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        if (connection.Selected.WhyNot(Rights.DeleteMessages | Rights.Expunge) is { } refusal)
            return ImapReply.No(refusal);
        var transfer = await CopyCommand.TransferAsync(connection, set, byUid, destination, move: true, cancellationToken).ConfigureAwait(false);
        if (transfer.Result is not { } result)
            return transfer.Reply;
        ImapReply.Ok("Moved", new CopyUidCode(result)).WriteUntagged(connection.Writer);
        await connection.SynchronizeAsync(
            mayExpunge: true, new SyncScope { IsOwn = true }, atLeast: result.SourceModSeq, cancellationToken).ConfigureAwait(false);
        await CommandEvents.CopiedAsync(connection, transfer.Target!, result, move: true, cancellationToken).ConfigureAwait(false);
        var reply = connection.Session.CondStore && connection.Session.Selected is { } selected
            ? ImapReply.Ok("MOVE completed", new HighestModSeqCode(selected.Reported.HighestModSeq))
            : ImapReply.Ok("MOVE completed");
        return MessageLimit.Answer(connection, reply, transfer.Limited);
    }
}
