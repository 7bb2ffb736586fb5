namespace Sora.Admin.Tests;

public sealed class UploaderTests : AdminTest
{
    [Fact]
    public async Task What_waits_is_shown_and_what_is_set_aside_can_be_tried_again()
    {
        await CreateAsync("ada@example.com");
        var account = (await AccountAsync("ada@example.com")).Id.Value;
        await ExecuteAsync(
            $"""
            INSERT INTO staged_bodies (hash, accounts, size, body) VALUES (sha256('a'), ARRAY[{account}], 10, 'a');
            INSERT INTO staged_bodies (hash, accounts, size, node, path, attempts, not_before, last_error, failed_at)
            VALUES (sha256('b'), ARRAY[{account}, 77], 20, 'n1', 'f1', 5, now() + interval '1 hour', 'its hash is another', now());
            INSERT INTO staged_bodies (hash, accounts, size, object) VALUES (sha256('c'), ARRAY[{account}], 30, true)
            """);

        var status = (await RunAsync("uploader", "status", "--json")).ShouldSucceed().Json;
        status.GetProperty("backlog").EnumerateArray().Select(static one => (one.GetProperty("place").GetString(), one.GetProperty("bodies").GetInt64(), one.GetProperty("failed").GetInt64()))
            .ShouldBe([("database", 1, 0), ("file", 1, 1), ("object", 1, 0)]);
        var aside = status.GetProperty("bodies").EnumerateArray().ShouldHaveSingleItem();
        var id = aside.GetProperty("id").GetInt64();
        aside.GetProperty("accounts").EnumerateArray().Select(static one => one.GetString()).ShouldBe(["ada@example.com", "77"]);
        (await RunAsync("uploader", "status", "--all", "--json")).ShouldSucceed().Json.GetProperty("bodies").GetArrayLength().ShouldBe(3);
        var page = (await RunAsync("uploader", "status", "--all", "--limit", "1"));
        (page.Code, page.Error).ShouldBe((ExitCode.Ok, $"sora-admin: there are more: --after {id - 1}\n"));

        (await RunAsync("uploader", "show", "--id", $"{id}")).ShouldSucceed().Output.ShouldContain("its hash is another");
        (await RunAsync("uploader", "show", "--id", "999999")).ShouldFail(ExitCode.Failed, "No body 999999");
        (await RunAsync("uploader", "retry")).ShouldFail(ExitCode.Usage, "--id, or --all");
        (await RunAsync("uploader", "retry", "--id", $"{id}")).ShouldSucceed().Output.ShouldContain("1 bodies are due now");
        var shown = (await RunAsync("uploader", "show", "--id", $"{id}", "--json")).ShouldSucceed().Json;
        shown.GetProperty("failed_at").ValueKind.ShouldBe(System.Text.Json.JsonValueKind.Null);
        shown.GetProperty("attempts").GetInt32().ShouldBe(0);
        (await RunAsync("uploader", "retry", "--all")).ShouldSucceed().Output.ShouldContain("0 bodies");
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = Node.Database.Write.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
