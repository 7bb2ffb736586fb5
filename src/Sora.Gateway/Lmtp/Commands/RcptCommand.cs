using System.Text;
using Sora.Contracts;

namespace Sora.Gateway.Lmtp.Commands;

/// <summary>
/// RCPT (RFC 5321 section 4.1.1.3): adds a recipient who has an account here. NOTIFY and ORCPT (RFC 3461) are for scripts to see, and for reports.
/// </summary>
internal sealed class RcptCommand(LmtpPath forwardPath, RecipientParameters? parameters, bool needsSmtpUtf8) : LmtpCommand
{
    /// <summary>"RCPT TO:" Forward-path [SP Rcpt-parameters]</summary>
    public static LmtpCommand Parse(ReadOnlySpan<byte> arguments, LmtpServer server)
    {
        var parser = new LmtpAddressParser(arguments);
        if (!parser.TryKeyword("TO:"u8))
            return RejectedCommand.BadArguments;
        if (!parser.TryForwardPath(out var path))
            return RejectedCommand.BadRecipient;
        RecipientParameters? parameters = null;
        var needsSmtpUtf8 = !path.IsAscii;
        while (parser.TryParameter(out var keyword, out var value, out var isValid))
            if (!isValid)
                return RejectedCommand.BadArguments;
            else if (Add(ref parameters, ref needsSmtpUtf8, keyword, value) is { } reply)
                return new RejectedCommand(reply);
        return new RcptCommand(path, parameters, needsSmtpUtf8);
    }

    private static LmtpReply? Add(ref RecipientParameters? parameters, ref bool needsSmtpUtf8, ReadOnlySpan<byte> keyword, ReadOnlySpan<byte> value)
    {
        var known = parameters ?? new RecipientParameters(null, null);
        if (Ascii.EqualsIgnoreCase(keyword, "NOTIFY"u8))
        {
            if (known.Notify is not null || NotifyOf(value) is not { } notify)
                return LmtpReply.BadArguments;
            parameters = known with { Notify = notify };
        }
        else if (Ascii.EqualsIgnoreCase(keyword, "ORCPT"u8))
        {
            if (known.OriginalRecipient is not null || OriginalRecipient.Parse(value) is not { } original)
                return LmtpReply.BadArguments;
            parameters = known with { OriginalRecipient = original.Text };
            needsSmtpUtf8 |= original.NeedsSmtpUtf8;
        }
        else
        {
            return LmtpReply.UnknownParameter;
        }

        return null;
    }

    // "NEVER" / 1#( "SUCCESS" / "FAILURE" / "DELAY" ) (RFC 3461 section 4.1)
    private static string? NotifyOf(ReadOnlySpan<byte> value)
    {
        var text = Encoding.ASCII.GetString(value).ToUpperInvariant();
        return text == "NEVER" || Array.TrueForAll(text.Split(','), static condition => condition is "SUCCESS" or "FAILURE" or "DELAY") ? text : null;
    }

    public override async ValueTask<bool> ExecuteAsync(LmtpSession session)
    {
        var transaction = session.Transaction!;
        LmtpReply reply;
        if (needsSmtpUtf8 && !transaction.SmtpUtf8)
            reply = LmtpReply.NeedsSmtpUtf8;
        else if (transaction.Recipients.Count >= session.Server.Options.MaxRecipients)
            reply = LmtpReply.TooManyRecipients;
        else
            reply = await AddAsync(session.Server, transaction);
        session.Reply(reply);
        return reply.IsPositive;
    }

    private async ValueTask<LmtpReply> AddAsync(LmtpServer server, LmtpTransaction transaction)
    {
        try
        {
            using var timeout = new CancellationTokenSource(server.Options.LookupTimeout, server.Time);
            if ((await FindAsync(server, timeout.Token) ?? server.Returns?.Find(forwardPath.ToString())) is not { } recipient)
                return LmtpReply.NoSuchUser;
            if (recipient.Account == default && transaction.ReversePath.Length > 0)
                return LmtpReply.BouncesOnly;
            transaction.Recipients.Add(recipient);
            return LmtpReply.RecipientOk;
        }
        catch (Exception e)
        {
            Log.LookupFailed(server.Logger, forwardPath.ToString(), e);
            return LmtpReply.LookupFailure;
        }
    }

    /// <summary>The account with that address; else the one behind the address without its detail.</summary>
    private async ValueTask<DeliveryRecipient?> FindAsync(LmtpServer server, CancellationToken cancellationToken)
    {
        var domain = forwardPath.Domain.Length == 0 ? server.Options.DefaultDomain : forwardPath.Domain;
        if (domain is null)
            return null;
        if (await server.Accounts.FindAsync(LmtpPath.Join(forwardPath.LocalPart, domain), cancellationToken) is { } identity)
            return Recipient(identity, null);
        var delimiter = forwardPath.LocalPart.AsSpan().IndexOfAny(server.Options.RecipientDelimiter);
        if (delimiter <= 0)
            return null;
        var user = LmtpPath.Join(forwardPath.LocalPart[..delimiter], domain);
        return await server.Accounts.FindAsync(user, cancellationToken) is { } owner ? Recipient(owner, forwardPath.LocalPart[(delimiter + 1)..]) : null;
    }

    private DeliveryRecipient Recipient(AccountIdentity identity, string? detail) =>
        new(forwardPath.ToString(), identity.Account, identity.PrimaryAddress, detail) { Parameters = parameters };
}
