using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Sora.Gateway.Connections.Tls;

/// <summary>The certificate that answers an ACME server's TLS-ALPN-01 challenge (RFC 8737 section 3).</summary>
internal static class AcmeCertificate
{
    private const string AcmeIdentifier = "1.3.6.1.5.5.7.1.31";

    /// <summary>What the handshake of an ACME server needs.</summary>
    public static SslServerAuthenticationOptions Answer(string host, string keyAuthorization, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=ACME challenge", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        var digest = new System.Formats.Asn1.AsnWriter(System.Formats.Asn1.AsnEncodingRules.DER);
        digest.WriteOctetString(SHA256.HashData(Encoding.ASCII.GetBytes(keyAuthorization)));
        request.CertificateExtensions.Add(new X509Extension(AcmeIdentifier, digest.Encode(), critical: true));
        var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true),
            ApplicationProtocols = [new SslApplicationProtocol(ClientHello.AcmeProtocol)],
            AllowRenegotiation = false,
            AllowTlsResume = false,
        };
    }
}
