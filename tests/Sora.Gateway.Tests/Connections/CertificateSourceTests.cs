using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using Sora.Gateway.Connections;

namespace Sora.Gateway.Tests.Connections;

public sealed class CertificateSourceTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sora-tls-").FullName;
    private readonly ManualTime _time = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_self_signed_certificate_is_made_once_and_kept()
    {
        var first = Create(new TlsOptions { SelfSigned = true })!.Certificate;
        var second = Create(new TlsOptions { SelfSigned = true })!.Certificate;
        second.Thumbprint.ShouldBe(first.Thumbprint);
        first.MatchesHostname("mail.example.org").ShouldBeTrue();
        first.MatchesHostname("localhost").ShouldBeTrue();
        if (!OperatingSystem.IsWindows())
            File.GetUnixFileMode(Path.Combine(_folder, "tls", "self-signed.key")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _time.Advance(TimeSpan.FromDays(340));
        Create(new TlsOptions { SelfSigned = true })!.Certificate.Thumbprint.ShouldNotBe(first.Thumbprint);
    }

    [Fact]
    public void Without_a_certificate_there_is_no_tls() => Create(new TlsOptions()).ShouldBeNull();

    [Fact]
    public void Files_that_change_are_read_again_and_broken_ones_leave_the_old_certificate()
    {
        var (certFile, keyFile) = SelfSignedCertificate.Ensure(_folder, "one.example.org", _time.GetUtcNow());
        var source = Create(new TlsOptions { CertFile = certFile, KeyFile = keyFile })!;
        var first = source.Certificate.Thumbprint;
        source.Authentication("imap").ShouldBeSameAs(source.Authentication("imap"));

        File.WriteAllText(certFile, "half a certific");
        File.SetLastWriteTimeUtc(certFile, DateTime.UtcNow.AddMinutes(1));
        _time.Advance(CertificateSource.CheckInterval);
        source.Certificate.Thumbprint.ShouldBe(first);

        var (newCert, newKey) = SelfSignedCertificate.Ensure(Path.Combine(_folder, "new"), "two.example.org", _time.GetUtcNow());
        File.Copy(newCert, certFile, overwrite: true);
        File.Copy(newKey, keyFile, overwrite: true);
        File.SetLastWriteTimeUtc(certFile, DateTime.UtcNow.AddMinutes(2));
        source.Certificate.Thumbprint.ShouldBe(first);
        _time.Advance(CertificateSource.CheckInterval);
        source.Certificate.Thumbprint.ShouldBe(X509CertificateLoader.LoadCertificateFromFile(newCert).Thumbprint);
    }

    private CertificateSource? Create(TlsOptions options) =>
        CertificateSource.Create(options, _folder, "mail.example.org", _time, NullLogger<CertificateSource>.Instance);
}
