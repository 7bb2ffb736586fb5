using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Sora.Contracts;
using Sora.Identity.OAuth;
using Sora.Testing;

namespace Sora.Identity.Tests;

/// <summary>Tokens that are checked with the keys of a real issuer.</summary>
public sealed class SignedTokenTests : IAsyncLifetime, IDisposable
{
    private const string User = "user@example.com";

    private readonly IdentityMetrics _metrics = new();
    private readonly TestClock _clock = new();
    private TokenIssuer _issuer = null!;

    private OAuthOptions Options { get; set; } = null!;

    public async Task InitializeAsync()
    {
        _issuer = await TokenIssuer.StartAsync();
        Options = new OAuthOptions { Issuer = _issuer.Url, Audiences = ["other", "sora"], Scopes = ["email"] };
        Options.Validate().ShouldBeEmpty();
    }

    public async Task DisposeAsync() => await _issuer.DisposeAsync();

    public void Dispose() => _metrics.Dispose();

    [Theory]
    [InlineData("RS256")]
    [InlineData("RS384")]
    [InlineData("RS512")]
    [InlineData("PS256")]
    [InlineData("PS384")]
    [InlineData("PS512")]
    public async Task Rsa(string algorithm)
    {
        await using var verifier = Verifier();
        var check = await CheckAsync(verifier, _issuer.Sign(_issuer.Claims("User@Example.com"), algorithm));
        check.Outcome.ShouldBe(TokenOutcome.Accepted);
        check.User.ShouldBe(User);
        (check.Expires!.Value - DateTimeOffset.UtcNow).TotalMinutes.ShouldBeInRange(58, 61);
    }

    [Theory]
    [InlineData("ES256", "nistP256")]
    [InlineData("ES384", "nistP384")]
    [InlineData("ES512", "nistP521")]
    public async Task Elliptic_curves(string algorithm, string curve)
    {
        using var key = IssuerKey.Ec("ec", ECCurve.CreateFromFriendlyName(curve));
        _issuer.Keys.Add(key);
        await using var verifier = Verifier();
        (await CheckAsync(verifier, _issuer.Sign(_issuer.Claims(User), algorithm, key))).Outcome.ShouldBe(TokenOutcome.Accepted);
        (await CheckAsync(verifier, Broken(_issuer.Sign(_issuer.Claims(User), algorithm, key)))).Outcome.ShouldBe(TokenOutcome.InvalidToken);

        // A signature of that curve under the name of another algorithm, and of an RSA key's name
        foreach (var other in new[] { "ES256", "ES384", "ES512", "RS256", "PS256" }.Where(name => name != algorithm))
        {
            var header = new { alg = other, kid = "ec" };
            (await CheckAsync(verifier, TokenIssuer.Sign((_, data) => key.Sign(algorithm, data), algorithm, _issuer.Claims(User), header)))
                .Outcome.ShouldBe(TokenOutcome.InvalidToken, other);
        }
    }

    [Fact]
    public async Task What_is_not_signed_by_the_issuer_is_refused()
    {
        using var stranger = IssuerKey.Rsa("first");
        await using var verifier = Verifier();
        var claims = _issuer.Claims(User);
        var good = _issuer.Sign(claims);
        string[] tokens =
        [
            TokenIssuer.Sign((_, _) => [], "none", claims, new { alg = "none" }),
            TokenIssuer.Sign((_, _) => [], "none", claims, new { alg = "None", kid = "first" }),
            good[..(good.LastIndexOf('.') + 1)],
            good[..good.LastIndexOf('.')],
            Hmac(Encoding.ASCII.GetBytes(_issuer.Key.Pem), claims),
            Hmac(Encoding.ASCII.GetBytes(_issuer.KeySet()), claims),
            _issuer.Sign(claims, key: stranger),
            Broken(good),
            _issuer.Sign(claims, header: new { alg = "RS256", kid = "unknown" }),
            _issuer.Sign(claims, header: new { alg = "rs256", kid = "first" }),
            _issuer.Sign(claims, header: new { alg = "RS384", kid = "first" }),
            _issuer.Sign(claims, header: new { alg = "RS256", kid = "first", crit = new[] { "exp" }, exp = 1 }),
            _issuer.Sign(claims, header: new { alg = "RS256", jwk = stranger.Public() }, key: stranger),
            _issuer.Sign(claims, header: new { alg = "RS256", jku = _issuer.Url + "/keys2" }, key: stranger),
            _issuer.Sign("[]"),
            _issuer.Sign("not json"),
            _issuer.Sign(new byte[] { 0xFF, 0xFE }),
        ];
        for (var i = 0; i < tokens.Length; i++)
            (await CheckAsync(verifier, tokens[i])).Outcome.ShouldBe(TokenOutcome.InvalidToken, $"{i}");
        (await CheckAsync(verifier, good)).Outcome.ShouldBe(TokenOutcome.Accepted);
        (await CheckAsync(verifier, _issuer.Sign(claims, header: new { alg = "RS256" }))).Outcome.ShouldBe(TokenOutcome.Accepted, "without kid");
    }

