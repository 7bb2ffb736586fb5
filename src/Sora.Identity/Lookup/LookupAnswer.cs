using System.Globalization;
using System.Net;
using System.Text.Json;
using Sora.Contracts;
using Sora.Identity.Http;

namespace Sora.Identity.Lookup;

internal enum LookupResult
{
    Found,
    NotFound,
    Unchanged,
    WrongPassword,
}

/// <summary>What the service answers (docs/lookup.md).</summary>
/// <param name="Account">The account that was found; null otherwise.</param>
/// <param name="Version">What to name when asking again, so that the service may say that nothing has changed; null for nothing.</param>
internal sealed record LookupAnswer(LookupResult Result, ExternalAccount? Account, string? Version)
{
    // RFC 5321 section 4.5.3.1 with room for UTF-8
    private const int MaxAddress = 512;

    /// <exception cref="MalformedAnswerException">It is no answer to that question.</exception>
    public static LookupAnswer Read(ServiceAnswer answer, string asked, bool sentPassword, bool mayBeUnchanged, LookupOptions options)
    {
        // A page of some other server says nothing of users, whatever its status
        if (answer.Status != HttpStatusCode.OK || answer.MediaType != "application/json")
            throw new MalformedAnswerException(FormattableString.Invariant($"It answered with status {(int)answer.Status}, or with something else than JSON"));
        using var json = Json.Parse(answer.Body);
        switch (Json.Text(json.RootElement, "result"))
        {
            case "found":
                return new LookupAnswer(LookupResult.Found, AccountOf(json.RootElement, asked, options), Json.Text(json.RootElement, "version"));
            case "not_found":
                return new LookupAnswer(LookupResult.NotFound, null, null);
            case "unchanged" when mayBeUnchanged:
                return new LookupAnswer(LookupResult.Unchanged, null, null);
            case "wrong_password" when sentPassword:
                return new LookupAnswer(LookupResult.WrongPassword, null, null);
            default:
                throw new MalformedAnswerException("Its answer has no result that answers the question");
        }
    }

    private static ExternalAccount AccountOf(JsonElement json, string asked, LookupOptions options)
    {
        var address = json.TryGetProperty("address", out _) ? Address(Json.Text(json, "address"), options) : asked;
        List<string>? aliases = null;
        if (IsThere(json, "aliases"))
        {
            var given = Json.Texts(json, "aliases") ?? throw Wrong("aliases");
            if (given.Count > options.MaxAliases)
                throw new MalformedAnswerException("Its answer has too many aliases");
            aliases = [.. given.Select(alias => Address(alias, options)).Where(alias => alias != address).Distinct(StringComparer.Ordinal)];
        }

        var hash = IsThere(json, "password_hash") ? Json.Text(json, "password_hash") ?? throw Wrong("password_hash") : null;
        return new ExternalAccount(address, options.PasswordCheck == PasswordCheck.Hash ? hash : null, aliases, Quota(json));
    }

    private static string Address(string? text, LookupOptions options)
    {
        var address = text?.Trim().ToLower(CultureInfo.InvariantCulture);
        if (address is null || address.Length > MaxAddress || address.Any(char.IsControl) || address.Split('@') is not [{ Length: > 0 }, { Length: > 0 } domain])
            throw Wrong("address");
        return options.Domains.Count == 0 || options.Domains.Contains(domain, StringComparer.OrdinalIgnoreCase)
            ? address
            : throw new MalformedAnswerException("It names an address of a domain that it is not asked about");
    }

    private static QuotaLimits? Quota(JsonElement json)
    {
        if (!IsThere(json, "quota"))
            return null;
        var quota = json.GetProperty("quota");
        return quota.ValueKind == JsonValueKind.Object
            ? new QuotaLimits(Limit(quota, "storage"), Limit(quota, "messages"), Limit(quota, "mailboxes"))
            : throw Wrong("quota");
    }

    private static long? Limit(JsonElement quota, string name)
    {
        if (!IsThere(quota, name))
            return null;
        var value = quota.GetProperty(name);
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var limit) && limit >= 0 ? limit : throw Wrong(name);
    }

    private static bool IsThere(JsonElement json, string name) => json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null;

    private static MalformedAnswerException Wrong(string member) => new($"Its answer has a member {member} that is none");
}
