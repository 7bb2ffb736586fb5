using Sora.Configuration;

namespace Sora.Gateway.Connections;

/// <summary>[tls]: the server's certificates, and those of clients.</summary>
[Section("TLS of all mail protocols")]
public sealed class TlsOptions : IValidatableOptions
{
    [Option("PEM file with the certificate and its chain, for clients that name no host, or one that no other certificate is for; read again when it changes", Example = "/etc/sora/fullchain.pem")]
    public string? CertFile { get; set; }

    [Option("PEM file with the certificate's private key", Example = "/etc/sora/privkey.pem")]
    public string? KeyFile { get; set; }

    [Option("Make a self-signed certificate once, keep it in the data folder, and use it as long as there is no other (for trying out)")]
    public bool SelfSigned { get; set; }

    [Option("Oldest TLS version that is spoken", Reference = "RFC 8997, RFC 9325")]
    public TlsVersion MinVersion { get; set; } = TlsVersion.Tls12;

    /// <summary>[[tls.certificates]].</summary>
    public IReadOnlyList<CertificateFileOptions> Certificates { get; set; } = [];

    [Option("How often files of certificates are looked at")]
    [OptionRange("1s", "1d")]
    public TimeSpan CheckInterval { get; set; } = TimeSpan.FromSeconds(5);

    [Option("Largest file with certificates, a key or revocations")]
    [OptionRange("4KiB", "1GiB")]
    public ByteSize MaxFile { get; set; } = ByteSize.MiB(1);

    [Option("Warn in the log, once a day, when a certificate is valid for less than this; 0 does not")]
    [OptionRange("0", "365d")]
    public TimeSpan ExpiryWarning { get; set; } = TimeSpan.FromDays(14);

    [Option("Fetch the issuer's word that a certificate is not revoked, and hand it to clients; the server then asks the address that the certificate names", Reference = "RFC 6066 8")]
    public bool OcspStapling { get; set; }

    [Option("Certificates of IMAP, POP3 and ManageSieve clients: \"none\" asks for none; \"request\" takes a good one for EXTERNAL, and serves clients without; \"require\" refuses all others", Reference = "RFC 4422 A")]
    public ClientCertificates ClientCertificates { get; set; } = ClientCertificates.None;

    [Option("PEM file with the authorities whose client certificates are good; read again when it changes", Example = "/etc/sora/client-ca.pem")]
    public string? ClientCaFile { get; set; }

    [Option("PEM file with the authorities' lists of revoked certificates, one of each; then a certificate whose issuer has none in it, or one past its nextUpdate, is not good. Read again when it changes",
        Example = "/etc/sora/client-ca.crl", Reference = "RFC 5280 5")]
    public string? ClientCrlFile { get; set; }

    /// <inheritdoc/>
    public IEnumerable<string> Validate()
    {
        if (string.IsNullOrEmpty(CertFile) != string.IsNullOrEmpty(KeyFile))
            yield return "cert_file and key_file must be given together";
        if (ClientCertificates != ClientCertificates.None && string.IsNullOrEmpty(ClientCaFile))
            yield return "client_certificates needs client_ca_file";
        if (Certificates.Any(static files => string.IsNullOrEmpty(files.CertFile) || string.IsNullOrEmpty(files.KeyFile)))
            yield return "certificates needs cert_file and key_file in each of its tables";
    }
}

/// <summary>[[tls.certificates]]: one more certificate from files.</summary>
[Section("More certificates from files: a client gets one for the host that it names (RFC 6066 3), of its subjectAltName, wildcards included; one with an ECDSA and one with an RSA key for the same hosts may stand side by side")]
public sealed class CertificateFileOptions
{
    [Option("PEM file with the certificate and its chain; read again when it changes", Example = "/etc/sora/example.com.pem")]
    public string CertFile { get; set; } = "";

    [Option("PEM file with the certificate's private key", Example = "/etc/sora/example.com.key")]
    public string KeyFile { get; set; } = "";
}

/// <summary>TLS versions that may be the oldest one spoken.</summary>
public enum TlsVersion
{
    Tls12,
    Tls13,
}

/// <summary>What is done about certificates of clients.</summary>
public enum ClientCertificates
{
    None,
    Request,
    Require,
}
