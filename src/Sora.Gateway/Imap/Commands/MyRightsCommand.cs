using Sora.Contracts;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>MYRIGHTS (RFC 4314 section 3.5).</summary>
internal sealed class MyRightsCommand(MailboxName name) : ImapCommand
{
    public static ImapCommand Parse(ref ImapParser parser, ParseContext context)
    {
        parser.Space();
        return new MyRightsCommand(parser.Mailbox());
    }

    public override async ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        var found = await connection.Directory.FindAsync(name, Rights.None, cancellationToken).ConfigureAwait(false);
        if (!found.IsOk)
            return ImapReply.No(found.Error);
        if ((found.Value.Rights & Rights.AnyToKnow) == Rights.None)
            return ImapReply.No(MailError.NoSuchMailbox());
        AclResponses.WriteMyRights(connection.Writer, found.Value.Name, found.Value.Rights);
        return ImapReply.Ok("MYRIGHTS completed");
    }
}
