using System.Globalization;
using Sora.Histories.Nodes;
using Sora.Testing;

namespace Sora.Histories.Load;

/// <summary>One fault of a run, and what clients felt of it.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Node">To whom.</param>
/// <param name="Took">From its beginning until everything was whole again.</param>
/// <param name="Gaps">The longest gap of each IMAP client meanwhile.</param>
public sealed record FaultReport(FaultKind Kind, string Node, TimeSpan Took, IReadOnlyList<TimeSpan> Gaps)
{
    public TimeSpan Longest => Gaps.Max();

    public TimeSpan Median => Gaps.Order().ElementAt(Gaps.Count / 2);
}

/// <summary>Load on a topology while faults happen to it, and the judgement afterwards.</summary>
public sealed class HistoryRun : IAsyncDisposable
{
    private readonly Topology _topology;
    private readonly List<FaultReport> _faults = [];
    private long _started;
    private long _stopped;

    private HistoryRun(Topology topology, LoadOptions options)
    {
        _topology = topology;
        Load = new ClientLoad(
            new History(), topology.Imap, topology.Lmtp,
            options with { Users = topology.Users, DistinctAddresses = topology.ChoosesByAddress });
    }

    public ClientLoad Load { get; }

    public IReadOnlyList<FaultReport> Faults => _faults;

    public IReadOnlyList<Violation> Violations { get; private set; } = [];

    /// <summary>How long the load lasted.</summary>
    public TimeSpan Lasted => History.Time(_stopped - _started);

    /// <summary>Begins the load.</summary>
    public static async Task<HistoryRun> StartAsync(Topology topology, LoadOptions options)
    {
        var run = new HistoryRun(topology, options);
        try
        {
            await run.Load.PrepareAsync();
            run._started = run.Load.History.Now;
            run.Load.Start();
            return run;
        }
        catch
        {
            await run.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until every client and deliverer has been served so often since it was asked.</summary>
    /// <exception cref="TimeoutException">One was not.</exception>
    public async Task ProgressAsync(int successes, TimeSpan within)
    {
        var before = Load.Gaps.Select(gaps => (Gaps: gaps, From: gaps.Successes)).ToList();
        await Eventually.WaitAsync(
            () =>
            {
                Load.ThrowIfFailed();
                return before.TrueForAll(one => one.Gaps.Successes >= one.From + successes);
            },
            within,
            $"every client is served {successes} times");
    }

    /// <summary>Lets a fault happen, and waits until every client is served again.</summary>
    public async Task<FaultReport> FaultAsync(FaultKind kind, int node, TimeSpan lasting, TimeSpan patience)
    {
        var one = _topology.Nodes[node % _topology.Nodes.Count];
        var from = Load.History.Now;
        await Nodes.Faults.HappenAsync(kind, _topology, one, lasting);
        var took = History.Time(Load.History.Now - from);
        await ProgressAsync(1, patience);
        var to = Load.History.Now;
        FaultReport report = new(kind, kind == FaultKind.Postgres ? "postgres" : one.Name, took, [.. Load.ClientGaps.Select(gaps => gaps.Longest(from, to))]);
        _faults.Add(report);
        return report;
    }

    /// <summary>Ends the load, looks at the mailboxes as they are in the end, and holds everything against the rules.</summary>
    public async Task FinishAsync(TimeSpan patience)
    {
        _stopped = Load.History.Now;
        await Load.StopAsync();
        await Load.SettleAsync([.. _topology.Reached.Select(static node => node.Imap)], patience);
        Violations = HistoryChecker.Check(Load.History.Operations, duplicatesAreSuppressed: true);

        // For a closer look: all that was said of the mailboxes in which a rule was broken
        if (Violations.Count > 0 && Environment.GetEnvironmentVariable("SORA_TEST_LOGS") is { Length: > 0 } logs)
        {
            var mailboxes = Violations.SelectMany(static violation => violation.Operations).Select(static operation => operation.Mailbox).ToHashSet(StringComparer.Ordinal);
            await File.WriteAllLinesAsync(
                Path.Combine(logs, "history.txt"),
                Load.History.Operations.Where(operation => mailboxes.Contains(operation.Mailbox) || (operation.Destination is { } to && mailboxes.Contains(to)))
                    .OrderBy(static operation => operation.Start).Select(Tell));
        }
    }

    private static string Tell(Operation operation) => string.Create(
        CultureInfo.InvariantCulture,
        $"{History.Time(operation.Start).TotalSeconds:0.000000} {(operation.End == long.MaxValue ? "-" : $"{History.Time(operation.End).TotalSeconds:0.000000}")} {operation.Connection} {operation.Mailbox} {operation.Command} | {operation.Outcome} {operation.Answer} | {string.Join("; ", operation.Events)}");

    public ValueTask DisposeAsync() => Load.DisposeAsync();

    /// <summary>Operations that began while the load was on, by what became of them.</summary>
    public int Count(Func<Operation, bool> which) => Load.History.Operations.Count(operation => operation.Start >= _started && operation.Start <= _stopped && which(operation));
}
