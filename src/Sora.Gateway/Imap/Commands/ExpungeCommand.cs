using Sora.Contracts;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>EXPUNGE (RFC 9051 section 6.4.3) and UID EXPUNGE (section 6.4.9).</summary>
internal sealed class ExpungeCommand(SequenceSet? uids) : ImapCommand
{
    public static ImapCommand Parse(ref ImapParser parser, ParseContext context)
    {
        if (!context.ByUid)
            return new ExpungeCommand(null);
        parser.Space();
        return new ExpungeCommand(parser.SequenceSet());
    }

    public override async ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        var selected = connection.Selected;
        if (selected.WhyNot(Rights.Expunge) is { } refusal)
            return ImapReply.No(refusal);
        var which = uids is null ? UidSet.All : selected.Resolve(uids, byUid: true)!.Value;
        if (which.IsEmpty)
            return ImapReply.Ok("EXPUNGE completed");
        var expunged = await selected.Mailbox.ExpungeAsync(new ExpungeRequest(OperationId.New(), which), cancellationToken).ConfigureAwait(false);
        if (!expunged.IsOk)
            return ImapReply.No(expunged.Error);
        await connection.SynchronizeAsync(mayExpunge: true, atLeast: expunged.Value.ModSeq, cancellationToken: cancellationToken).ConfigureAwait(false);
        return connection.Session.CondStore && !expunged.Value.Expunged.IsEmpty
            ? ImapReply.Ok("EXPUNGE completed", new HighestModSeqCode(connection.Session.Selected!.Reported.HighestModSeq))
            : ImapReply.Ok("EXPUNGE completed");
    }
}
