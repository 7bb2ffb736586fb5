using System.Collections.Concurrent;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Sora.Contracts;

namespace Sora.Gateway.Connections.Tls;

/// <summary>A certificate with its key and chain, ready for handshakes.</summary>
internal sealed class ServerCertificate
{
    private readonly ConcurrentDictionary<string, SslServerAuthenticationOptions> _authentication = new(StringComparer.Ordinal);
    private readonly SslProtocols _protocols;

    private ServerCertificate(string label, SslStreamCertificateContext context, SslProtocols protocols)
    {
        Label = label;
        Context = context;
        _protocols = protocols;
        Names = CertificateHosts.Of(Leaf);
        Kind = KeyKinds.Of(Leaf);
        NotBefore = Leaf.NotBefore.ToUniversalTime();
        NotAfter = Leaf.NotAfter.ToUniversalTime();
    }

    /// <summary>Where it comes from, for people: a file, or the name in the shared store.</summary>
    public string Label { get; }

    public SslStreamCertificateContext Context { get; }

    public X509Certificate2 Leaf => Context.TargetCertificate;

    /// <summary>Hosts it is for, in small letters; with <c>*.</c> before those whose first label may be any.</summary>
    public IReadOnlyList<string> Names { get; }

    public KeyKind Kind { get; }

    public DateTime NotBefore { get; }

    public DateTime NotAfter { get; }

    /// <summary>Reads PEM texts: the certificate first, then those that vouch for it.</summary>
    /// <param name="staples">Ask the issuer for its word that the certificate is not revoked, and hand that out (RFC 6066 section 8).</param>
    /// <exception cref="CryptographicException">Not a certificate, not a key, or not its key.</exception>
    public static ServerCertificate FromPem(string label, string certificate, string key, SslProtocols protocols, bool staples)
    {
        try
        {
            return From(label, X509Certificate2.CreateFromPem(certificate, key), Chain(certificate), protocols, staples);
        }
        catch (ArgumentException e)
        {
            throw new CryptographicException($"{label}: {e.Message}", e); // A text that is no PEM is that to .NET
        }
    }

    /// <summary>A certificate that is made here and now.</summary>
    public static ServerCertificate From(
        string label, X509Certificate2 leaf, X509Certificate2Collection chain, SslProtocols protocols, bool staples = false) =>
        new(label, SslStreamCertificateContext.Create(leaf, chain, offline: !staples), protocols);

    /// <summary>What a handshake needs; made once per ALPN name, so that sessions can be resumed (RFC 8446 section 2.2).</summary>
    public SslServerAuthenticationOptions Authentication(string? alpn) =>
        _authentication.GetOrAdd(alpn ?? "", static (name, certificate) => certificate.Options(name), this);

    /// <summary>What the handshake of one connection needs that is asked for a certificate of its own.</summary>
    public SslServerAuthenticationOptions Authentication(string? alpn, ClientCertificateCheck check)
    {
        var options = Options(alpn ?? "");

        // A session that is resumed brings no chain, and what was true of its certificate then may not be now
        options.AllowTlsResume = false;
        options.ClientCertificateRequired = true;
        options.CertificateChainPolicy = check.Policy;
        options.RemoteCertificateValidationCallback = check.Validate;
        return options;
    }

    private SslServerAuthenticationOptions Options(string alpn) => new()
    {
        ServerCertificateContext = Context,
        EnabledSslProtocols = _protocols,
        ApplicationProtocols = alpn.Length == 0 ? null : [new SslApplicationProtocol(alpn)],
        AllowRenegotiation = false,
        ClientCertificateRequired = false,
    };

    private static X509Certificate2Collection Chain(string pem)
    {
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(pem);
        chain.RemoveAt(0);
        return chain;
    }
}
