using Sora.Configuration;

namespace Sora.Mailstore.Bodies.Objects.S3;

/// <summary>How a bucket is named in a request.</summary>
public enum S3Addressing
{
    /// <summary>Path with an endpoint of one's own, host without.</summary>
    Auto,

    /// <summary><c>https://endpoint/bucket/key</c>.</summary>
    Path,

    /// <summary><c>https://bucket.endpoint/key</c>.</summary>
    Host,
}

/// <summary>When the SDK adds and checks checksums of its own (x-amz-checksum-*).</summary>
public enum S3Checksums
{
    /// <summary>Always without an endpoint of one's own, when required with one.</summary>
    Auto,

    /// <summary>With each request that knows them, as AWS wants.</summary>
    Always,

    /// <summary>Only where S3 demands one; older servers refuse the others.</summary>
    WhenRequired,
}

/// <summary>What the store is asked to encrypt objects with.</summary>
public enum S3Encryption
{
    /// <summary>Nothing is asked: what the bucket's own default says.</summary>
    None,

    /// <summary>SSE-S3.</summary>
    Aes256,

    /// <summary>SSE-KMS.</summary>
    Kms,
}

/// <summary>[s3]: an S3 server, for <c>storage.object_store = "s3"</c>.</summary>
[Section("The S3 bucket of storage.object_store = \"s3\": docs/s3.md")]
public sealed class S3Options : IValidatableOptions
{
    [Option("Where the server is; without it AWS itself, in the region", Example = "https://s3.example.com")]
    public string? Endpoint { get; set; }

    [Option("Region, which requests are signed for; without it us-east-1 with an endpoint, and what the AWS SDK finds (AWS_REGION, a profile) without", Example = "eu-central-1")]
    public string? Region { get; set; }

    [Option("The bucket; it must be there", Example = "sora-mail")]
    public string? Bucket { get; set; }

    [Option("What the names of all objects begin with, so that a bucket may have other users", Example = "sora/")]
    public string Prefix { get; set; } = "";

    [Option("How the bucket is named: path (https://endpoint/bucket), host (https://bucket.endpoint), auto (path with an endpoint, host without)")]
    public S3Addressing Addressing { get; set; }

    [Option("Access key; without it the AWS SDK's own chain: environment, profile, container, instance", Secret = true, Example = "secret")]
    public string? AccessKey { get; set; }

    [Option("Secret key of the access key", Secret = true, Example = "secret")]
    public string? SecretKey { get; set; }

    [Option("Session token of the access key, when it is a temporary one", Secret = true, Example = "secret")]
    public string? SessionToken { get; set; }

    [Option("PEM file of the authorities trusted to sign the server's certificate; the system's when not set", Example = "/etc/sora/s3-ca.pem")]
    public string? CaFile { get; set; }

    [Option("Allow an http:// endpoint also on other hosts than this one: mail can then be read and keys be misused on the way")]
    public bool AllowHttp { get; set; }

    [Option("HTTP proxy to the server; without it the one of the environment (HTTPS_PROXY, NO_PROXY)", Example = "http://proxy.example.com:3128")]
    public string? Proxy { get; set; }

    [Option("Checksums of the AWS SDK: always, when_required, which Ceph's RADOS gateway and other servers need, auto (always without an endpoint, when_required with one)")]
    public S3Checksums Checksums { get; set; }

    [Option("To take a connection, and for TLS")]
    [OptionRange("10ms", "1m")]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(5);

    [Option("From the end of a request to the beginning of its answer")]
    [OptionRange("10ms", "10m")]
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(30);

    [Option("Without a byte sent or received within a body")]
    [OptionRange("10ms", "10m")]
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromSeconds(20);

    [Option("The same as request_timeout for what takes the server longer: copies, and putting parts together")]
    [OptionRange("10ms", "1h")]
    public TimeSpan CopyTimeout { get; set; } = TimeSpan.FromMinutes(5);

    [Option("How often a request that failed is sent again, and how often a body that broke off is read on")]
    [OptionRange(0, 10)]
    public int Retries { get; set; } = 3;

    [Option("First pause before a request is sent again; it doubles each time and is varied at random")]
    [OptionRange("1ms", "1m")]
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromMilliseconds(200);

    [Option("Longest of these pauses")]
    [OptionRange("1ms", "5m")]
    public TimeSpan RetryDelayMax { get; set; } = TimeSpan.FromSeconds(5);

    [Option("Connections to the server at the same time")]
    [OptionRange(1, 10_000)]
    public int MaxConnections { get; set; } = 64;

    [Option("How long an unused connection is kept")]
    [OptionRange("1s", "1h")]
    public TimeSpan ConnectionIdle { get; set; } = TimeSpan.FromSeconds(50);

