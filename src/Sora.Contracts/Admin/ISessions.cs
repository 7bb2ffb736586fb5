namespace Sora.Contracts;

/// <summary>The sessions of mail clients on one node.</summary>
public interface ISessions
{
    /// <summary>Those that are meant, in no order.</summary>
    IReadOnlyList<SessionInfo> List(SessionFilter filter);

    /// <summary>
    /// Ends those that are meant: each client is told in its protocol's words (<c>* BYE</c>, <c>-ERR</c>, 421), between two commands or in the middle of what it
    /// sends, and is cut off when that takes too long. Returns those that were ended.
    /// </summary>
    IReadOnlyList<SessionInfo> End(SessionFilter filter);
}

/// <summary>Which sessions are meant; what is null says nothing.</summary>
/// <param name="Id">The session's name, as logs have it.</param>
/// <param name="Account">Whose they are.</param>
/// <param name="Domain">The domain of the primary addresses of those whose they are, in any case.</param>
/// <param name="Network">Where the clients are: an address, or a network such as <c>192.0.2.0/24</c>.</param>
/// <param name="Protocol"><c>imap</c>, <c>pop3</c>, <c>lmtp</c> or <c>managesieve</c>.</param>
/// <param name="Except">A session that is not meant, whatever else says so.</param>
[GenerateSerializer, Immutable, Alias("sora.SessionFilter")]
public sealed record SessionFilter(
    [property: Id(0)] string? Id = null,
    [property: Id(1)] AccountId? Account = null,
    [property: Id(2)] string? Domain = null,
    [property: Id(3)] string? Network = null,
    [property: Id(4)] string? Protocol = null,
    [property: Id(5)] string? Except = null);

/// <summary>A client's session.</summary>
/// <param name="Id">Its name on its node, as logs have it.</param>
/// <param name="Protocol"><c>imap</c>, <c>pop3</c>, <c>lmtp</c> or <c>managesieve</c>.</param>
/// <param name="Client">The client's address and port; behind a trusted proxy as the proxy says.</param>
/// <param name="Proxy">The proxy's address and port; null when there is none.</param>
/// <param name="Server">The address and port to which the client connected.</param>
/// <param name="User">The primary address of who is logged in, or null.</param>
/// <param name="Account">The account of who is logged in, or null.</param>
/// <param name="Tls">Protocol version and cipher; <c>at the proxy</c>; or empty.</param>
/// <param name="Since">When it was accepted.</param>
/// <param name="Silent">How long the client has sent nothing, to the second.</param>
/// <param name="Command">The command that runs, such as <c>IDLE</c>; empty between commands.</param>
/// <param name="Received">Octets that the client has sent, TLS and compression not counted.</param>
/// <param name="Sent">Octets that it was sent, counted likewise.</param>
/// <param name="ProxySession">The proxy's name for the session, or empty.</param>
[GenerateSerializer, Immutable, Alias("sora.SessionInfo")]
public sealed record SessionInfo(
    [property: Id(0)] string Id,
    [property: Id(1)] string Protocol,
    [property: Id(2)] string Client,
    [property: Id(3)] string? Proxy,
    [property: Id(4)] string Server,
    [property: Id(5)] string? User,
    [property: Id(6)] AccountId? Account,
    [property: Id(7)] string Tls,
    [property: Id(8)] DateTimeOffset Since,
    [property: Id(9)] TimeSpan Silent,
    [property: Id(10)] string Command,
    [property: Id(11)] long Received,
    [property: Id(12)] long Sent,
    [property: Id(13)] string ProxySession);
