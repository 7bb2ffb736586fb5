using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Sora.Gateway.Connections;
using Sora.Gateway.Sasl;
using Sora.Gateway.Tests.Connections;
using Sora.Gateway.Tests.Imap;
using Sora.Testing;

namespace Sora.Gateway.Tests.Sasl;

/// <summary>EXTERNAL (RFC 4422 appendix A) with certificates of clients.</summary>
[Collection("imap")]
public sealed class ExternalTests(ImapFixture fixture)
{
    [Theory]
    [InlineData("=", true)]
    [InlineData("<own>", true)]
    [InlineData("<OWN>", true)]
    [InlineData("<other>", false)]
    [InlineData("nobody@example.com", false)]
    public async Task The_certificate_is_the_login_and_acts_for_no_one_else(string identity, bool isLoggedIn)
    {
        using var authority = new ClientAuthority();
        await using var gateway = await StartAsync(authority);
        var (user, other) = (await fixture.UserAsync(), await fixture.UserAsync());
        using var certificate = authority.Issue(new TestRequest { Emails = [user.Address] });
        using var client = await ConnectAsync(gateway, certificate);
        (await client.CommandAsync("b CAPABILITY"))[0].ShouldContain(" AUTH=EXTERNAL ");
        var response = identity.Replace("<own>", user.Address, StringComparison.Ordinal).Replace("<OWN>", user.Address.ToUpperInvariant(), StringComparison.Ordinal)
            .Replace("<other>", other.Address, StringComparison.Ordinal);
        var answer = (await client.CommandAsync($"c AUTHENTICATE EXTERNAL {(response == "=" ? response : Convert.ToBase64String(Encoding.UTF8.GetBytes(response)))}"))[^1];
        answer.ShouldStartWith(isLoggedIn ? "c OK" : "c NO [AUTHORIZATIONFAILED]");
        if (isLoggedIn)
            (await client.CommandAsync("d SELECT INBOX"))[^1].ShouldStartWith("d OK");
    }

    [Fact]
    public async Task Without_an_initial_response_it_is_asked_for_and_can_be_cancelled()
    {
        using var authority = new ClientAuthority();
        await using var gateway = await StartAsync(authority);
        var user = await fixture.UserAsync();
        using var certificate = authority.Issue(new TestRequest { Emails = [user.Address] });
        using var client = await ConnectAsync(gateway, certificate);
        await client.SendAsync("a AUTHENTICATE EXTERNAL\r\n");
        (await client.LineAsync()).ShouldBe("+ ");
        (await client.CommandAsync("*", tag: "a"))[^1].ShouldStartWith("a BAD");
        (await client.CommandAsync($"b AUTHENTICATE EXTERNAL {Convert.ToBase64String("a\0b"u8)}"))[^1].ShouldStartWith("b BAD");
        await client.SendAsync("c AUTHENTICATE EXTERNAL\r\n");
        (await client.LineAsync()).ShouldBe("+ ");
        (await client.CommandAsync("", tag: "c"))[^1].ShouldStartWith("c OK");
    }

    [Fact]
    public async Task A_master_acts_for_others()
    {
        using var authority = new ClientAuthority();
        var (master, user) = (await fixture.UserAsync(), await fixture.UserAsync());
        await using var gateway = await StartAsync(authority, new SaslOptions { MasterUsers = [master.Address] });
        using var certificate = authority.Issue(new TestRequest { Emails = [master.Address] });
        using var client = await ConnectAsync(gateway, certificate);
        (await client.CommandAsync($"a AUTHENTICATE EXTERNAL {Convert.ToBase64String(Encoding.UTF8.GetBytes(user.Address))}"))[^1].ShouldStartWith("a OK");
    }

    public static TheoryData<string> BadCertificates => ["none", "stranger", "expired", "not yet", "for servers"];

    [Theory]
    [MemberData(nameof(BadCertificates))]
    public async Task A_certificate_that_is_not_good_is_as_none_and_the_password_still_works(string what)
    {
        using var authority = new ClientAuthority();
        using var stranger = new TestAuthority();
        await using var gateway = await StartAsync(authority);
        var user = await fixture.UserAsync();
        using var certificate = Bad(what, authority, stranger, user.Address);
        using var client = await ConnectAsync(gateway, certificate);
        (await client.CommandAsync("a CAPABILITY"))[0].ShouldNotContain("EXTERNAL");
        (await client.CommandAsync("b AUTHENTICATE EXTERNAL ="))[^1].ShouldStartWith("b NO");
        (await client.CommandAsync($"c LOGIN {user.Address} secret"))[^1].ShouldStartWith("c OK");
    }

