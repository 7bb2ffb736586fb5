using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sora.Testing;

/// <summary>A certificate authority of the tests' own.</summary>
public sealed class TestAuthority : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <param name="issuer">Who vouches for it; null for a root.</param>
    public TestAuthority(string name = "Test authority", TestAuthority? issuer = null)
    {
        var request = new CertificateRequest($"CN={name}", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var (from, until) = (DateTimeOffset.UtcNow.AddDays(-2), DateTimeOffset.UtcNow.AddDays(3650));
        if (issuer is null)
        {
            Certificate = request.CreateSelfSigned(from, until);
            return;
        }

        using var signed = issuer.Sign(request, from, until);
        Certificate = signed.CopyWithPrivateKey(_key);
    }

    public X509Certificate2 Certificate { get; }

    public string Pem => Certificate.ExportCertificatePem() + "\n";

    public string KeyPem => _key.ExportPkcs8PrivateKeyPem() + "\n";

    /// <summary>A certificate for hosts.</summary>
    public TestCertificate Issue(params string[] hosts) => Issue(new TestRequest { Hosts = hosts });

    public TestCertificate Issue(TestRequest wanted)
    {
        using AsymmetricAlgorithm key = wanted.Rsa ? RSA.Create(2048) : ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var subject = new X500DistinguishedName(wanted.Subject);
        var request = key is RSA rsa
            ? new CertificateRequest(subject, rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest(subject, (ECDsa)key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in wanted.Hosts)
        {
            if (System.Net.IPAddress.TryParse(host, out var address))
                names.AddIpAddress(address);
            else
                names.AddDnsName(host);
        }

        foreach (var email in wanted.Emails)
            names.AddEmailAddress(email);
        if (wanted.Hosts.Count + wanted.Emails.Count > 0)
            request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, false, 0, critical: true));
        OidCollection usages = [new Oid(wanted.ForClient ? "1.3.6.1.5.5.7.3.2" : "1.3.6.1.5.5.7.3.1")];
        if (wanted.ForBoth)
            usages.Add(new Oid("1.3.6.1.5.5.7.3.2"));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(usages, critical: false));
        if (wanted.Ocsp is { } ocsp)
            request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension([ocsp], caIssuersUris: null));
        using var certificate = Sign(request, wanted.NotBefore ?? DateTimeOffset.UtcNow.AddDays(-1), wanted.NotAfter ?? DateTimeOffset.UtcNow.AddDays(60));
        return new TestCertificate(certificate.ExportCertificatePem() + "\n", key.ExportPkcs8PrivateKeyPem() + "\n");
    }

    /// <summary>Signs what somebody else has asked for.</summary>
    public X509Certificate2 Sign(CertificateRequest request, DateTimeOffset notBefore, DateTimeOffset notAfter)
    {
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(Certificate, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        return request.Create(Certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(_key), notBefore, notAfter, RandomNumberGenerator.GetBytes(16));
    }

    /// <summary>A list of revoked certificates, in PEM.</summary>
    public string Revoke(DateTimeOffset nextUpdate, params X509Certificate2[] revoked)
    {
        var list = new CertificateRevocationListBuilder();
        foreach (var certificate in revoked)
            list.AddEntry(certificate);
        var der = list.Build(Certificate, new BigInteger(1), nextUpdate, HashAlgorithmName.SHA256, thisUpdate: nextUpdate.AddDays(-7));
        return PemEncoding.WriteString("X509 CRL", der) + "\n";
    }

    public void Dispose()
    {
        Certificate.Dispose();
        _key.Dispose();
    }
}

/// <summary>What a certificate is to say.</summary>
public sealed record TestRequest
{
    public IReadOnlyList<string> Hosts { get; init; } = [];

    public IReadOnlyList<string> Emails { get; init; } = [];

    public string Subject { get; init; } = "CN=test";

    public bool Rsa { get; init; }

    /// <summary>Where its issuer says whether it is revoked.</summary>
    public string? Ocsp { get; init; }

    public bool ForClient { get; init; }

    /// <summary>For servers, and for clients too.</summary>
    public bool ForBoth { get; init; }

    public DateTimeOffset? NotBefore { get; init; }

    public DateTimeOffset? NotAfter { get; init; }
}

/// <summary>A certificate and its key, in PEM.</summary>
public sealed record TestCertificate(string Certificate, string Key)
{
    public string Thumbprint
    {
        get
        {
            using var loaded = X509Certificate2.CreateFromPem(Certificate);
            return loaded.Thumbprint;
        }
    }

    public X509Certificate2 Load() => X509Certificate2.CreateFromPem(Certificate, Key);

    /// <summary>Writes both beside each other: <c>name.crt</c> and <c>name.key</c>.</summary>
    public (string CertFile, string KeyFile) Write(TempFolder folder, string name)
    {
        var files = (folder.File(string.Create(CultureInfo.InvariantCulture, $"{name}.crt")), folder.File(string.Create(CultureInfo.InvariantCulture, $"{name}.key")));
        File.WriteAllText(files.Item1, Certificate);
        File.WriteAllText(files.Item2, Key);
        return files;
    }
}
