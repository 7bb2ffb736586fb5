using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Sora.Contracts;
using Sora.Gateway.Connections;
using Sora.Gateway.Lmtp;
using Sora.Gateway.ManageSieve;
using Sora.Gateway.Pop3;
using Sora.Gateway.Sasl;
using Sora.Gateway.Tests.Connections;
using Sora.Gateway.Tests.Imap;
using Sora.Gateway.Tests.ManageSieve;
using Sora.Gateway.Tests.Sasl;
using Sora.Mailstore.Accounts;
using Sora.Mailstore.Accounts.Lookup;
using Sora.Mailstore.Accounts.Passwords;
using Sora.Testing;

namespace Sora.Gateway.Tests.Lookup;

/// <summary>Users who live elsewhere log in and get mail; and what clients hear when nobody can say who they are.</summary>
[Collection("imap")]
public sealed class ExternalAccountTests(ImapFixture fixture)
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task Who_logs_in_first_gets_an_account_with_its_aliases_and_quota()
    {
        await using var site = await LookupSite.StartAsync("first.example");
        var ada = site.Add("ada", aliases: [site.Address("a.lovelace")], quota: new { storage = 123_456, messages = (long?)null });
        await using var gateway = await fixture.StartAsync(TimeProvider.System, accounts: fixture.Node.With(site.Lookup));
        using var client = await fixture.ConnectAsync(gateway);
        await client.PlayAsync($"""
            C: a LOGIN {ada} wrong
            S: a NO [AUTHENTICATIONFAILED] …
            C: b LOGIN {site.Address("nobody")} secret
            S: b NO [AUTHENTICATIONFAILED] …
            C: c LOGIN {site.Address("A.Lovelace")} secret
            S: c OK …
            C: d GETQUOTAROOT INBOX
            S: * QUOTAROOT INBOX …
            S: * QUOTA … (STORAGE 0 121)
            S: d OK …
            """);
        var account = (await fixture.Engine.Accounts.FindAsync(ada, None))!.Account;
        (await fixture.Engine.Accounts.Get(account).AddressesAsync(None)).ShouldBe([ada, site.Address("a.lovelace")]);

        // What is changed there is changed here at the next login
        site.Add("ada", "another", aliases: [site.Address("countess")]);
        using var again = await fixture.ConnectAsync(gateway);
        await again.PlayAsync($"""
            C: a LOGIN {ada} secret
            S: a NO [AUTHENTICATIONFAILED] …
            C: b LOGIN {ada} another
            S: b OK …
            """);
        (await fixture.Engine.Accounts.Get(account).AddressesAsync(None)).ShouldBe([ada, site.Address("countess")]);
    }

    [Fact]
    public async Task Many_first_logins_make_one_account()
    {
        await using var site = await LookupSite.StartAsync("storm.example");
        var user = site.Add("user");
        var accounts = fixture.Node.With(site.Lookup);
        var logins = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(async () => await accounts.FindAsync(user, None))));
        logins.Select(identity => identity!.Account).Distinct().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Accounts_of_this_server_are_used_when_the_service_does_not_know_them_and_only_then()
    {
        await using var site = await LookupSite.StartAsync("local.example");
        var local = site.Address("local");
        await fixture.Node.CreateAccountAsync(local, "old");
        var accounts = fixture.Node.With(site.Lookup);
        (await LogInAsync(accounts, local, "old")).IsOk.ShouldBeTrue();
        (await accounts.FindAsync(local, None)).ShouldNotBeNull();
        var strict = fixture.Node.With(site.Lookup, usesLocal: false);
        (await LogInAsync(strict, local, "old")).Error!.Code.ShouldBe(MailErrorCode.AuthenticationFailed);
        (await strict.FindAsync(local, None)).ShouldBeNull();

        // The service's word counts for more
        site.Add("local", "new");
        (await LogInAsync(accounts, local, "old")).Error!.Code.ShouldBe(MailErrorCode.AuthenticationFailed);
        (await LogInAsync(accounts, local, "new")).IsOk.ShouldBeTrue();

        // Whom the service knew and knows no more is not let in, and gets no mail
        var gone = site.Add("gone");
        (await LogInAsync(accounts, gone, "secret")).IsOk.ShouldBeTrue();
        site.Users.Clear();
        (await LogInAsync(accounts, gone, "secret")).Error!.Code.ShouldBe(MailErrorCode.AuthenticationFailed);
        (await LogInAsync(accounts, gone, "{LOOKUP}")).Error!.Code.ShouldBe(MailErrorCode.AuthenticationFailed);
        (await accounts.FindAsync(gone, None)).ShouldBeNull();
    }

    [Theory]
    [InlineData(Identity.Lookup.PasswordCheck.Hash)]
    [InlineData(Identity.Lookup.PasswordCheck.Service)]
    public async Task Further_passwords_that_were_made_here_let_in_as_long_as_the_service_knows_the_user(Identity.Lookup.PasswordCheck check)
    {
        await using var site = await LookupSite.StartAsync($"further-{check}.example".ToLowerInvariant(), options => options.PasswordCheck = check);
        var user = site.Add("user");
        var accounts = fixture.Node.With(site.Lookup);
        (await accounts.FindAsync(user, None)).ShouldNotBeNull();
        var generated = (await fixture.Node.Credentials.AddPasswordAsync(user, null, new CredentialSettings("phone", LoginScopes.Imap, null), None)).Value.Generated!;
        var hasher = new PasswordHasher(new PasswordOptions { BcryptCost = 4 });
        (await fixture.Node.Credentials.AddPasswordAsync(user, new NewPassword(hasher.Hash("chosen"), "chosen"), CredentialSettings.Default, None)).IsOk.ShouldBeTrue();
        site.Peer.Requests.Clear();
        var let = await LogInAsync(accounts, user, generated);
        let.IsOk.ShouldBeTrue();
        let.Value.Ticket!.Credential.ShouldNotBe(default);

        // The service does not hear of what it would call wrong
        site.Peer.Requests.ShouldAllBe(request => !request.Body.Contains("password", StringComparison.Ordinal));
        (await LogInAsync(accounts, user, generated[..^1] + (generated[^1] == 'a' ? 'b' : 'a'))).Error!.Code.ShouldBe(MailErrorCode.AuthenticationFailed);
        (await accounts.AuthenticateAsync(Logins.Pop3(user), generated, None)).Error!.Code.ShouldBe(MailErrorCode.AuthorizationFailed);
        (await LogInAsync(accounts, user, "chosen")).IsOk.ShouldBeTrue();
        (await LogInAsync(accounts, user, "secret")).IsOk.ShouldBeTrue();
        (await LogInAsync(accounts, user, "wrong")).Error!.Code.ShouldBe(MailErrorCode.AuthenticationFailed);

        // An address of this server that the service knows too: its own password does not count, its further ones do
        await fixture.Node.CreateAccountAsync(site.Address("both"), "here");
        site.Add("both", "there");
        var both = (await fixture.Node.Credentials.AddPasswordAsync(site.Address("both"), null, CredentialSettings.Default, None)).Value.Generated!;
        (await LogInAsync(accounts, site.Address("both"), "here")).Error!.Code.ShouldBe(MailErrorCode.AuthenticationFailed);
        (await LogInAsync(accounts, site.Address("both"), both)).IsOk.ShouldBeTrue();

        // Who is gone there is gone
        site.Users.Clear();
        (await LogInAsync(accounts, user, generated)).Error!.Code.ShouldBe(MailErrorCode.AuthenticationFailed);
        (await LogInAsync(accounts, user, "chosen")).Error!.Code.ShouldBe(MailErrorCode.AuthenticationFailed);

        // Passwords without keys would keep SCRAM from other tests
        foreach (var address in new[] { user, site.Address("both") })
            (await fixture.Node.Administration.DeleteAsync(address, None)).IsOk.ShouldBeTrue();
    }

    [Fact]
    public async Task Accounts_are_made_only_if_wanted_and_not_brought_back()
    {
        await using var site = await LookupSite.StartAsync("made.example");
        var user = site.Add("user");
        (await LogInAsync(fixture.Node.With(site.Lookup, mayCreate: false), user, "secret")).Error!.Code.ShouldBe(MailErrorCode.AuthenticationFailed);
        var accounts = fixture.Node.With(site.Lookup);
        (await LogInAsync(accounts, user, "secret")).IsOk.ShouldBeTrue();
        (await LogInAsync(fixture.Node.With(site.Lookup, mayCreate: false), user, "secret")).IsOk.ShouldBeTrue();
        (await fixture.Node.Administration.DeleteAsync(user, None)).IsOk.ShouldBeTrue();
        (await LogInAsync(accounts, user, "secret")).Error!.Code.ShouldBe(MailErrorCode.AuthenticationFailed);
        (await accounts.FindAsync(user, None)).ShouldBeNull();
    }

    [Fact]
    public async Task Scram_works_with_keys_that_the_service_tells_and_looks_the_same_without()
    {
        await using var site = await LookupSite.StartAsync("scram.example");
        var user = site.Add("user");
        await fixture.Node.CreateAccountAsync(site.Address("taken"), "old"); // its own keys must not be used
        site.Users[site.Address("taken")] = new { result = "found" };
        await using var gateway = await fixture.StartAsync(TimeProvider.System, accounts: fixture.Node.With(site.Lookup));
        foreach (var (name, password, isGood) in new[] { (user, "secret", true), (user, "wrong", false), (site.Address("taken"), "old", false), (site.Address("nobody"), "secret", false) })
        {
            using var client = await fixture.ConnectAsync(gateway);
            var scram = new ScramClient(name, password);
            await client.Socket.SendAsync($"a AUTHENTICATE SCRAM-SHA-256 {scram.First}\r\n");
            await client.Socket.SendAsync(scram.Final((await client.Socket.LineAsync())![2..]) + "\r\n");
            (await client.Socket.LineAsync())!.ShouldStartWith(isGood ? "+ " : "a NO [AUTHENTICATIONFAILED]");
        }
    }

    [Fact]
    public async Task A_token_of_somebody_who_lives_elsewhere_makes_the_account_too()
    {
        await using var site = await LookupSite.StartAsync("token.example");
        await using var oauth = await OAuthSite.StartAsync();
        var user = site.Add("user");
        await using var gateway = await fixture.StartAsync(TimeProvider.System, tokens: oauth.Tokens, accounts: fixture.Node.With(site.Lookup));
        using var client = await fixture.ConnectAsync(gateway);
        await client.PlayAsync($"""
            C: a AUTHENTICATE OAUTHBEARER {OAuthSite.Bearer(oauth.Issuer.Token(user))}
            S: a OK …
            """);
    }

    [Fact]
    public async Task Mail_for_those_who_live_elsewhere_is_taken_before_they_have_ever_been_here()
    {
        await using var site = await LookupSite.StartAsync("mail.example");
        var user = site.Add("user", aliases: [site.Address("alias")]);
        await using var gateway = await LmtpAsync(site);
        using var client = await LhloAsync(gateway);
        await client.PlayAsync($"""
            C: MAIL FROM:<sender@example.net>
            S: 250 *
            C: RCPT TO:<{site.Address("nobody")}>
            S: 550 5.1.1 *
            C: RCPT TO:<{site.Address("alias+detail")}>
            S: 250 *
            C: DATA
            S: 354 *
            C: Subject: x
            C:
            C: y
            C: .
            S: 250 *
            """);
        var account = (await fixture.Engine.Accounts.FindAsync(user, None))!.Account;
        var inbox = await MailstoreNode.IdAsync(fixture.Engine.Accounts.Get(account), "INBOX");
        (await fixture.Engine.Accounts.Get(account).StatusAsync([inbox], false, None))[0]!.Totals.Messages.ShouldBe(1);
    }

    [Fact]
    public async Task When_the_service_is_away_nobody_hears_of_a_wrong_password_or_an_unknown_address()
    {
        await using var site = await LookupSite.StartAsync("away.example");
        await using var oauth = await OAuthSite.StartAsync();
        var user = site.Address("user");
        await site.Peer.GoAwayAsync();
        var accounts = fixture.Node.With(site.Lookup);
        await using var imap = await fixture.StartAsync(TimeProvider.System, tokens: oauth.Tokens, accounts: accounts);
        using var client = await fixture.ConnectAsync(imap);
        await client.PlayAsync($"""
            C: a LOGIN {user} secret
            S: a NO [UNAVAILABLE] …
            C: b AUTHENTICATE PLAIN {Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{user}\0secret"))}
            S: b NO [UNAVAILABLE] …
            C: c AUTHENTICATE SCRAM-SHA-256 {new ScramClient(user, "secret").First}
            S: c NO [UNAVAILABLE] …
            """);
        await using var lmtp = await LmtpAsync(site);
        using var sender = await LhloAsync(lmtp);
        await sender.PlayAsync($"""
            C: MAIL FROM:<sender@example.net>
            S: 250 *
            C: RCPT TO:<{user}>
            S: 451 4.4.3 *
            """);
        var metrics = new GatewayMetrics();
        var pop3 = new Pop3Server(
            new Pop3Options { Listen = ["127.0.0.1:0"], TlsListen = [] }, accounts, fixture.Node.Maildrops, fixture.Engine.Mailboxes, fixture.Messages, fixture.Replicas, metrics,
            TimeProvider.System, new ErrorLog<Pop3Server>());
        await using var drops = await TestGateway.StartAsync(pop3.Listeners(), metrics: metrics);
        using var reader = await drops.ConnectAsync();
        await reader.PlayAsync($"""
            S: +OK *
            C: USER {user}
            S: +OK *
            C: PASS secret
            S: -ERR [SYS/TEMP] *
            """);
    }

    private static async Task<MailResult<AccountIdentity>> LogInAsync(ExternalAccounts accounts, string user, string password) =>
        await accounts.AuthenticateAsync(Logins.Imap(user), password, None);

    private async Task<TestGateway> LmtpAsync(LookupSite site)
    {
        var accounts = fixture.Node.With(site.Lookup);
        var metrics = new GatewayMetrics();
        var server = new LmtpServer(
            new LmtpOptions { Listen = ["127.0.0.1:0"], HostName = "mx.example.org" }, accounts, fixture.Bodies.Intakes,
            new Mailstore.Delivery.MessageDelivery(fixture.Engine.Accounts, fixture.Engine.Mailboxes, new Mailstore.Delivery.DeliveryOptions(), TimeProvider.System), metrics, NullLogger<LmtpServer>.Instance, TimeProvider.System);
        return await TestGateway.StartAsync(server.Listeners(), metrics: metrics);
    }

    private static async Task<TestClient> LhloAsync(TestGateway gateway)
    {
        var client = await gateway.ConnectAsync();
        await client.PlayAsync("""
            S: 220 *
            C: LHLO client.example.net
            """);
        await Lmtp.LmtpFixture.SkipExtensionsAsync(client);
        return client;
    }
}

/// <summary>The same for ManageSieve.</summary>
[Collection("managesieve")]
public sealed class ManageSieveExternalAccountTests(ManageSieveFixture sieve)
{
    [Fact]
    public async Task A_service_that_is_away_is_no_wrong_password()
    {
        await using var site = await LookupSite.StartAsync("sieve.example");
        var user = site.Add("user");
        await using var gateway = await sieve.StartAsync(new ManageSieveOptions(), accounts: sieve.Node.With(site.Lookup));
        using var client = await ManageSieveFixture.ConnectAsync(gateway);
        await site.Peer.GoAwayAsync();
        var plain = Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{user}\0secret"));
        await client.PlayAsync($"""
            C: AUTHENTICATE "PLAIN" "{plain}"
            S: NO (TRYLATER) *
            """);
        await site.Peer.ComeBackAsync();
        await client.PlayAsync($"""
            C: AUTHENTICATE "PLAIN" "{plain}"
            S: OK *
            """);
    }
}
