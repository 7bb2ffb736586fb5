using Sora.Contracts;

namespace Sora.Gateway.Lmtp;

/// <summary>Errors of the ports in the words of RFC 5321 and RFC 3463.</summary>
internal static class LmtpReplies
{
    /// <summary>What a recipient's failed delivery is answered with.</summary>
    /// <param name="mayComeAgain">A full mailbox is a temporary failure: the sender keeps the message and tries again.</param>
    public static LmtpReply ForDelivery(MailError error, bool mayComeAgain) => error.Code switch
    {
        MailErrorCode.OverQuota when !mayComeAgain => new LmtpReply(552, "5.2.2", error.Text),
        MailErrorCode.OverQuota or MailErrorCode.Limit => new LmtpReply(452, "4.2.2", error.Text),
        MailErrorCode.InUse => new LmtpReply(451, "4.2.0", error.Text),
        MailErrorCode.TooBig => LmtpReply.TooBig,
        MailErrorCode.NonExistent or MailErrorCode.TryCreate => new LmtpReply(550, "5.1.1", error.Text),
        MailErrorCode.NoPerm or MailErrorCode.AuthorizationFailed => new LmtpReply(550, "5.7.1", error.Text),
        MailErrorCode.ReadOnly or MailErrorCode.Expired => new LmtpReply(550, "5.2.1", error.Text),
        MailErrorCode.Cannot => new LmtpReply(554, "5.2.0", error.Text),
        MailErrorCode.ClientBug or MailErrorCode.UnknownCte or MailErrorCode.BadCharset => new LmtpReply(554, "5.6.0", error.Text),
        _ => new LmtpReply(451, "4.3.0", error.Text),
    };

    /// <summary>What a message that could not be staged is answered with.</summary>
    public static LmtpReply ForStaging(MailError error) => error.Code switch
    {
        MailErrorCode.TooBig => LmtpReply.TooBig,
        MailErrorCode.Unavailable or MailErrorCode.OverQuota or MailErrorCode.Limit => new LmtpReply(452, "4.3.1", error.Text),
        _ => new LmtpReply(451, "4.3.0", error.Text),
    };
}
