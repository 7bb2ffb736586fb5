using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Sora.Acme.Protocol;

/// <summary>Signed requests in the flattened JSON serialization (RFC 7515 section 7.2.2, RFC 8555 section 6.2).</summary>
internal static class Jws
{
    /// <summary>A request to an ACME server.</summary>
    /// <param name="key">The account's.</param>
    /// <param name="account">The account's URL; null to send the key itself, as for a new account.</param>
    /// <param name="nonce">The server's.</param>
    /// <param name="url">Where it goes to.</param>
    /// <param name="payload">JSON; empty for POST-as-GET (section 6.3).</param>
    public static string Sign(AccountKey key, string? account, string nonce, string url, string payload)
    {
        var who = account is null ? $"\"jwk\":{key.Jwk}" : $"\"kid\":{Quote(account)}";
        var header = Encode($$"""{"alg":"ES256","nonce":{{Quote(nonce)}},"url":{{Quote(url)}},{{who}}}""");
        var body = Encode(payload);
        return Serialize(header, body, key.Sign(Encoding.ASCII.GetBytes($"{header}.{body}")));
    }

    /// <summary>What binds an account to one that the server's owner knows already (section 7.3.4).</summary>
    public static string BindAccount(AccountKey key, string keyId, string macKey, string url)
    {
        var header = Encode($$"""{"alg":"HS256","kid":{{Quote(keyId)}},"url":{{Quote(url)}}}""");
        var body = Encode(key.Jwk);
        return Serialize(header, body, HMACSHA256.HashData(Base64Url.DecodeFromChars(macKey), Encoding.ASCII.GetBytes($"{header}.{body}")));
    }

    public static string Quote(string text) => JsonSerializer.Serialize(text);

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    private static string Serialize(string header, string body, byte[] signature) =>
        $$"""{"protected":"{{header}}","payload":"{{body}}","signature":"{{Base64Url.EncodeToString(signature)}}"}""";
}
