using System.Diagnostics;
using Sora.Bench.Load;
using Sora.Bench.Results;

namespace Sora.Bench.Scenarios;

/// <summary>STORE of one message at a time, and of the whole mailbox in one command. Every STORE changes something.</summary>
internal sealed record StoreScenario(Target Target, Run Run)
{
    public int User { get; init; } = 1;

    public string Mailbox { get; init; } = "INBOX";

    /// <summary>STOREs of one message at most.</summary>
    public int Single { get; init; } = 400;

    /// <summary>How long at most single STOREs go on.</summary>
    public TimeSpan SingleTime { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>STOREs of all messages.</summary>
    public int All { get; init; } = 6;

    public async Task<ScenarioResult> RunAsync(CancellationToken cancellationToken)
    {
        await using var client = await Sessions.SelectAsync(Target, User, Mailbox, cancellationToken);
        if (client.Exists == 0)
        {
            throw new BenchException(Mailbox + " is empty: fill it first");
        }

        var random = new Random(Run.Seed);
        var single = new Latencies();
        var number = 1;
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < Single && Stopwatch.GetElapsedTime(started) < SingleTime && !cancellationToken.IsCancellationRequested; i++)
        {
            // On, then off, of the same message: either way something changes
            number = i % 2 == 0 ? random.Next(1, client.Exists + 1) : number;
            single.Add((await client.RunAsync($"STORE {number} {(i % 2 == 0 ? '+' : '-')}FLAGS (\\Answered)")).Elapsed);
        }

        await client.RunAsync("STORE 1:* -FLAGS.SILENT (\\Flagged)");
        var all = new Latencies();
        for (var i = 0; i < All && !cancellationToken.IsCancellationRequested; i++)
        {
            all.Add((await client.RunAsync($"STORE 1:* {(i % 2 == 0 ? '+' : '-')}FLAGS.SILENT (\\Flagged)")).Elapsed);
        }

        return new ScenarioResult(
            "store",
            Target.Name,
            [
                .. single.Metrics("one "),
                new("all p50", all.Percentile(0.5), "ms", Better.Lower),
                new("all max", all.Percentile(1), "ms", Better.Lower),
                new("messages", client.Exists, "", Better.Neither),
            ]);
    }
}
