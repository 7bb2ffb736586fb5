using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Orleans.Connections.Security;
using Sora.Grains.Configuration;

namespace Sora.Grains.Hosting;

/// <summary>TLS between the nodes: both sides show a certificate of the cluster's own authority, which is for the cluster's name.</summary>
internal sealed class ClusterTls : IDisposable
{
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
