using System.Text.Json;
using Sora.EndToEnd.Tests.Servers;
using Sora.EndToEnd.Tests.Wire;
using Sora.Testing;

namespace Sora.EndToEnd.Tests;

/// <summary><c>sora-admin connections</c> over two servers on one database.</summary>
public sealed class ConnectionsTests : IAsyncLifetime
{
    private const string Password = "secret";

    private readonly string _bodies = Directory.CreateTempSubdirectory("sora-test-").FullName;
    private readonly SoraProcess[] _nodes = new SoraProcess[2];

    public async Task InitializeAsync()
    {
        var database = await PostgresFixture.CreateEmptyAddressAsync();
        string[] settings =
        [
            "database.embedded=false",
            $"database.hosts={database.SocketFolder}",
            $"database.port={database.Port}",
            $"database.name={database.Database}",
            $"database.user={database.User}",
            "storage.staging=database",
            $"storage.bodies_folder={_bodies}",
        ];
        for (var i = 0; i < _nodes.Length; i++)
            _nodes[i] = await SoraProcess.StartAsync([.. settings, $"node.name=node{i}"]);
        await _nodes[0].CreateAccountsAsync(Password, "ada@example.com", "bob@example.net");
    }

    public async Task DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            if (node is not null)
                await node.DisposeAsync();
        }

        Directory.Delete(_bodies, recursive: true);
    }

    [Fact]
    public async Task Sessions_of_all_nodes_are_listed_and_ended()
    {
        using var ada = await ImapClient.OpenInboxAsync(_nodes[0].ImapPort, "ada@example.com", Password);
        using var idle = await ImapClient.OpenInboxAsync(_nodes[1].ImapPort, "ada@example.com", Password);
        using var bob = await ImapClient.OpenInboxAsync(_nodes[1].ImapPort, "bob@example.net", Password);
        using var guest = await ImapClient.ConnectAsync(_nodes[1].ImapsPort, tls: true);
        await idle.BeginIdleAsync();

        var all = await ListAsync();
        all.Select(static one => (one.Text("node"), one.Text("user"), one.Text("command")))
            .ShouldBe([("node0", "ada@example.com", ""), ("node1", "ada@example.com", "IDLE"), ("node1", "bob@example.net", ""), ("node1", "", "")], ignoreOrder: true);
        all.ShouldAllBe(static one => one.Text("protocol") == "imap" && one.Text("client").StartsWith("127.0.0.1:"));
        all.Single(static one => one.Text("tls").Length > 0).Text("user").ShouldBe("");
        all.Where(static one => one.Text("user").Length > 0).ShouldAllBe(static one => one.GetProperty("received").GetInt64() > 20 && one.GetProperty("sent").GetInt64() > 100);
        (await ListAsync("--user", "ada@example.com")).Count.ShouldBe(2);
        (await ListAsync("--domain", "EXAMPLE.net")).Single().Text("user").ShouldBe("bob@example.net");
        (await ListAsync("--node", "node0")).Count.ShouldBe(1);
        (await ListAsync("--protocol", "pop3")).ShouldBeEmpty();
        (await ListAsync("--address", "127.0.0.0/8")).Count.ShouldBe(4);
        (await ListAsync("--address", "127.0.0.2")).ShouldBeEmpty();
        (await _nodes[0].AdminAsync("connections", "list")).Output.ShouldContain("bob@example.net");

        // By user on all nodes, by name, and by node
        Ended(await _nodes[0].AdminAsync("connections", "kick", "--user", "ada@example.com", "--confirm", "--json")).Count.ShouldBe(2);
        (await ada.ReadToEndAsync()).ShouldStartWith("* BYE Disconnected by the administrator");
        (await idle.ReadToEndAsync()).ShouldStartWith("* BYE Disconnected by the administrator");
        await bob.OkAsync("NOOP");
        var id = (await ListAsync("--user", "bob@example.net")).Single().Text("id");
        Ended(await _nodes[1].AdminAsync("connections", "kick", "--id", id, "--confirm", "--json")).Single().Text("id").ShouldBe(id);
        (await bob.ReadToEndAsync()).ShouldStartWith("* BYE ");
        Ended(await _nodes[1].AdminAsync("connections", "kick", "--node", "node0", "--confirm", "--json")).ShouldBeEmpty();
        Ended(await _nodes[1].AdminAsync("connections", "kick", "--all", "--confirm", "--json")).Count.ShouldBe(1);
        (await guest.ReadToEndAsync()).ShouldStartWith("* BYE ");
        (await _nodes[0].TryAdminAsync("connections", "kick", "--confirm")).ExitCode.ShouldBe(2);
        (await _nodes[0].TryAdminAsync("connections", "kick", "--all")).ExitCode.ShouldBe(2);
    }

    [Fact]
    public async Task What_one_program_changes_ends_sessions_of_all_protocols_on_the_other()
    {
        // A new password that ends what the old one let in
        using (var imap = await ImapClient.OpenInboxAsync(_nodes[1].ImapPort, "ada@example.com", Password))
        using (var pop3 = await Pop3Client.LogInAsync(_nodes[1].Pop3Port, "ada@example.com", Password))
        using (var sieve = await ManageSieveClient.LogInAsync(_nodes[1].ManageSievePort, "ada@example.com", Password))
        using (var bob = await ImapClient.OpenInboxAsync(_nodes[1].ImapPort, "bob@example.net", Password))
        {
            await imap.BeginIdleAsync();
            await _nodes[0].AdminAsync("accounts", "update", "--email", "ada@example.com", "--password", "another", "--end-sessions");
            (await imap.ReadToEndAsync()).ShouldContain("* BYE ");
            (await pop3.LineAsync()).ShouldStartWith("-ERR ");
            (await sieve.ReadAsync()).ShouldStartWith("BYE");
            await bob.OkAsync("NOOP");
        }

        using (var pop3 = await Pop3Client.ConnectAsync(_nodes[1].Pop3Port))
            (await pop3.TryLogInAsync("ada@example.com", Password)).ShouldStartWith("-ERR ");
        (await Pop3Client.LogInAsync(_nodes[1].Pop3Port, "ada@example.com", "another")).Dispose();

        // An account that may not log in any more
        using (var pop3 = await Pop3Client.LogInAsync(_nodes[1].Pop3Port, "bob@example.net", Password))
        using (var sieve = await ManageSieveClient.LogInAsync(_nodes[0].ManageSievePort, "bob@example.net", Password))
        {
            await _nodes[0].AdminAsync("accounts", "disable", "--email", "bob@example.net");
            (await pop3.LineAsync()).ShouldStartWith("-ERR ");
            (await sieve.ReadAsync()).ShouldStartWith("BYE");
        }

        using (var pop3 = await Pop3Client.ConnectAsync(_nodes[1].Pop3Port))
            (await pop3.TryLogInAsync("bob@example.net", Password)).ShouldStartWith("-ERR ");
        await _nodes[0].AdminAsync("accounts", "enable", "--email", "bob@example.net");
        (await Pop3Client.LogInAsync(_nodes[1].Pop3Port, "bob@example.net", Password)).Dispose();
    }

    [Fact]
    public async Task A_node_that_does_not_answer_is_named_and_one_that_has_died_is_forgotten()
    {
        using var ada = await ImapClient.OpenInboxAsync(_nodes[0].ImapPort, "ada@example.com", Password);
        Signals.Stop(_nodes[1].Pid);
        CommandRun run;
        try
        {
            run = await _nodes[0].TryAdminAsync("connections", "list", "--wait", "2", "--json");
        }
        finally
        {
            Signals.Continue(_nodes[1].Pid);
        }

        run.ExitCode.ShouldBe(1);
        run.Errors.ShouldContain("node node1 has not answered");
        var answer = JsonDocument.Parse(run.Output).RootElement;
        answer.GetProperty("silent")[0].GetString().ShouldBe("node1");
        answer.GetProperty("sessions").GetArrayLength().ShouldBe(1);

        await _nodes[1].KillAsync();
        await Eventually.WaitAsync(async () =>
            (await _nodes[0].TryAdminAsync("connections", "list", "--json")) is { ExitCode: 0 } found
            && JsonDocument.Parse(found.Output).RootElement.GetProperty("nodes").GetArrayLength() == 1);
        await _nodes[1].StartAgainAsync();
        JsonDocument.Parse((await _nodes[0].AdminAsync("connections", "list", "--json")).Output).RootElement.GetProperty("nodes").GetArrayLength().ShouldBe(2);
    }

    private async Task<List<JsonElement>> ListAsync(params string[] arguments) =>
        Ended(await _nodes[0].AdminAsync(["connections", "list", "--json", .. arguments]));

    private static List<JsonElement> Ended(CommandRun run) => [.. JsonDocument.Parse(run.Output).RootElement.GetProperty("sessions").EnumerateArray()];
}

file static class JsonElementExtensions
{
    public static string Text(this JsonElement element, string name) => element.GetProperty(name).GetString() ?? "";
}
