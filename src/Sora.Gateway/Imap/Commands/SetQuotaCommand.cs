using Sora.Contracts;
using Sora.Gateway.Imap.Quota;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>SETQUOTA (RFC 9208 section 4.1.3), for administrators. Limits that are not named are taken away.</summary>
/// <param name="hasUnknown">A resource was named that cannot be limited.</param>
internal sealed class SetQuotaCommand(string root, QuotaLimits limits, bool hasUnknown) : ImapCommand
{
    private const int MaxResources = 20;

    public static ImapCommand Parse(ref ImapParser parser, ParseContext context)
    {
        parser.Space();
        var root = parser.Utf8String();
        parser.Space();
        parser.Open();
        var limits = default(QuotaLimits);
        var hasUnknown = false;
        for (var count = 0; !parser.TryByte((byte)')'); count++)
        {
            if (count == MaxResources)
                throw parser.Error($"at most {MaxResources} resources");
            if (count > 0)
                parser.Space();
            var resource = parser.Atom("a resource");
            parser.Space();
            var limit = parser.Number64();
            switch (resource)
            {
                case "STORAGE":
                    limits = limits with { Storage = Math.Min(limit, long.MaxValue / 1024) * 1024 };
                    break;
                case "MESSAGE":
                    limits = limits with { Messages = limit };
                    break;
                case "MAILBOX":
                    limits = limits with { Mailboxes = limit };
                    break;
                default:
                    hasUnknown = true;
                    break;
            }
        }

        return new SetQuotaCommand(root, limits, hasUnknown);
    }

    public override async ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        if (!connection.IsAdministrator)
            return ImapReply.No("Only an administrator may set quotas", ResponseCode.Of(MailErrorCode.NoPerm));
        if (hasUnknown)
            return ImapReply.No("Only STORAGE, MESSAGE and MAILBOX can be limited", ResponseCode.Of(MailErrorCode.Cannot));
        var account = await QuotaRoots.FindAsync(connection, root, cancellationToken).ConfigureAwait(false);
        if (!account.IsOk)
            return ImapReply.No(account.Error);
        var quota = await connection.Server.Quotas.SetAsync(account.Value, limits, cancellationToken).ConfigureAwait(false);
        if (!quota.IsOk)
            return ImapReply.No(quota.Error);
        QuotaRoots.Write(connection, root, quota.Value);
        return ImapReply.Ok("SETQUOTA completed");
    }
}