    [Theory]
    [MemberData(nameof(BadCertificates))]
    public async Task Where_one_is_required_clients_without_a_good_one_are_refused(string what)
    {
        using var authority = new ClientAuthority(ClientCertificates.Require);
        using var stranger = new TestAuthority();
        await using var gateway = await StartAsync(authority);
        var user = await fixture.UserAsync();
        using var bad = Bad(what, authority, stranger, user.Address);
        using (var client = await gateway.ConnectAsync())
        {
            await client.PlayAsync("S: *\nC: a STARTTLS\nS: a OK *");

            // TLS 1.3 lets the client go on before the server has looked at it
            await Should.ThrowAsync<Exception>(async () =>
            {
                await client.StartTlsAsync(ClientAuthority.With(bad));
                await client.SendAsync("b NOOP\r\n");
                if (await client.LineAsync() is null)
                    throw new IOException("closed");
            });
        }

        using var good = authority.Issue(new TestRequest { Emails = [user.Address] });
        using var welcome = await ConnectAsync(gateway, good);
        (await welcome.CommandAsync("a AUTHENTICATE EXTERNAL ="))[^1].ShouldStartWith("a OK");
    }

    [Fact]
    public async Task Revoked_certificates_are_not_good_and_neither_are_others_once_the_list_has_expired()
    {
        using var authority = new ClientAuthority(withRevocations: true);
        await using var gateway = await StartAsync(authority);
        var user = await fixture.UserAsync();
        using var lost = authority.Issue(new TestRequest { Emails = [user.Address] });
        using var kept = authority.Issue(new TestRequest { Emails = [user.Address] });
        (await IsOfferedAsync(gateway, lost)).ShouldBeTrue();
        authority.Revoke(DateTimeOffset.UtcNow.AddDays(7), lost);
        await authority.Source.CheckAsync(CancellationToken.None);
        (await IsOfferedAsync(gateway, lost)).ShouldBeFalse();
        (await IsOfferedAsync(gateway, kept)).ShouldBeTrue();
        authority.Revoke(DateTimeOffset.UtcNow.AddDays(-1), lost);
        await authority.Source.CheckAsync(CancellationToken.None);
        (await IsOfferedAsync(gateway, kept)).ShouldBeFalse();
    }

    [Fact]
    public async Task The_list_of_another_authority_says_nothing()
    {
        using var authority = new ClientAuthority(withRevocations: true);
        using var forger = new TestAuthority("Client authority");
        await using var gateway = await StartAsync(authority);
        var user = await fixture.UserAsync();
        using var certificate = authority.Issue(new TestRequest { Emails = [user.Address] });

        // The same name, another key: as if there were no list, which lets nobody in
        await File.WriteAllTextAsync(authority.RevocationFile, forger.Revoke(DateTimeOffset.UtcNow.AddDays(7)));
        await authority.Source.CheckAsync(CancellationToken.None);
        (await IsOfferedAsync(gateway, certificate)).ShouldBeFalse();
    }

    [Theory]
    [InlineData(ExternalName.Email, "SAN")]
    [InlineData(ExternalName.Cn, "CN")]
    [InlineData(ExternalName.SubjectEmail, "E")]
    public async Task Options_say_where_the_address_stands(ExternalName name, string place)
    {
        using var authority = new ClientAuthority();
        var user = await fixture.UserAsync();
        await using var gateway = await StartAsync(authority, new SaslOptions { ExternalNames = [name] });
        foreach (var where in new[] { "SAN", "CN", "E" })
        {
            using var certificate = authority.Issue(where == "SAN"
                ? new TestRequest { Emails = ["unknown@example.com", user.Address] }
                : new TestRequest { Subject = $"O=Example,{where}={user.Address}" });
            using var client = await ConnectAsync(gateway, certificate);
            (await client.CommandAsync("a AUTHENTICATE EXTERNAL ="))[^1].ShouldStartWith(where == place ? "a OK" : "a NO [AUTHENTICATIONFAILED]");
        }
    }

