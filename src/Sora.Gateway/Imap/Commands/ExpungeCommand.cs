using Sora.Contracts;
using Sora.Gateway.Imap.Fetch;
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
        ResponseCode? limited = null;
        if (uids is not null && MessageLimit.IsAbove(connection, selected.View.Count))
        {
            // EXPUNGE itself is never limited (RFC 9738 section 3.1)
            which = MessageLimit.Highest(connection, DeletedOf(selected.Latest, which), out limited);
        }

        var expunged = await selected.Mailbox.ExpungeAsync(new ExpungeRequest(OperationId.New(), which), cancellationToken).ConfigureAwait(false);
        if (!expunged.IsOk)
            return ImapReply.No(expunged.Error);
        await connection.SynchronizeAsync(
            mayExpunge: true, new SyncScope { IsOwn = true }, atLeast: expunged.Value.ModSeq, cancellationToken).ConfigureAwait(false);
        var reply = connection.Session.CondStore && !expunged.Value.Expunged.IsEmpty
            ? ImapReply.Ok("EXPUNGE completed", new HighestModSeqCode(selected.Reported.HighestModSeq))
            : ImapReply.Ok("EXPUNGE completed");
        return MessageLimit.Answer(connection, reply, limited);
    }

    private static UidSet DeletedOf(MailboxIndex index, UidSet uids)
    {
        var deleted = new UidSet.Builder();
        var cursor = new IndexCursor(index, uids);
        while (cursor.Next())
        {
            var columns = index.Columns(cursor.Chunk);
            for (var row = cursor.FromRow; row < cursor.ToRow; row++)
            {
                if ((columns.Flags[row] & FlagMask.Deleted) != 0)
                    deleted.Add(columns.Uids[row]);
            }
        }

        return deleted.ToSet();
    }
}
