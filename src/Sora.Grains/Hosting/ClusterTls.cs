using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Orleans.Connections.Security;
using Sora.Grains.Configuration;

namespace Sora.Grains.Hosting;

/// <summary>TLS between the nodes: both sides show a certificate of the cluster's own authority, which is for the cluster's name.</summary>
internal sealed class ClusterTls : IDisposable
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private readonly X509Certificate2 _certificate;
    private readonly X509Certificate2Collection _authorities = [];
    private readonly string _name;

    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="System.Security.Cryptography.CryptographicException">A file holds something else.</exception>
    public ClusterTls(ClusterTlsOptions options)
    {
        _name = options.ServerName;
        _certificate = X509Certificate2.CreateFromPemFile(options.CertFile!, options.KeyFile);
        _authorities.ImportFromPemFile(options.CaFile!);

        // Otherwise no connection would come about, for a reason that only the others' logs have
        if (!IsFor(ServerAuthentication) || !IsFor(ClientAuthentication))
            throw new CryptographicException($"the certificate in {options.CertFile} is not for servers and clients (extended key usage)");
    }

    public void Configure(TlsOptions tls)
    {
        tls.LocalCertificate = _certificate;
        tls.LocalClientCertificateSelector = (_, _, _, _, _) => _certificate;
        tls.RemoteCertificateMode = RemoteCertificateMode.RequireCertificate;
        tls.ClientCertificateMode = RemoteCertificateMode.RequireCertificate;
        tls.RemoteCertificateValidation = (certificate, _, _) => IsOfCluster(certificate);
        tls.OnAuthenticateAsClient = (_, authentication) => authentication.TargetHost = _name;
    }

    public void Dispose()
    {
        _certificate.Dispose();
        foreach (var authority in _authorities)
            authority.Dispose();
    }

    // One that says nothing of its usage is for all (RFC 5280 section 4.2.1.12)
    private bool IsFor(string usage) => _certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>()
        .All(extension => extension.EnhancedKeyUsages.Cast<Oid>().Any(oid => oid.Value == usage));

    // Only the cluster's authority counts: one that the system trusts would let in whoever has a certificate
    private bool IsOfCluster(X509Certificate2? certificate)
    {
        if (certificate is null || !certificate.MatchesHostname(_name))
            return false;
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(_authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(certificate);
    }
}
