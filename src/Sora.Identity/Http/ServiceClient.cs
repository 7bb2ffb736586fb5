using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading.RateLimiting;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.CircuitBreaker;

namespace Sora.Identity.Http;

/// <summary>
/// Asks one service: so many requests at a time, each with a time limit and a largest answer, and none for a while after too many have failed. Redirects are not followed: what is
/// secret is for one place.
/// </summary>
internal sealed class ServiceClient : IDisposable
{
    private readonly string _name;
    private readonly ServiceOptions _options;
    private readonly IdentityMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly HttpClient _client;
    private readonly ConcurrencyLimiter _limiter;
    private readonly ResiliencePipeline _breaker;

    /// <param name="name">One of few, for metrics and logs.</param>
    /// <exception cref="IOException">The file of the authorities cannot be read.</exception>
    /// <exception cref="CryptographicException">It is none.</exception>
    public ServiceClient(string name, ServiceOptions options, IdentityMetrics metrics, TimeProvider time, ILogger logger)
    {
        _name = name;
        _options = options;
        _metrics = metrics;
        _time = time;
        _logger = logger;
        _client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None, // the limit is one of what comes over the network
            ConnectTimeout = options.ConnectTimeout,
            MaxConnectionsPerServer = options.MaxConcurrent,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5), // a name may come to stand for another address
            SslOptions = Authorities(options.CaFile),
            UseCookies = false,
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _limiter = new ConcurrencyLimiter(new ConcurrencyLimiterOptions
        {
            PermitLimit = options.MaxConcurrent, QueueLimit = options.MaxWaiting, QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
        });
        _breaker = new ResiliencePipelineBuilder { TimeProvider = time }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<ServiceException>(),
                FailureRatio = options.FailureRatio,
                MinimumThroughput = options.MinRequests,
                SamplingDuration = options.FailureWindow,
                BreakDuration = options.Pause,
                OnOpened = _ =>
                {
                    Log.ServiceAway(_logger, _name, _options.Pause);
                    return default;
                },
                OnClosed = _ =>
                {
                    Log.ServiceBack(_logger, _name);
                    return default;
                },
            })
            .Build();
    }

    /// <summary>Asks and reads the answer; a <see cref="MalformedAnswerException"/> of <paramref name="read"/> counts as a failure of the service.</summary>
    /// <exception cref="ServiceException">The service is away, slow, has failed or is left alone, or its answer is none.</exception>
    public async Task<T> AskAsync<T>(Func<HttpRequestMessage> request, Func<ServiceAnswer, T> read, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_options.Timeout);
        try
        {
            using var lease = await _limiter.AcquireAsync(1, limit.Token).ConfigureAwait(false);
            if (!lease.IsAcquired)
                throw Failed("busy", "Too many requests at once", started);
            return await _breaker.ExecuteAsync(token => SendAsync(request, read, started, token, cancellationToken), limit.Token).ConfigureAwait(false);
        }
        catch (BrokenCircuitException e)
        {
            _metrics.Asked(_name, "paused", TimeSpan.Zero);
            throw new ServiceException("It has failed and is left alone", e);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Failed("timeout", "No answer in time", started); // while it waited for others
        }
    }

    public void Dispose()
    {
        _client.Dispose();
        _limiter.Dispose();
    }

    private async ValueTask<T> SendAsync<T>(
        Func<HttpRequestMessage> request, Func<ServiceAnswer, T> read, long started, CancellationToken limit, CancellationToken callers)
    {
        try
        {
            using var message = request();
            message.Version = HttpVersion.Version20;
            message.VersionPolicy = HttpVersionPolicy.RequestVersionOrLower;
            using var response = await _client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, limit).ConfigureAwait(false);
            var code = (int)response.StatusCode;
            if (code is >= 500 or 408 or 425 or 429)
                throw Failed("failed", FormattableString.Invariant($"It answered with status {code}"), started);
            var content = response.Content.Headers;
            var answer = new ServiceAnswer(
                response.StatusCode, content.ContentType?.MediaType?.ToLowerInvariant() ?? "", response.Headers.ETag?.ToString(),
                await ReadAsync(response.Content, limit).ConfigureAwait(false));
            var result = read(answer);
            _metrics.Asked(_name, "ok", _time.GetElapsedTime(started));
            return result;
        }
        catch (MalformedAnswerException e)
        {
            throw Failed("malformed", e.Message, started);
        }
        catch (OperationCanceledException) when (!callers.IsCancellationRequested)
        {
            throw Failed("timeout", "No answer in time", started);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or CryptographicException)
        {
            throw Failed("failed", (e.InnerException ?? e).Message, started);
        }
    }

    private async Task<byte[]> ReadAsync(HttpContent content, CancellationToken cancellationToken)
    {
        var most = _options.MaxAnswer.ToInt32();
        if (content.Headers.ContentLength > most)
            throw new MalformedAnswerException("Its answer is too large");
        var stream = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            using var body = new MemoryStream();
            var buffer = new byte[8192];
            while (await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is var length and > 0)
            {
                if (body.Length + length > most)
                    throw new MalformedAnswerException("Its answer is too large");
                body.Write(buffer, 0, length);
            }

            return body.ToArray();
        }
    }

    private ServiceException Failed(string outcome, string reason, long started)
    {
        _metrics.Asked(_name, outcome, _time.GetElapsedTime(started));
        Log.ServiceFailed(_logger, _name, reason);
        return new ServiceException(reason);
    }

    private static SslClientAuthenticationOptions Authorities(string? file)
    {
        if (file is null)
            return new SslClientAuthenticationOptions();
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(file);
        return new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
    }
}
