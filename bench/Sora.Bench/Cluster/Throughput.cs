using System.Globalization;
using Sora.Bench.Processes;
using Sora.Bench.Results;
using Sora.Bench.Scenarios;
using Sora.Histories.Nodes;

namespace Sora.Bench.Cluster;

/// <summary>What the nodes carry when clients do not pause, and which of them spends how much on an operation: what more machines would carry follows from it.</summary>
/// <param name="topology">The nodes.</param>
/// <param name="options">What they were started with.</param>
/// <param name="sessions">Clients at once, over all nodes that they reach.</param>
/// <param name="duration">How long each kind of load is measured.</param>
/// <param name="warmUp">How long each is there before that: code is compiled anew in each process, for which several share the cores that one alone would have to itself.</param>
/// <param name="repetitions">How often each is measured.</param>
/// <param name="loads">Which kinds of load.</param>
/// <param name="showsStatements">Whether to show what PostgreSQL spends its time on.</param>
internal sealed class Throughput(Topology topology, TopologyOptions options, int sessions, TimeSpan duration, TimeSpan warmUp, int repetitions, IReadOnlySet<string> loads, bool showsStatements)
{
    public static readonly string[] Loads = ["small", "large", "commands"];

    public async Task PrintAsync(CancellationToken cancellationToken)
    {
        var each = sessions / topology.Reached.Count;
        await MeasureAsync("small", "deliveries of 2 KiB", (target, run) => new DeliverScenario(target, run) { Sessions = each }.RunAsync(cancellationToken));
        await MeasureAsync("large", "deliveries of 20 KiB", (target, run) => new DeliverScenario(target, run) { Sessions = each, Size = 20 * 1024 }.RunAsync(cancellationToken));
        await MeasureAsync("commands", "commands of mail clients", (target, run) =>
            new MixScenario(target, run) { Sessions = each, FirstUser = FirstUserAt(target), MinPause = TimeSpan.Zero, MaxPause = TimeSpan.Zero }.RunAsync(cancellationToken));

        // As many users as one node would have, each with one client
        int FirstUserAt(Target target) => each * topology.Reached.Select(static node => node.Name).ToList().IndexOf(target.Name);
    }

    private async Task MeasureAsync(string load, string what, Func<Target, Run, Task<ScenarioResult>> scenario)
    {
        if (!loads.Contains(load))
            return;
        if (warmUp > TimeSpan.Zero)
            await LoadAsync(scenario, new Run { WarmUp = TimeSpan.Zero, Duration = warmUp });
        for (var i = 0; i < repetitions; i++)
            await MeasureOnceAsync(what, scenario);
    }

    private async Task MeasureOnceAsync(string what, Func<Target, Run, Task<ScenarioResult>> scenario)
    {
        await using var statements = showsStatements ? await Statements.StartAsync(topology.Database) : null;
        var roles = Roles();
        var before = roles.ConvertAll(static role => ProcessTree.CpuTime(role.Pids));
        var started = TimeProvider.System.GetTimestamp();
        var results = await LoadAsync(scenario, new Run { WarmUp = TimeSpan.Zero, Duration = duration });
        var elapsed = TimeProvider.System.GetElapsedTime(started);
        var rate = results.Sum(static result => result.Find("rate")!.Value);
        var cores = roles.Select((role, i) => (role.Name, Cores: (ProcessTree.CpuTime(role.Pids) - before[i]) / elapsed)).ToList();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {rate:0}/s; CPU of each: ")
            + string.Join(", ", cores.Select(role => string.Create(CultureInfo.InvariantCulture, $"{role.Name} {role.Cores / rate * 1e6:0} us"))));
        foreach (var result in results.Where(static result => result.Errors > 0))
            Console.WriteLine($"{result.Errors} errors at {result.Target}: {result.Note}");
        if (statements is not null)
            await statements.PrintAsync(rate * elapsed.TotalSeconds);
    }

    private Task<ScenarioResult[]> LoadAsync(Func<Target, Run, Task<ScenarioResult>> scenario, Run run) =>
        Task.WhenAll(topology.Reached.Select(node => scenario(TargetOf(node), run)));

    private List<(string Name, IReadOnlyList<int> Pids)> Roles()
    {
        List<(string Name, IReadOnlyList<int> Pids)> roles =
        [
            .. topology.Nodes.GroupBy(static node => node.Name.TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9'))
                .Select(static role => (role.Key + "s", (IReadOnlyList<int>)[.. role.Select(static node => node.Pid)])),
        ];
        if (topology.DatabasePid is { } pid)
            roles.Add(("PostgreSQL", [pid]));
        return roles;
    }

    private Target TargetOf(NodeProcess node) => new()
    {
        Name = node.Name,
        Imap = node.Imap.Address.ToString(),
        Lmtp = node.Lmtp.Address.ToString(),
        User = "user%d@example.com",
        Password = options.Password,
        Users = options.Users,
    };
}
