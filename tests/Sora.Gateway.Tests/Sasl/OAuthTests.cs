using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Sora.Gateway.Imap;
using Sora.Gateway.ManageSieve;
using Sora.Gateway.Sasl;
using Sora.Gateway.Tests.Connections;
using Sora.Gateway.Tests.Imap;
using Sora.Gateway.Tests.ManageSieve;
using Sora.Identity;
using Sora.Identity.OAuth;
using Sora.Testing;

namespace Sora.Gateway.Tests.Sasl;

/// <summary>A real issuer of tokens, and what checks them.</summary>
internal sealed class OAuthSite : IAsyncDisposable
{
    private readonly IdentityMetrics _metrics = new();

    private OAuthSite(TokenIssuer issuer, Action<OAuthOptions>? change)
    {
        Issuer = issuer;
        var options = new OAuthOptions
        {
            Issuer = issuer.Url, Audiences = ["sora"], Scopes = ["email"], OpenidConfiguration = "https://login.example.com/.well-known/openid-configuration", Leeway = TimeSpan.Zero,
        };
        change?.Invoke(options);
        options.Validate().ShouldBeEmpty();
        Tokens = new TokenVerifier([options], _metrics, TimeProvider.System, NullLoggerFactory.Instance);
    }

    public TokenIssuer Issuer { get; }

    public TokenVerifier Tokens { get; }

    public static async Task<OAuthSite> StartAsync(Action<OAuthOptions>? change = null) => new(await TokenIssuer.StartAsync(), change);

    /// <summary>A client's response; ^ stands for kvsep.</summary>
    public static string Text(string message) => Convert.ToBase64String(Encoding.UTF8.GetBytes(message.Replace('^', '\u0001')));

    public static string Bearer(string token, string header = "n,,") => Text($"{header}^auth=Bearer {token}^^");

    public static string Google(string user, string token) => Text($"user={user}^auth=Bearer {token}^^");

    public async ValueTask DisposeAsync()
    {
        await Tokens.DisposeAsync();
        await Issuer.DisposeAsync();
        _metrics.Dispose();
    }
}

/// <summary>The real clock, moved on.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    private long _ticks;

    public void Advance(TimeSpan by) => Interlocked.Add(ref _ticks, by.Ticks);

    public override long GetTimestamp() => System.GetTimestamp() + (Interlocked.Read(ref _ticks) * (System.TimestampFrequency / TimeSpan.TicksPerSecond));

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddTicks(Interlocked.Read(ref _ticks));
}

/// <summary>OAUTHBEARER (RFC 7628) and XOAUTH2 in IMAP.</summary>
[Collection("imap")]
public sealed class ImapOAuthTests(ImapFixture fixture)
{
    private const string Invalid =
        """{"status":"invalid_token","scope":"email","openid-configuration":"https://login.example.com/.well-known/openid-configuration"}""";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_token_lets_in(bool isInitial)
    {
        var user = await fixture.UserAsync();
        await using var site = await OAuthSite.StartAsync();
        await using var gateway = await fixture.StartAsync(TimeProvider.System, tokens: site.Tokens);
        using var client = await fixture.ConnectAsync(gateway);
        (await client.RunAsync("CAPABILITY"))[0].ShouldContain(" AUTH=OAUTHBEARER AUTH=XOAUTH2 AUTH=PLAIN ");
        var response = OAuthSite.Bearer(site.Issuer.Token(user.Address), $"n,a={user.Address},");
        await client.PlayAsync(isInitial
            ? $"""
              C: a AUTHENTICATE OAUTHBEARER {response}
              S: a OK [CAPABILITY …] Logged in
              C: b SELECT INBOX
              """
            : $"""
              C: a AUTHENTICATE oauthbearer
              S: + 
              C: {response}
              S: a OK [CAPABILITY …] Logged in
              C: b SELECT INBOX
              """);
        (await client.RunAsync("NOOP"))[^1].ShouldStartWith("OK");
    }

