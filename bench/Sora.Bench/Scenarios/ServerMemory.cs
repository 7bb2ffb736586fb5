using System.Diagnostics;
using Sora.Bench.Processes;

namespace Sora.Bench.Scenarios;

/// <summary>What the processes of a server hold.</summary>
internal static class ServerMemory
{
    private const int QuietSeconds = 3;

    /// <summary>
    /// The server's memory once it changes by less than a hundredth in each of three seconds, in octets: what it does behind deliveries is not to be
    /// weighed as connections, nor to hide them.
    /// </summary>
    /// <param name="target">The server.</param>
    /// <param name="longest">The longest wait.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<long> SettledAsync(Target target, TimeSpan longest, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var last = ProcessTree.Pss(target.Pids);
        var quiet = 0;
        while (quiet < QuietSeconds && Stopwatch.GetElapsedTime(started) < longest)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
            var now = ProcessTree.Pss(target.Pids);
            quiet = Math.Abs(now - last) < last / 100 ? quiet + 1 : 0;
            last = now;
        }

        return last;
    }
}
