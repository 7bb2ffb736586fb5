using Sora.Contracts;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>DELETE (RFC 9051 section 6.3.5).</summary>
internal sealed class DeleteCommand(MailboxName name, string supplied) : ImapCommand
{
    public static ImapCommand Parse(ref ImapParser parser, ParseContext context)
    {
        parser.Space();
        return new DeleteCommand(parser.Mailbox(out var supplied), supplied);
    }

    public override IReadOnlyList<MailboxName> ChangedNames => [name];

    public override async ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        var found = await connection.Directory.FindAsync(name, Rights.DeleteMailbox, cancellationToken).ConfigureAwait(false);
        if (!found.IsOk)
            return ImapReply.No(found.Error);
        var target = found.Value;
        var deleted = await target.Account.DeleteAsync(target.Entry.Name, cancellationToken).ConfigureAwait(false);
        if (!deleted.IsOk)
            return ImapReply.No(deleted.Error);
        if (connection.Session.Selected?.Id == target.Id)
        {
            // Others who have it selected are disconnected; who deletes it knows.
            connection.Deselect();
            ImapReply.Ok("Selected mailbox was deleted", ResponseCode.Closed).WriteUntagged(connection.Writer);
        }

        SuppliedName.TellDeleted(connection, target.Name, supplied);
        return ImapReply.Ok("DELETE completed");
    }
}
