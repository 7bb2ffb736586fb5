using System.IO.Pipelines;

namespace Sora.Gateway.Connections;

/// <summary>A protocol as the listeners see it. One object serves all connections of all its listeners.</summary>
public interface IProtocolServer
{
    /// <summary>"imap", "lmtp", "pop3", "managesieve": the metrics' protocol label.</summary>
    string Name { get; }

    /// <summary>Writes the one line that a client gets instead of a greeting when it is not served.</summary>
    void WriteRefusal(PipeWriter output, Dismissal refusal);

    /// <summary>
    /// The ALPN name a TLS client may offer (RFC 7301, RFC 9051 section 2.1); null takes any. A client that offers others only is
    /// refused.
    /// </summary>
    string? Alpn => null;

    /// <summary>A certificate of the client is of use here, for the SASL mechanism EXTERNAL.</summary>
    bool WantsClientCertificates => false;

    /// <summary>Clients log in.</summary>
    bool HasLogins => true;

    /// <summary>
    /// Serves one connection from the greeting to the end. Whatever is left in <see cref="ClientConnection.Output"/> is flushed after it.
    /// </summary>
    /// <param name="aborted">The same as <see cref="ClientConnection.Closed"/>.</param>
    Task RunAsync(ClientConnection connection, CancellationToken aborted);
}