    [Theory]
    [InlineData("")]
    [InlineData("=")]
    [InlineData("two words")]
    [InlineData("t\u00F6ken")]
    [InlineData("a,b")]
    public async Task What_is_no_token_at_all(string token)
    {
        await using var verifier = Verifier();
        (await CheckAsync(verifier, token)).Outcome.ShouldBe(TokenOutcome.InvalidRequest);
    }

    [Theory]
    [InlineData("iss", "\"https://other.example\"", false)]
    [InlineData("iss", null, false)]
    [InlineData("aud", "\"nobody\"", false)]
    [InlineData("aud", "[\"nobody\",\"sora\"]", true)]
    [InlineData("aud", "[\"nobody\",7]", false)]
    [InlineData("aud", "[]", false)]
    [InlineData("aud", null, false)]
    [InlineData("exp", null, false)]
    [InlineData("exp", "\"4000000000\"", false)]
    [InlineData("exp", "1000", false)]
    [InlineData("exp", "-1", false)]
    [InlineData("exp", "1e400", false)]
    [InlineData("exp", "1e300", false)]
    [InlineData("exp", "4000000000.5", true)]
    [InlineData("nbf", "4000000000", false)]
    [InlineData("nbf", "1000", true)]
    [InlineData("iat", "4000000000", false)]
    [InlineData("iat", null, true)]
    [InlineData("email", null, false)]
    [InlineData("email", "7", false)]
    [InlineData("email", "\"\"", false)]
    [InlineData("email", "\"name\"", false)]
    [InlineData("email_verified", "false", false)]
    [InlineData("email_verified", "\"false\"", false)]
    [InlineData("email_verified", "true", true)]
    [InlineData("email_verified", "\"true\"", true)]
    [InlineData("scope", "\"emails openid\"", null)]
    [InlineData("scope", null, null)]
    [InlineData("scope", "[\"openid\",\"email\"]", true)]
    [InlineData("scp", "[\"email\"]", true)]
    public async Task Claims(string name, string? json, bool? isGood)
    {
        var claims = _issuer.Claims(User);
        claims.Remove(name);
        if (name == "scp")
            claims.Remove("scope");
        var text = JsonSerializer.Serialize(claims);
        if (json is not null)
            text = $"{text[..^1]},\"{name}\":{json}}}";
        await using var verifier = Verifier();
        (await CheckAsync(verifier, _issuer.Sign(text))).Outcome.ShouldBe(
            isGood switch { true => TokenOutcome.Accepted, false => TokenOutcome.InvalidToken, _ => TokenOutcome.InsufficientScope });
    }

    [Fact]
    public async Task A_claim_that_comes_twice_is_refused()
    {
        var text = JsonSerializer.Serialize(_issuer.Claims(User));
        await using var verifier = Verifier();
        (await CheckAsync(verifier, _issuer.Sign($"{text[..^1]},\"email\":\"other@example.com\"}}"))).Outcome.ShouldBe(TokenOutcome.InvalidToken);
    }

    [Fact]
    public async Task Times_have_a_leeway_and_no_more()
    {
        Options.Leeway = TimeSpan.FromSeconds(30);
        await using var verifier = Verifier();
        var now = _clock.GetUtcNow();
        foreach (var (claim, seconds, isGood) in new[] { ("exp", -20, true), ("exp", -40, false), ("nbf", 20, true), ("nbf", 40, false), ("iat", 20, true), ("iat", 40, false) })
        {
            var claims = _issuer.Claims(User);
            claims[claim] = now.AddSeconds(seconds).ToUnixTimeSeconds();
            (await CheckAsync(verifier, _issuer.Sign(claims))).Outcome.ShouldBe(isGood ? TokenOutcome.Accepted : TokenOutcome.InvalidToken, $"{claim} {seconds}");
        }
    }