    [Fact]
    public async Task Google_has_its_own_form()
    {
        var user = await fixture.UserAsync();
        await using var site = await OAuthSite.StartAsync();
        await using var gateway = await fixture.StartAsync(TimeProvider.System, tokens: site.Tokens);
        using var client = await fixture.ConnectAsync(gateway);
        await client.PlayAsync($$"""
            C: a AUTHENTICATE XOAUTH2 {{OAuthSite.Google(user.Address, "bad")}}
            S: + {{OAuthSite.Text("""{"status":"401","schemes":"bearer","scope":"email"}""")}}
            C:
            S: a NO [AUTHENTICATIONFAILED] Authentication failed
            C: b AUTHENTICATE XOAUTH2 {{OAuthSite.Text("user")}}
            S: + {{OAuthSite.Text("""{"status":"400","schemes":"bearer","scope":"email"}""")}}
            C:
            S: b BAD Response is malformed
            C: c AUTHENTICATE XOAUTH2 {{OAuthSite.Google(user.Address.ToUpperInvariant(), site.Issuer.Token(user.Address))}}
            S: c OK [CAPABILITY …] Logged in
            """);
    }

    [Fact]
    public async Task Failures_are_told_and_then_answered_by_a_message_that_says_nothing()
    {
        var user = await fixture.UserAsync();
        await using var site = await OAuthSite.StartAsync();
        var options = new ImapOptions { AuthFailureDelay = TimeSpan.Zero, MaxAuthFailures = 20 };
        await using var gateway = await fixture.StartAsync(TimeProvider.System, options, tokens: site.Tokens);
        using var client = await fixture.ConnectAsync(gateway);
        var claims = site.Issuer.Claims(user.Address);
        claims["scope"] = "openid";
        var narrow = site.Issuer.Sign(claims);
        (string Response, string Told, string Answer)[] failures =
        [
            (OAuthSite.Text($"n,a={user.Address},^host=server.example.com^port=143^auth=^^"), Invalid, "NO [AUTHENTICATIONFAILED] …"),
            (OAuthSite.Bearer("bad"), Invalid, "NO [AUTHENTICATIONFAILED] …"),
            (OAuthSite.Bearer("not a token"), Invalid.Replace("invalid_token", "invalid_request", StringComparison.Ordinal), "NO [AUTHENTICATIONFAILED] …"),
            (OAuthSite.Bearer(site.Issuer.Token(user.Address, TimeSpan.FromMinutes(-1))), Invalid, "NO [AUTHENTICATIONFAILED] …"),
            (OAuthSite.Bearer(site.Issuer.Token("nobody@example.com")), Invalid, "NO [AUTHENTICATIONFAILED] …"),
            (OAuthSite.Bearer(narrow), Invalid.Replace("invalid_token", "insufficient_scope", StringComparison.Ordinal), "NO [AUTHENTICATIONFAILED] …"),
            (OAuthSite.Text("n,,^auth=Basic YWJj^^"), Invalid.Replace("invalid_token", "invalid_request", StringComparison.Ordinal), "NO [AUTHENTICATIONFAILED] …"),
            (OAuthSite.Text("^"), Invalid.Replace("invalid_token", "invalid_request", StringComparison.Ordinal), "BAD Response is malformed"),
            (OAuthSite.Bearer(site.Issuer.Token(user.Address), "p=tls-exporter,,"), Invalid.Replace("invalid_token", "invalid_request", StringComparison.Ordinal), "BAD …"),
            (OAuthSite.Bearer(site.Issuer.Token(user.Address), "n,a=other@example.com,"), Invalid, "NO [AUTHORIZATIONFAILED] …"),
        ];
        foreach (var (response, told, answer) in failures)
        {
            await client.PlayAsync($"""
                C: a AUTHENTICATE OAUTHBEARER {response}
                S: + {OAuthSite.Text(told)}
                C: AQ==
                S: a {answer}
                """);
        }

        await client.PlayAsync($"""
            C: b AUTHENTICATE OAUTHBEARER {OAuthSite.Bearer(site.Issuer.Token(user.Address))}
            S: b OK …
            """);
    }

