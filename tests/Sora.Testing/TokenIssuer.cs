using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Sora.Testing;

/// <summary>A key that tokens are signed with, by .NET's own cryptography.</summary>
public sealed class IssuerKey : IDisposable
{
    private readonly RSA? _rsa;
    private readonly ECDsa? _ec;

    private IssuerKey(string id, RSA? rsa, ECDsa? ec) => (Id, _rsa, _ec) = (id, rsa, ec);

    public string Id { get; }

    public static IssuerKey Rsa(string id, int bits = 2048) => new(id, RSA.Create(bits), null);

    public static IssuerKey Ec(string id, ECCurve curve) => new(id, null, ECDsa.Create(curve));

    /// <summary>The public key (RFC 7517).</summary>
    public Dictionary<string, object> Public(string? algorithm = null, string use = "sig")
    {
        var key = new Dictionary<string, object> { ["kid"] = Id, ["use"] = use };
        if (algorithm is not null)
            key["alg"] = algorithm;
        if (_rsa is { } rsa)
        {
            var numbers = rsa.ExportParameters(false);
            (key["kty"], key["n"], key["e"]) = ("RSA", Encode(numbers.Modulus!), Encode(numbers.Exponent!));
        }
        else
        {
            var numbers = _ec!.ExportParameters(false);
            (key["kty"], key["crv"]) = ("EC", $"P-{_ec.KeySize}");
            (key["x"], key["y"]) = (Encode(numbers.Q.X!), Encode(numbers.Q.Y!));
        }

        return key;
    }

    public byte[] Sign(string algorithm, byte[] data)
    {
        var hash = algorithm[2..] switch
        {
            "256" => HashAlgorithmName.SHA256,
            "384" => HashAlgorithmName.SHA384,
            _ => HashAlgorithmName.SHA512,
        };
        return algorithm[..2] switch
        {
            "ES" => _ec!.SignData(data, hash), // r and s, as RFC 7518 section 3.4 has it
            "PS" => _rsa!.SignData(data, hash, RSASignaturePadding.Pss),
            _ => _rsa!.SignData(data, hash, RSASignaturePadding.Pkcs1),
        };
    }

    /// <summary>The public key's text, which an HMAC could be made with.</summary>
    public string Pem => _rsa!.ExportSubjectPublicKeyInfoPem();

    public static string Encode(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    public void Dispose()
    {
        _rsa?.Dispose();
        _ec?.Dispose();
    }
}

/// <summary>Gives out tokens, and tells its keys over HTTP.</summary>
public sealed class TokenIssuer : IAsyncDisposable
{
    private TokenIssuer(WebPeer peer)
    {
        Peer = peer;
        Keys = [Key];
        peer.Answer = AnswerAsync;
    }

    public WebPeer Peer { get; }

    public string Url => Peer.Url;

    public IssuerKey Key { get; } = IssuerKey.Rsa("first");

    /// <summary>What it tells of; may be changed.</summary>
    public List<IssuerKey> Keys { get; set; }

    /// <summary>Answers in the place of the keys; null for those.</summary>
    public Func<HttpContext, Task>? Instead { get; set; }

    public static async Task<TokenIssuer> StartAsync() => new(await WebPeer.StartAsync());

    /// <summary>Claims of a good token.</summary>
    public Dictionary<string, object> Claims(string email, DateTimeOffset? now = null, TimeSpan? lifetime = null)
    {
        var at = now ?? DateTimeOffset.UtcNow;
        return new Dictionary<string, object>
        {
            ["iss"] = Url,
            ["aud"] = "sora",
            ["sub"] = "1234",
            ["email"] = email,
            ["scope"] = "openid email",
            ["iat"] = at.ToUnixTimeSeconds(),
            ["exp"] = (at + (lifetime ?? TimeSpan.FromHours(1))).ToUnixTimeSeconds(),
        };
    }

    /// <summary>A token for an account.</summary>
    public string Token(string email, TimeSpan? lifetime = null) => Sign(Claims(email, lifetime: lifetime));

    public string Sign(object claims, string algorithm = "RS256", IssuerKey? key = null, object? header = null) =>
        Sign((key ?? Key).Sign, algorithm, claims, header ?? new Dictionary<string, object> { ["alg"] = algorithm, ["typ"] = "JWT", ["kid"] = (key ?? Key).Id });

    /// <param name="sign">Makes the signature in whatever way.</param>
    public static string Sign(Func<string, byte[], byte[]> sign, string algorithm, object claims, object header)
    {
        var signed = $"{Part(header)}.{Part(claims)}";
        return $"{signed}.{IssuerKey.Encode(sign(algorithm, Encoding.ASCII.GetBytes(signed)))}";
    }

    public string KeySet() => JsonSerializer.Serialize(new { keys = Keys.Select(static key => key.Public()) });

    public async ValueTask DisposeAsync()
    {
        await Peer.DisposeAsync();
        foreach (var key in Keys.Append(Key).Distinct())
            key.Dispose();
    }

    private static string Part(object value) => IssuerKey.Encode(value as byte[] ?? Encoding.UTF8.GetBytes(value as string ?? JsonSerializer.Serialize(value)));

    private Task AnswerAsync(HttpContext context, WebRequest request)
    {
        if (request.Path == "/.well-known/openid-configuration")
            return WebPeer.JsonAsync(context, JsonSerializer.Serialize(new { issuer = Url, jwks_uri = Url + "/keys" }));
        if (request.Path == "/keys")
            return Instead is { } instead ? instead(context) : WebPeer.JsonAsync(context, KeySet());
        context.Response.StatusCode = 404;
        return Task.CompletedTask;
    }
}
