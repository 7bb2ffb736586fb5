using System.Security.Cryptography.X509Certificates;
using Orleans.Connections.Security;
using Sora.Grains.Configuration;
using Sora.Grains.Hosting;
using Sora.Testing;

namespace Sora.Cluster.Tests;

/// <summary>Who is let in between the nodes.</summary>
public sealed class ClusterTlsTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly TestAuthority _authority = new("The cluster's");
    private readonly TestAuthority _other = new("Another one");

    [Fact]
    public void Only_a_certificate_of_the_clusters_authority_for_the_clusters_name_is_good()
    {
        var (cert, key) = _authority.Issue(new TestRequest { Hosts = ["sora-cluster"], ForBoth = true }).Write(_folder, "node");
        File.WriteAllText(_folder.File("ca.pem"), _authority.Pem);
        using var tls = new ClusterTls(new ClusterTlsOptions { Enabled = true, CertFile = cert, KeyFile = key, CaFile = _folder.File("ca.pem") });
        var options = new TlsOptions();
        tls.Configure(options);
        options.ClientCertificateMode.ShouldBe(RemoteCertificateMode.RequireCertificate);
        options.RemoteCertificateMode.ShouldBe(RemoteCertificateMode.RequireCertificate);
        IsGood(_authority.Issue("sora-cluster")).ShouldBeTrue();
        IsGood(_authority.Issue("mail.example.org")).ShouldBeFalse();
        IsGood(_other.Issue("sora-cluster")).ShouldBeFalse();
        IsGood(_authority.Issue(new TestRequest { Hosts = ["sora-cluster"], NotBefore = DateTimeOffset.UtcNow.AddDays(-9), NotAfter = DateTimeOffset.UtcNow.AddDays(-1) }))
            .ShouldBeFalse();
        options.RemoteCertificateValidation!(null!, null!, default).ShouldBeFalse();

        bool IsGood(TestCertificate shown)
        {
            using X509Certificate2 certificate = shown.Load();
            return options.RemoteCertificateValidation!(certificate, null!, default);
        }
    }

    [Fact]
    public void A_certificate_that_is_not_for_servers_and_clients_is_refused_at_start()
    {
        var (cert, key) = _authority.Issue("sora-cluster").Write(_folder, "half");
        File.WriteAllText(_folder.File("ca.pem"), _authority.Pem);
        Should.Throw<System.Security.Cryptography.CryptographicException>(
            () => new ClusterTls(new ClusterTlsOptions { Enabled = true, CertFile = cert, KeyFile = key, CaFile = _folder.File("ca.pem") })).Message.ShouldContain("servers and clients");
    }

    public void Dispose()
    {
        _authority.Dispose();
        _other.Dispose();
        _folder.Dispose();
    }
}
