using System.Globalization;
using System.Text.Json;
using Sora.Contracts;
using Sora.Identity.Http;

namespace Sora.Identity.OAuth;

/// <summary>What a token claims (RFC 7519 section 4), or what its issuer says of it (RFC 7662 section 2.2): whether it is for mail, for whom, and until when.</summary>
internal static class TokenClaims
{
    /// <summary>Checks everything but the signature.</summary>
    /// <param name="claims">The payload.</param>
    /// <param name="isIntrospected">The issuer itself says so, now: issuer, audience and end may be missing then.</param>
    /// <param name="reason">What is wrong, for logs; names claims, not their values.</param>
    public static TokenCheck Check(JsonElement claims, OAuthOptions options, bool isIntrospected, DateTimeOffset now, out string reason)
    {
        if (!CheckIssuer(claims, options, isIntrospected) || !CheckTimes(claims, options, isIntrospected, now, out var expires))
        {
            reason = "iss, exp, nbf or iat";
            return TokenCheck.Refused(TokenOutcome.InvalidToken);
        }

        reason = "aud";
        if (options.Audiences.Count > 0 && !(Json.Texts(claims, "aud") is { } audiences && audiences.Exists(audience => options.Audiences.Contains(audience, StringComparer.Ordinal))))
            return TokenCheck.Refused(TokenOutcome.InvalidToken);
        reason = "azp or client_id";
        if (options.Clients.Count > 0 && !((Json.Text(claims, "azp") ?? Json.Text(claims, "client_id")) is { } client && options.Clients.Contains(client, StringComparer.Ordinal)))
            return TokenCheck.Refused(TokenOutcome.InvalidToken);
        reason = options.AccountClaim;
        if (Account(claims, options) is not { } user)
            return TokenCheck.Refused(TokenOutcome.InvalidToken);
        reason = "scope";
        var scopes = Scopes(claims);
        if (!options.Scopes.All(scopes.Contains))
            return TokenCheck.Refused(TokenOutcome.InsufficientScope);
        reason = "";
        return new TokenCheck(TokenOutcome.Accepted, user, expires) { Protocols = Protocols(scopes, options) };
    }

    private static LoginScopes Protocols(HashSet<string> scopes, OAuthOptions options)
    {
        var protocols = LoginScopes.None;
        foreach (var protocol in new[] { LoginScopes.Imap, LoginScopes.Pop3, LoginScopes.ManageSieve })
        {
            if (options.ScopesOf(protocol) is var wanted && (wanted.Count == 0 || wanted.Any(scopes.Contains)))
                protocols |= protocol;
        }

        return protocols;
    }

    private static bool CheckIssuer(JsonElement claims, OAuthOptions options, bool isIntrospected) =>
        claims.TryGetProperty("iss", out _) ? Json.Text(claims, "iss") == options.Issuer : isIntrospected;

    private static bool CheckTimes(JsonElement claims, OAuthOptions options, bool isIntrospected, DateTimeOffset now, out DateTimeOffset? expires)
    {
        if (!TryTime(claims, "exp", out expires) || !TryTime(claims, "nbf", out var from) || !TryTime(claims, "iat", out var issued))
            return false;
        if (expires is null ? !isIntrospected : now >= expires + options.Leeway)
            return false;
        return !(from > now + options.Leeway) && !(issued > now + options.Leeway);
    }

    /// <summary>NumericDate (RFC 7519 section 2); false for one that is something else.</summary>
    private static bool TryTime(JsonElement claims, string name, out DateTimeOffset? moment)
    {
        const double last = 253_402_300_799; // the end of the year 9999
        moment = null;
        if (!claims.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
            return true;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var seconds) || !double.IsFinite(seconds) || seconds < 0)
            return false;
        moment = DateTimeOffset.UnixEpoch.AddSeconds(Math.Min(seconds, last - TimeSpan.FromDays(1).TotalSeconds));
        return true;
    }

    /// <summary>A list with spaces between (RFC 8693 section 4.2), or in the claim "scp" of some issuers, where it may be an array.</summary>
    private static HashSet<string> Scopes(JsonElement claims)
    {
        var texts = Json.Texts(claims, "scope") is { Count: > 0 } scopes ? scopes : Json.Texts(claims, "scp") ?? [];
        return [.. texts.SelectMany(static text => text.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
    }

    /// <summary>The address of the account, in lower case; null when the token names none that this issuer may name.</summary>
    private static string? Account(JsonElement claims, OAuthOptions options)
    {
        if (Json.Text(claims, options.AccountClaim)?.Trim().ToLower(CultureInfo.InvariantCulture) is not { Length: > 0 } name)
            return null;
        if (options.AccountClaim == "email" && claims.TryGetProperty("email_verified", out var verified) && !IsTrue(verified))
            return null; // whoever has not shown that the address is theirs must not read its mail
        if (!name.Contains('@', StringComparison.Ordinal))
        {
            if (options.DefaultDomain is not { } domain)
                return null;
            name = $"{name}@{domain.ToLowerInvariant()}";
        }

        var ownDomain = name[(name.LastIndexOf('@') + 1)..];
        return options.Domains.Count == 0 || options.Domains.Contains(ownDomain, StringComparer.OrdinalIgnoreCase) ? name : null;
    }

    // Some issuers write it as a string
    private static bool IsTrue(JsonElement value) =>
        value.ValueKind == JsonValueKind.True || (value.ValueKind == JsonValueKind.String && value.ValueEquals("true"u8));
}
