using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sora.Relay.Smtp;

/// <summary>The certificate that is shown to hosts which ask for one. Read for each connection, which lasts for many messages: a renewed one is used without a restart.</summary>
internal static class ClientCertificate
{
    /// <exception cref="SmtpException">It cannot be read.</exception>
    public static SslStreamCertificateContext? Load(RelayOptions options)
    {
        if (options.CertificateFile is not { } file)
            return null;
        try
        {
            var certificate = X509Certificate2.CreateFromPemFile(file, options.KeyFile ?? file);
            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(file);
            return SslStreamCertificateContext.Create(certificate, chain, offline: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new SmtpException($"relay.certificate_file cannot be read: {e.Message}", null, e);
        }
    }
}
