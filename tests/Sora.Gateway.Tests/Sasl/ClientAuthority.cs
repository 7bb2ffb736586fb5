using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using Sora.Gateway.Connections;
using Sora.Gateway.Tests.Connections;
using Sora.Testing;

namespace Sora.Gateway.Tests.Sasl;

/// <summary>A server that asks its clients for certificates, and the authority that gives them out.</summary>
internal sealed class ClientAuthority : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly TestAuthority _authority = new("Client authority");

    public ClientAuthority(ClientCertificates mode = ClientCertificates.Request, bool withRevocations = false)
    {
        File.WriteAllText(_folder.File("ca.pem"), _authority.Pem);
        Revoke(DateTimeOffset.UtcNow.AddDays(7));
        Source = CertificateSource.Create(
            new TlsOptions
            {
                SelfSigned = true,
                ClientCertificates = mode,
                ClientCaFile = _folder.File("ca.pem"),
                ClientCrlFile = withRevocations ? _folder.File("ca.crl") : null,
            },
            _folder.Path, "mail.example.org", TimeProvider.System, NullLogger<CertificateSource>.Instance)!;
    }

    public CertificateSource Source { get; }

    public TestAuthority Authority => _authority;

    public string RevocationFile => _folder.File("ca.crl");

    /// <summary>From here on these are revoked.</summary>
    public void Revoke(DateTimeOffset nextUpdate, params X509Certificate2[] revoked) => File.WriteAllText(_folder.File("ca.crl"), _authority.Revoke(nextUpdate, revoked));

    public X509Certificate2 Issue(TestRequest request) => Reloaded(_authority.Issue(request with { ForClient = true }));

    // SslStream wants a key that it can use from anywhere
    public static X509Certificate2 Reloaded(TestCertificate issued)
    {
        using var loaded = issued.Load();
        return X509CertificateLoader.LoadPkcs12(loaded.Export(X509ContentType.Pkcs12), null);
    }

    /// <summary>TLS with a certificate of the client, or without one.</summary>
    public static SslClientAuthenticationOptions With(X509Certificate2? certificate, params X509Certificate2[] between) => new()
    {
        TargetHost = "localhost",
        RemoteCertificateValidationCallback = static (_, server, _, _) => server?.Subject == "CN=mail.example.org",
        ClientCertificateContext = certificate is null ? null : SslStreamCertificateContext.Create(certificate, [.. between], offline: true),
    };

    public void Dispose()
    {
        _folder.Dispose();
        _authority.Dispose();
    }
}
