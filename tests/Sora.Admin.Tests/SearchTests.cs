namespace Sora.Admin.Tests;

public sealed class SearchTests : AdminTest
{
    [Fact]
    public async Task Status_tells_of_one_account_or_all()
    {
        await CreateAsync("user@example.com");
        var account = await AccountAsync("user@example.com");
        await QueueAsync(account.Id.Value, 3);
        var all = (await RunAsync("search", "status", "--json")).ShouldSucceed().Json;
        all.GetProperty("messages").GetInt64().ShouldBe(3);
        all.GetProperty("indexed").GetInt64().ShouldBe(0);
        all.GetProperty("waiting").GetInt64().ShouldBe(3);
        all.GetProperty("lag_seconds").GetInt64().ShouldBeGreaterThanOrEqualTo(60);
        all.GetProperty("format").GetInt32().ShouldBeGreaterThan(0);
        await CreateAsync("other@example.com");
        (await RunAsync("search", "status", "--email", "other@example.com", "--json")).ShouldSucceed().Json.GetProperty("messages").GetInt64().ShouldBe(0);
        (await RunAsync("search", "status", "--email", "user@example.com")).ShouldSucceed().Output.ShouldContain("waiting");
        (await RunAsync("search", "status", "--email", "nobody@example.com")).ShouldFail(ExitCode.Failed, "There is no account");
    }

    [Fact]
    public async Task Reindex_marks_segments_and_queues_what_is_in_none()
    {
        await CreateAsync("user@example.com");
        var account = await AccountAsync("user@example.com");
        await QueueAsync(account.Id.Value, 3);
        await ExecuteAsync("DELETE FROM search_queue WHERE content_id < 0 AND content_id > -3; UPDATE search_queue SET not_before = 'infinity'");
        await ExecuteAsync($"INSERT INTO search_segments (id, account_id, level, documents, size, contents, format) VALUES (1, {account.Id.Value}, 0, 1, 10, '\\x01', 2)");
        var marked = (await RunAsync("search", "reindex", "--email", "user@example.com", "--json")).ShouldSucceed().Json;
        marked.GetProperty("segments").GetInt32().ShouldBe(1);
        marked.GetProperty("queued").GetInt32().ShouldBe(2); // -1 is in the segment
        var status = (await RunAsync("search", "status", "--email", "user@example.com", "--json")).ShouldSucceed().Json;
        status.GetProperty("segments_to_renew").GetInt64().ShouldBe(1);
        status.GetProperty("waiting").GetInt64().ShouldBe(2);
        status.GetProperty("left_out").GetInt64().ShouldBe(0);
        (await RunAsync("search", "reindex", "--email", "user@example.com", "--name", "Trash")).ShouldSucceed().Output
            .ShouldBe("To be made anew for user@example.com: 0 segments, and 0 messages that were in none\n");
        (await RunAsync("search", "reindex", "--email", "user@example.com", "--name", "nowhere")).ShouldFail(ExitCode.Failed, "nowhere");
        (await RunAsync("search", "reindex")).ShouldFail(ExitCode.Usage, "--email or --shared");
        (await RunAsync("search", "reindex", "--email", "nobody@example.com")).ShouldFail(ExitCode.Failed, "There is no account");
    }

    // Messages that wait for a minute
    private Task QueueAsync(long account, int count) => ExecuteAsync(
        $"""
        INSERT INTO contents (id, account_id, hash, body_size, prefix, envelope, structure) SELECT -n, {account}, '', 0, '', '', '' FROM generate_series(1, {count}) AS n;
        INSERT INTO search_queue (content_id, account_id, not_before) SELECT -n, {account}, now() - interval '1 minute' FROM generate_series(1, {count}) AS n
        """);

    private async Task ExecuteAsync(string sql)
    {
        await using var command = Node.Database.Write.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
