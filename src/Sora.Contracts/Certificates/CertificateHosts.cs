using System.Security.Cryptography.X509Certificates;

namespace Sora.Contracts;

/// <summary>The hosts that a certificate is for.</summary>
public static class CertificateHosts
{
    private const string SubjectAlternativeName = "2.5.29.17";

    /// <summary>The DNS names of its subjectAltName (RFC 6125 section 6.4), or its common name where it has none, as old private ones do; in small letters.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <returns>The hosts, with <c>*.</c> before those whose first label may be any.</returns>
    public static string[] Of(X509Certificate2 certificate)
    {
        var extension = certificate.Extensions[SubjectAlternativeName];
        if (extension is null)
            return certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false) is { Length: > 0 } name ? [name.ToLowerInvariant()] : [];
        var names = extension as X509SubjectAlternativeNameExtension ?? new X509SubjectAlternativeNameExtension(extension.RawData, extension.Critical);
        return [.. names.EnumerateDnsNames().Select(static name => name.TrimEnd('.').ToLowerInvariant()).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>What stands for a host in a certificate with a wildcard: only its first label may be any (RFC 6125 section 6.4.3).</summary>
    /// <param name="host">In small letters.</param>
    /// <returns>Null for a name of one label.</returns>
    public static string? Wildcard(string host) => host.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot ? string.Concat("*", host.AsSpan(dot)) : null;
}
