using System.Collections.Concurrent;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;

namespace Sora.Gateway.Connections;

/// <summary>
/// The server's certificate from PEM files, or one made and signed by itself. Files that change are read again within <see
/// cref="CheckInterval"/>; when they cannot be read, the previous certificate stays.
/// </summary>
public sealed class CertificateSource
{
    /// <summary>How often the files' times are looked at, while there are handshakes.</summary>
    public static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly string _certFile;
    private readonly string _keyFile;
    private readonly SslProtocols _protocols;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private Loaded _loaded;
    private long _checked;

    private CertificateSource(string certFile, string keyFile, TlsVersion minVersion, TimeProvider time, ILogger logger)
    {
        _certFile = certFile;
        _keyFile = keyFile;
        _protocols = minVersion == TlsVersion.Tls13 ? SslProtocols.Tls13 : SslProtocols.Tls12 | SslProtocols.Tls13;
        _time = time;
        _logger = logger;
        _loaded = Load();
        _checked = time.GetTimestamp();
    }

    /// <summary>The certificate in use.</summary>
    public X509Certificate2 Certificate => Current().Context.TargetCertificate;

    /// <summary>The certificate that the options name; null when they name none and ask for no self-signed one.</summary>
    /// <param name="dataFolder">Where a self-signed certificate is kept.</param>
    /// <param name="hostName">Whom a self-signed certificate is for, besides localhost.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="CryptographicException">A file holds no certificate or not its key.</exception>
    public static CertificateSource? Create(
        TlsOptions options, string dataFolder, string hostName, TimeProvider time, ILogger<CertificateSource> logger)
    {
        if (!string.IsNullOrEmpty(options.CertFile) && !string.IsNullOrEmpty(options.KeyFile))
            return new CertificateSource(options.CertFile, options.KeyFile, options.MinVersion, time, logger);
        if (!options.SelfSigned)
            return null;
        var (certFile, keyFile) = SelfSignedCertificate.Ensure(dataFolder, hostName, time.GetUtcNow());
        return new CertificateSource(certFile, keyFile, options.MinVersion, time, logger);
    }

    /// <summary>What a handshake needs; made once per certificate and ALPN name.</summary>
    internal SslServerAuthenticationOptions Authentication(string? alpn)
    {
        var loaded = Current();
        return loaded.Authentication.GetOrAdd(
            alpn ?? "",
            static (name, state) => new SslServerAuthenticationOptions
            {
                ServerCertificateContext = state.Context,
                EnabledSslProtocols = state.Protocols,
                ApplicationProtocols = name.Length == 0 ? null : [new SslApplicationProtocol(name)],
                AllowRenegotiation = false,
                ClientCertificateRequired = false,
            },
            (loaded.Context, Protocols: _protocols));
    }

    private Loaded Current()
    {
        var loaded = Volatile.Read(ref _loaded);
        if (_time.GetElapsedTime(Volatile.Read(ref _checked)) < CheckInterval)
            return loaded;
        lock (_lock)
        {
            if (_time.GetElapsedTime(_checked) < CheckInterval)
                return _loaded;
            Volatile.Write(ref _checked, _time.GetTimestamp());
            try
            {
                if (_loaded.Stamp != Stamp())
                    Volatile.Write(ref _loaded, Load());
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
            {
                // Half-written files are normal while a renewal is under way: the next check looks again
                Log.CertificateReloadFailed(_logger, _certFile, e);
            }

            return _loaded;
        }
    }

    private Loaded Load()
    {
        var stamp = Stamp();
        var leaf = X509Certificate2.CreateFromPemFile(_certFile, _keyFile);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(_certFile);
        chain.RemoveAt(0);
        Log.CertificateLoaded(_logger, leaf.Subject, leaf.NotAfter.ToUniversalTime());
        return new Loaded(SslStreamCertificateContext.Create(leaf, chain, offline: true), stamp);
    }

    private (DateTime Cert, DateTime Key) Stamp() => (File.GetLastWriteTimeUtc(_certFile), File.GetLastWriteTimeUtc(_keyFile));

    private sealed record Loaded(SslStreamCertificateContext Context, (DateTime Cert, DateTime Key) Stamp)
    {
        public ConcurrentDictionary<string, SslServerAuthenticationOptions> Authentication { get; } = new(StringComparer.Ordinal);
    }
}
