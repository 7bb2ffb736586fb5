using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace Sora.Gateway.Sasl;

/// <summary>Whom a certificate names.</summary>
internal static class ExternalIdentity
{
    private const string SubjectAlternativeName = "2.5.29.17";
    private const string CommonName = "2.5.4.3";
    private const string EmailAddress = "1.2.840.113549.1.9.1";

    /// <summary>Its names in the order in which they are tried.</summary>
    public static IEnumerable<string> Of(X509Certificate2 certificate, IEnumerable<ExternalName> names) => names
        .SelectMany(name => name switch
        {
            ExternalName.Cn => OfSubject(certificate, CommonName),
            ExternalName.SubjectEmail => OfSubject(certificate, EmailAddress),
            _ => Rfc822Names(certificate),
        })
        .Where(static name => name.Length > 0 && !name.Contains('\0', StringComparison.Ordinal));

    private static List<string> OfSubject(X509Certificate2 certificate, string type)
    {
        var found = new List<string>();
        foreach (var part in certificate.SubjectName.EnumerateRelativeDistinguishedNames())
        {
            if (!part.HasMultipleElements && part.GetSingleElementType().Value == type && part.GetSingleElementValue() is { } value)
                found.Add(value);
        }

        return found;
    }

    // GeneralName ::= CHOICE { otherName [0], rfc822Name [1] IA5String, … } (RFC 5280 section 4.2.1.6)
    private static List<string> Rfc822Names(X509Certificate2 certificate)
    {
        var found = new List<string>();
        if (certificate.Extensions[SubjectAlternativeName] is not { } extension)
            return found;
        try
        {
            var tag = new Asn1Tag(TagClass.ContextSpecific, 1);
            var names = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
            while (names.HasData)
            {
                if (names.PeekTag().HasSameClassAndValue(tag))
                    found.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, tag));
                else
                    names.ReadEncodedValue();
            }
        }
        catch (AsnContentException)
        {
            found.Clear(); // What cannot be read names nobody
        }

        return found;
    }
}