    [Fact]
    public async Task Host_and_port_must_be_those_of_the_server_if_they_are_known()
    {
        var user = await fixture.UserAsync();
        await using var site = await OAuthSite.StartAsync();
        var sasl = new SaslOptions { OauthHosts = ["mail.example.com"], OauthPorts = [993] };
        sasl.Validate().ShouldBeEmpty();
        await using var gateway = await fixture.StartAsync(TimeProvider.System, sasl: sasl, tokens: site.Tokens);
        using var client = await fixture.ConnectAsync(gateway);
        foreach (var pair in new[] { "host=other.example.com^", "port=143^" })
        {
            await client.PlayAsync($"""
                C: a AUTHENTICATE OAUTHBEARER {OAuthSite.Text($"n,,^{pair}auth=Bearer {site.Issuer.Token(user.Address)}^^")}
                S: + {OAuthSite.Text(Invalid.Replace("invalid_token", "invalid_request", StringComparison.Ordinal))}
                C: AQ==
                S: a NO [AUTHENTICATIONFAILED] …
                """);
        }

        await client.PlayAsync($"""
            C: b AUTHENTICATE OAUTHBEARER {OAuthSite.Text($"n,,^host=MAIL.example.com^port=993^auth=Bearer {site.Issuer.Token(user.Address)}^^")}
            S: b OK …
            """);
    }

    [Fact]
    public async Task An_issuer_that_is_away_is_no_bad_token()
    {
        var user = await fixture.UserAsync();
        await using var site = await OAuthSite.StartAsync();
        var token = site.Issuer.Token(user.Address);
        await site.Issuer.Peer.GoAwayAsync();
        await using var gateway = await fixture.StartAsync(TimeProvider.System, tokens: site.Tokens);
        using var client = await fixture.ConnectAsync(gateway);
        await client.PlayAsync($"""
            C: a AUTHENTICATE OAUTHBEARER {OAuthSite.Bearer(token)}
            S: a NO [UNAVAILABLE] …
            """);
    }

    [Fact]
    public async Task A_master_acts_for_others_and_an_own_alias_is_oneself()
    {
        var (master, user) = (await fixture.UserAsync(), await fixture.UserAsync());
        var alias = "alias-" + user.Address;
        await fixture.Node.AddAddressAsync(user.Address, alias);
        await using var site = await OAuthSite.StartAsync();
        await using var gateway = await fixture.StartAsync(TimeProvider.System, sasl: new SaslOptions { MasterUsers = [master.Address] }, tokens: site.Tokens);
        foreach (var (holder, actFor) in new[] { (master.Address, user.Address), (user.Address, alias), (alias, user.Address) })
        {
            using var client = await fixture.ConnectAsync(gateway);
            await client.PlayAsync($"""
                C: a AUTHENTICATE OAUTHBEARER {OAuthSite.Bearer(site.Issuer.Token(holder), $"n,a={actFor},")}
                S: a OK …
                """);
        }
    }

    [Fact]
    public async Task Neither_mechanism_is_there_without_an_issuer_or_without_tls()
    {
        using var plain = await fixture.ConnectAsync();
        await plain.PlayAsync("""
            C: a AUTHENTICATE OAUTHBEARER
            S: a NO [CANNOT] Mechanism is not supported
            C: b AUTHENTICATE XOAUTH2
            S: b NO [CANNOT] Mechanism is not supported
            """);
        (await plain.RunAsync("CAPABILITY"))[0].ShouldNotContain("OAUTH");
    }

