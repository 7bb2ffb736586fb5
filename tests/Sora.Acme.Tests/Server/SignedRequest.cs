using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Sora.Acme.Tests.Server;

/// <summary>A JSON Web Key of an account.</summary>
internal sealed record AcmeServerKey(ECParameters Parameters, string Thumbprint)
{
    public static AcmeServerKey Read(JsonElement jwk)
    {
        if (jwk.GetProperty("kty").GetString() != "EC" || jwk.GetProperty("crv").GetString() != "P-256")
            throw new AcmeProblem(400, "badPublicKey", "Only P-256 is taken here");
        var (x, y) = (jwk.GetProperty("x").GetString()!, jwk.GetProperty("y").GetString()!);
        var parameters = new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = Base64Url.DecodeFromChars(x), Y = Base64Url.DecodeFromChars(y) } };
        if (parameters.Q.X.Length != 32 || parameters.Q.Y.Length != 32)
            throw new AcmeProblem(400, "badPublicKey", "RFC 7518 section 6.2.1.2: a coordinate has all its octets");
        var canonical = "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"" + x + "\",\"y\":\"" + y + "\"}";
        return new AcmeServerKey(parameters, Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(canonical))));
    }

    public bool Verifies(string signed, byte[] signature)
    {
        using var key = ECDsa.Create(Parameters);
        return signature.Length == 64 && key.VerifyData(Encoding.ASCII.GetBytes(signed), signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }
}

/// <summary>A request whose signature is good (RFC 8555 section 6.2).</summary>
internal sealed record SignedRequest(string Nonce, string Url, string? Account, AcmeServerKey? Key, JsonElement? Payload)
{
    public static SignedRequest Read(JsonElement jws, Func<string, AcmeServerKey?> accounts)
    {
        var (header, protectedPart, payloadPart, signature) = Parts(jws);
        if (header.GetProperty("alg").GetString() != "ES256")
            throw new AcmeProblem(400, "badSignatureAlgorithm", "Only ES256 is taken here");
        var kid = header.TryGetProperty("kid", out var value) ? value.GetString() : null;
        var key = header.TryGetProperty("jwk", out var jwk) ? AcmeServerKey.Read(jwk) : null;
        if ((kid is null) == (key is null))
            throw new AcmeProblem(400, "malformed", "Either kid or jwk");
        var signer = key ?? accounts(kid!) ?? throw new AcmeProblem(400, "accountDoesNotExist", "There is no such account");
        if (!signer.Verifies($"{protectedPart}.{payloadPart}", signature))
            throw new AcmeProblem(400, "malformed", "The signature is not good");
        return new SignedRequest(header.GetProperty("nonce").GetString()!, header.GetProperty("url").GetString()!, kid, key, payloadPart.Length == 0 ? null : Json(payloadPart));
    }

    /// <summary>Section 7.3.4: the inner signature is made with the key that both know, over the account's public key.</summary>
    public static string CheckBinding(JsonElement jws, AcmeServerKey account, string url, IReadOnlyDictionary<string, byte[]> keys)
    {
        var (header, protectedPart, payloadPart, signature) = Parts(jws);
        if (header.GetProperty("alg").GetString() != "HS256" || header.TryGetProperty("nonce", out _) || header.GetProperty("url").GetString() != url)
            throw new AcmeProblem(400, "malformed", "The binding's header is not as it must be");
        var kid = header.GetProperty("kid").GetString()!;
        if (!keys.TryGetValue(kid, out var key) || !CryptographicOperations.FixedTimeEquals(HMACSHA256.HashData(key, Encoding.ASCII.GetBytes($"{protectedPart}.{payloadPart}")), signature))
            throw new AcmeProblem(403, "unauthorized", "The binding's signature is not good");
        if (AcmeServerKey.Read(Json(payloadPart)).Thumbprint != account.Thumbprint)
            throw new AcmeProblem(400, "malformed", "The binding is for another key");
        return kid;
    }

    /// <summary>Section 6.3.</summary>
    public void MustBePostAsGet()
    {
        if (Payload is not null)
            throw new AcmeProblem(400, "malformed", "Section 6.3: the payload must be empty");
    }

    private static (JsonElement Header, string Protected, string Payload, byte[] Signature) Parts(JsonElement jws)
    {
        if (jws.EnumerateObject().Select(static one => one.Name).Except(["protected", "payload", "signature"], StringComparer.Ordinal).Any())
            throw new AcmeProblem(400, "malformed", "Section 6.2: only protected, payload and signature");
        var header = jws.GetProperty("protected").GetString()!;
        return (Json(header), header, jws.GetProperty("payload").GetString()!, Base64Url.DecodeFromChars(jws.GetProperty("signature").GetString()!));
    }

    private static JsonElement Json(string base64)
    {
        if (base64.Contains('=', StringComparison.Ordinal))
            throw new AcmeProblem(400, "malformed", "Section 6.1: no padding");
        using var document = JsonDocument.Parse(Base64Url.DecodeFromChars(base64));
        return document.RootElement.Clone();
    }
}
