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
        if (!found.IsOk && connection.Server.Namespaces.IsForeign(name))
            return Write(connection, name.Value, quota: null); // Who would have it is not told
        var (owner, shown) = found.IsOk ? (found.Value.Account, found.Value.Name) : (connection.Account, name);
        var quota = await connection.Server.Quotas.ReadAsync(owner.Id, cancellationToken).ConfigureAwait(false);
        return quota.IsOk ? Write(connection, shown.Value, quota.Value) : ImapReply.No(quota.Error);
    }

    private static ImapReply Write(ImapConnection connection, string mailbox, AccountQuota? quota)
    {
        var writer = connection.Writer;
        writer.Raw("* QUOTAROOT "u8);
        writer.Mailbox(mailbox);
        if (quota is null)
        {
            writer.Crlf();
            return ImapReply.Ok("GETQUOTAROOT completed");
        }

        var root = QuotaRoots.NameOf(connection, quota);
        writer.Space();
        writer.AString(Encoding.UTF8.GetBytes(root));
        writer.Crlf();
        QuotaRoots.Write(connection, root, quota);
        return ImapReply.Ok("GETQUOTAROOT completed");
    }
}
