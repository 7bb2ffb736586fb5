using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sora.Acme.Protocol;

/// <summary>A new key, and the request to certify it (RFC 2986, RFC 8555 section 7.4).</summary>
internal sealed class CertificateKey : IDisposable
{
    private readonly AsymmetricAlgorithm _key;

    private CertificateKey(AsymmetricAlgorithm key) => _key = key;

    public static CertificateKey Create(AcmeKeyType type) => new(type switch
    {
        AcmeKeyType.EcdsaP384 => ECDsa.Create(ECCurve.NamedCurves.nistP384),
        AcmeKeyType.Rsa2048 => RSA.Create(2048),
        AcmeKeyType.Rsa3072 => RSA.Create(3072),
        AcmeKeyType.Rsa4096 => RSA.Create(4096),
        _ => ECDsa.Create(ECCurve.NamedCurves.nistP256),
    });

    /// <summary>The type that a certificate's key is of; null for another.</summary>
    public static AcmeKeyType? TypeOf(X509Certificate2 certificate)
    {
        using var ecdsa = certificate.GetECDsaPublicKey();
        if (ecdsa is not null)
            return ecdsa.KeySize switch { 256 => AcmeKeyType.EcdsaP256, 384 => AcmeKeyType.EcdsaP384, _ => null };
        using var rsa = certificate.GetRSAPublicKey();
        return rsa?.KeySize switch { 2048 => AcmeKeyType.Rsa2048, 3072 => AcmeKeyType.Rsa3072, 4096 => AcmeKeyType.Rsa4096, _ => null };
    }

    /// <summary>The request in base64url.</summary>
    public string Request(IEnumerable<string> hosts)
    {
        // The hosts are in subjectAltName alone: a common name is not longer than 64 characters, and nobody looks at it any more
        var empty = new X500DistinguishedName("");
        var request = _key is ECDsa ecdsa
            ? new CertificateRequest(empty, ecdsa, HashAlgorithmName.SHA256)
            : new CertificateRequest(empty, (RSA)_key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in hosts)
            names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        return Base64Url.EncodeToString(request.CreateSigningRequest());
    }

    public string ExportPem() => _key.ExportPkcs8PrivateKeyPem();

    public void Dispose() => _key.Dispose();
}
