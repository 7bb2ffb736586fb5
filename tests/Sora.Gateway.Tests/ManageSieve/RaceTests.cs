using Sora.Gateway.Tests.Connections;

namespace Sora.Gateway.Tests.ManageSieve;

/// <summary>Several clients of one account at once.</summary>
[Collection("managesieve")]
public sealed class RaceTests(ManageSieveFixture sieve)
{
    [Fact]
    public async Task Of_two_that_activate_at_once_one_wins_and_both_are_answered()
    {
        var address = await sieve.AddressAsync();
        using var first = await sieve.LogInAsync(address);
        using var second = await sieve.LogInAsync(address);
        await first.PlayAsync("""
            C: PUTSCRIPT "a" "keep;"
            C: PUTSCRIPT "b" "stop;"
            S: OK *
            S: OK *
            """);
        for (var round = 0; round < 20; round++)
        {
            await Task.WhenAll(Activate(first, "a"), Activate(second, "b"));
            await first.SendAsync("LISTSCRIPTS\r\n");
            string?[] lines = [await first.LineAsync(), await first.LineAsync(), await first.LineAsync()];
            lines.Count(static line => line!.EndsWith(" ACTIVE", StringComparison.Ordinal)).ShouldBe(1);
        }

        static Task Activate(TestClient client, string name) => client.PlayAsync($"""
            C: SETACTIVE "{name}"
            S: OK *
            """);
    }

    [Fact]
    public async Task Of_many_that_put_at_once_no_more_than_the_quota_allows_are_stored()
    {
        var address = await sieve.AddressAsync();
        var clients = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => sieve.LogInAsync(address)));
        var answers = await Task.WhenAll(clients.Select(async (client, i) =>
        {
            await client.SendAsync($"PUTSCRIPT \"script{i}\" \"keep;\"\r\n");
            return await client.LineAsync();
        }));
        answers.Count(static answer => answer == "OK \"Script is stored\"").ShouldBe(4);
        answers.Count(static answer => answer!.StartsWith("NO (QUOTA/MAXSCRIPTS)", StringComparison.Ordinal)).ShouldBe(2);
        foreach (var client in clients)
            client.Dispose();
    }

    [Fact]
    public async Task Delete_and_activate_of_one_script_never_leave_a_deleted_script_active()
    {
        var address = await sieve.AddressAsync();
        using var first = await sieve.LogInAsync(address);
        using var second = await sieve.LogInAsync(address);
        for (var round = 0; round < 15; round++)
        {
            await first.PlayAsync("""
                C: SETACTIVE ""
                C: PUTSCRIPT "x" "keep;"
                S: OK *
                S: OK *
                """);
            var answers = await Task.WhenAll(AnswerAsync(first, "SETACTIVE \"x\""), AnswerAsync(second, "DELETESCRIPT \"x\""));
            var isActive = answers[0].StartsWith("OK", StringComparison.Ordinal);
            answers[1].ShouldStartWith(isActive ? "NO (ACTIVE)" : "OK");
            if (!isActive)
                answers[0].ShouldStartWith("NO (NONEXISTENT)");
        }

        static async Task<string> AnswerAsync(TestClient client, string command)
        {
            await client.SendAsync(command + "\r\n");
            return (await client.LineAsync()).ShouldNotBeNull();
        }
    }
}
