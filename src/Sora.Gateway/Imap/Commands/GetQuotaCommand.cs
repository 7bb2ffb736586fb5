using Sora.Gateway.Imap.Quota;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>GETQUOTA (RFC 9208 section 4.1.1).</summary>
internal sealed class GetQuotaCommand(string root) : ImapCommand
{
    public static ImapCommand Parse(ref ImapParser parser, ParseContext context)
    {
        parser.Space();
        return new GetQuotaCommand(parser.Utf8String());
    }

    public override async ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        var account = await QuotaRoots.FindAsync(connection, root, cancellationToken).ConfigureAwait(false);
        if (!account.IsOk)
            return ImapReply.No(account.Error);
        var quota = await connection.Server.Quotas.ReadAsync(account.Value, cancellationToken).ConfigureAwait(false);
        if (!quota.IsOk)
            return ImapReply.No(quota.Error);
        QuotaRoots.Write(connection, root, quota.Value);
        return ImapReply.Ok("GETQUOTA completed");
    }
}
