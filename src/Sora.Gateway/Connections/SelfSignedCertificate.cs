using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sora.Gateway.Connections;

/// <summary>A certificate for trying Sora out, kept so that a client that was told to trust it need not be told again.</summary>
internal static class SelfSignedCertificate
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(365);
    private static readonly TimeSpan RenewBefore = TimeSpan.FromDays(30);

    /// <summary>The PEM files of the certificate and its key, made when they are missing or about to expire.</summary>
    public static (string CertFile, string KeyFile) Ensure(string dataFolder, string hostName, DateTimeOffset now)
    {
        var folder = Path.Combine(dataFolder, "tls");
        var certFile = Path.Combine(folder, "self-signed.crt");
        var keyFile = Path.Combine(folder, "self-signed.key");
        if (IsUsable(certFile, keyFile, now))
            return (certFile, keyFile);
        Directory.CreateDirectory(folder);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = Request(key, hostName).CreateSelfSigned(now.AddDays(-1), now + Lifetime);
        Write(keyFile, key.ExportPkcs8PrivateKeyPem());
        Write(certFile, certificate.ExportCertificatePem());
        return (certFile, keyFile);
    }

    private static CertificateRequest Request(ECDsa key, string hostName)
    {
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(hostName);
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        if (!IPAddress.TryParse(hostName, out _) && !hostName.Equals("localhost", StringComparison.OrdinalIgnoreCase))
            names.AddDnsName(hostName);
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        return request;
    }

    private static bool IsUsable(string certFile, string keyFile, DateTimeOffset now)
    {
        if (!File.Exists(certFile) || !File.Exists(keyFile))
            return false;
        try
        {
            using var certificate = X509Certificate2.CreateFromPemFile(certFile, keyFile);
            return certificate.NotAfter.ToUniversalTime() - RenewBefore > now.UtcDateTime;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return false;
        }
    }

    private static void Write(string file, string pem)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var partial = file + ".new";
        File.Delete(partial);
        using (var writer = new StreamWriter(new FileStream(partial, options)))
            writer.Write(pem);
        File.Move(partial, file, overwrite: true);
    }
}