    [Fact]
    public async Task The_account_is_named_by_the_claim_that_the_options_say()
    {
        Options.AccountClaim = "preferred_username";
        Options.DefaultDomain = "Example.com";
        Options.Domains = ["example.com"];
        Options.Clients = ["thunderbird"];
        Options.Validate().ShouldBeEmpty();
        await using var verifier = Verifier();
        foreach (var (name, client, expected) in new (string, string?, string?)[]
        {
            ("Ada", "thunderbird", "ada@example.com"), ("Ada@EXAMPLE.com", "thunderbird", "ada@example.com"), ("ada@example.org", "thunderbird", null),
            ("ada", "other", null), ("ada", null, null),
        })
        {
            var claims = _issuer.Claims("other@example.com");
            claims["preferred_username"] = name;
            if (client is not null)
                claims["azp"] = client;
            var check = await CheckAsync(verifier, _issuer.Sign(claims));
            check.Outcome.ShouldBe(expected is null ? TokenOutcome.InvalidToken : TokenOutcome.Accepted);
            check.User.ShouldBe(expected ?? "");
        }
    }

    [Fact]
    public async Task A_new_key_is_known_when_it_is_first_used_and_strangers_do_not_make_it_ask_all_the_time()
    {
        await using var verifier = Verifier();
        (await CheckAsync(verifier, _issuer.Token(User))).Outcome.ShouldBe(TokenOutcome.Accepted);
        _issuer.Peer.Count("/keys").ShouldBe(1);
        using var second = IssuerKey.Rsa("second");
        _issuer.Keys.Add(second);

        // It was asked a moment ago
        (await CheckAsync(verifier, _issuer.Sign(_issuer.Claims(User), key: second))).Outcome.ShouldBe(TokenOutcome.InvalidToken);
        _issuer.Peer.Count("/keys").ShouldBe(1);
        _clock.Advance(Options.KeysRetry);
        (await CheckAsync(verifier, _issuer.Sign(_issuer.Claims(User), key: second))).Outcome.ShouldBe(TokenOutcome.Accepted);
        _issuer.Peer.Count("/keys").ShouldBe(2);
        for (var i = 0; i < 5; i++)
            (await CheckAsync(verifier, _issuer.Sign(_issuer.Claims(User), header: new { alg = "RS256", kid = $"made-up-{i}" }))).Outcome.ShouldBe(TokenOutcome.InvalidToken);
        _issuer.Peer.Count("/keys").ShouldBe(2);

        // A key that was withdrawn is forgotten when the keys are old
        _issuer.Keys = [second];
        _clock.Advance(Options.KeysRefresh);
        await Eventually.WaitAsync(async () =>
        {
            _clock.Advance(Options.KeysRetry);
            return (await CheckAsync(verifier, _issuer.Sign(_issuer.Claims(User, _clock.GetUtcNow())))).Outcome == TokenOutcome.InvalidToken;
        });
    }

