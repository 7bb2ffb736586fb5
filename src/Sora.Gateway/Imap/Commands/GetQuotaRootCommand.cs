using System.Text;
using Sora.Contracts;
using Sora.Gateway.Imap.Quota;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>GETQUOTAROOT (RFC 9208 section 4.1.2): also for a mailbox that could be created.</summary>
internal sealed class GetQuotaRootCommand(MailboxName name) : ImapCommand
{
    public static ImapCommand Parse(ref ImapParser parser, ParseContext context)
    {
        parser.Space();
        return new GetQuotaRootCommand(parser.Mailbox());
    }

    public override async ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        // RFC 9208 section 6: the quota tells how much is in a mailbox, so the right to read it is needed
        var found = await connection.Directory.FindAsync(name, Rights.Read, cancellationToken).ConfigureAwait(false);
        if (!found.IsOk && found.Error.Code != MailErrorCode.NonExistent)
            return ImapReply.No(found.Error);
        var owner = found.IsOk ? found.Value.Account : connection.Account;
        var quota = await connection.Server.Quotas.ReadAsync(owner.Id, cancellationToken).ConfigureAwait(false);
        if (!quota.IsOk)
            return ImapReply.No(quota.Error);
        var root = QuotaRoots.NameOf(connection, quota.Value);
        var writer = connection.Writer;
        writer.Raw("* QUOTAROOT "u8);
        writer.Mailbox(name.Value);
        writer.Space();
        writer.AString(Encoding.UTF8.GetBytes(root));
        writer.Crlf();
        QuotaRoots.Write(connection, root, quota.Value);
        return ImapReply.Ok("GETQUOTAROOT completed");
    }
}
