using Amazon.S3;
using Amazon.S3.Model;

namespace Sora.Mailstore.Bodies.Objects.S3;

/// <summary>Whether the bucket is there and we may use it, and what to do when not, in one line.</summary>
internal static class S3BucketCheck
{
    /// <exception cref="S3Exception">Something is not as it should be.</exception>
    public static Task RunAsync(IAmazonS3 client, S3Options options, S3Calls calls, CancellationToken cancellationToken) => calls.RunAsync(
        S3Group.Get, "list", $"list of bucket {options.Bucket}",
        attempt => client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = options.Bucket, Prefix = options.Prefix, MaxKeys = 1 }, attempt.Token),
        cancellationToken);

    /// <summary>It may be good later without anybody changing the configuration, so mail is better taken meanwhile.</summary>
    public static bool MayPass(S3Exception e) =>
        e.Trouble is S3Trouble.Outage or S3Trouble.Paused || e.Code is "RequestTimeTooSkewed" || (e.Trouble == S3Trouble.Damaged && e.Code is null);

    public static string Explain(S3Exception e, S3Options options) => e.Code switch
    {
        "NoSuchBucket" => $"there is no bucket {options.Bucket} (s3.bucket) at {Where(options)}",
        "InvalidBucketName" => $"{options.Bucket} (s3.bucket) is no name of a bucket for {Where(options)}",
        "InvalidAccessKeyId" => $"{Where(options)} does not know the access key (s3.access_key)",
        "SignatureDoesNotMatch" => $"{Where(options)} does not accept the signature: s3.secret_key is wrong, or s3.region is",
        "ExpiredToken" or "InvalidToken" or "TokenRefreshRequired" => $"{Where(options)} does not accept the session token (s3.session_token): {e.Code}",
        "NoCredentials" => "there are no credentials: set s3.access_key and s3.secret_key, or give the AWS SDK's chain some",
        "AccessDenied" or "AllAccessDisabled" or "403" => $"access to bucket {options.Bucket} is denied: the key needs ListBucket, ListBucketMultipartUploads, GetObject, PutObject, DeleteObject and AbortMultipartUpload",
        "RequestTimeTooSkewed" => $"the clock of this machine differs too much from that of {Where(options)}",
        "PermanentRedirect" or "TemporaryRedirect" or "AuthorizationHeaderMalformed" or "IllegalLocationConstraintException" or "301" or "307" =>
            $"bucket {options.Bucket} is in another region than {options.Region ?? "the default one"} (s3.region): {e.Message}",
        _ when S3Failure.Tls(e) is { } tls => $"TLS with {Where(options)} failed (s3.ca_file, s3.endpoint): {tls.Message}{(tls.InnerException is { } inner ? " " + inner.Message : "")}",
        _ => e.Message,
    };

    private static string Where(S3Options options) => options.Endpoint ?? "AWS";
}
