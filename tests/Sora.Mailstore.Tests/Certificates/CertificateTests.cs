using Microsoft.Extensions.Logging.Abstractions;
using Sora.Contracts;
using Sora.Mailstore.Certificates;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Certificates;

/// <summary>TLS certificates in the database: what nodes see of them, and what somebody sees who has the database alone.</summary>
public sealed class CertificateTests : IAsyncLifetime, IDisposable
{
    private const string Secret = "the first secret of the tests, long enough";
    private const string NewSecret = "the second secret of the tests, long enough";

    private static readonly CancellationToken None = CancellationToken.None;

    private readonly TestAuthority _authority = new();
    private readonly List<CertificateHost> _hosts = [];
    private MailstoreNode _node = null!;

    public async Task InitializeAsync() => _node = await MailstoreNode.StartAsync();

    public async Task DisposeAsync()
    {
        _hosts.ForEach(static host => host.Dispose());
        await _node.DisposeAsync();
    }

    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task What_one_node_stores_another_has_at_once()
    {
        await using var other = await MailstoreNode.StartAsync(_node.Address);
        var (here, there) = (Host(), Host(node: other));
        var news = 0;
        using var subscription = there.Subscribe(() => Interlocked.Increment(ref news));
        var issued = _authority.Issue("mail.example.org", "*.example.com");
        var stored = await here.PutAsync(Named("b", issued), isDefault: null, isAcme: false, None);
        stored.Value.ShouldBe(["mail.example.org", "*.example.com"]);
        await Eventually.WaitAsync(() => Volatile.Read(ref news) > 0);
        var read = (await there.ReadAllAsync(None)).Value.ShouldHaveSingleItem();
        read.Chain.ShouldBe(issued.Certificate);
        System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPem(read.Chain, read.Key).Thumbprint.ShouldBe(issued.Thumbprint);
        (await here.DeleteAsync("b", None)).IsOk.ShouldBeTrue();
        await Eventually.WaitAsync(async () => (await there.ReadAllAsync(None)).Value.Count == 0 && Volatile.Read(ref news) > 1);
        (await here.DeleteAsync("b", None)).Error!.Code.ShouldBe(MailErrorCode.NonExistent);
    }

