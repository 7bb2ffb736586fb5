using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sora.Gateway.Connections;

/// <summary>What names a TLS channel so that a login can be bound to it (RFC 5056).</summary>
internal static class ChannelBindings
{
    /// <summary>RFC 5929 section 4: the hash of the server's certificate.</summary>
    public const string ServerEndPoint = "tls-server-end-point";

    /// <summary>RFC 9266: keying material of the connection itself.</summary>
    public const string Exporter = "tls-exporter";

    private const string Pss = "1.2.840.113549.1.1.10";

    /// <summary>
    /// Hashed with what the certificate's signature is hashed with, and SHA-256 in place of MD5 and SHA-1 (RFC 5929 section 4.1). Null for a signature without a hash function
    /// of its own, as that of Ed25519, for which nothing is defined.
    /// </summary>
    public static byte[]? OfServerEndPoint(X509Certificate2 certificate) =>
        HashOf(certificate) is { } hash ? CryptographicOperations.HashData(hash, certificate.RawDataMemory.Span) : null;

    private static HashAlgorithmName? HashOf(X509Certificate2 certificate) => certificate.SignatureAlgorithm.Value switch
    {
        Pss => HashOfPss(certificate.RawDataMemory),
        "1.2.840.113549.1.1.4" or "1.2.840.113549.1.1.5" or "1.2.840.10045.4.1" or "1.2.840.10040.4.3" => HashAlgorithmName.SHA256,
        "1.2.840.113549.1.1.11" or "1.2.840.10045.4.3.2" => HashAlgorithmName.SHA256,
        "1.2.840.113549.1.1.12" or "1.2.840.10045.4.3.3" => HashAlgorithmName.SHA384,
        "1.2.840.113549.1.1.13" or "1.2.840.10045.4.3.4" => HashAlgorithmName.SHA512,
        _ => null,
    };

    // RSASSA-PSS-params (RFC 4055 section 3.1); a hash that is left out is SHA-1
    private static HashAlgorithmName? HashOfPss(ReadOnlyMemory<byte> encoded)
    {
        try
        {
            var certificate = new AsnReader(encoded, AsnEncodingRules.DER).ReadSequence();
            certificate.ReadEncodedValue();
            var algorithm = certificate.ReadSequence();
            algorithm.ReadObjectIdentifier();
            if (!algorithm.HasData)
                return HashAlgorithmName.SHA256;
            var parameters = algorithm.ReadSequence();
            var tag = new Asn1Tag(TagClass.ContextSpecific, 0, isConstructed: true);
            if (!parameters.HasData || !parameters.PeekTag().HasSameClassAndValue(tag))
                return HashAlgorithmName.SHA256;
            return parameters.ReadSequence(tag).ReadSequence().ReadObjectIdentifier() switch
            {
                "1.3.14.3.2.26" or "2.16.840.1.101.3.4.2.1" => HashAlgorithmName.SHA256,
                "2.16.840.1.101.3.4.2.2" => HashAlgorithmName.SHA384,
                "2.16.840.1.101.3.4.2.3" => HashAlgorithmName.SHA512,
                _ => null,
            };
        }
        catch (AsnContentException)
        {
            return null;
        }
    }
}
