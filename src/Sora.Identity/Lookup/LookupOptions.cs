using Sora.Configuration;
using Sora.Identity.Http;

namespace Sora.Identity.Lookup;

/// <summary>Who checks passwords.</summary>
public enum PasswordCheck
{
    /// <summary>This server, with a hash that the service tells.</summary>
    Hash,

    /// <summary>The service, which is sent the password.</summary>
    Service,
}

/// <summary>[auth.lookup]: users who live elsewhere.</summary>
[Section("An HTTP service that knows the users, for sites whose users live elsewhere: docs/lookup.md")]
public sealed class LookupOptions : IValidatableOptions
{
    [Option("Where questions are posted to; without it all accounts are here", Example = "https://users.example.com/lookup")]
    public string? Url { get; set; }

    [Option("Bearer token to show", Secret = true, Reference = "RFC 6750 2.1", Example = "secret")]
    public string? Token { get; set; }

    [Option("Domains whose addresses the service knows; empty for all", Example = "example.com")]
    public IReadOnlyList<string> Domains { get; set; } = [];

    [Option("Who checks passwords: \"hash\", this server with the hash that the service tells; \"service\", which is then sent every password")]
    public PasswordCheck PasswordCheck { get; set; }

    [Option("Make an account here when the service first tells of it; otherwise it must have been made before")]
    public bool CreateAccounts { get; set; } = true;

    [Option("Accounts that were made here are used when the service does not know them")]
    public bool LocalAccounts { get; set; } = true;

    [Option("How old an answer may be that a login goes by; 0s asks for each login")]
    [OptionRange("0s", "5s")]
    public TimeSpan LoginCache { get; set; } = TimeSpan.FromSeconds(5);

    [Option("How old an answer may be that a recipient of mail goes by")]
    [OptionRange("0s", "1d")]
    public TimeSpan RecipientCache { get; set; } = TimeSpan.FromMinutes(1);

    [Option("How long it is remembered that the service does not know an address")]
    [OptionRange("0s", "1h")]
    public TimeSpan NotFoundCache { get; set; } = TimeSpan.FromSeconds(10);

    [Option("How long what the service has said is used while it is away; 0s for not at all. Nobody is refused by it: who was not known is asked to come again")]
    [OptionRange("0s", "7d")]
    public TimeSpan Stale { get; set; } = TimeSpan.FromHours(1);

    [Option("Most accounts that are remembered, and as many addresses that are none")]
    [OptionRange(1, 10_000_000)]
    public int CacheEntries { get; set; } = 100_000;

    [Option("Most aliases of an account")]
    [OptionRange(0, 10_000)]
    public int MaxAliases { get; set; } = 1000;

    public ServiceOptions Http { get; set; } = new();

    /// <inheritdoc/>
    public IEnumerable<string> Validate()
    {
        if (Url is { } url && Http.WhyRefused(url) is { } reason)
            yield return $"url {reason}";
        if (Token is { } token && token.AsSpan().ContainsAnyExceptInRange('!', '~'))
            yield return "token must not have blanks or other than ASCII characters";
        foreach (var domain in Domains)
        {
            if (domain.Length == 0 || domain.Contains('@', StringComparison.Ordinal))
                yield return $"domains has \"{domain}\", which is no domain";
        }
    }
}
