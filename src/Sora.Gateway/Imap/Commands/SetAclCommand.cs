using System.Text;
using Sora.Contracts;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>SETACL (RFC 4314 section 3.1), and DELETEACL (section 3.2), which leaves an identifier without an entry.</summary>
internal sealed class SetAclCommand(MailboxName name, AclIdentifier identifier, AccessMode mode, Rights rights, string done) : ImapCommand
{
    public static ImapCommand Parse(ref ImapParser parser, ParseContext context)
    {
        parser.Space();
        var name = parser.Mailbox();
        parser.Space();
        var identifier = AclIdentifier.Parse(ref parser);
        parser.Space();
        var text = Encoding.Latin1.GetString(parser.AString()).AsSpan();
        var mode = AccessMode.Replace;
        if (text is ['+' or '-', ..])
        {
            mode = text[0] == '+' ? AccessMode.Add : AccessMode.Remove;
            text = text[1..];
        }

        return RightsText.TryParse(text, out var rights, out var unknown)
            ? new SetAclCommand(name, identifier, mode, rights, "SETACL completed")
            : throw new ImapSyntaxException($"{(char.IsAsciiLetterOrDigit(unknown) ? unknown : '?')} is no right of this server");
    }

    public static ImapCommand ParseDelete(ref ImapParser parser, ParseContext context)
    {
        parser.Space();
        var name = parser.Mailbox();
        parser.Space();
        return new SetAclCommand(name, AclIdentifier.Parse(ref parser), AccessMode.Replace, Rights.None, "DELETEACL completed");
    }

    public override async ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        var found = await connection.Directory.FindAsync(name, Rights.Administer, cancellationToken).ConfigureAwait(false);
        if (!found.IsOk)
            return ImapReply.No(found.Error);
        var change = new AccessChange(found.Value.Id, identifier.Name, identifier.IsNegative, mode, rights);
        var changed = await connection.Server.Sharing.ChangeAsync(change, cancellationToken).ConfigureAwait(false);
        return changed.IsOk ? ImapReply.Ok(done) : ImapReply.No(changed.Error);
    }
}
