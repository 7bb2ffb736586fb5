using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Gateway.Connections.Tls;

namespace Sora.Gateway.Connections;

/// <summary>
/// The server's certificates: from PEM files, from the store that all nodes share, or one made and signed by itself. What changes is read again; where that fails, the previous certificate stays.
/// Connections keep the certificate that they began with.
/// </summary>
public sealed class CertificateSource : IAsyncDisposable
{
    private readonly TlsOptions _options;
    private readonly SslProtocols _protocols;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly List<WatchedFiles<ServerCertificate>> _files = [];
    private readonly WatchedFiles<ServerCertificate>? _selfSigned;
    private readonly Func<bool>? _renewSelfSigned;
    private readonly WatchedFiles<ClientCertificateTrust>? _clients;
    private readonly ISharedCertificates? _shared;
    private readonly IDisposable? _subscription;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Dictionary<string, DateTimeOffset> _warned = new(StringComparer.Ordinal);
    private Dictionary<string, (SharedCertificate Stored, ServerCertificate? Loaded)> _fromStore = new(StringComparer.Ordinal);
    private CertificateSet _set;
    private ClientCertificateTrust? _trust;
    private volatile bool _isStoreStale;
    private Task _checking = Task.CompletedTask;

    private CertificateSource(TlsOptions options, string dataFolder, string hostName, TimeProvider time, ILogger logger, ISharedCertificates? shared)
    {
        _options = options;
        _protocols = options.MinVersion == TlsVersion.Tls13 ? SslProtocols.Tls13 : SslProtocols.Tls12 | SslProtocols.Tls13;
        _time = time;
        _logger = logger;
        _shared = shared;
        if (!string.IsNullOrEmpty(options.CertFile) && !string.IsNullOrEmpty(options.KeyFile))
            _files.Add(Watch(options.CertFile, options.KeyFile));
        foreach (var pair in options.Certificates)
            _files.Add(Watch(pair.CertFile, pair.KeyFile));
        foreach (var pair in _files)
            Loaded(pair.Load());
        if (options.SelfSigned && _files.Count == 0)
        {
            var (certFile, keyFile) = SelfSignedCertificate.Ensure(dataFolder, hostName, time.GetUtcNow());
            _selfSigned = Watch(certFile, keyFile);
            _selfSigned.Load();
            _renewSelfSigned = () => SelfSignedCertificate.Ensure(dataFolder, hostName, time.GetUtcNow()) != default;
        }

        if (options.ClientCertificates != ClientCertificates.None && !string.IsNullOrEmpty(options.ClientCaFile))
        {
            string[] files = string.IsNullOrEmpty(options.ClientCrlFile) ? [options.ClientCaFile] : [options.ClientCaFile, options.ClientCrlFile];
            _clients = new WatchedFiles<ClientCertificateTrust>(
                files, options.MaxFile.Bytes,
                texts => ClientCertificateTrust.Read(texts[0], texts.Count > 1 ? texts[1] : null, options.ClientCertificates == ClientCertificates.Require, time));
            _trust = _clients.Load();
        }

        _set = Build();
        _isStoreStale = shared is not null;
        _subscription = shared?.Subscribe(() =>
        {
            _isStoreStale = true;
            Check();
        });
    }

    /// <summary>There is a certificate to begin TLS with.</summary>
    public bool HasCertificate => Volatile.Read(ref _set).Default is not null;

    /// <summary>The certificate that clients get who name no host.</summary>
    public X509Certificate2 Certificate => Volatile.Read(ref _set).Default?.Leaf ?? throw new InvalidOperationException("There is no certificate");

    /// <summary>When there is no certificate but the one made by itself, which no client trusts.</summary>
    public bool IsSelfSigned => _selfSigned is not null && Volatile.Read(ref _set).Default == _selfSigned.Value;

    /// <summary>Answers ACME servers; null where [acme] does not want TLS-ALPN-01.</summary>
    public IAcmeChallenges? Challenges { get; init; }

    /// <summary>Gives the channel binding tls-exporter.</summary>
    internal TlsExporter Exporter { get; set; } = TlsExporter.Default;