    /// <summary>A client may bring those between its certificate and the authority.</summary>
    [Fact]
    public async Task A_chain_leads_to_the_authority_and_each_link_may_be_revoked()
    {
        using var authority = new ClientAuthority(withRevocations: true);
        using var between = new TestAuthority("Between", authority.Authority);
        await using var gateway = await StartAsync(authority);
        var user = await fixture.UserAsync();
        using var certificate = ClientAuthority.Reloaded(between.Issue(new TestRequest { Emails = [user.Address], ForClient = true }));
        (await IsOfferedAsync(gateway, certificate)).ShouldBeFalse(); // The authority's list is there, that of the one between is not
        var next = DateTimeOffset.UtcNow.AddDays(7);
        await ReviseAsync(authority.Authority.Revoke(next) + between.Revoke(next));
        (await IsOfferedAsync(gateway, certificate, between.Certificate)).ShouldBeTrue();
        (await IsOfferedAsync(gateway, certificate)).ShouldBeFalse();
        await ReviseAsync(authority.Authority.Revoke(next, between.Certificate) + between.Revoke(next));
        (await IsOfferedAsync(gateway, certificate, between.Certificate)).ShouldBeFalse();

        async Task ReviseAsync(string lists)
        {
            await File.WriteAllTextAsync(authority.RevocationFile, lists);
            await authority.Source.CheckAsync(CancellationToken.None);
        }
    }

    [Fact]
    public async Task Protocols_without_logins_ask_for_none()
    {
        using var authority = new ClientAuthority(ClientCertificates.Require);
        await using var gateway = await TestGateway.StartAsync([new TestProtocol(TestProtocol.EchoAsync).Listener(implicitTls: true)], certificates: authority.Source);
        using var client = await gateway.ConnectAsync();
        await client.StartTlsAsync(ClientAuthority.With(null));
        await client.PlayAsync("S: hello\nC: x\nS: x");
    }

    [Fact]
    public async Task Anonymous_is_never_there()
    {
        using var client = await fixture.ConnectAsync();
        (await client.Socket.CommandAsync("a CAPABILITY"))[0].ShouldNotContain("ANONYMOUS");
        (await client.Socket.CommandAsync("b AUTHENTICATE ANONYMOUS dHJhY2U="))[^1].ShouldStartWith("b NO");
        new SaslOptions { Mechanisms = ["ANONYMOUS"] }.Validate().ShouldNotBeEmpty();
    }

    private static X509Certificate2? Bad(string what, ClientAuthority authority, TestAuthority stranger, string address)
    {
        var request = new TestRequest { Emails = [address], ForClient = true };
        return what switch
        {
            "stranger" => ClientAuthority.Reloaded(stranger.Issue(request)),
            "expired" => authority.Issue(request with { NotBefore = DateTimeOffset.UtcNow.AddDays(-9), NotAfter = DateTimeOffset.UtcNow.AddDays(-1) }),
            "not yet" => authority.Issue(request with { NotBefore = DateTimeOffset.UtcNow.AddDays(1), NotAfter = DateTimeOffset.UtcNow.AddDays(9) }),
            "for servers" => ClientAuthority.Reloaded(authority.Authority.Issue(request with { ForClient = false })),
            _ => null,
        };
    }

    private Task<TestGateway> StartAsync(ClientAuthority authority, SaslOptions? sasl = null) =>
        fixture.StartAsync(TimeProvider.System, sasl: sasl, certificates: authority.Source);

    private static async Task<bool> IsOfferedAsync(TestGateway gateway, X509Certificate2 certificate, params X509Certificate2[] between)
    {
        using var client = await ConnectAsync(gateway, certificate, between);
        return (await client.CommandAsync("a CAPABILITY"))[0].Contains("AUTH=EXTERNAL", StringComparison.Ordinal);
    }

    private static async Task<TestClient> ConnectAsync(TestGateway gateway, X509Certificate2? certificate, params X509Certificate2[] between)
    {
        var client = await gateway.ConnectAsync();
        await client.PlayAsync("S: *\nC: a STARTTLS\nS: a OK *");
        await client.StartTlsAsync(ClientAuthority.With(certificate, between));
        return client;
    }
}
