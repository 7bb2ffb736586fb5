using Sora.Testing;
using Sora.Testing.S3;

namespace Sora.Mailstore.Tests.Bodies.S3;

/// <summary>Without keys in the configuration, the AWS SDK looks for them where it always does. Nobody else in this process does so.</summary>
public sealed class S3CredentialTests
{
    private static readonly string[] Variables =
    [
        "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE", "AWS_EC2_METADATA_DISABLED",
    ];

    [S3Fact]
    public Task Keys_come_from_the_environment() => TestAsync(new()
    {
        ["AWS_ACCESS_KEY_ID"] = RadosGateway.AccessKey,
        ["AWS_SECRET_ACCESS_KEY"] = RadosGateway.SecretKey,
    });

    [S3Fact]
    public async Task Keys_come_from_a_profile()
    {
        using var folder = new TempFolder();
        var file = folder.File("credentials");
        await File.WriteAllTextAsync(
            file,
            $"""
            [default]
            aws_access_key_id = another
            aws_secret_access_key = another
            [mail]
            aws_access_key_id = {RadosGateway.AccessKey}
            aws_secret_access_key = {RadosGateway.SecretKey}
            """);
        await TestAsync(new() { ["AWS_SHARED_CREDENTIALS_FILE"] = file, ["AWS_CONFIG_FILE"] = folder.File("none"), ["AWS_PROFILE"] = "mail" });
    }

    private static async Task TestAsync(Dictionary<string, string> variables)
    {
        var before = Variables.ToDictionary(static name => name, Environment.GetEnvironmentVariable);
        try
        {
            foreach (var name in Variables)
                Environment.SetEnvironmentVariable(name, name == "AWS_EC2_METADATA_DISABLED" ? "true" : variables.GetValueOrDefault(name));
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
