using System.Globalization;
using Sora.Histories;
using Sora.Histories.Load;
using Sora.Histories.Nodes;
using Xunit.Abstractions;

namespace Sora.EndToEnd.Tests;

/// <summary>
/// Everything that clients asked of several nodes and were told, while processes are killed, paused and cut off, held against the rules of IMAP. Speed decides nothing here: the
/// next fault comes when every client has been served after the last one. docs/benchmarks.md has the longer forms.
/// </summary>
public sealed class HistoryTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    // How often every client is served between two faults; more for a longer test
    private static int Served => int.Parse(Environment.GetEnvironmentVariable("SORA_TEST_SERVED") ?? "40", CultureInfo.InvariantCulture);

    [Fact]
    public async Task Two_nodes_on_one_database_keep_the_rules_of_IMAP_whatever_happens_to_them()
    {
        await using var topology = await Topology.StartAsync(new TopologyOptions { FullNodes = 2, Users = 3 });
        await CheckAsync(
            topology,
            Served,
            TimeSpan.FromSeconds(30),
            (FaultKind.Kill, 0, TimeSpan.Zero),
            (FaultKind.Stop, 1, TimeSpan.FromSeconds(5)),
            (FaultKind.Postgres, 0, TimeSpan.Zero));
    }

    [Fact]
    public async Task Clients_behind_HAProxy_are_served_by_the_node_that_lives()
    {
        await using var topology = await Topology.StartAsync(new TopologyOptions { FullNodes = 2, Users = 3, Haproxy = true });
        await CheckAsync(topology, Served / 2, TimeSpan.FromSeconds(30), (FaultKind.Terminate, 0, TimeSpan.Zero), (FaultKind.Kill, 1, TimeSpan.Zero));
    }

    [NetworkFact]
    public async Task A_node_whose_network_is_cut_undoes_nothing_when_it_is_back()
    {
        // Clients do not wait until then: they go to the other node
        await using var topology = await Topology.StartAsync(new TopologyOptions { FullNodes = 2, Users = 3, Networks = true });
        await CheckAsync(topology, Served / 2, TimeSpan.FromSeconds(2), (FaultKind.Cut, 0, TimeSpan.FromSeconds(6)));
    }

#if ORLEANS
    [Fact]
    public async Task A_cluster_keeps_the_rules_of_IMAP_whatever_happens_to_its_nodes()
    {
        await using var topology = await Topology.StartAsync(new TopologyOptions
        {
            FullNodes = 0, Mailstores = 3, Gateways = 2, Users = 3, Haproxy = Haproxy.Missing is null, S3 = Sora.Testing.S3.RadosGateway.Missing is null,
        });
        await CheckAsync(
            topology,
            Served / 2,
            TimeSpan.FromSeconds(30),
            (FaultKind.Kill, 0, TimeSpan.Zero),
            (FaultKind.Stop, 1, TimeSpan.FromSeconds(8)),
            (FaultKind.Kill, 3, TimeSpan.Zero),
            (FaultKind.Postgres, 0, TimeSpan.Zero));
    }

    [NetworkFact]
    public async Task A_mailstore_whose_network_is_cut_undoes_nothing_when_it_is_back()
    {
        await using var topology = await Topology.StartAsync(new TopologyOptions { FullNodes = 0, Mailstores = 3, Gateways = 2, Users = 3, Networks = true });
        await CheckAsync(topology, Served / 2, TimeSpan.FromSeconds(30), (FaultKind.Cut, 0, TimeSpan.FromSeconds(10)));
    }
#endif

    private async Task CheckAsync(Topology topology, int served, TimeSpan clientPatience, params (FaultKind Kind, int Node, TimeSpan Lasting)[] faults)
    {
        await using var run = await HistoryRun.StartAsync(topology, new LoadOptions { Clients = 12, Password = "secret", Patience = clientPatience });
        await run.ProgressAsync(served, Patience);
        foreach (var (kind, node, lasting) in faults)
        {
            await run.FaultAsync(kind, node, lasting, Patience);
            await run.ProgressAsync(served, Patience);
        }

        await run.FinishAsync(Patience);
        output.WriteLine($"{run.Load.History.Operations.Count} operations in {run.Lasted.TotalSeconds:0} s");
        HistoryChecker.Report(run.Violations).ShouldBeEmpty();
        run.Load.Unexpected.ShouldBeEmpty();

        // It was no quiet night: clients did all kinds of things, and where they lost their nodes some had no answer
        foreach (var kind in Enum.GetValues<OperationKind>())
            run.Count(operation => operation.Kind == kind && operation.IsOk).ShouldBeGreaterThan(0, kind.ToString());
        if (faults.Any(fault => fault.Kind != FaultKind.Postgres && topology.Reached.Contains(topology.Nodes[fault.Node])))
            run.Count(static operation => operation.Outcome != Outcome.Ok).ShouldBeGreaterThan(0);
    }
}

/// <summary>A test that cuts networks; skipped, with the reason, where it cannot.</summary>
public sealed class NetworkFactAttribute : FactAttribute
{
    public NetworkFactAttribute() => Skip = NodeNetwork.Missing;
}
