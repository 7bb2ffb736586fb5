using Sora.Contracts;
using Sora.Gateway.Imap.Append;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>REPLACE and UID REPLACE (RFC 8508): APPEND of one message and removal of another one, both or neither.</summary>
internal sealed class ReplaceCommand(SequenceSet replaced, bool byUid, MailboxName name, AppendParser rest, List<AppendStep> first) : ImapCommand
{
    public static ImapCommand Parse(ref ImapParser parser, ParseContext context)
    {
        parser.Space();
        var replaced = parser.SeqNumberSet();
        parser.Space();
        var name = parser.Mailbox();
        var message = new AppendParser(isSingle: true);
        return new ReplaceCommand(replaced, context.ByUid, name, message, message.Parse(ref parser, context.Message));
    }

    public override async ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        await using var upload = new MessageUpload(connection, rest, first) { IsReplacement = true };
        var selected = connection.Selected;
        var (uid, refusal) = Find(selected);
        if (uid is null)
            return await upload.RefuseAsync(refusal).ConfigureAwait(false);
        if (await upload.ReadAsync(name, cancellationToken).ConfigureAwait(false) is { } failed)
            return failed;
        var message = upload.Messages[0];
        var request = new ReplaceRequest(OperationId.New(), UidSet.Of(uid.Value.Value), upload.Target.Id, [message]);
        var result = await selected.Mailbox.ReplaceAsync(request, cancellationToken).ConfigureAwait(false);
        if (!result.IsOk)
            return ImapReply.No(result.Error);

        // As in MOVE the new UID comes before the EXPUNGE (RFC 8508 section 3.4)
        var appended = result.Value.Appended;
        connection.Server.MessagesIn.Record(message.Content.Size);
        ImapReply.Ok("Replacement is stored", new AppendUidCode(appended.UidValidity, appended.Uids)).WriteUntagged(connection.Writer);
        connection.Session.Notify?.AddOwn(upload.Target.Id, 1);
        var scope = upload.Target.Id == selected.Id ? new SyncScope { Added = appended.Uids, IsOwn = true } : new SyncScope { IsOwn = true };
        await connection.SynchronizeAsync(mayExpunge: true, scope, result.Value.SourceModSeq, cancellationToken).ConfigureAwait(false);
        await CommandEvents.AppendedAsync(connection, upload.Target, appended.Uids, cancellationToken).ConfigureAwait(false);
        return connection.Session is { CondStore: true, Selected: { } now }
            ? ImapReply.Ok("REPLACE completed", new HighestModSeqCode(now.Reported.HighestModSeq))
            : ImapReply.Ok("REPLACE completed");
    }

    private (Uid? Uid, ImapReply Refusal) Find(SelectedMailbox selected)
    {
        if (selected.WhyNot(Rights.DeleteMessages | Rights.Expunge) is { } refused)
            return (null, ImapReply.No(refused));
        if (selected.Resolve(replaced, byUid) is not { } uids)
            return (null, ImapReply.Bad("No such message"));
        foreach (var uid in selected.View.Existing(uids))
        {
            return selected.Latest.PositionOf(uid) >= 0
                ? (new Uid(uid), default)
                : (null, ImapReply.No("The message has been expunged", ResponseCode.ExpungeIssued));
        }

        return (null, ImapReply.No("No such message", ResponseCode.Of(MailErrorCode.NonExistent)));
    }
}
