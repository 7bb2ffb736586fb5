using Sora.Contracts;
using Sora.Gateway.Imap.Metadata;
using Sora.Gateway.Imap.Notify;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>NOTIFY (RFC 5465). Without a request it is NOTIFY NONE: the client wants to hear of nothing, not even of the selected mailbox.</summary>
internal sealed class NotifyCommand(NotifyRequest? request, bool withStatus) : ImapCommand
{
    private const string Supported =
        "MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange MailboxMetadataChange ServerMetadataChange";

    public static ImapCommand Parse(ref ImapParser parser, ParseContext context)
    {
        parser.Space();
        if (parser.TryKeyword("NONE"u8))
            return new NotifyCommand(null, withStatus: false);
        if (!parser.TryKeyword("SET"u8))
            throw parser.Error("SET or NONE");
        parser.Space();
        var withStatus = parser.TryKeyword("STATUS"u8);
        if (withStatus)
            parser.Space();
        return new NotifyCommand(new NotifyParser().Parse(ref parser), withStatus);
    }

    public override async ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        if (request is null)
        {
            Replace(connection, new NotifySession(connection, SelectedEvents.None, []));
            return ImapReply.Ok("NOTIFY completed");
        }

        if (request.HasUnknownEvent)
            return ImapReply.No("Not all of these events are known", new BadEventCode(Supported));
        if (request.NameCount > connection.Server.Options.MaxNotifyNames)
            return ImapReply.No("Too many mailboxes to watch", ResponseCode.NotificationOverflow);

        // What has happened so far is told as the session was told things until now (section 3.1).
        var all = new SyncScope { IsAll = true };
        if (!await connection.SynchronizeAsync(mayExpunge: true, all, cancellationToken: cancellationToken).ConfigureAwait(false))
            return ImapReply.Answered;
        var notify = new NotifySession(connection, request.Selected, request.Groups);
        MailError? error;
        try
        {
            error = await notify.StartAsync(withStatus, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            notify.Dispose();
            throw;
        }

        if (error is not null)
        {
            notify.Dispose();
            return error.Code == MailErrorCode.Limit
                ? ImapReply.No(error.Text, ResponseCode.NotificationOverflow)
                : ImapReply.No(error);
        }

        Replace(connection, notify);
        return ImapReply.Ok("NOTIFY completed");
    }

    private static void Replace(ImapConnection connection, NotifySession notify)
    {
        connection.Session.Notify?.Dispose();
        connection.Session.Notify = notify;
        if (notify.WantsMetadata)
            connection.Session.MetadataNews ??= new MetadataNews(connection);
        if (!notify.TellsMessages)
            connection.StopListening();
    }
}