    /// <summary>What is in use, for the metric of what expires when: name, key, and the end of validity.</summary>
    internal IEnumerable<(string Name, string Key, DateTime NotAfter)> InUse =>
        Volatile.Read(ref _set).All.Select(static certificate => (certificate.Label, certificate.Kind == KeyKind.Rsa ? "rsa" : "ecdsa", certificate.NotAfter));

    /// <summary>The certificates that the options name; null when they name none, ask for no self-signed one, and none are shared.</summary>
    /// <param name="dataFolder">Where a self-signed certificate is kept.</param>
    /// <param name="hostName">Whom a self-signed certificate is for, besides localhost.</param>
    /// <param name="shared">Certificates that all nodes share; null for none. They are read by <see cref="CheckAsync"/>.</param>
    /// <param name="challenges">Answers ACME servers that come for TLS-ALPN-01.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="CryptographicException">A file holds no certificate or not its key.</exception>
    public static CertificateSource? Create(
        TlsOptions options, string dataFolder, string hostName, TimeProvider time, ILogger<CertificateSource> logger,
        ISharedCertificates? shared = null, IAcmeChallenges? challenges = null)
    {
        var source = new CertificateSource(options, dataFolder, hostName, time, logger, shared) { Challenges = challenges };
        return source.HasCertificate || shared is not null ? source : null;
    }

    /// <summary>Begins to look after the files, every tls.check_interval, and after the store, when it changes.</summary>
    public void Start() => _checking = Task.Run(RunAsync, CancellationToken.None);

    /// <summary>Looks after everything now, without waiting for it.</summary>
    public void Check()
    {
        try
        {
            if (_wake.CurrentCount == 0)
                _wake.Release();
        }
        catch (Exception e) when (e is SemaphoreFullException or ObjectDisposedException)
        {
            // Woken by somebody else at the same moment, or not needed any more
        }
    }

    /// <summary>Looks after everything.</summary>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var hasChanged = false;
            foreach (var pair in _files)
                hasChanged |= Check(pair, Loaded);
            hasChanged |= await CheckStoreAsync(cancellationToken);
            hasChanged |= CheckSelfSigned();
            if (_clients is not null && Check(_clients, static _ => { }))
                Volatile.Write(ref _trust, _clients.Value);
            if (hasChanged || !_set.IsUpToDate(_time.GetUtcNow()))
                Volatile.Write(ref _set, Build());
            WarnOfExpiry();
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Reads what the client says first, takes nothing of it away, and says how to go on; null when the server has no certificate, or the client went away.</summary>
    internal async ValueTask<Handshake?> BeginAsync(PipeReader input, IProtocolServer protocol, CancellationToken cancellationToken)
    {
        var hello = await PeekAsync(input, cancellationToken);
        if (hello is { IsAcmeValidation: true } && Challenges is { } challenges)
            return await AnswerAsync(challenges, hello, cancellationToken);
        if (Volatile.Read(ref _set).Choose(hello) is not { } certificate)
            return null;
        if (!protocol.WantsClientCertificates || Volatile.Read(ref _trust) is not { } trust)
            return new Handshake(certificate.Authentication(protocol.Alpn));
        var check = new ClientCertificateCheck(trust);
        return new Handshake(certificate.Authentication(protocol.Alpn, check), check);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _subscription?.Dispose();
        await _stopping.CancelAsync();
        await _checking;
        _stopping.Dispose();
        _wake.Dispose();
        _turn.Dispose();
    }

