using Sora.Contracts;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>DELETE (RFC 9051 section 6.3.5).</summary>
internal sealed class DeleteCommand(MailboxName name) : ImapCommand
{
    public static ImapCommand Parse(ref ImapParser parser, ParseContext context)
    {
        parser.Space();
        return new DeleteCommand(parser.Mailbox());
    }

    public override async ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        var entry = (await connection.Account.ListAsync(cancellationToken).ConfigureAwait(false)).Find(name);
        var deleted = await connection.Account.DeleteAsync(name, cancellationToken).ConfigureAwait(false);
        if (!deleted.IsOk)
            return ImapReply.No(deleted.Error);
        if (entry is not null && connection.Session.Selected?.Id == entry.Id)
        {
            // Others who have it selected are disconnected; who deletes it knows.
            connection.Deselect();
            ImapReply.Ok("Selected mailbox was deleted", ResponseCode.Closed).WriteUntagged(connection.Writer);
        }

        return ImapReply.Ok("DELETE completed");
    }
}
