using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sora.Gateway.Connections.Tls;

/// <summary>A certificate revocation list (RFC 5280 section 5). .NET fetches lists from where certificates say, but reads none that is there.</summary>
internal sealed class RevocationList
{
    private const string PemLabel = "X509 CRL";
    private const string DeltaIndicator = "2.5.29.27";
    private const string IssuingDistributionPoint = "2.5.29.28";

    private readonly HashSet<BigInteger> _serials = [];
    private readonly byte[] _signedPart;
    private readonly byte[] _issuer;
    private readonly byte[] _signature;
    private readonly string _algorithm;

    private RevocationList(ReadOnlyMemory<byte> der)
    {
        var list = new AsnReader(der, AsnEncodingRules.DER).ReadSequence();
        _signedPart = list.PeekEncodedValue().ToArray();
        var signed = list.ReadSequence();
        var algorithm = list.ReadEncodedValue();
        _algorithm = new AsnReader(algorithm, AsnEncodingRules.DER).ReadSequence().ReadObjectIdentifier();
        _signature = list.ReadBitString(out var unused);
        if (signed.PeekTag().HasSameClassAndValue(Asn1Tag.Integer))
            signed.ReadInteger();
        if (unused != 0 || !signed.ReadEncodedValue().Span.SequenceEqual(algorithm.Span)) // Section 5.1.1.2: the algorithm once more
            throw new CryptographicException("a list of revoked certificates names two algorithms");
        _issuer = signed.ReadEncodedValue().ToArray();
        ReadTime(signed);
        NextUpdate = signed.HasData && IsTime(signed.PeekTag()) ? ReadTime(signed) : DateTimeOffset.MinValue; // Section 5.1.2.5 demands it
        if (signed.HasData && signed.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence))
        {
            for (var entries = signed.ReadSequence(); entries.HasData;)
                _serials.Add(entries.ReadSequence().ReadInteger());
        }

        if (signed.HasData)
            ReadExtensions(signed.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0, isConstructed: true)).ReadSequence());
    }

    /// <summary>After this it says nothing any more.</summary>
    public DateTimeOffset NextUpdate { get; }

    /// <exception cref="CryptographicException">There is none in it, or one that cannot be read.</exception>
    public static IReadOnlyList<RevocationList> ReadAll(string pem)
    {
        var lists = new List<RevocationList>();
        try
        {
            for (var rest = pem.AsMemory(); PemEncoding.TryFind(rest.Span, out var fields); rest = rest[fields.Location.End..])
            {
                if (rest.Span[fields.Label].SequenceEqual(PemLabel))
                    lists.Add(new RevocationList(Convert.FromBase64String(rest.Span[fields.Base64Data].ToString())));
            }
        }
        catch (Exception e) when (e is AsnContentException or FormatException)
        {
            throw new CryptographicException("a list of revoked certificates cannot be read", e);
        }

        return lists.Count > 0 ? lists : throw new CryptographicException("there is no list of revoked certificates in it");
    }

    /// <summary>This authority has issued the list: the name is its own, and so is the signature.</summary>
    public bool IsOf(X509Certificate2 authority)
    {
        if (!authority.SubjectName.RawData.AsSpan().SequenceEqual(_issuer))
            return false;
        var usage = authority.Extensions.OfType<X509KeyUsageExtension>().FirstOrDefault();
        if (usage is not null && !usage.KeyUsages.HasFlag(X509KeyUsageFlags.CrlSign))
            return false;
        HashAlgorithmName? hash = _algorithm switch
        {
            "1.2.840.113549.1.1.11" or "1.2.840.10045.4.3.2" => HashAlgorithmName.SHA256,
            "1.2.840.113549.1.1.12" or "1.2.840.10045.4.3.3" => HashAlgorithmName.SHA384,
            "1.2.840.113549.1.1.13" or "1.2.840.10045.4.3.4" => HashAlgorithmName.SHA512,
            _ => null,
        };
        if (hash is not { } known)
            return false;
        using var rsa = authority.GetRSAPublicKey();
        if (rsa is not null)
            return rsa.VerifyData(_signedPart, _signature, known, RSASignaturePadding.Pkcs1);
        using var ecdsa = authority.GetECDsaPublicKey();
        return ecdsa is not null && ecdsa.VerifyData(_signedPart, _signature, known, DSASignatureFormat.Rfc3279DerSequence);
    }

    public bool Contains(X509Certificate2 certificate) => _serials.Contains(new BigInteger(certificate.SerialNumberBytes.Span, isUnsigned: true, isBigEndian: true));

    private static bool IsTime(Asn1Tag tag) => tag.HasSameClassAndValue(Asn1Tag.UtcTime) || tag.HasSameClassAndValue(Asn1Tag.GeneralizedTime);

    private static DateTimeOffset ReadTime(AsnReader reader) =>
        reader.PeekTag().HasSameClassAndValue(Asn1Tag.UtcTime) ? reader.ReadUtcTime() : reader.ReadGeneralizedTime();

    // A list of only a part would let the rest in (sections 5.2.4 and 5.2.5)
    private static void ReadExtensions(AsnReader extensions)
    {
        while (extensions.HasData)
        {
            var extension = extensions.ReadSequence();
            var id = extension.ReadObjectIdentifier();
            var isCritical = extension.HasData && extension.PeekTag().HasSameClassAndValue(Asn1Tag.Boolean) && extension.ReadBoolean();
            if (id is DeltaIndicator or IssuingDistributionPoint || isCritical)
                throw new CryptographicException("a list of revoked certificates is not a whole one");
        }
    }
}
