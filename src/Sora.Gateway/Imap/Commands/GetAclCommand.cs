using Sora.Contracts;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>GETACL (RFC 4314 section 3.3).</summary>
internal sealed class GetAclCommand(MailboxName name) : ImapCommand
{
    public static ImapCommand Parse(ref ImapParser parser, ParseContext context)
    {
        parser.Space();
        return new GetAclCommand(parser.Mailbox());
    }

    public override async ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        var found = await connection.Directory.FindAsync(name, Rights.Administer, cancellationToken).ConfigureAwait(false);
        if (!found.IsOk)
            return ImapReply.No(found.Error);
        var list = await connection.Server.Sharing.ListAsync(found.Value.Id, cancellationToken).ConfigureAwait(false);
        if (!list.IsOk)
            return ImapReply.No(list.Error);
        AclResponses.WriteAcl(connection.Writer, found.Value.Name, list.Value);
        return ImapReply.Ok("GETACL completed");
    }
}
