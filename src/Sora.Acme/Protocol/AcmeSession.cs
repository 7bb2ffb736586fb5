using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;

namespace Sora.Acme.Protocol;

/// <summary>Requests to one ACME server: its directory, nonces, signatures (RFC 8555 section 6).</summary>
internal sealed class AcmeSession : IDisposable
{
    // Section 6.5: a client should try again with the nonce of the error; a server that refuses for ever is broken
    private const int MaxNonceAttempts = 5;

    private readonly HttpClient _http;
    private readonly AcmeOptions _options;
    private readonly TimeProvider _time;
    private string? _nonce;
    private JsonElement _directory;

    public AcmeSession(AcmeOptions options, AccountKey key, TimeProvider time)
    {
        _options = options;
        _time = time;
        Key = key;
        _http = new HttpClient(Handler(options)) { Timeout = options.RequestTimeout, MaxResponseContentBufferSize = options.MaxAnswer.Bytes };
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("Sora", typeof(AcmeSession).Assembly.GetName().Version?.ToString(2)));
    }

    public AccountKey Key { get; }

    /// <summary>The account's URL; null as long as it has none.</summary>
    public string? Account { get; set; }

    /// <summary>URL of a resource of the directory; null when the server does not have it.</summary>
    public async Task<string?> FindAsync(string name, CancellationToken cancellationToken)
    {
        if (_directory.ValueKind == JsonValueKind.Undefined)
        {
            var response = await GetAsync(_options.Directory, cancellationToken).ConfigureAwait(false);
            _directory = response.Json();
        }

        return AcmeResponse.Text(_directory, name);
    }

    /// <inheritdoc cref="FindAsync"/>
    /// <exception cref="AcmeException">The server does not have it.</exception>
    public async Task<string> ResourceAsync(string name, CancellationToken cancellationToken) =>
        await FindAsync(name, cancellationToken).ConfigureAwait(false) ?? throw new AcmeException($"The server's directory has no {name}");

    /// <summary>A GET without a signature, as the directory and renewal information are asked for.</summary>
    public async Task<AcmeResponse> GetAsync(string url, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Check(url));
        var response = await SendAsync(request, cancellationToken).ConfigureAwait(false);
        return response.IsOk ? response : throw response.ToException();
    }

    /// <summary>A signed request.</summary>
    /// <param name="payload">JSON; null for POST-as-GET (section 6.3).</param>
    /// <exception cref="AcmeException">The server answers with an error.</exception>
    public async Task<AcmeResponse> PostAsync(string url, string? payload, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var nonce = _nonce ?? await NewNonceAsync(cancellationToken).ConfigureAwait(false);
            _nonce = null;
            using var request = new HttpRequestMessage(HttpMethod.Post, Check(url));
            var content = new ByteArrayContent(Encoding.UTF8.GetBytes(Jws.Sign(Key, Account, nonce, url, payload ?? "")));
            content.Headers.ContentType = new MediaTypeHeaderValue("application/jose+json");
            request.Content = content;
            request.Headers.Accept.ParseAdd("application/json, application/problem+json, application/pem-certificate-chain");
            var response = await SendAsync(request, cancellationToken).ConfigureAwait(false);
            if (response.IsOk)
                return response;
            if (response.ErrorType != "badNonce" || attempt == MaxNonceAttempts)
                throw response.ToException();
        }
    }

    public void Dispose() => _http.Dispose();

    private static SocketsHttpHandler Handler(AcmeOptions options)
    {
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, AutomaticDecompression = DecompressionMethods.All, ConnectTimeout = options.RequestTimeout, UseCookies = false };
        if (string.IsNullOrEmpty(options.CaFile))
            return handler;
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        try
        {
            policy.CustomTrustStore.ImportFromPemFile(options.CaFile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.Security.Cryptography.CryptographicException)
        {
            handler.Dispose();
            throw new AcmeException($"acme.ca_file: {e.Message}", inner: e);
        }

        handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
        return handler;
    }

    // Section 6.1: HTTPS, also where the server's own answers lead
    private static Uri Check(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var parsed) && parsed.Scheme == Uri.UriSchemeHttps ? parsed : throw new AcmeException("The server names a URL that is not https");

    private async Task<string> NewNonceAsync(CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, Check(await ResourceAsync("newNonce", cancellationToken).ConfigureAwait(false)));
        var response = await SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (!response.IsOk)
            throw response.ToException();
        return _nonce ?? throw new AcmeException("The server gives no nonce");
    }

    private async Task<AcmeResponse> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            using var message = await _http.SendAsync(request, cancellationToken).ConfigureAwait(false);
            if (message.Headers.TryGetValues("Replay-Nonce", out var nonces))
                _nonce = nonces.First();
            return await AcmeResponse.ReadAsync(message, _time, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException e)
        {
            throw new AcmeException($"The server cannot be asked: {(e.InnerException ?? e).Message}", inner: e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new AcmeException("The server does not answer in time", inner: e);
        }
    }
}