    [Fact]
    public async Task The_database_alone_does_not_give_the_key()
    {
        var issued = _authority.Issue("mail.example.org");
        var host = Host();
        (await host.PutAsync(Named("a", issued), null, false, None)).IsOk.ShouldBeTrue();
        using var leaf = issued.Load();
        using var key = System.Security.Cryptography.X509Certificates.ECDsaCertificateExtensions.GetECDsaPrivateKey(leaf)!;
        var secret = key.ExportParameters(includePrivateParameters: true).D!;
        var box = await ColumnAsync<byte[]>("SELECT sealed_key FROM tls_certificates");
        box.AsSpan().IndexOf(secret).ShouldBe(-1);
        (await ColumnAsync<string>("SELECT t::text FROM tls_certificates t")).ShouldNotContain(Convert.ToBase64String(secret)[..20]);

        // Without the secret, and with another, it is as if it were not there
        (await Host(secret: null).ReadAllAsync(None)).Value.ShouldBeEmpty();
        (await Host(secret: NewSecret).ReadAllAsync(None)).Value.ShouldBeEmpty();
        (await Host(secret: NewSecret).ListAsync(None)).ShouldHaveSingleItem().HasKey.ShouldBeFalse();
        (await Host(secret: null).PutAsync(Named("c", issued), null, false, None)).Error!.Text.ShouldContain("tls_store.secret");

        // A key is its certificate's: put into another row's place it is none, and neither is one that was changed
        await ExecuteAsync("UPDATE tls_certificates SET name = 'b'");
        (await host.ReadAllAsync(None)).Value.ShouldBeEmpty();
        await ExecuteAsync("UPDATE tls_certificates SET name = 'a', sealed_key = set_byte(sealed_key, 60, get_byte(sealed_key, 60) # 1)");
        (await host.ReadAllAsync(None)).Value.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_secret_is_replaced_without_a_moment_without_certificates()
    {
        (await Host().PutAsync(Named("a", _authority.Issue("a.example.org")), null, false, None)).IsOk.ShouldBeTrue();
        using (var acme = new AcmeHost(_node.Database, Host(), NullLoggerFactory.Instance))
            await acme.PutAccountAsync("https://acme.example/directory", new AcmeAccount([1, 2, 3], "https://acme.example/1", []), None);
        var both = Host(secret: NewSecret, previous: [Secret]);
        (await both.ReadAllAsync(None)).Value.Count.ShouldBe(1);
        (await both.ResealAsync(None)).Value.ShouldBe((2, 0));
        (await both.ResealAsync(None)).Value.ShouldBe((0, 0));
        (await Host(secret: NewSecret).ReadAllAsync(None)).Value.Count.ShouldBe(1);
        (await Host(secret: Secret).ReadAllAsync(None)).Value.ShouldBeEmpty();
        (await Host(secret: Secret).ResealAsync(None)).Value.ShouldBe((0, 2));
        using var later = new AcmeHost(_node.Database, Host(secret: NewSecret), NullLoggerFactory.Instance);
        var account = await later.FindAccountAsync("https://acme.example/directory", None);
        account!.Key.ShouldBe([1, 2, 3]);
    }

    [Fact]
    public async Task One_is_the_default_at_most_and_comes_first()
    {
        var host = Host();
        foreach (var (name, isDefault) in new (string, bool?)[] { ("a", null), ("b", true), ("c", true), ("c", null) })
            (await host.PutAsync(Named(name, _authority.Issue($"{name}.example.org")), isDefault, false, None)).IsOk.ShouldBeTrue();
        (await host.ListAsync(None)).Select(static one => (one.Name, one.IsDefault)).ShouldBe([("c", true), ("a", false), ("b", false)]);
    }

    [Fact]
    public async Task What_is_no_certificate_is_not_stored()
    {
        var (one, other) = (_authority.Issue("a.example.org"), _authority.Issue("b.example.org"));
        var host = Host(change: static options => options.MaxCertificates = 1);
        await RefusesAsync(new SharedCertificate("a", "no certificate", one.Key), "no certificate");
        await RefusesAsync(new SharedCertificate("a", one.Certificate, other.Key), "not its own");
        await RefusesAsync(new SharedCertificate("a", one.Certificate, "no key"), "not its own");
        await RefusesAsync(Named("a b", one), "white space");
        await RefusesAsync(Named("", one), "white space");
        await RefusesAsync(new SharedCertificate("a", one.Certificate + new string('x', 300_000), one.Key), "max_size");
        (await host.PutAsync(Named("a", one), null, false, None)).IsOk.ShouldBeTrue();
        (await host.PutAsync(Named("a", other), null, false, None)).IsOk.ShouldBeTrue();
        await RefusesAsync(Named("b", one), "1 certificates already");
        (await host.ListAsync(None)).Count.ShouldBe(1);

        async Task RefusesAsync(SharedCertificate certificate, string why) =>
            (await host.PutAsync(certificate, null, false, None)).Error!.Text.ShouldContain(why, Case.Insensitive);
    }

    [Theory]
    [InlineData("too short", false)]
    [InlineData(Secret, true)]
    public void A_secret_is_long(string secret, bool isGood) => new TlsStoreOptions { Secret = secret }.Validate().Any().ShouldBe(!isGood);

    private static SharedCertificate Named(string name, TestCertificate issued) => new(name, issued.Certificate, issued.Key);

    private CertificateHost Host(string? secret = Secret, string[]? previous = null, MailstoreNode? node = null, Action<TlsStoreOptions>? change = null)
    {
        node ??= _node;
        var options = new TlsStoreOptions { Secret = secret, PreviousSecrets = previous ?? [] };
        change?.Invoke(options);
        var host = new CertificateHost(node.Database, node.Feed, options, NullLoggerFactory.Instance);
        _hosts.Add(host);
        return host;
    }

    private async Task<T> ColumnAsync<T>(string sql)
    {
        await using var command = _node.Database.Write.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = _node.Database.Write.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
