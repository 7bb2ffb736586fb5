using Sora.Contracts;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>RENAME (RFC 9051 section 6.3.6), within one account.</summary>
internal sealed class RenameCommand(MailboxName from, string suppliedFrom, MailboxName to, string suppliedTo) : ImapCommand
{
    public static ImapCommand Parse(ref ImapParser parser, ParseContext context)
    {
        parser.Space();
        var from = parser.Mailbox(out var suppliedFrom);
        parser.Space();
        return new RenameCommand(from, suppliedFrom, parser.Mailbox(out var suppliedTo), suppliedTo);
    }

    public override IReadOnlyList<MailboxName> ChangedNames => [from, to];

    public override async ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        var renamed = await connection.Directory.RenameAsync(from, to, cancellationToken).ConfigureAwait(false);
        if (!renamed.IsOk)
            return ImapReply.No(renamed.Error);

        // The old name as it was written leads to the new one as it is, whichever of the two is in another form (RFC 9051 section 6.3.6). INBOX is still there.
        var isOther = SuppliedName.IsOther(connection, from, suppliedFrom) || SuppliedName.IsOther(connection, to, suppliedTo);
        if (isOther && !from.IsInbox)
            await SuppliedName.TellAsync(connection, to, suppliedFrom, cancellationToken).ConfigureAwait(false);
        return ImapReply.Ok("RENAME completed");
    }
}
