using Sora.Contracts;
using Sora.Gateway.Connections;
using Sora.Gateway.Imap;
using Sora.Gateway.ManageSieve;
using Sora.Gateway.Pop3;
using Sora.Gateway.Sasl;
using Sora.Gateway.Tests.Connections;
using Sora.Gateway.Tests.Imap;
using Sora.Gateway.Tests.ManageSieve;
using Sora.Gateway.Tests.Pop3;
using Sora.Mailstore.Accounts.Logins;

namespace Sora.Gateway.Tests.Sasl;

/// <summary>Every mechanism over every protocol: the limits are the same, nobody learns who exists, and masters act for others.</summary>
public sealed class LoginTableTests(ImapFixture imap, Pop3Fixture pop3, ManageSieveFixture sieve)
    : IClassFixture<ImapFixture>, IClassFixture<Pop3Fixture>, IClassFixture<ManageSieveFixture>
{
    private static readonly CancellationToken None = CancellationToken.None;

    private static readonly LoginLimitOptions Limits = new()
    {
        PairFailures = 3, AddressFailures = 1_000_000, UserFailures = 1_000_000, Delay = TimeSpan.Zero, ShareInterval = TimeSpan.FromMilliseconds(10),
    };

    /// <summary>A user, one of another scheme, one that is disabled, and those who do not exist: word for word the same until somebody has the right password.</summary>
    [Theory]
    [MemberData(nameof(AnyLogin.All), MemberType = typeof(AnyLogin))]
    public async Task Wrong_passwords_are_answered_alike_whoever_is_guessed_at_and_limited_alike(string protocol, string mechanism)
    {
        await using var logins = await GuardedLogins.StartAsync(imap.Node, Limits);
        await using var gateway = await StartAsync(protocol, logins.Guard, new SaslOptions());
        var user = await imap.UserAsync();
        var disabled = await imap.UserAsync();
        (await imap.Node.Administration.SetDisabledAsync(disabled.Address, true, None)).IsOk.ShouldBeTrue();
        var old = $"old-{user.Address}";
        (await imap.Node.Administration.CreateWithHashAsync(old, "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", None)).IsOk.ShouldBeTrue();
        string[] names = [user.Address, old, disabled.Address, $"nobody-{user.Address}", $"{user.Address}.example", user.Address.Replace('@', '-')];
        var transcripts = new List<string>();
        foreach (var name in names)
        {
            var heard = new List<string>();
            foreach (var password in new[] { "wrong", "", "wrong again", "secret" })
                await AnyLogin.TryAsync(gateway, protocol, mechanism, name, password, heard: heard);
            transcripts.Add(string.Join('\n', heard));
        }

        var (wrong, blocked) = Words(protocol);
        transcripts[0].Split('\n').Where(line => !line.StartsWith("salt", StringComparison.Ordinal) && !line.StartsWith("+OK", StringComparison.Ordinal))
            .ShouldBe([wrong, wrong, wrong, blocked]);
        transcripts.ShouldAllBe(transcript => transcript == transcripts[0]);

        // Only the log knows more
        var events = logins.Take();
        events.Count.ShouldBe(names.Length * 4);
        events.ShouldAllBe(happened => happened.Protocol == protocol && happened.Mechanism == mechanism);
        events.Select(static happened => happened.User).Distinct().ShouldBe([user.Address, old, disabled.Address, null]);
        logins.Counted("wrong").ShouldBe(names.Length * 3);
        logins.Counted("blocked_pair").ShouldBe(names.Length);

        // Somebody else comes in
        var other = await imap.UserAsync();
        (await AnyLogin.TryAsync(gateway, protocol, mechanism, other.Address, "secret")).ShouldMatch("^(OK|\\+OK)");
        logins.Take().Single().Outcome.ShouldBe(LoginOutcome.Ok);
    }

    [Theory]
    [MemberData(nameof(AnyLogin.All), MemberType = typeof(AnyLogin))]
    public async Task Further_addresses_of_an_account_are_no_further_guesses_and_do_not_give_away_that_they_are_one_account(string protocol, string mechanism)
    {
        await using var logins = await GuardedLogins.StartAsync(imap.Node, Limits);
        await using var gateway = await StartAsync(protocol, logins.Guard, new SaslOptions());
        var user = await imap.UserAsync();
        string[] names = [user.Address, .. Enumerable.Range(1, 3).Select(i => $"alias{i}-{user.Address}")];
        foreach (var alias in names.Skip(1))
            await imap.Node.AddAddressAsync(user.Address, alias);
        var (wrong, _) = Words(protocol);
        foreach (var name in names.Take(3))
            (await AnyLogin.TryAsync(gateway, protocol, mechanism, name, "guess")).ShouldBe(wrong);
        logins.Take();

        // No address has had more than one guess: what is said now must be what a name without an account hears
        foreach (var name in names)
            (await AnyLogin.TryAsync(gateway, protocol, mechanism, name, "secret")).ShouldBe(wrong);
        logins.Take().ShouldAllBe(static happened => happened.Outcome == LoginOutcome.Blocked && happened.Reason == "account");

        // Another account of the same network is not concerned
        var other = await imap.UserAsync();
        (await AnyLogin.TryAsync(gateway, protocol, mechanism, other.Address, "secret")).ShouldMatch("^(OK|\\+OK)");
    }

    [Theory]
    [MemberData(nameof(AnyLogin.All), MemberType = typeof(AnyLogin))]
    public async Task Masters_act_for_others_from_their_networks_only_and_both_are_written_down(string protocol, string mechanism)
    {
        await using var logins = await GuardedLogins.StartAsync(imap.Node, Limits);
        var master = await imap.UserAsync("masters.example.com");
        var user = await imap.UserAsync();
        await using var star = await StartAsync(protocol, logins.Guard, new SaslOptions { MasterUsers = [master.Address] });
        await using var at = await StartAsync(protocol, logins.Guard, new SaslOptions { MasterUsers = [master.Address], MasterSeparator = "@" });
        await using var elsewhere = await StartAsync(protocol, logins.Guard, new SaslOptions { MasterUsers = [master.Address], MasterNetworks = ["192.0.2.0/24"] });
        var shortName = master.Address.Split('@')[0];
        var tries = new List<(TestGateway Gateway, string Name, string ActFor)>
        {
            (star, $"{user.Address}*{master.Address}", ""), (star, $"{user.Address}*{shortName}", ""), (at, $"{user.Address}@{master.Address}", ""), (at, $"{user.Address}@{shortName}", ""),
        };
        var hasAuthorization = mechanism is not ("password" or "LOGIN");
        if (hasAuthorization)
            tries.Add((star, master.Address, user.Address));
        foreach (var (gateway, name, actFor) in tries)
        {
            (await AnyLogin.TryAsync(gateway, protocol, mechanism, name, "secret", actFor)).ShouldMatch("^(OK|\\+OK)", name);
            var happened = logins.Take().Single();
            (happened.User, happened.ActedFor, happened.Outcome).ShouldBe((master.Address, user.Address, LoginOutcome.Ok), name);
        }

        // Right, but not from there, not by that user, and not for nobody
        var refused = new List<(TestGateway Gateway, string Name, string ActFor)>
        {
            (elsewhere, $"{user.Address}*{master.Address}", ""), (star, $"{master.Address}*{user.Address}", ""), (star, $"nobody@example.com*{master.Address}", ""),
        };
        if (hasAuthorization)
            refused.AddRange([(elsewhere, master.Address, user.Address), (star, user.Address, master.Address), (star, master.Address, "nobody@example.com")]);
        foreach (var (gateway, name, actFor) in refused)
        {
            (await AnyLogin.TryAsync(gateway, protocol, mechanism, name, "secret", actFor)).ShouldBe(NotForOthers(protocol), name + actFor);
            logins.Take().Single().Outcome.ShouldBe(LoginOutcome.Unauthorized);
        }

        // The master's password, not the user's
        (await AnyLogin.TryAsync(star, protocol, mechanism, $"{user.Address}*{master.Address}", "wrong")).ShouldBe(Words(protocol).Wrong);
        logins.Take().Single().User.ShouldBe(master.Address);
    }

    [Theory]
    [InlineData("imap", "NO [AUTHORIZATIONFAILED] The token is not for this protocol")]
    [InlineData("pop3", "-ERR [AUTH] The token is not for this protocol")]
    [InlineData("managesieve", "NO \"The token is not for this protocol\"")]
    public async Task A_token_may_be_for_single_protocols(string protocol, string refused)
    {
        await using var site = await OAuthSite.StartAsync(static options => (options.ImapScopes, options.Pop3Scopes, options.ManagesieveScopes) = (["i"], ["p"], ["m"]));
        await using var logins = await GuardedLogins.StartAsync(imap.Node, Limits);
        await using var gateway = await StartAsync(protocol, logins.Guard, new SaslOptions(), site.Tokens);
        var user = await imap.UserAsync();
        var own = protocol[..1];
        foreach (var mechanism in new[] { "OAUTHBEARER", "XOAUTH2" })
        {
            foreach (var scope in new[] { "i", "p", "m" })
            {
                var claims = site.Issuer.Claims(user.Address);
                claims["scope"] = $"email {scope}";
                var token = site.Issuer.Sign(claims);
                var told = new List<string>();
                var answer = await AnyLogin.TryOnceAsync(
                    gateway, protocol, mechanism, mechanism == "XOAUTH2" ? OAuthSite.Google(user.Address, token) : OAuthSite.Bearer(token), "AQ==", told);
                if (scope == own)
                {
                    answer.ShouldMatch("^(OK|\\+OK)");
                    logins.Take().Single().Outcome.ShouldBe(LoginOutcome.Ok);
                    continue;
                }

                answer.ShouldBe(refused);
                var json = System.Text.Json.JsonDocument.Parse(Convert.FromBase64String(told.Single())).RootElement;
                json.GetProperty("status").GetString().ShouldBe(mechanism == "XOAUTH2" ? "403" : "insufficient_scope");
                json.GetProperty("scope").GetString().ShouldBe(own);
                logins.Take().Single().Outcome.ShouldBe(LoginOutcome.Unauthorized);
            }
        }
    }

    /// <summary>Of users who cannot log in by it, and who are not there: the same at each try, on each node, and no different in kind from that of others.</summary>
    [Theory]
    [InlineData("SCRAM-SHA-1")]
    [InlineData("SCRAM-SHA-256")]
    public async Task The_salt_of_scram_gives_nobody_away(string mechanism)
    {
        var user = await imap.UserAsync();
        var old = $"old-{user.Address}";
        (await imap.Node.Administration.CreateWithHashAsync(old, "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", None)).IsOk.ShouldBeTrue();
        await using var another = await Testing.MailstoreNode.StartAsync(imap.Node.Address);
        var hash = mechanism == "SCRAM-SHA-1" ? ScramHashes.Sha1 : ScramHashes.Sha256;
        foreach (var name in new[] { user.Address, old, "nobody@example.com", "NOBODY@example.com", "nobody@elsewhere.example", "nobody" })
        {
            var salts = new List<string>();
            foreach (var node in new[] { imap.Node, another, imap.Node })
            {
                foreach (var login in new[] { Testing.Logins.Imap(name), Testing.Logins.Pop3(name.ToUpperInvariant()) })
                {
                    var keys = (await node.Accounts.FindScramAsync(login, hash, None)).Value.Keys[0];
                    keys.Iterations.ShouldBe(4096);
                    keys.Salt.Length.ShouldBe(16);
                    salts.Add(Convert.ToHexString(keys.Salt.AsSpan()));
                }
            }

            salts.Distinct().ShouldHaveSingleItem(name);
        }
    }

    private Task<TestGateway> StartAsync(string protocol, Func<GatewayMetrics, LoginGuard> guard, SaslOptions sasl, ITokenVerifier? tokens = null) => protocol switch
    {
        "imap" => imap.StartAsync(TimeProvider.System, new ImapOptions { AuthFailureDelay = TimeSpan.Zero }, sasl: sasl, guard: guard, tokens: tokens),
        "pop3" => pop3.StartAsync(new Pop3Options(), node: imap.Node, sasl: sasl, guard: guard, tokens: tokens),
        _ => sieve.StartAsync(new ManageSieveOptions(), accounts: imap.Node.Accounts, sasl: sasl, guard: guard, tokens: tokens),
    };

    private static (string Wrong, string Blocked) Words(string protocol) => protocol switch
    {
        "imap" => ("NO [AUTHENTICATIONFAILED] Authentication failed", "NO [LIMIT] Too many failed logins, try again later"),
        "pop3" => ("-ERR [AUTH] Authentication failed", "-ERR [SYS/TEMP] Too many failed logins, try again later"),
        _ => ("NO \"Authentication failed\"", "NO (TRYLATER) \"Too many failed logins, try again later\""),
    };

    private static string NotForOthers(string protocol) => protocol switch
    {
        "imap" => "NO [AUTHORIZATIONFAILED] Acting for others is not allowed",
        "pop3" => "-ERR [AUTH] Acting for others is not allowed",
        _ => "NO \"Acting for others is not allowed\"",
    };
}
