namespace Sora.Gateway.Pop3.Responses;

/// <summary>Response codes (RFC 2449 section 8, RFC 3206, RFC 6856 section 5).</summary>
internal static class ResponseCode
{
    public const string InUse = "IN-USE";
    public const string LoginDelay = "LOGIN-DELAY";

    /// <summary>The failure will pass (RFC 3206 section 4).</summary>
    public const string SysTemp = "SYS/TEMP";

    /// <summary>It will not without somebody's help.</summary>
    public const string SysPerm = "SYS/PERM";

    /// <summary>The user's credentials are at fault.</summary>
    public const string Auth = "AUTH";

    /// <summary>The message needs UTF-8 mode.</summary>
    public const string Utf8 = "UTF8";
}
