using Sora.Contracts;
using Sora.Gateway.Imap.Append;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>
/// APPEND (RFC 9051 section 6.3.12) of one message or several (MULTIAPPEND, RFC 3502), sent or put together out of what the server has (CATENATE, RFC
/// 4469): all or none. It is parsed up to the first literal of a message; the rest is parsed as it comes.
/// </summary>
internal sealed class AppendCommand(MailboxName name, string supplied, AppendParser rest, List<AppendStep> first) : ImapCommand
{
    public static ImapCommand Parse(ref ImapParser parser, ParseContext context)
    {
        parser.Space();
        var name = parser.Mailbox(out var supplied);
        var messages = new AppendParser();
        return new AppendCommand(name, supplied, messages, messages.Parse(ref parser, context.Message));
    }

    public override async ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        await using var upload = new MessageUpload(connection, rest, first);
        if (await upload.ReadAsync(name, cancellationToken).ConfigureAwait(false) is { } refusal)
            return refusal;
        var target = upload.Target;
        if (MessageLimit.IsAboveSave(connection, upload.Messages.Count))
            return ImapReply.No("Too many messages at once", MessageLimit.Code(connection));
        var request = new AppendRequest(OperationId.New(), upload.Messages);
        var appended = await connection.Server.Mailboxes.Get(target.Id).AppendAsync(request, cancellationToken).ConfigureAwait(false);
        if (!appended.IsOk)
            return ImapReply.No(appended.Error.OrTryCreate());

        var result = appended.Value;
        foreach (var message in upload.Messages)
            connection.Server.MessagesIn.Record(message.Content.Size);
        connection.Session.Notify?.AddOwn(target.Id, (int)result.Uids.Count);
        if (connection.Session.Selected?.Id == target.Id)
        {
            var scope = new SyncScope { Added = result.Uids };
            await connection.SynchronizeAsync(mayExpunge: true, scope, result.ModSeq, cancellationToken).ConfigureAwait(false);
        }

        await SuppliedName.TellAsync(connection, target.Name, supplied, cancellationToken).ConfigureAwait(false);
        await CommandEvents.AppendedAsync(connection, target, result.Uids, cancellationToken).ConfigureAwait(false);
        return ImapReply.Ok("APPEND completed", new AppendUidCode(result.UidValidity, result.Uids));
    }
}
