using Microsoft.IdentityModel.Tokens;

namespace Sora.Identity.OAuth;

/// <summary>
/// A way to sign tokens that is accepted at all (RFC 7518 section 3.1), and the keys that belong to it. Neither "none" nor the HMAC family is among them: whoever can read a public
/// key could sign with it.
/// </summary>
/// <param name="KeyType">kty (RFC 7518 section 6.1).</param>
/// <param name="Curve">crv (RFC 7518 section 6.2.1.1), which ES256 and its like prescribe (section 3.4); null for RSA.</param>
internal sealed record SigningAlgorithm(string Name, string KeyType, string? Curve)
{
    /// <summary>RFC 7518 sections 3.3 and 3.5: a key of 2048 bits or larger must be used.</summary>
    private const int LeastRsaBits = 2048;

    public static readonly SigningAlgorithm[] All =
    [
        new(SecurityAlgorithms.RsaSha256, JsonWebAlgorithmsKeyTypes.RSA, null),
        new(SecurityAlgorithms.RsaSha384, JsonWebAlgorithmsKeyTypes.RSA, null),
        new(SecurityAlgorithms.RsaSha512, JsonWebAlgorithmsKeyTypes.RSA, null),
        new(SecurityAlgorithms.RsaSsaPssSha256, JsonWebAlgorithmsKeyTypes.RSA, null),
        new(SecurityAlgorithms.RsaSsaPssSha384, JsonWebAlgorithmsKeyTypes.RSA, null),
        new(SecurityAlgorithms.RsaSsaPssSha512, JsonWebAlgorithmsKeyTypes.RSA, null),
        new(SecurityAlgorithms.EcdsaSha256, JsonWebAlgorithmsKeyTypes.EllipticCurve, JsonWebKeyECTypes.P256),
        new(SecurityAlgorithms.EcdsaSha384, JsonWebAlgorithmsKeyTypes.EllipticCurve, JsonWebKeyECTypes.P384),
        new(SecurityAlgorithms.EcdsaSha512, JsonWebAlgorithmsKeyTypes.EllipticCurve, JsonWebKeyECTypes.P521),
    ];

    /// <summary>The algorithm of that name, which is case-sensitive (RFC 7515 section 4.1.1); null when there is none.</summary>
    public static SigningAlgorithm? Find(string? name) => Array.Find(All, known => known.Name == name);

    /// <summary>The key may check signatures of this algorithm: type and curve fit, and it says of itself nothing else.</summary>
    public bool Fits(JsonWebKey key) =>
        key.Kty == KeyType
        && (Curve is null ? key.KeySize >= LeastRsaBits : key.Crv == Curve)
        && (string.IsNullOrEmpty(key.Alg) || key.Alg == Name)
        && (string.IsNullOrEmpty(key.Use) || key.Use == JsonWebKeyUseNames.Sig)
        && (key.KeyOps.Count == 0 || key.KeyOps.Contains("verify"));
}
