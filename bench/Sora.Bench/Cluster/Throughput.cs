using System.Globalization;
using Sora.Bench.Processes;
using Sora.Bench.Results;
using Sora.Bench.Scenarios;
using Sora.Histories.Nodes;
using Sora.Testing;

namespace Sora.Bench.Cluster;

/// <summary>What systems carry when clients do not pause, and which process spends how much on an operation: what more machines would carry follows from it.</summary>
/// <param name="systems">Measured in turns, each when all have done what they put off: a machine whose speed changes from minute to minute changes it for all of them.</param>
/// <param name="accounts">Whose accounts they all have.</param>
/// <param name="options">How.</param>
internal sealed class Throughput(IReadOnlyList<Topology> systems, TopologyOptions accounts, ThroughputOptions options)
{
    public static readonly string[] Loads = ["small", "large", "commands"];

    /// <summary>A system has nothing to do that uses less of a core over <see cref="Look"/>.</summary>
    private const double Quiet = 0.15;

    private static readonly TimeSpan Look = TimeSpan.FromSeconds(2);

    /// <summary>So long a system may take to do what it put off while it was under load: to index messages, to upload bodies.</summary>
    private static readonly TimeSpan LongestUnrest = TimeSpan.FromMinutes(2);

    public async Task PrintAsync(CancellationToken cancellationToken)
    {
        await MeasureAsync("small", "deliveries of 2 KiB", (target, run, each, _) => new DeliverScenario(target, run) { Sessions = each }.RunAsync(cancellationToken), cancellationToken);
        await MeasureAsync("large", "deliveries of 20 KiB", (target, run, each, _) => new DeliverScenario(target, run) { Sessions = each, Size = 20 * 1024 }.RunAsync(cancellationToken), cancellationToken);

        // As many users as one node would have, each with one client
        await MeasureAsync("commands", "commands of mail clients", (target, run, each, first) =>
            new MixScenario(target, run) { Sessions = each, FirstUser = first, MinPause = TimeSpan.Zero, MaxPause = TimeSpan.Zero }.RunAsync(cancellationToken), cancellationToken);
    }

    private async Task MeasureAsync(string load, string what, Scenario scenario, CancellationToken cancellationToken)
    {
        if (!options.Loads.Contains(load))
            return;
        if (options.WarmUp > TimeSpan.Zero)
        {
            foreach (var system in systems)
            {
                await RestAsync(cancellationToken);
                await LoadAsync(system, scenario, options.WarmUp);
            }
        }

        var rates = systems.Select(static _ => new List<double>()).ToList();
        for (var i = 0; i < options.Repetitions; i++)
        {
            foreach (var (system, rate) in systems.Zip(rates))
            {
                await RestAsync(cancellationToken);
                rate.Add(await MeasureOnceAsync(system, what, scenario));
            }
        }

        if (systems.Count > 1)
        {
            var medians = rates.ConvertAll(static rate => Median(rate));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{what}, medians of {options.Repetitions} in turns: {medians[0]:0}/s of {medians[1]:0}/s, {100 * medians[0] / medians[1]:0} %"));
        }
    }

    // Until all have done what they put off. One that is alone goes on: what it put off is part of what it has to do
    private async Task RestAsync(CancellationToken cancellationToken)
    {
        if (systems.Count == 1)
            return;
        var pids = systems.SelectMany(static system => system.Nodes.Select(static node => node.Pid).Append(system.DatabasePid!.Value)).ToList();
        var started = TimeProvider.System.GetTimestamp();
        TimeSpan before;
        do
        {
            if (TimeProvider.System.GetElapsedTime(started) > LongestUnrest)
            {
                Console.WriteLine($"still busy {LongestUnrest.TotalSeconds:0} s after a load");
                return;
            }

            before = ProcessTree.CpuTime(pids);
            await Task.Delay(Look, cancellationToken);
        }
        while ((ProcessTree.CpuTime(pids) - before) / Look > Quiet * systems.Count);
    }

    private async Task<double> MeasureOnceAsync(Topology system, string what, Scenario scenario)
    {
        await using var statements = options.ShowsStatements ? await Statements.StartAsync(system.Database) : null;
        var roles = Roles(system);
        var before = roles.ConvertAll(static role => ProcessTree.CpuTime(role.Pids));
        var started = TimeProvider.System.GetTimestamp();
        var results = await LoadAsync(system, scenario, options.Duration);
        var elapsed = TimeProvider.System.GetElapsedTime(started);
        var rate = results.Sum(static result => result.Find("rate")!.Value);
        var cores = roles.Select((role, i) => (role.Name, Cores: (ProcessTree.CpuTime(role.Pids) - before[i]) / elapsed)).ToList();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {rate:0}/s; CPU of each: ")
            + string.Join(", ", cores.Select(role => string.Create(CultureInfo.InvariantCulture, $"{role.Name} {role.Cores / rate * 1e6:0} us"))));
        foreach (var result in results.Where(static result => result.Errors > 0))
            Console.WriteLine($"{result.Errors} errors at {result.Target}: {result.Note}");
        if (statements is not null)
            await statements.PrintAsync(rate * elapsed.TotalSeconds);
        return rate;
    }

    private Task<ScenarioResult[]> LoadAsync(Topology system, Scenario scenario, TimeSpan duration)
    {
        var each = options.Sessions / system.Reached.Count;
        return Task.WhenAll(system.Reached.Select((node, i) => scenario(TargetOf(node), new Run { WarmUp = TimeSpan.Zero, Duration = duration }, each, each * i)));
    }

    private static List<(string Name, IReadOnlyList<int> Pids)> Roles(Topology system) =>
    [
        .. system.Nodes.GroupBy(static node => node.Name.TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9'))
            .Select(static role => (role.Key + "s", (IReadOnlyList<int>)[.. role.Select(static node => node.Pid)])),
        ("PostgreSQL", [system.DatabasePid!.Value]),
    ];

    private static double Median(List<double> values)
    {
        var sorted = values.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    private Target TargetOf(NodeProcess node) => new()
    {
        Name = node.Name,
        Imap = node.Imap.Address.ToString(),
        Lmtp = node.Lmtp.Address.ToString(),
        User = "user%d@example.com",
        Password = accounts.Password,
        Users = accounts.Users,
    };

    /// <summary>Loads one node.</summary>
    /// <param name="target">The node.</param>
    /// <param name="run">For how long.</param>
    /// <param name="sessions">With so many clients.</param>
    /// <param name="firstUser">Clients of nodes before it, whose users are not for this one.</param>
    private delegate Task<ScenarioResult> Scenario(Target target, Run run, int sessions, int firstUser);
}
