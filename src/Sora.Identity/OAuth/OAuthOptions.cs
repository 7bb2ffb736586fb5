using Sora.Configuration;
using Sora.Contracts;
using Sora.Identity.Http;

namespace Sora.Identity.OAuth;

/// <summary>[[auth.oauth]]: who gives out bearer tokens that open mailboxes.</summary>
[Section("Issuers of OAuth 2.0 tokens with which clients may log in by OAUTHBEARER and XOAUTH2. Tokens are checked here with the issuer's keys, or by asking the issuer when introspection_url is set")]
public sealed class OAuthOptions : IValidatableOptions
{
    [Option("The issuer, as it names itself in the claim \"iss\" of its tokens", Reference = "RFC 7519 4.1.1", Example = "https://login.example.com/realms/mail")]
    public string Issuer { get; set; } = "";

    [Option("Names of this service in the claim \"aud\"; a token must have one of them. Only with introspection may the list be empty: then the issuer's word is enough", Reference = "RFC 7519 4.1.3", Example = "sora")]
    public IReadOnlyList<string> Audiences { get; set; } = [];

    [Option("Scopes that a token must have, all of them; the first one is what clients are told to ask for", Reference = "RFC 6749 3.3", Example = "email")]
    public IReadOnlyList<string> Scopes { get; set; } = [];

    [Option("Scopes of which a token must also have one to log in to IMAP; empty: scopes is enough", Reference = "RFC 6749 3.3", Example = "imap")]
    public IReadOnlyList<string> ImapScopes { get; set; } = [];

    [Option("The same for POP3", Example = "pop3")]
    public IReadOnlyList<string> Pop3Scopes { get; set; } = [];

    [Option("The same for ManageSieve", Example = "managesieve")]
    public IReadOnlyList<string> ManagesieveScopes { get; set; } = [];

    [Option("Clients that tokens may have been given to, in the claim \"azp\" or \"client_id\"; empty for any", Reference = "RFC 9068 2.2", Example = "thunderbird")]
    public IReadOnlyList<string> Clients { get; set; } = [];

    [Option("Domains of the accounts that this issuer may vouch for; empty for all", Example = "example.com")]
    public IReadOnlyList<string> Domains { get; set; } = [];

    [Option("The claim that names the account, such as email, preferred_username or sub; a token whose email is not verified is refused", Reference = "OpenID Connect Core 5.1")]
    public string AccountClaim { get; set; } = "email";

    [Option("Domain to add to a name without one", Example = "example.com")]
    public string? DefaultDomain { get; set; }

    [Option("Algorithms that tokens may be signed with", Reference = "RFC 7518 3.1")]
    public IReadOnlyList<string> Algorithms { get; set; } = [.. SigningAlgorithm.All.Select(static known => known.Name)];

    [Option("How far the issuer's clock may be from this one's", Reference = "RFC 7519 4.1.4")]
    [OptionRange("0s", "10m")]
    public TimeSpan Leeway { get; set; } = TimeSpan.FromSeconds(60);

    [Option("Longest token, in characters")]
    [OptionRange(64, 1_000_000)]
    public int MaxToken { get; set; } = 16_384;

    [Option("Where the issuer's keys are; when neither this nor keys_file is set, the issuer is asked for it by OpenID Connect Discovery", Reference = "RFC 7517 5", Example = "https://login.example.com/realms/mail/protocol/openid-connect/certs")]
    public string? KeysUrl { get; set; }

    [Option("File with the issuer's keys (a JSON Web Key Set)", Reference = "RFC 7517 5", Example = "/etc/sora/issuer-keys.json")]
    public string? KeysFile { get; set; }

    [Option("How old the keys may become before they are read anew")]
    [OptionRange("1s", "7d")]
    public TimeSpan KeysRefresh { get; set; } = TimeSpan.FromHours(1);

    [Option("How often the keys are read at most, when a token names one that is not among them or when they cannot be had")]
    [OptionRange("100ms", "1h")]
    public TimeSpan KeysRetry { get; set; } = TimeSpan.FromSeconds(30);

    [Option("How long the keys are used when new ones cannot be had")]
    [OptionRange("1s", "365d")]
    public TimeSpan KeysKept { get; set; } = TimeSpan.FromDays(7);

    [Option("Most keys of the issuer")]
    [OptionRange(1, 1000)]
    public int MaxKeys { get; set; } = 100;

