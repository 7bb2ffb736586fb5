using System.Buffers.Text;
using Sora.Configuration;

namespace Sora.Acme;

/// <summary>[acme]: certificates that are ordered and renewed without anybody's doing.</summary>
[Section("Certificates from an ACME server such as Let's Encrypt (RFC 8555), for all nodes by way of [tls_store]; one node at a time orders them, and any node proves that the hosts are ours")]
public sealed class AcmeOptions : IValidatableOptions
{
    [Option("Order certificates")]
    public bool Enabled { get; set; }

    [Option("URL of the server's directory", Reference = "RFC 8555 7.1.1")]
    public string Directory { get; set; } = "https://acme-v02.api.letsencrypt.org/directory";

    [Option("PEM file with the authorities that vouch for the server's own certificate, for one that is not known to the system", Example = "/etc/sora/acme-ca.pem")]
    public string? CaFile { get; set; }

    [Option("The server's terms of service are agreed to; without it there is no account")]
    public bool AgreeTerms { get; set; }

    [Option("Whom the server may write to, as \"mailto:admin@example.com\"")]
    public IReadOnlyList<string> Contacts { get; set; } = [];

    [Option("For servers that want to know whose account it is: the key's identifier, as they gave it", Example = "kid-1", Reference = "RFC 8555 7.3.4")]
    public string? EabKeyId { get; set; }

    [Option("For servers that want to know whose account it is: the key, in base64url", Secret = true, Reference = "RFC 8555 7.3.4")]
    public string? EabKey { get; set; }

    [Option("How hosts are proven to be ours: \"http01\" on acme.http_listen, to which port 80 of each host must lead; \"tls_alpn01\" on every TLS listener, to one of which port 443 must lead", Reference = "RFC 8555 8.3, RFC 8737")]
    public AcmeChallengeType Challenge { get; set; } = AcmeChallengeType.Http01;

    [Option("Addresses of the listener for http01, which answers nothing else")]
    public IReadOnlyList<string> HttpListen { get; set; } = ["*:80"];

    [Option("Connections at once to the listener for http01")]
    [OptionRange(1, 100_000)]
    public int HttpMaxConnections { get; set; } = 100;

    /// <summary>[[acme.certificates]].</summary>
    public IReadOnlyList<AcmeCertificateOptions> Certificates { get; set; } = [];

    [Option("How long before its end a certificate is renewed; a third of its lifetime when that is less. A server that suggests a time is asked for it", Reference = "RFC 9773")]
    [OptionRange("1h", "365d")]
    public TimeSpan RenewBefore { get; set; } = TimeSpan.FromDays(30);

    [Option("How often it is looked whether a certificate is due")]
    [OptionRange("1s", "7d")]
    public TimeSpan CheckInterval { get; set; } = TimeSpan.FromHours(1);

    [Option("Pause after an order that failed; it doubles with each further one. A server that names a longer one gets it")]
    [OptionRange("1s", "7d")]
    public TimeSpan RetryMin { get; set; } = TimeSpan.FromMinutes(5);

    [Option("Longest pause after orders that failed")]
    [OptionRange("1s", "30d")]
    public TimeSpan RetryMax { get; set; } = TimeSpan.FromDays(1);

    [Option("How long an answer of the server may take")]
    [OptionRange("1s", "10m")]
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(30);

    [Option("How long the server may take to look at a proof, or to issue a certificate")]
    [OptionRange("1s", "1h")]
    public TimeSpan OrderTimeout { get; set; } = TimeSpan.FromMinutes(5);

    [Option("Pause between questions whether it has, where the server names none")]
    [OptionRange("10ms", "1m")]
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(2);

    [Option("Largest answer of the server")]
    [OptionRange("16KiB", "16MiB")]
    public ByteSize MaxAnswer { get; set; } = ByteSize.MiB(1);

    [Option("Take the chain whose last certificate has this issuer, by its common name, if the server has several", Example = "ISRG Root X1", Reference = "RFC 8555 7.4.2")]
    public string? PreferredIssuer { get; set; }

