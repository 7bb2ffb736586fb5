using System.Diagnostics;
using Sora.Testing;

namespace Sora.Admin.Tests;

public sealed class VerifyTests : AdminTest
{
    [Fact]
    public async Task What_is_missing_is_told_and_nothing_is_no_error()
    {
        using var folder = new TempFolder();
        await CreateAsync("ada@example.com");
        await CreateAsync("bob@example.com");
        (await RunAsync("verify")).ShouldFail(ExitCode.Usage, "--data DIR");
        (await RunAsync("verify", "--data", folder.Path)).ShouldFail(ExitCode.Failed, "is not there");
        Directory.CreateDirectory(folder.File("bodies"));
        (await RunAsync("verify", "--data", folder.Path)).ShouldSucceed().Output.ShouldContain("nothing is wrong");
        (await RunAsync("verify", "--resume", "--data", folder.Path)).ShouldFail(ExitCode.Failed, "nothing to resume");
        (await RunAsync("verify", "--resume", "--deep", "--data", folder.Path)).ShouldFail(ExitCode.Usage, "do not go with it");
        (await RunAsync("verify", "--bandwidth", "much", "--data", folder.Path)).ShouldFail(ExitCode.Usage, "no size");
        (await RunAsync("verify", "--hash", "abc", "--data", folder.Path)).ShouldFail(ExitCode.Usage, "64");

        await LoseAsync((await AccountAsync("ada@example.com")).Id.Value, 3);
        var found = await RunAsync("verify", "--data", folder.Path);
        found.Code.ShouldBe(ExitCode.Found);
        found.Output.ShouldContain("missing: ada@example.com:");
        found.Output.ShouldContain("3 findings, of which 0 are put right");
        (await RunAsync("verify", "--email", "bob@example.com", "--deep", "--data", folder.Path)).ShouldSucceed();
        (await RunAsync("verify", "--fix", "--data", folder.Path)).ShouldFail(ExitCode.Failed, "says whose bodies it keeps");
        (await RunAsync("storage", "adopt", "--data", folder.Path)).ShouldFail(ExitCode.Usage, "--confirm");
        (await RunAsync("storage", "owner", "--data", folder.Path)).ShouldSucceed().Output.ShouldContain("Nobody's");
        (await RunAsync("storage", "adopt", "--confirm", "--data", folder.Path)).ShouldSucceed();
        (await RunAsync("storage", "owner", "--data", folder.Path)).ShouldSucceed().Output.ShouldContain("this database");
        Directory.Move(folder.File("bodies/owner"), folder.File("other"));
        Directory.CreateDirectory(folder.File("bodies/owner/ab"));
        await File.WriteAllTextAsync(folder.File($"bodies/owner/ab/ab{new string('0', 62)}"), "another's");
        (await RunAsync("storage", "owner", "--data", folder.Path)).Code.ShouldBe(ExitCode.Found);
        (await RunAsync("verify", "--data", folder.Path)).ShouldFail(ExitCode.Failed, "of another database");
        (await RunAsync("storage", "adopt", "--confirm", "--json", "--data", folder.Path)).ShouldSucceed().Json.GetProperty("adopted").GetBoolean().ShouldBeTrue();
        (await RunAsync("storage", "adopt", "--confirm", "--json", "--data", folder.Path)).ShouldSucceed().Json.GetProperty("adopted").GetBoolean().ShouldBeFalse();
        var json = await RunAsync("verify", "--email", "ada@example.com", "--fix", "--json", "--data", folder.Path);
        json.Code.ShouldBe(ExitCode.Found);
        json.Json.GetProperty("found").GetInt64().ShouldBe(3);
        json.Json.GetProperty("finished").GetBoolean().ShouldBeTrue();
        var finding = json.Json.GetProperty("findings").EnumerateArray().First();
        finding.GetProperty("kind").GetString().ShouldBe("missing");
        finding.GetProperty("repair").GetString()!.ShouldContain("no other copy");
        var shown = await RunAsync("verify", "--hash", finding.GetProperty("hash").GetString()!, "--json", "--data", folder.Path);
        shown.Code.ShouldBe(ExitCode.Found);
        shown.Json[0].GetProperty("owner").GetString().ShouldBe("ada@example.com");
        shown.Json[0].GetProperty("messages").GetArrayLength().ShouldBe(1);

        await using var output = new StringWriter();
        await using var error = new StringWriter();
        var bar = await AdminProgram.RunAsync(
            ["verify", "--data", folder.Path, .. Cli.On(Node.Address)], new Terminal(TextReader.Null, output, error, Width: 120), None);
        bar.ShouldBe(ExitCode.Found, error.ToString());
        output.ToString().ShouldContain("3 findings");
    }

    [Fact]
    public async Task A_command_that_was_killed_is_resumed()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder.File("bodies"));
        for (var i = 0; i < 3; i++)
        {
            await CreateAsync($"user{i}@example.com");
            await LoseAsync((await AccountAsync($"user{i}@example.com")).Id.Value, 1200);
        }

        using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileName(host) == "dotnet" ? host : "dotnet")
        {
            ArgumentList = { Path.Combine(AppContext.BaseDirectory, "sora-admin.dll"), "verify", "--rate", "1000", "--data", folder.Path },
            Environment = { ["SORA_CRASH_POINT"] = "verify.saved" },
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        }.With(Cli.On(Node.Address)))!;
        var before = process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(137, await process.StandardError.ReadToEndAsync());
        (await before).ShouldNotContain("findings, of which");

        var rest = await RunAsync("verify", "--resume", "--json", "--data", folder.Path);
        rest.Code.ShouldBe(ExitCode.Found, rest.Error);
        rest.Json.GetProperty("found").GetInt64().ShouldBe(3600, "what was written down before counts once");
        rest.Json.GetProperty("findings").GetArrayLength().ShouldBeLessThan(3600);
        rest.Json.GetProperty("finished").GetBoolean().ShouldBeTrue();
    }

    // Messages whose bodies are nowhere
    private async Task LoseAsync(long account, int count)
    {
        await using var command = Node.Database.Write.CreateCommand(
            $"""
            INSERT INTO contents (id, account_id, hash, body_size, prefix, envelope, structure)
            SELECT {account} * 1000000 + i, {account}, sha256(convert_to('{account} ' || i, 'UTF8')), 100, '', '', '' FROM generate_series(1, {count}) AS i;
            INSERT INTO bodies (account_id, hash, state) SELECT account_id, hash, 1 FROM contents WHERE account_id = {account};
            INSERT INTO messages (mailbox_id, uid, content_id, internal_date, save_date, size)
            SELECT {account}, i, {account} * 1000000 + i, 0, 0, 100 FROM generate_series(1, {count}) AS i
            """);
        await command.ExecuteNonQueryAsync();
    }
}

internal static class StartInfoExtensions
{
    public static ProcessStartInfo With(this ProcessStartInfo start, IEnumerable<string> arguments)
    {
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        return start;
    }
}
