using System.Net;

namespace Sora.Histories.Wire;

/// <summary>Where a server listens.</summary>
/// <param name="Node">Who it is, in histories.</param>
/// <param name="Address">The address and port.</param>
public sealed record Endpoint(string Node, IPEndPoint Address)
{
    /// <summary>Where connections come from, an address of this machine; null for whichever the system takes.</summary>
    public IPAddress? From { get; init; }
}

/// <summary>The connection ended, or nothing came for too long: nobody knows what became of the command.</summary>
public sealed class ConnectionLostException(string message, Exception? inner = null) : IOException(message, inner);
