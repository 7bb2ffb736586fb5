using Sora.Contracts;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>RENAME (RFC 9051 section 6.3.6), within one account.</summary>
internal sealed class RenameCommand(MailboxName from, MailboxName to) : ImapCommand
{
    public static ImapCommand Parse(ref ImapParser parser, ParseContext context)
    {
        parser.Space();
        var from = parser.Mailbox();
        parser.Space();
        return new RenameCommand(from, parser.Mailbox());
    }

    public override IReadOnlyList<MailboxName> ChangedNames => [from, to];

    public override async ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        var renamed = await connection.Directory.RenameAsync(from, to, cancellationToken).ConfigureAwait(false);
        return renamed.IsOk ? ImapReply.Ok("RENAME completed") : ImapReply.No(renamed.Error);
    }
}