    [Fact]
    public async Task A_session_ends_with_its_token()
    {
        var user = await fixture.UserAsync();
        await using var site = await OAuthSite.StartAsync();
        var token = site.Issuer.Token(user.Address, TimeSpan.FromMinutes(10));
        var time = new ShiftedTime();
        await using var gateway = await fixture.StartAsync(time, tokens: site.Tokens);
        using var client = await fixture.ConnectAsync(gateway);
        await client.PlayAsync($"""
            C: a AUTHENTICATE OAUTHBEARER {OAuthSite.Bearer(token)}
            S: a OK …
            C: b NOOP
            S: b OK …
            """);
        time.Advance(TimeSpan.FromMinutes(11));
        await client.PlayAsync("S: * BYE Token has ended, log in again");

        // As an option; and a password has no end
        time = new ShiftedTime();
        await using var lasting = await fixture.StartAsync(time, sasl: new SaslOptions { OauthEndsSessions = false }, tokens: site.Tokens);
        using var other = await fixture.ConnectAsync(lasting);
        await other.PlayAsync($"""
            C: a AUTHENTICATE OAUTHBEARER {OAuthSite.Bearer(token)}
            S: a OK …
            """);
        time.Advance(TimeSpan.FromMinutes(11));
        await other.PlayAsync("""
            C: c NOOP
            S: c OK …
            C: d NOOP
            S: d OK …
            """);
    }

    [Fact]
    public async Task An_idle_session_is_woken_when_its_token_ends()
    {
        var user = await fixture.UserAsync();
        await using var site = await OAuthSite.StartAsync();
        var time = new ShiftedTime();
        await using var gateway = await fixture.StartAsync(time, tokens: site.Tokens);
        using var client = await fixture.ConnectAsync(gateway);
        await client.PlayAsync($"""
            C: a AUTHENTICATE OAUTHBEARER {OAuthSite.Bearer(site.Issuer.Token(user.Address, TimeSpan.FromMinutes(1)))}
            S: a OK …
            C: b IDLE
            S: + …
            """);
        time.Advance(TimeSpan.FromSeconds(65));
        await client.PlayAsync("S: * BYE Token has ended, log in again");
    }
}

/// <summary>The same in ManageSieve (RFC 5804 section 2.1).</summary>
[Collection("managesieve")]
public sealed class ManageSieveOAuthTests(ManageSieveFixture sieve)
{
    [Fact]
    public async Task A_token_lets_in_and_ends_the_session()
    {
        var address = await sieve.AddressAsync();
        await using var site = await OAuthSite.StartAsync();
        var time = new ShiftedTime();
        await using var gateway = await sieve.StartAsync(new ManageSieveOptions(), time, tokens: site.Tokens);
        using var client = await ManageSieveFixture.ConnectAsync(gateway);
        var good = OAuthSite.Bearer(site.Issuer.Token(address, TimeSpan.FromMinutes(10)));
        var told = OAuthSite.Text("""{"status":"invalid_token","scope":"email","openid-configuration":"https://login.example.com/.well-known/openid-configuration"}""");
        await client.PlayAsync($$"""
            C: AUTHENTICATE "OAUTHBEARER" "{{OAuthSite.Bearer("bad")}}"
            S: "{{told}}"
            C: "AQ=="
            S: NO "Authentication failed"
            C: AUTHENTICATE "XOAUTH2"
            S: ""
            C: "{{OAuthSite.Google(address, "bad")}}"
            S: "{{OAuthSite.Text("""{"status":"401","schemes":"bearer","scope":"email"}""")}}"
            C: ""
            S: NO "Authentication failed"
            C: AUTHENTICATE "OAUTHBEARER" {{{good.Length}}+}
            C: {{good}}
            S: OK "Logged in"
            """);
        time.Advance(TimeSpan.FromMinutes(11));
        await client.PlayAsync("S: BYE (TRYLATER) \"Token has ended, log in again\"");
    }

    [Fact]
    public async Task An_issuer_that_is_away_is_no_bad_token()
    {
        var address = await sieve.AddressAsync();
        await using var site = await OAuthSite.StartAsync();
        var token = site.Issuer.Token(address);
        await site.Issuer.Peer.GoAwayAsync();
        await using var gateway = await sieve.StartAsync(new ManageSieveOptions(), tokens: site.Tokens);
        using var client = await ManageSieveFixture.ConnectAsync(gateway);
        var response = OAuthSite.Bearer(token);
        await client.PlayAsync($$"""
            C: AUTHENTICATE "OAUTHBEARER" {{{response.Length}}+}
            C: {{response}}
            S: NO (TRYLATER) *
            """);
    }
}
