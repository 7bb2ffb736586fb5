using Sora.Contracts;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>STATUS (RFC 9051 section 6.3.11).</summary>
internal sealed class StatusCommand(MailboxName name, List<StatusItem> items) : ImapCommand
{
    public static ImapCommand Parse(ref ImapParser parser, ParseContext context)
    {
        parser.Space();
        var name = parser.Mailbox();
        parser.Space();
        return new StatusCommand(name, StatusItems.Parse(ref parser));
    }

    public override async ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        var found = await connection.Directory.FindAsync(name, Rights.Read, cancellationToken).ConfigureAwait(false);
        if (!found.IsOk)
            return ImapReply.No(found.Error);
        var target = found.Value;
        var statuses = await target.Account.StatusAsync([target.Id], items.Contains(StatusItem.Recent), cancellationToken).ConfigureAwait(false);
        if (statuses[0] is not { } status)
            return ImapReply.No(MailError.NoSuchMailbox());
        if (items.Contains(StatusItem.HighestModSeq))
            connection.EnableCondStore();
        StatusItems.Write(connection, target.Name.Value, status, items);
        return ImapReply.Ok("STATUS completed");
    }
}
