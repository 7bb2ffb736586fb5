using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Sora.Acme.Protocol;

/// <summary>The key of an account: ES256 (RFC 7518 section 3.4), which every ACME server takes (RFC 8555 section 6.2).</summary>
internal sealed class AccountKey : IDisposable
{
    private readonly ECDsa _key;

    private AccountKey(ECDsa key)
    {
        _key = key;
        var point = key.ExportParameters(includePrivateParameters: false).Q;

        // Members in this order and without white space: so they are hashed as well (RFC 7638 section 3)
        Jwk = $$"""{"crv":"P-256","kty":"EC","x":"{{Base64Url.EncodeToString(point.X)}}","y":"{{Base64Url.EncodeToString(point.Y)}}"}""";
        Thumbprint = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Jwk)));
    }

    /// <summary>The public key as a JSON Web Key.</summary>
    public string Jwk { get; }

    /// <summary>RFC 7638.</summary>
    public string Thumbprint { get; }

    public static AccountKey Create() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    public static AccountKey Import(byte[] pkcs8)
    {
        var key = ECDsa.Create();
        key.ImportPkcs8PrivateKey(pkcs8, out _);
        return new AccountKey(key);
    }

    public byte[] Export() => _key.ExportPkcs8PrivateKey();

    /// <summary>RFC 8555 section 8.1.</summary>
    public string Authorization(string token) => $"{token}.{Thumbprint}";

    public byte[] Sign(byte[] data) => _key.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    public void Dispose() => _key.Dispose();
}
