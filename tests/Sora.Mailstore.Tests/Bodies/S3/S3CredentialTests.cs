using Sora.Testing.S3;

namespace Sora.Mailstore.Tests.Bodies.S3;

/// <summary>Without keys in the configuration, the AWS SDK looks for them where it always does. Nobody else in this process does so.</summary>
public sealed class S3CredentialTests
{
    private static readonly string[] Variables = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_EC2_METADATA_DISABLED"];

    [S3Fact]
    public async Task Keys_come_from_the_environment()
    {
        var before = Variables.ToDictionary(static name => name, Environment.GetEnvironmentVariable);
        try
        {
            foreach (var name in Variables)
                Environment.SetEnvironmentVariable(name, null);
            Environment.SetEnvironmentVariable("AWS_EC2_METADATA_DISABLED", "true");
            Environment.SetEnvironmentVariable("AWS_ACCESS_KEY_ID", RadosGateway.AccessKey);
            Environment.SetEnvironmentVariable("AWS_SECRET_ACCESS_KEY", RadosGateway.SecretKey);
            await using var s3 = await TestS3.StartAsync(static options => options.AccessKey = options.SecretKey = null);
            await s3.Store.CheckAsync(default);
            (await s3.PutAsync(TestS3.PutOf([1, 2, 3]))).ShouldBeNull();
        }
        finally
        {
            foreach (var (name, value) in before)
                Environment.SetEnvironmentVariable(name, value);
        }
    }
}