    /// <summary>A listener for HTTP is needed.</summary>
    public bool ListensForHttp => Enabled && Challenge == AcmeChallengeType.Http01;

    /// <inheritdoc/>
    public IEnumerable<string> Validate()
    {
        if (!Uri.TryCreate(Directory, UriKind.Absolute, out var url) || url.Scheme != Uri.UriSchemeHttps)
            yield return $"directory is '{Directory}', which is not an https URL";
        if (string.IsNullOrEmpty(EabKeyId) != string.IsNullOrEmpty(EabKey))
            yield return "eab_key_id and eab_key must be given together";
        if (!string.IsNullOrEmpty(EabKey) && !Base64Url.IsValid(EabKey))
            yield return "eab_key must be in base64url";
        if (RetryMax < RetryMin)
            yield return "retry_max must not be shorter than retry_min";
        foreach (var contact in Contacts)
        {
            if (!Uri.TryCreate(contact, UriKind.Absolute, out _))
                yield return $"contacts has '{contact}', which is not a URL such as \"mailto:admin@example.com\"";
        }

        if (Enabled && !AgreeTerms)
            yield return "agree_terms must be true when enabled is";
        if (Enabled && Certificates.Count == 0)
            yield return "certificates must name hosts when enabled is true";
        if (ListensForHttp && HttpListen.Count == 0)
            yield return "http_listen must have an address when challenge is \"http01\"";
        foreach (var twice in Certificates.GroupBy(static one => one.StoreName, StringComparer.Ordinal).Where(static group => group.Count() > 1))
            yield return $"certificates has two of the same key_type that begin with {twice.First().FirstHost}";
    }
}

/// <summary>[[acme.certificates]]: one certificate.</summary>
[Section("Certificates to order; one with an ECDSA and one with an RSA key for the same hosts may stand side by side")]
public sealed class AcmeCertificateOptions : IValidatableOptions
{
    private const int MaxHosts = 100;
    private const int MaxHost = 253;

    [Option("Its hosts; the first gives it its name in sora-admin tls", Example = "mail.example.com,imap.example.com")]
    public IReadOnlyList<string> Hosts { get; set; } = [];

    [Option("Its key, of which there is a new one with each certificate")]
    public AcmeKeyType KeyType { get; set; } = AcmeKeyType.EcdsaP256;

    internal string FirstHost => Hosts.Count > 0 ? Hosts[0].ToLowerInvariant() : "";

    /// <summary>Its name in the store.</summary>
    public string StoreName => $"acme-{FirstHost}-{(KeyType >= AcmeKeyType.Rsa2048 ? "rsa" : "ecdsa")}";

    /// <inheritdoc/>
    public IEnumerable<string> Validate()
    {
        if (Hosts.Count is 0 or > MaxHosts)
            yield return "hosts must have from 1 to 100 names";
        foreach (var host in Hosts)
        {
            if (host.Contains('*', StringComparison.Ordinal))
                yield return $"hosts has '{host}': neither http01 nor tls_alpn01 can prove a wildcard (RFC 8555 8.3, RFC 8737 3)";
            else if (!IsHost(host))
                yield return $"hosts has '{host}', which is not a name such as mail.example.com (an international one in its xn-- form)";
        }
    }

    private static bool IsHost(string host) =>
        host.Length <= MaxHost && host.Split('.') is { Length: > 1 } labels && Array.TrueForAll(labels, static label =>
            label.Length is > 0 and <= 63 && label[0] != '-' && label[^1] != '-' && label.All(static c => char.IsAsciiLetterOrDigit(c) || c == '-'));
}

/// <summary>How a host is proven.</summary>
public enum AcmeChallengeType
{
    Http01,
    TlsAlpn01,
}

/// <summary>Keys of certificates.</summary>
public enum AcmeKeyType
{
    EcdsaP256,
    EcdsaP384,
    Rsa2048,
    Rsa3072,
    Rsa4096,
}
