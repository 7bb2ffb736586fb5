using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using Sora.Gateway.Connections;
using Sora.Testing;

namespace Sora.Gateway.Tests.Connections;

/// <summary>Several certificates: which client gets which (RFC 6066 section 3), and what happens when they change.</summary>
public sealed class ServerNameTests : IAsyncLifetime, IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly TestAuthority _authority = new();
    private readonly Dictionary<string, TestCertificate> _issued = new(StringComparer.Ordinal);
    private CertificateSource _source = null!;
    private TestGateway _gateway = null!;

    public async Task InitializeAsync()
    {
        Issue("default", new TestRequest { Hosts = ["mail.example.org"] });
        Issue("default-rsa", new TestRequest { Hosts = ["mail.example.org"], Rsa = true });
        Issue("exact", new TestRequest { Hosts = ["imap.example.com", "smtp.example.com"] });
        Issue("wildcard", new TestRequest { Hosts = ["*.example.com"] });
        Issue("rsa", new TestRequest { Hosts = ["rsa.example.net"], Rsa = true });
        Issue("named", new TestRequest { Subject = "CN=old.example.net" });
        _source = CertificateSource.Create(
            new TlsOptions
            {
                CertFile = _folder.File("default.crt"),
                KeyFile = _folder.File("default.key"),
                Certificates = [.. new[] { "default-rsa", "wildcard", "exact", "rsa", "named" }.Select(name => new CertificateFileOptions { CertFile = _folder.File(name + ".crt"), KeyFile = _folder.File(name + ".key") })],
            },
            _folder.Path, "localhost", TimeProvider.System, NullLogger<CertificateSource>.Instance)!;
        var protocol = new TestProtocol(TestProtocol.EchoAsync);
        _gateway = await TestGateway.StartAsync([protocol.Listener(), protocol.Listener(implicitTls: true)], certificates: _source);
    }

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _source.DisposeAsync();
    }

    public void Dispose()
    {
        _folder.Dispose();
        _authority.Dispose();
    }

    [Theory]
    [InlineData("mail.example.org", "default")]
    [InlineData("imap.example.com", "exact")]
    [InlineData("SMTP.Example.COM", "exact")]
    [InlineData("pop.example.com", "wildcard")]
    [InlineData("a.b.example.com", "default")] // A wildcard stands for one label
    [InlineData("example.com", "default")]
    [InlineData("rsa.example.net", "rsa")]
    [InlineData("old.example.net", "named")]
    [InlineData("elsewhere.example", "default")]
    [InlineData("", "default")]
    public async Task A_client_gets_the_certificate_of_the_host_that_it_names(string host, string expected)
    {
        foreach (var listener in new[] { 0, 1 })
        {
            using var client = await _gateway.ConnectAsync(listener);
            if (listener == 0)
                await client.PlayAsync("S: hello\nC: STARTTLS\nS: go ahead");
            using var tls = await client.StartTlsAsync(Trusting(host));
            tls.RemoteCertificate!.GetCertHashString().ShouldBe(_issued[expected].Thumbprint);
        }
    }

    [Theory]
    [InlineData("-tls1_3", "rsa_pss_rsae_sha256", "default-rsa")]
    [InlineData("-tls1_3", "ecdsa_secp256r1_sha256", "default")]
    [InlineData("-tls1_3", "rsa_pss_rsae_sha256:ecdsa_secp256r1_sha256", "default")]
    [InlineData("-tls1_2", "RSA+SHA256", "default-rsa")]
    [InlineData("-tls1_2", "ECDSA+SHA256", "default")]
    [InlineData("-tls1_2", "RSA+SHA256:ECDSA+SHA256", "default")]
    public async Task Keys_of_two_kinds_stand_side_by_side_and_the_client_gets_the_one_that_it_can_check(string version, string signatures, string expected)
    {
        foreach (var name in new[] { "-noservername", "-servername=mail.example.org" })
        {
            var said = await OpensslClient.RunAsync(_gateway.Listeners.Endpoints[1].Bound, [version, "-sigalgs", signatures, .. name.Split('=')]);
            X509Certificate2.CreateFromPem(said).Thumbprint.ShouldBe(_issued[expected].Thumbprint);
        }
    }

    [Fact]
    public async Task A_client_of_tls_1_2_that_knows_only_rsa_suites_gets_the_rsa_key()
    {
        var said = await OpensslClient.RunAsync(_gateway.Listeners.Endpoints[1].Bound, "-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256", "-noservername");
        X509Certificate2.CreateFromPem(said).Thumbprint.ShouldBe(_issued["default-rsa"].Thumbprint);
    }

    [Theory]
    [InlineData("-tls1_3", false)]
    [InlineData("-tls1_2", false)]
    [InlineData("-tls1_1", true)]
    public async Task Old_versions_are_refused(string version, bool isRefused)
    {
        // At this level OpenSSL would not even ask for old ones
        var said = await OpensslClient.RunAsync(_gateway.Listeners.Endpoints[1].Bound, version, "-cipher", "ALL:@SECLEVEL=0");
        said.Contains("BEGIN CERTIFICATE", StringComparison.Ordinal).ShouldBe(!isRefused);
    }

    [Fact]
    public async Task A_session_is_resumed_and_not_with_another_certificate()
    {
        var server = _gateway.Listeners.Endpoints[1].Bound;
        var ticket = _folder.File("ticket");
        (await OpensslClient.RunAsync(server, "-tls1_2", "-sess_out", ticket)).ShouldContain("New, TLSv1.2");
        (await OpensslClient.RunAsync(server, "-tls1_2", "-sess_in", ticket)).ShouldContain("Reused, TLSv1.2");
        Issue("default", new TestRequest { Hosts = ["mail.example.org"] });
        await _source.CheckAsync(CancellationToken.None);
        (await OpensslClient.RunAsync(server, "-tls1_2", "-sess_in", ticket)).ShouldContain("New, TLSv1.2");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Connections_keep_their_certificate_and_new_ones_get_the_new_one(int listener)
    {
        using var before = await ConnectAsync(listener);
        using var earlier = await before.StartTlsAsync(Trusting("mail.example.org"));
        var first = _issued["default"].Thumbprint;
        earlier.RemoteCertificate!.GetCertHashString().ShouldBe(first);
        using var between = await ConnectAsync(listener); // Connected, and its handshake comes after the swap

        Issue("default", new TestRequest { Hosts = ["mail.example.org"] });
        await _source.CheckAsync(CancellationToken.None);
        var second = _issued["default"].Thumbprint;
        second.ShouldNotBe(first);
        using var later = await between.StartTlsAsync(Trusting("mail.example.org"));
        later.RemoteCertificate!.GetCertHashString().ShouldBe(second);
        using var after = await ConnectAsync(listener);
        using var latest = await after.StartTlsAsync(Trusting("mail.example.org"));
        latest.RemoteCertificate!.GetCertHashString().ShouldBe(second);
        await before.PlayAsync(listener == 0 ? "C: still here\nS: still here" : "S: hello\nC: still here\nS: still here");
        earlier.RemoteCertificate!.GetCertHashString().ShouldBe(first);
    }

    private async Task<TestClient> ConnectAsync(int listener)
    {
        var client = await _gateway.ConnectAsync(listener);
        if (listener == 0)
            await client.PlayAsync("S: hello\nC: STARTTLS\nS: go ahead");
        return client;
    }

    private void Issue(string name, TestRequest request)
    {
        _issued[name] = _authority.Issue(request);
        _issued[name].Write(_folder, name);
    }

    private SslClientAuthenticationOptions Trusting(string host) => new()
    {
        TargetHost = host,
        EnabledSslProtocols = SslProtocols.Tls13,
        RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.Issuer == _authority.Certificate.Subject,
    };
}
