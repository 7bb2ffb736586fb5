#if ORLEANS
using System.Text.Json;
using Sora.EndToEnd.Tests.Servers;
using Sora.Histories;
using Sora.Histories.Load;
using Sora.Histories.Nodes;
using Sora.Mailstore.Storage.Embedded;
using Sora.Testing;
using Xunit.Abstractions;

namespace Sora.EndToEnd.Tests.Cluster;

/// <summary>
/// A cluster of an earlier build (tests/upgrade-from) whose nodes are exchanged for this build one after the other, as docs/cluster.md says, while clients work and mail comes; and everything
/// that they were told, held against the rules of IMAP. Speed decides nothing: the next node's turn comes when every client has been served by the mixture.
/// </summary>
public sealed class UpgradeTests(ITestOutputHelper output)
{
    private const int Mailstores = 3;
    private const int Gateways = 2;
    private const int Served = 8;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    [UpgradeFact]
    public async Task Nodes_are_exchanged_one_by_one_and_clients_lose_nothing()
    {
        var commit = await CommitAsync();
        await using var topology = await Topology.StartAsync(new TopologyOptions
        {
            FullNodes = 0, Mailstores = Mailstores, Gateways = Gateways, Build = SoraBuild.Old, Settings = [$"cluster.call_timeout={Patience.TotalSeconds}s"],
        });

        // Clients that leave most of the processors to the nodes that start
        var load = new LoadOptions
        {
            Clients = 12, Password = "secret", Patience = Patience, Pause = TimeSpan.FromMilliseconds(300), DeliveryPause = TimeSpan.FromMilliseconds(200),
        };
        await using var run = await HistoryRun.StartAsync(topology, load);
        await run.ProgressAsync(Served, Patience);
        var before = await StepAsync(topology.Database);
        var (mailstores, gateways) = (topology.Nodes.Take(Mailstores).ToList(), topology.Reached);

        // Mailstores first. Nobody who is connected to a gateway notices
        foreach (var mailstore in mailstores)
            await ExchangeAsync(run, mailstore, SoraBuild.This);
        run.Load.Lost.ShouldBeEmpty();
        run.Count(static operation => operation.End != long.MaxValue && operation.Outcome == Outcome.Unknown).ShouldBe(0);

        // Clients of a gateway are told to go, and find the other one
        foreach (var gateway in gateways)
            await ExchangeAsync(run, gateway, SoraBuild.This);
        foreach (var node in topology.Nodes)
            (await RunningAsync(node)).ShouldBe(commit);

        // The way back, for an operator who is not content: when every step of the schema allows it, clients do not notice; otherwise the old build says why it does not start
        var lost = run.Load.Lost.Count;
        if (await IsOpenAsync(topology.Database, before))
        {
            await ExchangeAsync(run, mailstores[0], SoraBuild.Old);
            (await RunningAsync(mailstores[0])).ShouldNotBe(commit);
        }
        else
        {
            (await Should.ThrowAsync<InvalidOperationException>(() => ExchangeAsync(run, mailstores[0], SoraBuild.Old))).Message.ShouldContain("run a newer Sora");
            await run.ProgressAsync(Served, Patience);
        }

        run.Load.Lost.Skip(lost).ShouldBeEmpty();

        await run.FinishAsync(Patience);
        output.WriteLine($"{run.Load.History.Operations.Count} operations in {run.Lasted.TotalSeconds:0} s; {lost} connections ended with their gateway");
        HistoryChecker.Report(run.Violations).ShouldBeEmpty();
        run.Load.Unexpected.ShouldBeEmpty();
        run.Load.History.Operations.Where(static operation => operation.Outcome == Outcome.Bad || (operation.Outcome == Outcome.No && !operation.Answer.StartsWith("NO [EXPUNGEISSUED]", StringComparison.Ordinal)))
            .Select(static operation => $"{operation.Connection} {operation.Command}: {operation.Answer}").ShouldBeEmpty("no command is refused");
        foreach (var kind in Enum.GetValues<OperationKind>())
            run.Count(operation => operation.Kind == kind && operation.IsOk).ShouldBeGreaterThan(0, kind.ToString());
    }

    [UpgradeFact]
    public async Task What_nodes_say_to_each_other_is_only_added_to()
    {
        // The test of Sora.Cluster.Tests compares the build with a file; that the file has lost nothing is seen here
        var now = await File.ReadAllLinesAsync(Programs.InRepository("tests", "Sora.Cluster.Tests", "contracts.txt"));
        (await File.ReadAllLinesAsync(SoraBuild.OldContracts)).Except(now).ShouldBeEmpty("a node of the build that tests/upgrade-from names would not be understood");
    }

    // The commit of this build, which must be another one than that of the old build: otherwise nothing would be tested
    private static async Task<string> CommitAsync()
    {
        (await SoraBuild.Old.VersionAsync()).ShouldContain($"({SoraBuild.OldCommit})");
        var version = await SoraBuild.This.VersionAsync();
        version.ShouldContain("(");
        var commit = version.Split('(')[1].Split(')')[0];
        commit.ShouldNotBe(SoraBuild.OldCommit);
        return commit;
    }

    // Drain, stop, start the other build on the same ports and the same database, wait until it is ready
    private static async Task ExchangeAsync(HistoryRun run, NodeProcess node, SoraBuild build)
    {
        using var http = new HttpClient { Timeout = Patience };
        using (var drained = await http.PostAsync(new Uri(node.Admin, "/maintenance/enter"), null))
            drained.EnsureSuccessStatusCode();
        await node.TerminateAsync();
        node.Build = build;
        await node.StartAsync();
        (await http.GetStringAsync(new Uri(node.Admin, "/health/readyz"))).ShouldBe("ready\n");
        await run.ProgressAsync(Served, Patience);
    }

    // The last step of the schema
    private static async Task<int> StepAsync(PostgresAddress address)
    {
        await using var database = PostgresFixture.Open(address);
        await using var command = database.Read.CreateCommand("SELECT max(version) FROM schema_migrations");
        return (int)(await command.ExecuteScalarAsync())!;
    }

    // Every step after this one says that a program may go on that knows no later one
    private static async Task<bool> IsOpenAsync(PostgresAddress address, int step)
    {
        await using var database = PostgresFixture.Open(address);
        await using var command = database.Read.CreateCommand("SELECT coalesce(bool_and(coalesce(works_with <= $1, false)), true) FROM schema_migrations WHERE version > $1");
        command.Parameters.Add(new() { Value = step });
        return (bool)(await command.ExecuteScalarAsync())!;
    }

    // The commit that a node says it was built from; null when it says nothing
    private static async Task<string?> RunningAsync(NodeProcess node)
    {
        using var http = new HttpClient();
        using var json = JsonDocument.Parse(await http.GetStringAsync(new Uri(node.Admin, "/cluster/status")));
        return json.RootElement.TryGetProperty("commit", out var commit) ? commit.GetString() : null;
    }
}

/// <summary>A test that needs the build of tests/upgrade-from; skipped, with the reason, where it is not there.</summary>
public sealed class UpgradeFactAttribute : FactAttribute
{
    public UpgradeFactAttribute() => Skip = SoraBuild.OldMissing;
}
#endif
