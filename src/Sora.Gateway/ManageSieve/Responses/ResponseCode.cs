using Sora.Contracts;

namespace Sora.Gateway.ManageSieve.Responses;

/// <summary>The response codes (RFC 5804 section 1.3). REFERRAL and TRANSITION-NEEDED never occur: every node serves every account, with every mechanism.</summary>
internal static class ResponseCode
{
    public const string AuthTooWeak = "AUTH-TOO-WEAK";
    public const string Sasl = "SASL";
    public const string EncryptNeeded = "ENCRYPT-NEEDED";
    public const string Quota = "QUOTA";
    public const string QuotaMaxScripts = "QUOTA/MAXSCRIPTS";
    public const string QuotaMaxSize = "QUOTA/MAXSIZE";
    public const string TryLater = "TRYLATER";
    public const string Active = "ACTIVE";
    public const string NonExistent = "NONEXISTENT";
    public const string AlreadyExists = "ALREADYEXISTS";
    public const string Tag = "TAG";
    public const string Warnings = "WARNINGS";

    /// <summary>The code of an outcome that is not success; null when there is none.</summary>
    public static string? Of(MailErrorCode code) => code switch
    {
        MailErrorCode.PrivacyRequired => EncryptNeeded,
        MailErrorCode.OverQuota => Quota,
        MailErrorCode.Limit => QuotaMaxScripts,
        MailErrorCode.TooBig => QuotaMaxSize,
        MailErrorCode.Unavailable or MailErrorCode.ServerBug => TryLater,
        MailErrorCode.InUse => Active,
        MailErrorCode.NonExistent => NonExistent,
        MailErrorCode.AlreadyExists => AlreadyExists,
        _ => null,
    };
}