    private static async ValueTask<ClientHello?> PeekAsync(PipeReader input, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await input.ReadAsync(cancellationToken);
            var hello = ClientHello.Read(read.Buffer, out var isComplete);
            if (isComplete || read.IsCompleted)
            {
                // What was looked at counts as new to SslStream
                input.AdvanceTo(read.Buffer.Start);
                return hello;
            }

            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private async ValueTask<Handshake?> AnswerAsync(IAcmeChallenges challenges, ClientHello hello, CancellationToken cancellationToken)
    {
        // RFC 8737 section 3: without a proof for that host the handshake must not succeed
        if (hello.ServerName is not { } host)
            return null;
        var found = await challenges.FindTlsAsync(host, cancellationToken);
        if (!found.IsOk || found.Value is not { } keyAuthorization)
            return null;
        Log.AcmeValidation(_logger, host);
        return new Handshake(AcmeCertificate.Answer(host, keyAuthorization, _time.GetUtcNow()), IsAcmeValidation: true);
    }

    private async Task RunAsync()
    {
        var timer = _time.CreateTimer(static source => ((CertificateSource)source!).Check(), this, _options.CheckInterval, _options.CheckInterval);
        await using (timer.ConfigureAwait(false))
        {
            while (true)
            {
                try
                {
                    await _wake.WaitAsync(_stopping.Token);
                    await CheckAsync(_stopping.Token);
                }
                catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
                {
                    return;
                }
                catch (Exception e)
                {
                    Log.CertificateCheckFailed(_logger, e);
                }
            }
        }
    }

    private WatchedFiles<ServerCertificate> Watch(string certFile, string keyFile) => new(
        [certFile, keyFile], _options.MaxFile.Bytes, texts => ServerCertificate.FromPem(certFile, texts[0], texts[1], _protocols, _options.OcspStapling));

    private bool Check<T>(WatchedFiles<T> files, Action<T> loaded)
        where T : class
    {
        var hasChanged = files.Check(out var problem);
        if (hasChanged)
            loaded(files.Value!);
        if (problem is not null)
            Log.CertificateReloadFailed(_logger, files.Files[0], problem);
        return hasChanged;
    }

    private bool CheckSelfSigned()
    {
        if (_selfSigned is null)
            return false;
        _renewSelfSigned!();
        return Check(_selfSigned, Loaded);
    }

    private async Task<bool> CheckStoreAsync(CancellationToken cancellationToken)
    {
        if (_shared is null || !_isStoreStale)
            return false;
        _isStoreStale = false;
        var read = await _shared.ReadAllAsync(cancellationToken);
        if (!read.IsOk)
        {
            _isStoreStale = true; // What is in use stays; the next check asks again
            return false;
        }

        var before = _fromStore;
        _fromStore = new(StringComparer.Ordinal);
        foreach (var stored in read.Value)
        {
            var isKnown = before.TryGetValue(stored.Name, out var known);
            _fromStore[stored.Name] = isKnown && known.Stored == stored ? known : (stored, Load(stored) ?? known.Loaded);
        }

        return true;
    }

    private ServerCertificate? Load(SharedCertificate stored)
    {
        try
        {
            var loaded = ServerCertificate.FromPem(stored.Name, stored.Chain, stored.Key, _protocols, _options.OcspStapling);
            Loaded(loaded);
            return loaded;
        }
        catch (CryptographicException e)
        {
            Log.CertificateReloadFailed(_logger, stored.Name, e);
            return null;
        }
    }

    private CertificateSet Build()
    {
        var certificates = _files.Select(static pair => pair.Value!)
            .Concat(_fromStore.Values.Where(static pair => pair.Loaded is not null).Select(static pair => pair.Loaded!)).ToList();
        if (certificates.Count == 0 && _selfSigned?.Value is { } selfSigned)
            certificates.Add(selfSigned);
        return new CertificateSet(certificates, _time.GetUtcNow());
    }

    private void Loaded(ServerCertificate certificate) =>
        Log.CertificateLoaded(_logger, certificate.Label, string.Join(' ', certificate.Names), certificate.NotAfter);

    private void WarnOfExpiry()
    {
        var now = _time.GetUtcNow();
        foreach (var certificate in _set.All)
        {
            if (certificate.NotAfter - now.UtcDateTime >= _options.ExpiryWarning)
                continue;
            if (_warned.TryGetValue(certificate.Label, out var last) && now - last < TimeSpan.FromDays(1))
                continue;
            _warned[certificate.Label] = now;
            Log.CertificateExpires(_logger, certificate.Label, string.Join(' ', certificate.Names), certificate.NotAfter);
        }
    }
}