    [Fact]
    public async Task Many_first_tokens_ask_once()
    {
        await using var verifier = Verifier();
        var token = _issuer.Token(User);
        var checks = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => CheckAsync(verifier, token))));
        checks.ShouldAllBe(check => check.Outcome == TokenOutcome.Accepted);
        _issuer.Peer.Count("/keys").ShouldBe(1);
    }

    [Fact]
    public async Task While_the_issuer_is_away_its_keys_are_used_and_unknown_ones_are_not_wrong()
    {
        await using var verifier = Verifier();
        await _issuer.Peer.GoAwayAsync();
        (await CheckAsync(verifier, _issuer.Token(User))).Outcome.ShouldBe(TokenOutcome.Unavailable);
        await _issuer.Peer.ComeBackAsync();
        (await CheckAsync(verifier, _issuer.Token(User))).Outcome.ShouldBe(TokenOutcome.Unavailable, "it was asked a moment ago");
        _clock.Advance(Options.KeysRetry);
        (await CheckAsync(verifier, _issuer.Token(User))).Outcome.ShouldBe(TokenOutcome.Accepted);
        await _issuer.Peer.GoAwayAsync();
        _clock.Advance(Options.KeysRefresh);
        var old = _issuer.Sign(_issuer.Claims(User, _clock.GetUtcNow(), TimeSpan.FromDays(30)));
        (await CheckAsync(verifier, old)).Outcome.ShouldBe(TokenOutcome.Accepted);
        _clock.Advance(Options.KeysRetry);
        (await CheckAsync(verifier, _issuer.Sign(_issuer.Claims(User), header: new { alg = "RS256", kid = "new" }))).Outcome.ShouldBe(TokenOutcome.Unavailable);
        _clock.Advance(Options.KeysKept);
        (await CheckAsync(verifier, old)).Outcome.ShouldBe(TokenOutcome.Unavailable, "they are too old");
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{\"keys\":7}")]
    [InlineData("{\"keys\":[]}")]
    [InlineData("{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"first\",\"n\":\"!\",\"e\":\"AQAB\"}]}", TokenOutcome.InvalidToken)]
    [InlineData("{\"keys\":[{\"kty\":\"oct\",\"kid\":\"first\",\"k\":\"AAAA\"}]}", TokenOutcome.InvalidToken)]
    [InlineData("huge")]
    [InlineData("many")]
    [InlineData("500")]
    [InlineData("302")]
    [InlineData("never")]
    public async Task Answers_of_an_issuer_that_is_not_well(string answer, TokenOutcome expected = TokenOutcome.Unavailable)
    {
        Options.Http.Timeout = answer == "never" ? TimeSpan.FromMilliseconds(300) : TimeSpan.FromSeconds(30);
        Options.MaxKeys = 3;
        _issuer.Instead = context => answer switch
        {
            "huge" => WebPeer.JsonAsync(context, _issuer.KeySet() + new string(' ', 300_000)),
            "many" => WebPeer.JsonAsync(context, JsonSerializer.Serialize(new { keys = Enumerable.Repeat(_issuer.Key.Public(), 4) })),
            "500" => WebPeer.JsonAsync(context, _issuer.KeySet(), 500),
            "302" => Redirect(context),
            "never" => Task.Delay(Timeout.Infinite, context.RequestAborted),
            _ => WebPeer.JsonAsync(context, answer),
        };
        await using var verifier = Verifier();
        (await CheckAsync(verifier, _issuer.Token(User))).Outcome.ShouldBe(expected);
        _issuer.Instead = null;
        _clock.Advance(Options.KeysRetry);
        (await CheckAsync(verifier, _issuer.Token(User))).Outcome.ShouldBe(TokenOutcome.Accepted);
    }

    [Fact]
    public async Task Keys_that_are_too_short_or_for_something_else_are_not_used()
    {
        using var small = IssuerKey.Rsa("small", 1024);
        using var encrypting = IssuerKey.Rsa("enc");
        using var only = IssuerKey.Rsa("only");
        _issuer.Instead = context => WebPeer.JsonAsync(context, JsonSerializer.Serialize(
            new { keys = new[] { small.Public(), encrypting.Public(use: "enc"), only.Public("RS512") } }));
        await using var verifier = Verifier();
        foreach (var (key, algorithm, expected) in new[]
        {
            (small, "RS256", TokenOutcome.InvalidToken), (encrypting, "RS256", TokenOutcome.InvalidToken), (only, "RS256", TokenOutcome.InvalidToken), (only, "RS512", TokenOutcome.Accepted),
        })
        {
            (await CheckAsync(verifier, _issuer.Sign(_issuer.Claims(User), algorithm, key))).Outcome.ShouldBe(expected, $"{key.Id} {algorithm}");
        }
    }

    [Fact]
    public async Task Keys_of_a_file_are_read_anew()
    {
        using var folder = new TempFolder();
        Options.KeysFile = Path.Combine(folder.Path, "keys.json");
        Options.Validate().ShouldBeEmpty();
        await using var verifier = Verifier();
        (await CheckAsync(verifier, _issuer.Token(User))).Outcome.ShouldBe(TokenOutcome.Unavailable);
        await File.WriteAllTextAsync(Options.KeysFile, _issuer.KeySet());
        _clock.Advance(Options.KeysRetry);
        (await CheckAsync(verifier, _issuer.Token(User))).Outcome.ShouldBe(TokenOutcome.Accepted);
        _issuer.Peer.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_configuration_of_another_issuer_is_not_believed()
    {
        Options.Issuer = _issuer.Url + "/";
        Options.Validate().ShouldBeEmpty();
        await using var verifier = Verifier();
        var claims = _issuer.Claims(User);
        claims["iss"] = Options.Issuer;
        (await CheckAsync(verifier, _issuer.Sign(claims))).Outcome.ShouldBe(TokenOutcome.Unavailable);
        _issuer.Peer.Count("/keys").ShouldBe(0);
    }

    [Fact]
    public async Task Each_issuer_vouches_for_its_own_domains()
    {
        await using var other = await TokenIssuer.StartAsync();
        Options.Domains = ["example.com"];
        var second = new OAuthOptions { Issuer = other.Url, Audiences = ["sora"], Domains = ["example.org"], Scopes = ["mail"] };
        await using var verifier = new TokenVerifier([Options, second], _metrics, _clock, NullLoggerFactory.Instance);
        (await CheckAsync(verifier, _issuer.Token(User))).Outcome.ShouldBe(TokenOutcome.Accepted);
        (await CheckAsync(verifier, other.Token(User))).Outcome.ShouldBe(TokenOutcome.InvalidToken);
        (await CheckAsync(verifier, other.Token("ada@example.org"))).Outcome.ShouldBe(TokenOutcome.InsufficientScope);
        verifier.HintFor("ada@example.org", LoginScopes.Imap).Scope.ShouldBe("mail");
        verifier.HintFor("user@EXAMPLE.COM", LoginScopes.Pop3).Scope.ShouldBe("email");
        verifier.HintFor("", LoginScopes.Imap).Scope.ShouldBe("email");

        // One issuer's key does not sign for the other
        var claims = other.Claims("ada@example.org");
        (await CheckAsync(verifier, other.Sign(claims, key: _issuer.Key))).Outcome.ShouldBe(TokenOutcome.InvalidToken);
    }

    [Theory]
    [InlineData("openid email", LoginScopes.ManageSieve)]
    [InlineData("openid email imap", LoginScopes.Imap | LoginScopes.ManageSieve)]
    [InlineData("email pop", LoginScopes.Pop3 | LoginScopes.ManageSieve)]
    [InlineData("email mail", LoginScopes.All)]
    [InlineData("email IMAP pop3", LoginScopes.ManageSieve)]
    public async Task Scopes_may_be_for_single_protocols(string scope, LoginScopes expected)
    {
        Options.ImapScopes = ["imap", "mail"];
        Options.Pop3Scopes = ["pop", "mail"];
        Options.Validate().ShouldBeEmpty();
        await using var verifier = new TokenVerifier([Options], _metrics, _clock, NullLoggerFactory.Instance);
        var claims = _issuer.Claims(User);
        claims["scope"] = scope;
        var check = await CheckAsync(verifier, _issuer.Sign(claims));
        check.Outcome.ShouldBe(TokenOutcome.Accepted);
        check.Protocols.ShouldBe(expected);
        verifier.HintFor(User, LoginScopes.Imap).Scope.ShouldBe("imap");
        verifier.HintFor(User, LoginScopes.ManageSieve).Scope.ShouldBe(Options.Scopes[0]);
        Options.ManagesieveScopes = ["no scope"];
        Options.Validate().Single().ShouldContain("managesieve_scopes");
    }

    [Fact]
    public async Task A_token_longer_than_the_limit_is_refused()
    {
        Options.MaxToken = 1000;
        await using var verifier = Verifier();
        var claims = _issuer.Claims(User);
        (await CheckAsync(verifier, _issuer.Sign(claims))).Outcome.ShouldBe(TokenOutcome.Accepted);
        claims["more"] = new string('x', 1000);
        (await CheckAsync(verifier, _issuer.Sign(claims))).Outcome.ShouldBe(TokenOutcome.InvalidToken);
    }

    [Fact]
    public async Task Whatever_comes_there_is_an_answer()
    {
        await using var verifier = Verifier();
        var random = new Random(7628);
        var good = _issuer.Token(User);
        for (var round = 0; round < 2000; round++)
        {
            var token = good.ToCharArray();
            for (var change = random.Next(1, 4); change > 0; change--)
                token[random.Next(token.Length)] = "ABCxyz019-_.=~+/"[random.Next(16)];
            var text = new string(token);
            if (text == good || SameBits(text, good))
                continue;
            (await CheckAsync(verifier, text)).Outcome.ShouldNotBe(TokenOutcome.Accepted, text);
        }
    }

    // The last letter of base64url has bits that stand for nothing, and padding may follow
    private static bool SameBits(string text, string good)
    {
        var (a, b) = (text.TrimEnd('=').Split('.'), good.Split('.'));
        return a.Length == 3 && a[0] == b[0] && a[1] == b[1] && a[2].Length == b[2].Length && a[2][..^1] == b[2][..^1];
    }

    private TokenVerifier Verifier() => new([Options], _metrics, _clock, NullLoggerFactory.Instance);

    private static async Task<TokenCheck> CheckAsync(TokenVerifier verifier, string token) => await verifier.CheckAsync(token, CancellationToken.None);

    // With another signature than it has
    private static string Broken(string token)
    {
        var at = token.LastIndexOf('.') + 10;
        return token[..at] + (token[at] == 'A' ? 'B' : 'A') + token[(at + 1)..];
    }

    private static string Hmac(byte[] key, object claims) =>
        TokenIssuer.Sign((_, data) => HMACSHA256.HashData(key, data), "HS256", claims, new { alg = "HS256", kid = "first" });

    private static Task Redirect(Microsoft.AspNetCore.Http.HttpContext context)
    {
        context.Response.Redirect("/.well-known/openid-configuration");
        return Task.CompletedTask;
    }
}
