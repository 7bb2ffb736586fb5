using System.Buffers;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Sora.Contracts;
using Sora.Gateway.Connections;
using Sora.Testing;

namespace Sora.Gateway.Tests.Connections;

public sealed class CertificateSourceTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly TempFolder _folder = new();
    private readonly TestAuthority _authority = new();
    private readonly ManualTime _time = new();

    public void Dispose()
    {
        _folder.Dispose();
        _authority.Dispose();
    }

    [Fact]
    public void A_self_signed_certificate_is_made_once_and_kept()
    {
        var first = Create(new TlsOptions { SelfSigned = true })!.Certificate;
        var second = Create(new TlsOptions { SelfSigned = true })!.Certificate;
        second.Thumbprint.ShouldBe(first.Thumbprint);
        first.MatchesHostname("mail.example.org").ShouldBeTrue();
        first.MatchesHostname("localhost").ShouldBeTrue();
        if (!OperatingSystem.IsWindows())
            File.GetUnixFileMode(Path.Combine(_folder.Path, "tls", "self-signed.key")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _time.Advance(TimeSpan.FromDays(340));
        Create(new TlsOptions { SelfSigned = true })!.Certificate.Thumbprint.ShouldNotBe(first.Thumbprint);
    }

    [Fact]
    public async Task A_self_signed_certificate_is_renewed_while_the_server_runs()
    {
        await using var source = Create(new TlsOptions { SelfSigned = true })!;
        var first = source.Certificate.Thumbprint;
        _time.Advance(TimeSpan.FromDays(340));
        await source.CheckAsync(None);
        source.Certificate.Thumbprint.ShouldNotBe(first);
    }

    [Fact]
    public void Without_a_certificate_there_is_no_tls() => Create(new TlsOptions()).ShouldBeNull();

    [Fact]
    public async Task Files_that_change_are_read_again_and_broken_ones_leave_the_old_certificate()
    {
        var log = new ListLog();
        var one = _authority.Issue("one.example.org");
        var (certFile, keyFile) = one.Write(_folder, "server");
        await using var source = Create(new TlsOptions { CertFile = certFile, KeyFile = keyFile }, log)!;
        source.Certificate.Thumbprint.ShouldBe(one.Thumbprint);

        // The certificate of a renewal is there, its key not yet: said once, however often it is looked at
        var two = _authority.Issue("two.example.org");
        File.WriteAllText(certFile, two.Certificate);
        await source.CheckAsync(None);
        await source.CheckAsync(None);
        source.Certificate.Thumbprint.ShouldBe(one.Thumbprint);
        log.Lines.Count(line => line.StartsWith("Error", StringComparison.Ordinal)).ShouldBe(1);
        File.WriteAllText(keyFile, two.Key);
        await source.CheckAsync(None);
        source.Certificate.Thumbprint.ShouldBe(two.Thumbprint);

        File.WriteAllText(certFile, "half a certific");
        await source.CheckAsync(None);
        File.Delete(keyFile);
        await source.CheckAsync(None);
        source.Certificate.Thumbprint.ShouldBe(two.Thumbprint);
        log.Lines.Count(line => line.StartsWith("Error", StringComparison.Ordinal)).ShouldBe(3);
    }

    /// <summary>Times say nothing here: those of a link are its own, and a copy may keep the old ones.</summary>
    [Fact]
    public async Task A_swap_of_links_above_the_files_is_seen()
    {
        var (one, two) = (_authority.Issue("one.example.org"), _authority.Issue("two.example.org"));
        foreach (var (folder, pair) in new[] { ("..1", one), ("..2", two) })
        {
            Directory.CreateDirectory(_folder.File(folder));
            File.WriteAllText(Path.Combine(_folder.File(folder), "tls.crt"), pair.Certificate);
            File.WriteAllText(Path.Combine(_folder.File(folder), "tls.key"), pair.Key);
            foreach (var name in new[] { "tls.crt", "tls.key" })
                File.SetLastWriteTimeUtc(Path.Combine(_folder.File(folder), name), new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        }

        File.CreateSymbolicLink(_folder.File("..data"), "..1");
        File.CreateSymbolicLink(_folder.File("tls.crt"), "..data/tls.crt");
        File.CreateSymbolicLink(_folder.File("tls.key"), "..data/tls.key");
        await using var source = Create(new TlsOptions { CertFile = _folder.File("tls.crt"), KeyFile = _folder.File("tls.key") })!;
        source.Certificate.Thumbprint.ShouldBe(one.Thumbprint);

        File.Delete(_folder.File("..data"));
        File.CreateSymbolicLink(_folder.File("..data"), "..2");
        await source.CheckAsync(None);
        source.Certificate.Thumbprint.ShouldBe(two.Thumbprint);
    }

    [Fact]
    public async Task Expiry_is_told_once_a_day_and_shown()
    {
        var log = new ListLog();
        var now = _time.GetUtcNow();
        var (certFile, keyFile) = _authority.Issue(new TestRequest { Hosts = ["one.example.org"], NotBefore = now.AddDays(-1), NotAfter = now.AddDays(30) }).Write(_folder, "server");
        await using var source = Create(new TlsOptions { CertFile = certFile, KeyFile = keyFile }, log)!;
        await source.CheckAsync(None);
        Warnings().ShouldBe(0);
        _time.Advance(TimeSpan.FromDays(20));
        await source.CheckAsync(None);
        await source.CheckAsync(None);
        Warnings().ShouldBe(1);
        _time.Advance(TimeSpan.FromDays(1));
        await source.CheckAsync(None);
        Warnings().ShouldBe(2);
        source.InUse.ShouldHaveSingleItem().NotAfter.ShouldBe(now.AddDays(30).UtcDateTime, TimeSpan.FromSeconds(2));

        int Warnings() => log.Lines.Count(line => line.StartsWith("Warning", StringComparison.Ordinal) && line.Contains("expires", StringComparison.Ordinal));
    }

    [Fact]
    public async Task One_that_is_valid_comes_before_one_that_is_not_any_more()
    {
        var now = _time.GetUtcNow();
        var old = _authority.Issue(new TestRequest { Hosts = ["a.example.org"], NotBefore = now.AddDays(-9), NotAfter = now.AddDays(1) });
        var young = _authority.Issue(new TestRequest { Hosts = ["a.example.org"], NotBefore = now.AddDays(-1), NotAfter = now.AddDays(90) });
        var (certFile, keyFile) = old.Write(_folder, "old");
        var files = young.Write(_folder, "young");
        await using var source = Create(new TlsOptions
        {
            CertFile = certFile,
            KeyFile = keyFile,
            Certificates = [new CertificateFileOptions { CertFile = files.CertFile, KeyFile = files.KeyFile }],
        })!;
        source.Certificate.Thumbprint.ShouldBe(old.Thumbprint);
        _time.Advance(TimeSpan.FromDays(2));
        await source.CheckAsync(None);
        source.Certificate.Thumbprint.ShouldBe(young.Thumbprint);
    }

    [Fact]
    public async Task Shared_certificates_take_the_place_of_the_self_signed_one_and_follow_their_changes()
    {
        var shared = new SharedStub();
        await using var source = Create(new TlsOptions { SelfSigned = true }, shared: shared)!;
        await source.CheckAsync(None);
        source.IsSelfSigned.ShouldBeTrue();
        var one = _authority.Issue("one.example.org");
        shared.Change(new SharedCertificate("a", one.Certificate, one.Key));
        await source.CheckAsync(None);
        source.Certificate.Thumbprint.ShouldBe(one.Thumbprint);

        // A database that is away, and a row that cannot be used, change nothing
        shared.IsAway = true;
        shared.Change();
        await source.CheckAsync(None);
        source.Certificate.Thumbprint.ShouldBe(one.Thumbprint);
        shared.IsAway = false;
        shared.Change(new SharedCertificate("a", "no certificate", one.Key));
        await source.CheckAsync(None);
        source.Certificate.Thumbprint.ShouldBe(one.Thumbprint);
        shared.Change();
        await source.CheckAsync(None);
        source.IsSelfSigned.ShouldBeTrue();
    }

    [Fact]
    public async Task As_long_as_there_is_none_tls_is_not_offered_and_then_it_is()
    {
        var shared = new SharedStub();
        await using var source = Create(new TlsOptions(), shared: shared)!;
        var protocol = new TestProtocol(static async connection =>
        {
            connection.Output.Write(connection.CanStartTls ? "yes\r\n"u8 : "no\r\n"u8);
            await connection.FlushAsync();
        });
        await using var gateway = await TestGateway.StartAsync([protocol.Listener(), protocol.Listener(implicitTls: true)], certificates: source);
        using (var client = await gateway.ConnectAsync())
            await client.PlayAsync("S: no");
        using (var client = await gateway.ConnectAsync(1))
            await Should.ThrowAsync<IOException>(client.StartTlsAsync());
        var one = _authority.Issue("mail.example.org");
        shared.Change(new SharedCertificate("a", one.Certificate, one.Key));
        await source.CheckAsync(None);
        using (var client = await gateway.ConnectAsync())
            await client.PlayAsync("S: yes");
        using (var client = await gateway.ConnectAsync(1))
        {
            await client.StartTlsAsync(new System.Net.Security.SslClientAuthenticationOptions
            {
                TargetHost = "mail.example.org",
                RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.GetCertHashString() == one.Thumbprint,
            });
            await client.PlayAsync("S: no");
        }
    }

    private CertificateSource? Create(TlsOptions options, ILogger<CertificateSource>? logger = null, ISharedCertificates? shared = null) =>
        CertificateSource.Create(options, _folder.Path, "mail.example.org", _time, logger ?? NullLogger<CertificateSource>.Instance, shared);

    private sealed class SharedStub : ISharedCertificates
    {
        private Action _changed = static () => { };
        private SharedCertificate[] _all = [];

        public bool IsAway { get; set; }

        public void Change(params SharedCertificate[] all)
        {
            _all = all;
            _changed();
        }

        public IDisposable Subscribe(Action changed)
        {
            _changed = changed;
            return new MemoryStream();
        }

        public ValueTask<MailResult<IReadOnlyList<SharedCertificate>>> ReadAllAsync(CancellationToken cancellationToken) =>
            new(IsAway ? MailError.Unavailable() : (MailResult<IReadOnlyList<SharedCertificate>>)_all);
    }
}
