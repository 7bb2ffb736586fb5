using System.Diagnostics;
using Sora.Bench.Load;
using Sora.Bench.Processes;
using Sora.Bench.Results;
using Sora.Bench.Wire;

namespace Sora.Bench.Scenarios;

/// <summary>
/// Connections that open, log in or not, and close again, evenly spread over a time: how they were served, and what of them stays in the server's memory. A tenth
/// of them goes before the first weighing.
/// </summary>
internal sealed record ChurnScenario(Target Target, Run Run)
{
    public int Connections { get; init; } = 20_000;

    public bool Tls { get; init; }

    /// <summary>They log in as well.</summary>
    public bool LogIn { get; init; }

    /// <summary>Clients side by side: as many wait for the server at most.</summary>
    public int Parallel { get; init; } = 64;

    /// <summary>The longest wait for the server's memory to settle.</summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromSeconds(60);

    public async Task<ScenarioResult> RunAsync(CancellationToken cancellationToken)
    {
        if (Target.Pids.Count == 0)
            throw new BenchException("memory of which processes? Give --pid");
        OpenFiles.Raise((ulong)Parallel + 1000);
        var errors = new ErrorLog();
        await PassAsync(Connections / 10, Run.Duration / 10, new Latencies(), errors, cancellationToken);
        var before = await ServerMemory.SettledAsync(Target, Settle, cancellationToken);
        var latencies = new Latencies();
        var start = Stopwatch.GetTimestamp();
        var failures = await PassAsync(Connections, Run.Duration, latencies, errors, cancellationToken);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var after = await ServerMemory.SettledAsync(Target, Settle, cancellationToken);
        return new ScenarioResult(
            $"{Connections} connections in {Run.Duration.TotalSeconds:0} s, {(Tls ? "TLS" : "plain")}{(LogIn ? ", with login" : "")}",
            Target.Name,
            [
                new("growth", (after - before) / 1048576.0, "MiB", Better.Lower),
                new("growth each", (after - before) / (double)Connections, "B", Better.Lower),
                new("server before", before / 1048576.0, "MiB", Better.Lower),
                new("server after", after / 1048576.0, "MiB", Better.Lower),
                new("rate", (Connections - failures) / seconds, "per s", Better.Higher),
                .. latencies.Metrics(),
            ],
            failures,
            errors.Note());
    }

    // Evenly, by the clock: a server that falls behind is not waited for, but has its clients queue up
    private async Task<long> PassAsync(int count, TimeSpan duration, Latencies latencies, ErrorLog errors, CancellationToken cancellationToken)
    {
        var next = -1;
        var failures = 0L;
        var start = Stopwatch.GetTimestamp();
        await Sessions.RunAsync(Parallel, async _ =>
        {
            var own = new Latencies();
            while (Interlocked.Increment(ref next) is var number && number < count && !cancellationToken.IsCancellationRequested)
            {
                var due = (duration * ((double)number / count)) - Stopwatch.GetElapsedTime(start);
                if (due > TimeSpan.Zero)
                    await Task.Delay(due, cancellationToken);
                var begun = Stopwatch.GetTimestamp();
                try
                {
                    await OneAsync(number, cancellationToken);
                    own.Add(Stopwatch.GetTimestamp() - begun);
                }
                catch (Exception exception) when (Sessions.IsServerFailure(exception))
                {
                    Interlocked.Increment(ref failures);
                    errors.Add(exception.Message);
                }
            }

            lock (latencies)
                latencies.Add(own);
        });
        return failures;
    }

    private async Task OneAsync(int number, CancellationToken cancellationToken)
    {
        if (LogIn)
        {
            await using var client = await ImapClient.LoginAsync(Target, Target.UserName((number % Target.Users) + 1), cancellationToken, Tls, bufferSize: 1024);
            return;
        }

        await using var guest = await ImapClient.ConnectAsync(Target, cancellationToken, Tls, bufferSize: 1024);
    }
}
