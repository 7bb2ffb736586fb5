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
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    // How often every client is served between two faults; more for a longer test
    private static int Served => int.Parse(Environment.GetEnvironmentVariable("SORA_TEST_SERVED") ?? "40", CultureInfo.InvariantCulture);

    [Fact]
    public async Task Two_nodes_on_one_database_keep_the_rules_of_IMAP_whatever_happens_to_them()
    {
        await using var topology = await Topology.StartAsync(new TopologyOptions { FullNodes = 2, Users = 3 });
        await CheckAsync(
            topology,
            (FaultKind.Kill, 0, TimeSpan.Zero),
            (FaultKind.Stop, 1, TimeSpan.FromSeconds(5)),
            (FaultKind.Postgres, 0, TimeSpan.Zero),
            (FaultKind.Terminate, 1, TimeSpan.Zero));
    }

    private async Task CheckAsync(Topology topology, params (FaultKind Kind, int Node, TimeSpan Lasting)[] faults)
    {
        var run = await HistoryRun.StartAsync(topology, new LoadOptions { Clients = 12, Password = "secret", Patience = TimeSpan.FromSeconds(30) });
        await run.ProgressAsync(Served, Patience);
        foreach (var (kind, node, lasting) in faults)
        {
            await run.FaultAsync(kind, node, lasting, Patience);
            await run.ProgressAsync(Served, Patience);
        }

        await run.FinishAsync(Patience);
        output.WriteLine($"{run.Load.History.Operations.Count} operations in {run.Lasted.TotalSeconds:0} s");
        var report = HistoryChecker.Report(run.Violations);
        if (Environment.GetEnvironmentVariable("SORA_TEST_LOGS") is { Length: > 0 } logs)
            await File.WriteAllTextAsync(Path.Combine(logs, "history.txt"), report);
        report.ShouldBeEmpty();
        run.Load.Unexpected.ShouldBeEmpty();

        // It was no quiet night: all kinds of operations were acknowledged, and faults hit some that were not
        foreach (var kind in Enum.GetValues<OperationKind>())
            run.Count(operation => operation.Kind == kind && operation.IsOk).ShouldBeGreaterThan(0, kind.ToString());
        run.Count(static operation => operation.Outcome == Outcome.Unknown).ShouldBeGreaterThan(0);
    }
}
