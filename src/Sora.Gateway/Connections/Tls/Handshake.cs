using System.Net.Security;

namespace Sora.Gateway.Connections.Tls;

/// <summary>How the TLS of one connection begins.</summary>
/// <param name="Options">For SslStream.</param>
/// <param name="ClientCheck">Looks at the client's certificate; null when none is asked for.</param>
/// <param name="IsAcmeValidation">The client only wants to see the certificate: nothing comes after it (RFC 8737 section 3).</param>
internal readonly record struct Handshake(SslServerAuthenticationOptions Options, ClientCertificateCheck? ClientCheck = null, bool IsAcmeValidation = false);