    [Option("Where the issuer says whether a token is good; set, it is asked instead of the token's signature being checked, which also works for tokens that are no JWT and sees revocation", Reference = "RFC 7662", Example = "https://login.example.com/realms/mail/protocol/openid-connect/token/introspect")]
    public string? IntrospectionUrl { get; set; }

    [Option("The name of this service when it asks", Reference = "RFC 6749 2.3.1", Example = "sora")]
    public string? ClientId { get; set; }

    [Option("Its secret", Secret = true, Example = "secret")]
    public string? ClientSecret { get; set; }

    [Option("A bearer token to ask with, in place of client_id and client_secret", Secret = true, Reference = "RFC 7662 2.1", Example = "secret")]
    public string? IntrospectionToken { get; set; }

    [Option("How long the issuer's word about a token holds; 0s asks each time")]
    [OptionRange("0s", "10m")]
    public TimeSpan IntrospectionCache { get; set; } = TimeSpan.FromSeconds(5);

    [Option("Most tokens whose fate is remembered for that time")]
    [OptionRange(0, 1_000_000)]
    public int IntrospectionCacheEntries { get; set; } = 10_000;

    [Option("Where clients read how to get a token; the issuer with /.well-known/openid-configuration when not set, empty for nowhere", Reference = "RFC 7628 3.2.2", Example = "https://login.example.com/.well-known/openid-configuration")]
    public string? OpenidConfiguration { get; set; }

    public ServiceOptions Http { get; set; } = new();

    internal bool IsIntrospected => IntrospectionUrl is not null;

    internal IReadOnlyList<string> ScopesOf(LoginScopes protocol) => protocol switch
    {
        LoginScopes.Imap => ImapScopes,
        LoginScopes.Pop3 => Pop3Scopes,
        _ => ManagesieveScopes,
    };

    /// <summary>OpenID Connect Discovery 1.0 section 4.</summary>
    internal string DiscoveryUrl => Issuer.TrimEnd('/') + "/.well-known/openid-configuration";

    /// <inheritdoc/>
    public IEnumerable<string> Validate()
    {
        if (Issuer.Length == 0)
            yield return "issuer must be set";
        if (Audiences.Count == 0 && !IsIntrospected)
            yield return "audiences must be set: tokens for other services must not open mailboxes";
        if (AccountClaim.Length == 0)
            yield return "account_claim must be set";
        if (DefaultDomain is { } domain && Uri.CheckHostName(domain) != UriHostNameType.Dns)
            yield return "default_domain must be a domain";
        if (Algorithms.Count == 0)
            yield return "algorithms must not be empty";
        foreach (var name in Algorithms)
        {
            if (SigningAlgorithm.Find(name) is null)
                yield return $"algorithms has \"{name}\", which is not one of {string.Join(", ", SigningAlgorithm.All.Select(static known => known.Name))}";
        }

        foreach (var (key, scopes) in new[] { ("scopes", Scopes), ("imap_scopes", ImapScopes), ("pop3_scopes", Pop3Scopes), ("managesieve_scopes", ManagesieveScopes) })
        {
            foreach (var scope in scopes)
            {
                if (scope.Length == 0 || scope.AsSpan().ContainsAnyExceptInRange('!', '~') || scope.AsSpan().ContainsAny('"', '\\'))
                    yield return $"{key} has \"{scope}\", which is no scope";
            }
        }

        if (KeysUrl is not null && KeysFile is not null)
            yield return "keys_url and keys_file are both set: the keys are in one place";
        if (KeysKept < KeysRefresh)
            yield return "keys_kept must not be shorter than keys_refresh";
        foreach (var (key, url) in Urls())
        {
            if (Http.WhyRefused(url) is { } reason)
                yield return $"{key} {reason}";
        }

        if (IsIntrospected && IntrospectionToken is null && (ClientId is null || ClientSecret is null))
            yield return "introspection_url needs client_id and client_secret, or introspection_token";
        if (IntrospectionToken is { } token && token.AsSpan().ContainsAnyExceptInRange('!', '~'))
            yield return "introspection_token must not have blanks or other than ASCII characters";
    }

    private IEnumerable<(string Key, string Url)> Urls()
    {
        if (KeysUrl is { } keys)
            yield return ("keys_url", keys);
        if (IntrospectionUrl is { } introspection)
            yield return ("introspection_url", introspection);
        else if (KeysUrl is null && KeysFile is null && Issuer.Length > 0)
            yield return ("issuer", Issuer);
    }
}
