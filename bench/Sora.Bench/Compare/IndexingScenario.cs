using System.Diagnostics;
using Sora.Bench.Processes;
using Sora.Bench.Results;

namespace Sora.Bench.Compare;

/// <summary>Waits until a server has indexed all that came before, and says what that took of the machine.</summary>
internal sealed record IndexingScenario(PeerServer Server)
{
    /// <summary>The figure that the comparison judges: CPU time of all processes for a message of 10 KiB.</summary>
    public const string Cpu = "CPU per 10 KiB";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(200);

    /// <summary>What the server has counted when all is indexed.</summary>
    public long Until { get; init; }

    /// <summary>Average size of the messages, in KiB.</summary>
    public double MessageSize { get; init; }

    public async Task<ScenarioResult> RunAsync(CancellationToken cancellationToken)
    {
        var waiting = Until - await Server.CountIndexedAsync(cancellationToken);
        var cpu = ProcessTree.CpuTime(Server.Target.Pids);
        var started = Stopwatch.GetTimestamp();
        var left = waiting;
        while (left > 0 && Stopwatch.GetElapsedTime(started) < Patience)
        {
            await Task.Delay(Tick, cancellationToken);
            left = Until - await Server.CountIndexedAsync(cancellationToken);
        }

        cpu = ProcessTree.CpuTime(Server.Target.Pids) - cpu;
        return new ScenarioResult(
            "indexing",
            Server.Name,
            [
                new("messages", waiting, "", Better.Neither),
                new("caught up after", Stopwatch.GetElapsedTime(started).TotalSeconds, "s", Better.Lower),
                new(Cpu, waiting == 0 ? double.NaN : cpu.TotalMilliseconds / waiting / MessageSize * 10, "ms", Better.Lower),
            ],
            left,
            "all CPU time of the server meanwhile counts");
    }
}
