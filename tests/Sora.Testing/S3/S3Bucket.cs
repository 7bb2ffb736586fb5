using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace Sora.Testing.S3;

/// <summary>A bucket on a real server, with a client that tests look into it with, past everything that is tested.</summary>
public sealed class S3Bucket(string endpoint, string name)
{
    public string Endpoint { get; } = endpoint;

    public string Name { get; } = name;

    public IAmazonS3 Client { get; } = new AmazonS3Client(
        new BasicAWSCredentials(RadosGateway.AccessKey, RadosGateway.SecretKey),
        new AmazonS3Config
        {
            ServiceURL = endpoint,
            ForcePathStyle = true,
            AuthenticationRegion = "us-east-1",
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        });

    /// <summary>The names of all objects, in their order.</summary>
    public async Task<IReadOnlyList<string>> KeysAsync()
    {
        var keys = new List<string>();
        var request = new ListObjectsV2Request { BucketName = Name };
        do
        {
            var page = await Client.ListObjectsV2Async(request);
            keys.AddRange(page.S3Objects?.Select(static found => found.Key) ?? []);
            request.ContinuationToken = page.NextContinuationToken;
        }
        while (request.ContinuationToken is not null);
        return keys;
    }

    public async Task<byte[]> ReadAsync(string key)
    {
        using var response = await Client.GetObjectAsync(Name, key);
        using var copy = new MemoryStream();
        await response.ResponseStream.CopyToAsync(copy);
        return copy.ToArray();
    }

    /// <summary>Puts bytes under a name, whatever they are.</summary>
    public async Task WriteAsync(string key, byte[] bytes) =>
        await Client.PutObjectAsync(new PutObjectRequest { BucketName = Name, Key = key, InputStream = new MemoryStream(bytes) });

    /// <summary>Uploads in parts that were begun and neither finished nor given up.</summary>
    public async Task<int> UnfinishedUploadsAsync() =>
        (await Client.ListMultipartUploadsAsync(new ListMultipartUploadsRequest { BucketName = Name })).MultipartUploads?.Count ?? 0;
}
