using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Amazon;
using Amazon.Runtime;
using Amazon.S3;

namespace Sora.Mailstore.Bodies.Objects.S3;

/// <summary>The SDK's client and its connections. The SDK retries nothing: what is sent again, and when, is decided in <see cref="S3Calls"/>.</summary>
internal sealed class S3Connection : IDisposable
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    private readonly HttpClient _http;

    /// <exception cref="S3SetupException">A file cannot be read, or there is no region.</exception>
    public S3Connection(S3Options options)
    {
        _http = new HttpClient(Handler(options)) { Timeout = Timeout.InfiniteTimeSpan };
        var config = new AmazonS3Config
        {
            ForcePathStyle = options.IsPathStyle,
            MaxErrorRetry = 0,
            MaxStaleConnectionRetries = 0,
            ThrottleRetries = false,
            Timeout = Timeout.InfiniteTimeSpan,
            DisableS3ExpressSessionAuth = true,
            AllowAutoRedirect = false,
            RequestChecksumCalculation = options.WantsChecksums
                ? RequestChecksumCalculation.WHEN_SUPPORTED : RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = options.WantsChecksums
                ? ResponseChecksumValidation.WHEN_SUPPORTED : ResponseChecksumValidation.WHEN_REQUIRED,
            HttpClientFactory = new Factory(_http),
        };
        try
        {
            if (options.Endpoint is { } endpoint)
            {
                config.ServiceURL = endpoint;
                config.AuthenticationRegion = options.Region ?? "us-east-1";
            }
            else if (options.Region is { } region)
            {
                config.RegionEndpoint = RegionEndpoint.GetBySystemName(region);
            }

            Client = string.IsNullOrEmpty(options.AccessKey) ? new AmazonS3Client(config)
                : new AmazonS3Client(
                    string.IsNullOrEmpty(options.SessionToken)
                        ? new BasicAWSCredentials(options.AccessKey, options.SecretKey)
                        : new SessionAWSCredentials(options.AccessKey, options.SecretKey, options.SessionToken),
                    config);
        }
        catch (AmazonClientException e)
        {
            _http.Dispose();
            throw new S3SetupException($"s3: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    public AmazonS3Client Client { get; }

    public void Dispose()
    {
        Client.Dispose();
        _http.Dispose();
    }

    private static SocketsHttpHandler Handler(S3Options options) => new()
    {
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectTimeout = options.ConnectTimeout,
        MaxConnectionsPerServer = options.MaxConnections,
        PooledConnectionIdleTimeout = options.ConnectionIdle,
        PooledConnectionLifetime = Lifetime, // a name may come to stand for another address
        Proxy = options.Proxy is { } proxy ? new WebProxy(proxy) : null,
        UseProxy = true,
        SslOptions = Authorities(options.CaFile),
        UseCookies = false,
    };

    private static SslClientAuthenticationOptions Authorities(string? file)
    {
        if (file is null)
            return new SslClientAuthenticationOptions();
        try
        {
            var policy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck, TrustMode = X509ChainTrustMode.CustomRootTrust };
            policy.CustomTrustStore.ImportFromPemFile(file);
            return policy.CustomTrustStore.Count == 0
                ? throw new S3SetupException($"s3.ca_file: {file} has no certificate")
                : new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new S3SetupException($"s3.ca_file: {e.Message}", e);
        }
    }

    private sealed class Factory(HttpClient client) : HttpClientFactory
    {
        public override HttpClient CreateHttpClient(IClientConfig clientConfig) => client;

        public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

        public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;
    }
}
