using Microsoft.IdentityModel.Tokens;
using Sora.Identity.Http;

namespace Sora.Identity.OAuth;

/// <summary>An issuer's public keys (RFC 7517 section 5), those left out that sign no tokens.</summary>
internal sealed class KeySet
{
    private readonly JsonWebKey[] _keys;

    private KeySet(JsonWebKey[] keys) => _keys = keys;

    public int Count => _keys.Length;

    /// <summary>Reads a JSON Web Key Set. Members and keys that are not understood are passed over (section 5).</summary>
    /// <exception cref="MalformedAnswerException">It is none, or has too many keys.</exception>
    public static KeySet Parse(byte[] json, int maxKeys)
    {
        IList<JsonWebKey> keys;
        try
        {
            keys = JsonWebKeySet.Create(System.Text.Encoding.UTF8.GetString(json)).Keys;
        }
        catch (Exception e) when (e is ArgumentException or System.Text.Json.JsonException or FormatException or InvalidOperationException)
        {
            throw new MalformedAnswerException("It is no JSON Web Key Set");
        }

        if (keys.Count == 0)
            throw new MalformedAnswerException("It is no JSON Web Key Set, or an empty one");
        if (keys.Count > maxKeys)
            throw new MalformedAnswerException("It has too many keys");
        return new KeySet([.. keys.Where(static key => Array.Exists(SigningAlgorithm.All, algorithm => Fits(algorithm, key)))]);
    }

    /// <summary>The keys that may have signed a token: the named one; without a name all of the right kind.</summary>
    public List<JsonWebKey> Find(string? keyId, SigningAlgorithm algorithm)
    {
        var found = new List<JsonWebKey>();
        foreach (var key in _keys)
        {
            if (algorithm.Fits(key) && (string.IsNullOrEmpty(keyId) || key.Kid == keyId))
                found.Add(key);
        }

        return found;
    }

    // The size of a key whose numbers are no base64url cannot be told
    private static bool Fits(SigningAlgorithm algorithm, JsonWebKey key)
    {
        try
        {
            return algorithm.Fits(key);
        }
        catch (Exception e) when (e is FormatException or ArgumentException or NotSupportedException)
        {
            return false;
        }
    }
}
