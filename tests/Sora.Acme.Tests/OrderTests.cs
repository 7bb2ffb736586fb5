using System.Security.Cryptography.X509Certificates;
using Sora.Acme.Tests.Server;
using Sora.Contracts;
using Sora.Testing;

namespace Sora.Acme.Tests;

/// <summary>Orders from their beginning to the certificate that all nodes use (RFC 8555 section 7.4).</summary>
public sealed class OrderTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Theory]
    [InlineData(AcmeKeyType.EcdsaP256)]
    [InlineData(AcmeKeyType.EcdsaP384)]
    [InlineData(AcmeKeyType.Rsa2048)]
    [InlineData(AcmeKeyType.Rsa3072)]
    public async Task A_certificate_for_several_hosts_is_issued_by_http(AcmeKeyType type)
    {
        await using var server = await AcmeServer.StartAsync();
        await using var node = await AcmeFixture.StartAsync();
        var options = AcmeFixture.Options(server, "Mail.Example.org", "imap.example.org", "www.example.net");
        options.Certificates[0].KeyType = type;
        server.HttpPort = await node.AnswerHttpAsync(options);
        server.ProcessingAnswers = 1;
        await node.Worker(options).CheckAsync(None);
        var stored = (await node.CertificateAsync(options.Certificates[0].StoreName)).ShouldNotBeNull();
        using var leaf = X509Certificate2.CreateFromPem(stored.Chain, stored.Key);
        CertificateHosts.Of(leaf).Order(StringComparer.Ordinal).ShouldBe(["imap.example.org", "mail.example.org", "www.example.net"]);
        leaf.SerialNumber.ShouldBe(server.Orders.ShouldHaveSingleItem().Issued!.SerialNumber);
        server.Accounts.ShouldHaveSingleItem().Contacts.ShouldBe(["mailto:admin@example.org"]);

        // Nothing of the proof stays, and nothing is ordered again
        (await node.State.FindHttpAsync(server.Orders[0].Authorizations[0].Token, None)).Value.ShouldBeNull();
        await node.Worker(options).CheckAsync(None);
        server.Orders.Count.ShouldBe(1);
    }

    /// <summary>The node that answers is not the one that orders.</summary>
    [Fact]
    public async Task Any_node_answers_and_all_use_what_was_issued()
    {
        using var folder = new TempFolder();
        await using var server = await AcmeServer.StartAsync();
        await using var orders = await AcmeFixture.StartAsync();
        await using var answers = await AcmeFixture.StartAsync(orders.Address);
        var options = AcmeFixture.Options(server, "mail.example.org");
        options.Challenge = AcmeChallengeType.TlsAlpn01;
        (server.TlsPort, var source) = await answers.AnswerTlsAsync(folder.Path);
        source.IsSelfSigned.ShouldBeTrue();
        await orders.Worker(options).CheckAsync(None);
        var issued = server.Orders.ShouldHaveSingleItem().Issued.ShouldNotBeNull();
        await Eventually.WaitAsync(() => source.Certificate.SerialNumber == issued.SerialNumber);
    }

    [Fact]
    public async Task A_listener_that_is_not_asked_for_proves_nothing()
    {
        using var folder = new TempFolder();
        await using var server = await AcmeServer.StartAsync();
        await using var node = await AcmeFixture.StartAsync();
        var options = AcmeFixture.Options(server, "mail.example.org");
        options.Challenge = AcmeChallengeType.TlsAlpn01;
        (server.TlsPort, _) = await node.AnswerTlsAsync(folder.Path, isForAcme: false);
        await node.Worker(options).CheckAsync(None);
        (await node.RenewalAsync("acme-mail.example.org-ecdsa"))!.LastError!.ShouldContain("mail.example.org was not proven by tls-alpn-01");
        server.Orders.ShouldHaveSingleItem().Status.ShouldBe("invalid");
    }

    [Fact]
    public async Task Nonces_that_a_server_does_not_like_are_replaced()
    {
        await using var server = await AcmeServer.StartAsync();
        await using var node = await AcmeFixture.StartAsync();
        var options = AcmeFixture.Options(server, "mail.example.org");
        server.HttpPort = await node.AnswerHttpAsync(options);
        server.BadNonces = 3;
        await node.Worker(options).CheckAsync(None);
        (await node.CertificateAsync("acme-mail.example.org-ecdsa")).ShouldNotBeNull();
    }

    [Theory]
    [InlineData("kid-1", true)]
    [InlineData("kid-2", false)]
    [InlineData(null, false)]
    public async Task An_account_is_bound_to_one_that_is_known_elsewhere(string? keyId, bool isIssued)
    {
        await using var server = await AcmeServer.StartAsync();
        await using var node = await AcmeFixture.StartAsync();
        server.ExternalAccounts["kid-1"] = [1, 2, 3, 250, 251, 252, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
        var options = AcmeFixture.Options(server, "mail.example.org");
        if (keyId is not null)
            (options.EabKeyId, options.EabKey) = (keyId, System.Buffers.Text.Base64Url.EncodeToString(server.ExternalAccounts["kid-1"]));
        server.HttpPort = await node.AnswerHttpAsync(options);
        await node.Worker(options).CheckAsync(None);
        (await node.CertificateAsync("acme-mail.example.org-ecdsa") is not null).ShouldBe(isIssued);
        server.Accounts.Count(account => account.External == "kid-1").ShouldBe(isIssued ? 1 : 0);
    }

    [Fact]
    public async Task A_server_that_has_forgotten_the_account_gets_it_anew()
    {
        await using var server = await AcmeServer.StartAsync();
        await using var node = await AcmeFixture.StartAsync();
        var options = AcmeFixture.Options(server, "mail.example.org");
        server.HttpPort = await node.AnswerHttpAsync(options);
        await node.Worker(options).CheckAsync(None);
        server.ForgetAccounts();
        (await node.Certificates.RenewAsync("acme-mail.example.org-ecdsa", None)).IsOk.ShouldBeTrue();
        await node.Worker(options).CheckAsync(None);
        (await node.RenewalAsync("acme-mail.example.org-ecdsa"))!.LastError!.ShouldContain("accountDoesNotExist");
        (await node.Certificates.RenewAsync("acme-mail.example.org-ecdsa", None)).IsOk.ShouldBeTrue();
        await node.Worker(options).CheckAsync(None);
        (await node.RenewalAsync("acme-mail.example.org-ecdsa"))!.LastError.ShouldBeNull();
        server.Orders.Count(order => order.Issued is not null).ShouldBe(2);
    }

    [Fact]
    public async Task Contacts_that_change_are_told()
    {
        await using var server = await AcmeServer.StartAsync();
        await using var node = await AcmeFixture.StartAsync();
        var options = AcmeFixture.Options(server, "mail.example.org");
        server.HttpPort = await node.AnswerHttpAsync(options);
        await node.Worker(options).CheckAsync(None);
        options.Contacts = ["mailto:other@example.org"];
        options.Certificates = [new AcmeCertificateOptions { Hosts = ["mail.example.org", "new.example.org"] }];
        await node.Worker(options).CheckAsync(None);
        server.Accounts.ShouldHaveSingleItem().Contacts.ShouldBe(["mailto:other@example.org"]);
    }

    [Fact]
    public async Task A_server_that_nobody_vouches_for_is_not_spoken_to()
    {
        await using var server = await AcmeServer.StartAsync();
        await using var node = await AcmeFixture.StartAsync();
        var options = AcmeFixture.Options(server, "mail.example.org");
        options.CaFile = null;
        await node.Worker(options).CheckAsync(None);
        (await node.RenewalAsync("acme-mail.example.org-ecdsa"))!.LastError!.ShouldContain("The server cannot be asked");
        server.Accounts.ShouldBeEmpty();
    }
}