    [Option("Objects of a batch that are put at the same time")]
    [OptionRange(1, 1000)]
    public int ParallelPuts { get; set; } = 16;

    [Option("Objects beyond this size are uploaded in parts")]
    [OptionRange("5MiB", "5GiB")]
    public ByteSize MultipartThreshold { get; set; } = ByteSize.MiB(16);

    [Option("Size of a part")]
    [OptionRange("5MiB", "512MiB")]
    public ByteSize PartSize { get; set; } = ByteSize.MiB(8);

    [Option("Parts in memory at the same time, all uploads together: no more than part_size times this")]
    [OptionRange(1, 256)]
    public int ParallelParts { get; set; } = 4;

    [Option("Storage class of new objects; without it the bucket's default", Example = "STANDARD_IA")]
    public string? StorageClass { get; set; }

    [Option("Encryption by the server that is asked for: none, aes256 (SSE-S3), kms (SSE-KMS)")]
    public S3Encryption ServerSideEncryption { get; set; }

    [Option("Key of server_side_encryption = \"kms\"; without it the default key of the account", Example = "alias/sora")]
    public string? KmsKeyId { get; set; }

    [Option("Put bodies with If-None-Match: * so that what is there already is neither written again nor, in a bucket with versions, kept twice; the server must know it")]
    public bool ConditionalPut { get; set; }

    [Option("Names that are asked for at a time when the bucket is listed")]
    [OptionRange(2, 1000)]
    public int ListPage { get; set; } = 1000;

    [Option("Age at which an upload in parts that was never finished is given up; longer than any upload takes")]
    [OptionRange("1m", "90d")]
    public TimeSpan AbandonedAfter { get; set; } = TimeSpan.FromDays(1);

    [Option("How often each node looks for them")]
    [OptionRange("1s", "7d")]
    public TimeSpan AbandonedInterval { get; set; } = TimeSpan.FromHours(1);

    public S3BreakerOptions GetBreaker { get; set; } = new() { FailureRatio = 0.6, MinRequests = 5 };

    public S3BreakerOptions PutBreaker { get; set; } = new();

    public S3BreakerOptions DeleteBreaker { get; set; } = new();

    internal bool WantsChecksums => Checksums == S3Checksums.Always || (Checksums == S3Checksums.Auto && Endpoint is null);

    internal bool IsPathStyle => Addressing == S3Addressing.Path || (Addressing == S3Addressing.Auto && Endpoint is not null);

    /// <inheritdoc/>
    public IEnumerable<string> Validate()
    {
        if (Endpoint is { } endpoint && WhyRefused(endpoint) is { } reason)
            yield return $"endpoint {reason}";
        if (Proxy is { } proxy && !(Uri.TryCreate(proxy, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
            yield return "proxy must begin with http:// or https://";
        if (Bucket is { } bucket && (bucket.Length is < 3 or > 63 || bucket.AsSpan().ContainsAnyExcept(BucketLetters)))
            yield return "bucket must have 3 to 63 letters of a-z, 0-9, dot and hyphen";
        if (Prefix.StartsWith('/') || Prefix.Length > 200 || Prefix.AsSpan().ContainsAnyExcept(PrefixLetters))
            yield return "prefix must not begin with a slash, and have at most 200 letters of A-Z, a-z, 0-9, slash, dot, hyphen and underscore";
        if (string.IsNullOrEmpty(AccessKey) != string.IsNullOrEmpty(SecretKey))
            yield return "access_key and secret_key go together";
        if (!string.IsNullOrEmpty(SessionToken) && string.IsNullOrEmpty(AccessKey))
            yield return "session_token goes with access_key";
        if (CaFile is { } file && !File.Exists(file))
            yield return $"ca_file names {file}, which is not there";
        if (KmsKeyId is not null && ServerSideEncryption != S3Encryption.Kms)
            yield return "kms_key_id goes with server_side_encryption = \"kms\"";
        if (RetryDelay > RetryDelayMax)
            yield return "retry_delay must not be larger than retry_delay_max";
    }

    private static readonly System.Buffers.SearchValues<char> BucketLetters = System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789.-");

    private static readonly System.Buffers.SearchValues<char> PrefixLetters =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/.-_");

    private string? WhyRefused(string endpoint)
    {
        if (!Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            return "must begin with https:// or http://";
        if (uri.UserInfo.Length > 0 || uri.Fragment.Length > 0 || uri.Query.Length > 0)
            return "must have neither a user nor a query nor a fragment";
        return uri.Scheme == "https" || uri.IsLoopback || AllowHttp ? null : "must begin with https://, or s3.allow_http be set";
    }
}
