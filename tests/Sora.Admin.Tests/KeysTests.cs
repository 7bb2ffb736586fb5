using Sora.Testing;

namespace Sora.Admin.Tests;

public sealed class KeysTests : AdminTest
{
    [Fact]
    public async Task A_generated_key_is_one_that_the_configuration_takes()
    {
        var generated = (await Cli.RunAsync(["keys", "generate", "--id", "2026-12", "--json"])).ShouldSucceed().Json;
        Convert.FromBase64String(generated.GetProperty("secret").GetString()!).Length.ShouldBe(32);
        (await Cli.RunAsync(["keys", "generate", "--id", "2026-12", "--json"])).Json.GetProperty("secret").GetString().ShouldNotBe(generated.GetProperty("secret").GetString());
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.File("config.toml"), "[storage.encryption]\nactive_key = \"k-2\"\n" + (await Generated("k-1")) + (await Generated("k-2")));
        var listed = (await RunAsync("keys", "list", "--config", folder.File("config.toml"), "--json")).ShouldSucceed();
        listed.Json[0].GetProperty("id").GetString().ShouldBe("k-1");
        listed.Json[0].GetProperty("active").GetBoolean().ShouldBeFalse();
        listed.Json[1].GetProperty("active").GetBoolean().ShouldBeTrue();
        listed.Output.ShouldNotContain("secret");
        (await Cli.RunAsync(["keys", "generate", "--id", "no name"])).ShouldFail(ExitCode.Failed, "no name");
    }

    [Fact]
    public async Task A_rotation_is_asked_for_seen_and_ended()
    {
        using var folder = new TempFolder();
        var config = folder.File("config.toml");
        await File.WriteAllTextAsync(config, "[storage.encryption]\nactive_key = \"new\"\n" + (await Generated("new")));
        await using (var command = Node.Database.Write.CreateCommand(
            """
            INSERT INTO bodies (account_id, hash, state, key_id, damaged_at)
            SELECT 1, decode(lpad(i::text, 64, '0'), 'hex'), 1, CASE WHEN i > 5 THEN 'new' WHEN i > 1 THEN 'old' END, CASE WHEN i = 3 THEN now() END
            FROM generate_series(1, 9) i
            """))
        {
            await command.ExecuteNonQueryAsync();
        }

        (await RunAsync("keys", "rotate", "--stop", "--config", config)).ShouldFail(ExitCode.Failed, "no rotation");
        (await RunAsync("keys", "rotate", "--config", config)).ShouldSucceed().Output.ShouldContain("encrypted with new");
        var status = (await RunAsync("keys", "status", "--config", config, "--json")).ShouldSucceed().Json;
        status.GetProperty("rotating").GetBoolean().ShouldBeTrue();
        status.GetProperty("left").GetInt64().ShouldBe(4);
        status.GetProperty("keys")[1].GetProperty("key").GetString().ShouldBe("new");
        status.GetProperty("keys")[1].GetProperty("bodies").GetInt64().ShouldBe(4);
        status.GetProperty("keys")[2].GetProperty("configured").GetBoolean().ShouldBeFalse();
        var table = (await RunAsync("keys", "status", "--config", config)).ShouldSucceed().Output;
        table.ShouldContain("MISSING");
        table.ShouldContain("4 left");
        (await RunAsync("keys", "rotate", "--stop", "--config", config)).ShouldSucceed();
        (await RunAsync("keys", "status", "--config", config, "--json")).Json.GetProperty("rotating").GetBoolean().ShouldBeFalse();
    }

    [Theory]
    [InlineData("active_key = \"k\"", "which keys does not have")]
    [InlineData("[[storage.encryption.keys]]\nid = \"k\"\nsecret = \"c2hvcnQ=\"", "needs a secret")]
    [InlineData("[[storage.encryption.keys]]\nid = \"a b\"\nsecret = \"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"", "letters, digits")]
    public async Task A_key_that_is_none_is_refused(string lines, string why)
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.File("config.toml"), "[storage.encryption]\n" + lines + "\n");
        var ran = await RunAsync("keys", "list", "--config", folder.File("config.toml"));
        ran.Code.ShouldNotBe(ExitCode.Ok);
        ran.Error.ShouldContain(why);
    }

    private static async Task<string> Generated(string id) => (await Cli.RunAsync(["keys", "generate", "--id", id])).ShouldSucceed().Output;
}
