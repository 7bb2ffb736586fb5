using System.Globalization;
using Sora.Histories;
using Sora.Histories.Load;
using Sora.Histories.Nodes;

namespace Sora.Bench.Cluster;

/// <summary>One run: starts the processes, measures, breaks things, checks, prints.</summary>
internal sealed record ClusterRun
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public required TopologyOptions Topology { get; init; }

    public required LoadOptions Load { get; init; }

    public required IReadOnlyList<(FaultKind Kind, string? Node)> Faults { get; init; }

    public TimeSpan Lasting { get; init; }

    public int Seconds { get; init; }

    public int IdleRounds { get; init; }

    /// <summary>Only this is measured, unless its duration is 0.</summary>
    public required ThroughputOptions Throughput { get; init; }

    public static IReadOnlyList<(FaultKind Kind, string? Node)> ParseFaults(string text) =>
        [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(static fault =>
        {
            var words = fault.Split(':', 2);
            return Enum.TryParse<FaultKind>(words[0], ignoreCase: true, out var kind)
                ? (kind, words.Length > 1 ? words[1] : null)
                : throw new BenchException($"--faults: there is no '{words[0]}', only {string.Join(", ", Enum.GetNames<FaultKind>()).ToLowerInvariant()}");
        })];

    /// <summary>0 when every rule was kept.</summary>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var options = Topology with { Networks = Faults.Any(static fault => fault.Kind == FaultKind.Cut) };
        if (Throughput.Duration > TimeSpan.Zero)
        {
            await MeasureThroughputAsync(cancellationToken);
            return 0;
        }

        Print($"{options.Name}, {Load.Clients} IMAP clients of {options.Users} accounts, {Load.DeliverersEach} LMTP sessions on each node");
        await using var topology = await Sora.Histories.Nodes.Topology.StartAsync(options);
        if (IdleRounds > 0)
            await MeasureIdleAsync(topology, options.Password);

        await using var run = await HistoryRun.StartAsync(topology, Load with { Password = options.Password });
        await run.ProgressAsync(5, Patience);
        var quiet = TimeSpan.FromSeconds(Seconds / (double)(Faults.Count + 1));
        var (busy, calm) = (TimeSpan.Zero, new List<(int Commands, int Deliveries)>());
        for (var i = 0; ; i++)
        {
            var from = run.Load.History.Now;
            await Task.Delay(quiet, cancellationToken);
            var to = run.Load.History.Now;
            busy += History.Time(to - from);
            calm.Add((Between(run, from, to, false), Between(run, from, to, true)));
            if (i == Faults.Count)
                break;
            var (kind, name) = Faults[i];
            var node = name is null ? i : topology.Nodes.Select(static one => one.Name).ToList().IndexOf(name);
            if (node < 0)
                throw new BenchException($"--faults: there is no node '{name}', only {string.Join(", ", topology.Nodes.Select(static one => one.Name))}");
            var report = await run.FaultAsync(kind, node, Lasting, Patience);
            Print($"{report.Kind.ToString().ToLowerInvariant()} of {report.Node}, whole again after {report.Took.TotalSeconds:0.0} s: longest gap {report.Longest.TotalSeconds:0.00} s, median of the clients {report.Median.TotalSeconds:0.00} s");
        }

        await run.FinishAsync(Patience);
        Print($"while nothing was broken: {calm.Sum(static one => one.Commands) / busy.TotalSeconds:0} IMAP commands/s, {calm.Sum(static one => one.Deliveries) / busy.TotalSeconds:0} deliveries/s");
        Print($"acknowledged {run.Count(static operation => operation.IsOk)}, refused {run.Count(static operation => operation.Outcome is Outcome.No or Outcome.Bad)}, never answered {run.Count(static operation => operation.Outcome == Outcome.Unknown)}");
        foreach (var answer in run.Load.Unexpected.Take(10))
            Print("unexpected: " + answer);
        Print(run.Violations.Count == 0 ? $"all rules kept by {run.Load.History.Operations.Count} operations" : HistoryChecker.Report(run.Violations));
        return run.Violations.Count > 0 || !run.Load.Unexpected.IsEmpty ? 1 : 0;
    }

    private async Task MeasureThroughputAsync(CancellationToken cancellationToken)
    {
        var options = Topology with { DatabaseSettings = Throughput.ShowsStatements ? Statements.Settings : [] };
        var one = options with { FullNodes = 1, Mailstores = 0, Gateways = 0, Haproxy = false };
        Print($"{options.Name}{(Throughput.BesideOne ? ", and one node" : "")}, {options.Users} accounts");
        var systems = new List<Topology>();
        try
        {
            systems.Add(await Sora.Histories.Nodes.Topology.StartAsync(options));
            if (Throughput.BesideOne)
                systems.Add(await Sora.Histories.Nodes.Topology.StartAsync(one));
            await new Throughput(systems, options, Throughput).PrintAsync(cancellationToken);
        }
        finally
        {
            foreach (var system in systems)
                await system.DisposeAsync();
        }
    }

    private async Task MeasureIdleAsync(Topology topology, string password)
    {
        await IdleProbe.MeasureAsync(topology, password, Math.Min(IdleRounds, 50)); // the first ones meet code that was never run
        var times = await IdleProbe.MeasureAsync(topology, password, IdleRounds);
        Print($"{IdleRounds} deliveries through {topology.Reached[^1].Name}, heard of in IDLE on {topology.Reached[0].Name}: "
            + $"{Milliseconds(times.SinceSent, 0.5)} ms after they were sent at the median, {Milliseconds(times.SinceSent, 0.99)} ms at the 99th percentile; "
            + $"{Milliseconds(times.SinceAcknowledged, 0.5)} and {Milliseconds(times.SinceAcknowledged, 0.99)} ms after the 250");
    }

    private static string Milliseconds(IReadOnlyList<TimeSpan> times, double share) => IdleTimes.Percentile(times, share).TotalMilliseconds.ToString("0.0", CultureInfo.InvariantCulture);

    private static int Between(HistoryRun run, long from, long to, bool deliveries) =>
        run.Load.History.Operations.Count(operation => operation.IsOk && operation.End >= from && operation.End <= to && operation.Kind == OperationKind.Deliver == deliveries);

    private static void Print(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));

    private static void Print(string text) => Console.WriteLine(text);
}
