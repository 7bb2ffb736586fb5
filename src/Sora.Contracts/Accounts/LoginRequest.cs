using System.Net;

namespace Sora.Contracts;

/// <summary>The protocols that a credential may log in to. None is a credential that receives mail and lets nobody in.</summary>
[Flags]
public enum LoginScopes
{
    None = 0,

    /// <summary>IMAP (RFC 9051).</summary>
    Imap = 1,

    /// <summary>POP3 (RFC 1939).</summary>
    Pop3 = 2,

    /// <summary>ManageSieve (RFC 5804).</summary>
    ManageSieve = 4,

    /// <summary>All of them.</summary>
    All = Imap | Pop3 | ManageSieve,
}

/// <summary>Who wants to log in, and how it came.</summary>
/// <param name="User">The name as the client sent it: an address in any case.</param>
/// <param name="Protocol">Exactly one protocol.</param>
/// <param name="Client">Where the client is, behind all proxies that are trusted.</param>
public sealed record LoginRequest(string User, LoginScopes Protocol, IPAddress Client);
