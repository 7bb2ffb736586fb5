using System.Net;

namespace Sora.Gateway.Connections;

/// <summary>What a trusted proxy says of the client it speaks for, inside the protocol: XCLIENT, or ID of IMAP. What is null was not said.</summary>
/// <param name="Address">The client's address.</param>
/// <param name="Port">Its port.</param>
/// <param name="Destination">The address to which it connected.</param>
/// <param name="DestinationPort">The port to which it connected.</param>
/// <param name="IsTls">It speaks TLS with the proxy.</param>
/// <param name="Session">The proxy's name for the session, for logs.</param>
/// <param name="IsLoop">It has gone through as many proxies as it may.</param>
internal sealed record ForwardedClient(
    IPAddress? Address = null, int? Port = null, IPAddress? Destination = null, int? DestinationPort = null, bool? IsTls = null, string? Session = null, bool IsLoop = false)
{
    /// <summary>Longest name of a session that is taken over.</summary>
    public const int MaxSession = 128;
}
