using Sora.Contracts;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>LISTRIGHTS (RFC 4314 section 3.4): an owner always has all rights, and everybody else can be granted each by itself.</summary>
internal sealed class ListRightsCommand(MailboxName name, AclIdentifier identifier) : ImapCommand
{
    public static ImapCommand Parse(ref ImapParser parser, ParseContext context)
    {
        parser.Space();
        var name = parser.Mailbox();
        parser.Space();
        return new ListRightsCommand(name, AclIdentifier.Parse(ref parser));
    }

    public override async ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        var found = await connection.Directory.FindAsync(name, Rights.Administer, cancellationToken).ConfigureAwait(false);
        if (!found.IsOk)
            return ImapReply.No(found.Error);
        var isOwner = await connection.Server.Sharing.IsOwnerAsync(found.Value.Id, identifier.Name, cancellationToken).ConfigureAwait(false);
        if (!isOwner.IsOk)
            return ImapReply.No(isOwner.Error);
        AclResponses.WriteListRights(connection.Writer, found.Value.Name, identifier.Sent, isOwner.Value && !identifier.IsNegative);
        return ImapReply.Ok("LISTRIGHTS completed");
    }
}
