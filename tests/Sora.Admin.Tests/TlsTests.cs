using Microsoft.Extensions.Logging.Abstractions;
using Sora.Contracts;
using Sora.Mailstore.Certificates;
using Sora.Testing;

namespace Sora.Admin.Tests;

public sealed class TlsTests : AdminTest
{
    private const string Secret = "a secret of the tests, which is long enough";

    [Fact]
    public async Task Certificates_are_imported_listed_shown_and_deleted_and_a_running_server_hears_of_it()
    {
        using var folder = new TempFolder();
        using var authority = new TestAuthority();
        using var server = new CertificateHost(Node.Database, Node.Feed, new TlsStoreOptions { Secret = Secret }, NullLoggerFactory.Instance);
        var issued = authority.Issue("mail.example.org", "*.example.com");
        var (certFile, keyFile) = issued.Write(folder, "mail");
        var news = 0;
        using var subscription = server.Subscribe(() => Interlocked.Increment(ref news));
        var imported = (await TlsAsync("import", "--name", "mail", "--cert-file", certFile, "--key-file", keyFile, "--default")).ShouldSucceed();
        imported.Output.ShouldBe("Stored mail for mail.example.org *.example.com\n");
        await Eventually.WaitAsync(() => Volatile.Read(ref news) == 1);
        (await server.ReadAllAsync(None)).Value.ShouldHaveSingleItem().Name.ShouldBe("mail");

        var listed = (await TlsAsync("list", "--json")).ShouldSucceed().Json;
        listed.GetArrayLength().ShouldBe(1);
        listed[0].GetProperty("name").GetString().ShouldBe("mail");
        listed[0].GetProperty("hosts")[1].GetString().ShouldBe("*.example.com");
        listed[0].GetProperty("default").GetBoolean().ShouldBeTrue();
        listed[0].GetProperty("key_is_readable").GetBoolean().ShouldBeTrue();
        (await RunAsync("tls", "list")).ShouldSucceed().Output.ShouldContain("UNREADABLE"); // Without the secret

        var shown = (await TlsAsync("show", "--name", "mail")).ShouldSucceed().Output;
        shown.ShouldBe(issued.Certificate);
        shown.ShouldNotContain("PRIVATE KEY");
        (await TlsAsync("show", "--name", "mail", "--json")).ShouldSucceed().Output.ShouldNotContain("PRIVATE KEY");
        (await TlsAsync("show", "--name", "other")).ShouldFail(ExitCode.Failed, "no certificate other");
        (await TlsAsync("delete", "--name", "mail")).ShouldFail(ExitCode.Usage, "--confirm");
        (await TlsAsync("delete", "--name", "mail", "--confirm")).ShouldSucceed();
        await Eventually.WaitAsync(() => Volatile.Read(ref news) == 2);
        (await TlsAsync("delete", "--name", "mail", "--confirm")).ShouldFail(ExitCode.Failed, "no certificate mail");
    }

    [Fact]
    public async Task What_cannot_be_stored_is_refused()
    {
        using var folder = new TempFolder();
        using var authority = new TestAuthority();
        var (certFile, keyFile) = authority.Issue("mail.example.org").Write(folder, "mail");
        (await RunAsync("tls", "import", "--name", "mail", "--cert-file", certFile, "--key-file", keyFile)).ShouldFail(ExitCode.Failed, "tls_store.secret");
        (await TlsAsync("import", "--name", "mail", "--cert-file", keyFile, "--key-file", keyFile)).ShouldFail(ExitCode.Failed, "no certificate");
        (await TlsAsync("import", "--name", "mail", "--cert-file", folder.File("none"), "--key-file", keyFile)).ShouldFail(ExitCode.Failed, "none");
        (await TlsAsync("renew", "--name", "mail")).ShouldFail(ExitCode.Failed, "[acme] has no certificate mail");
        (await TlsAsync("list", "--json")).ShouldSucceed().Json.GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task Orders_that_fail_are_seen_and_tried_again_when_told_to()
    {
        using var server = new CertificateHost(Node.Database, Node.Feed, new TlsStoreOptions { Secret = Secret }, NullLoggerFactory.Instance);
        using var acme = new AcmeHost(Node.Database, server, NullLoggerFactory.Instance);
        await acme.PutRenewalAsync(new AcmeRenewal("acme-mail.example.org-ecdsa", 3, DateTimeOffset.UtcNow.AddDays(1), "rateLimited: too many"), None);
        var listed = (await TlsAsync("list", "--json")).ShouldSucceed().Json[0];
        listed.GetProperty("last_error").GetString().ShouldBe("rateLimited: too many");
        (await TlsAsync("renew", "--name", "acme-mail.example.org-ecdsa")).ShouldSucceed();
        var renewal = (await acme.ListRenewalsAsync(None)).ShouldHaveSingleItem();
        renewal.NextAttemptAt.ShouldBeNull();
        renewal.RenewAt.ShouldBe(DateTimeOffset.MinValue);
    }

    [Fact]
    public async Task A_new_secret_is_put_into_use()
    {
        using var folder = new TempFolder();
        using var authority = new TestAuthority();
        var (certFile, keyFile) = authority.Issue("mail.example.org").Write(folder, "mail");
        (await TlsAsync("import", "--name", "mail", "--cert-file", certFile, "--key-file", keyFile)).ShouldSucceed();
        await File.WriteAllTextAsync(folder.File("config.toml"), $"[tls_store]\nsecret = \"{Secret} and newer\"\nprevious_secrets = [\"{Secret}\"]\n");
        (await RunAsync("tls", "reseal", "--config", folder.File("config.toml"))).ShouldSucceed().Output.ShouldBe("1 keys were encrypted anew\n");
        (await TlsAsync("reseal")).ShouldFail(ExitCode.Failed, "1 keys cannot be read");
    }

    private Task<Ran> TlsAsync(params string[] arguments) => RunAsync(["tls", .. arguments, "--set", "tls_store.secret=" + Secret]);
}
