using Sora.Bench.Results;
using Sora.Bench.Scenarios;

namespace Sora.Bench.Compare;

/// <summary>Deliveries under full load through a Sieve script of 200 lines and without one, alternately, so that the machine's moods meet both.</summary>
internal sealed record ScriptedDeliveriesScenario(PeerServer Server, Plan Plan, Run Run)
{
    /// <summary>The figure that the comparison judges.</summary>
    public const string SlowDown = "slow-down";

    private const int Size = 20 << 10;

    /// <param name="script">The file of the script that runs for every user.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<ScenarioResult> RunAsync(string script, CancellationToken cancellationToken)
    {
        var rates = new Dictionary<bool, List<double>> { [true] = [], [false] = [] };
        var errors = 0L;
        for (var round = 0; round < 2 * Plan.ScriptRounds; round++)
        {
            var isScripted = round % 2 == 0;
            await Server.RestartAsync(isScripted ? script : null, cancellationToken);
            var run = Run with { Duration = Plan.IndexingRound, Id = $"scripted{round}" };
            var result = await new DeliverScenario(Server.Target, run) { Size = Size, Sessions = Plan.DeliverSessions }.RunAsync(cancellationToken);
            rates[isScripted].Add(result.Find("rate")!.Value);
            errors += result.Errors;
        }

        var (with, without) = (rates[true].Average(), rates[false].Average());
        return new ScenarioResult(
            "deliveries and scripts",
            Server.Name,
            [
                new("with a script", with, "msg/s", Better.Higher),
                new("without", without, "msg/s", Better.Neither),
                new(SlowDown, 100 * (1 - (with / without)), "%", Better.Lower),
            ],
            errors,
            $"averages of {Plan.ScriptRounds} runs each: {string.Join(' ', rates[true].Select(Metric.Format))} and {string.Join(' ', rates[false].Select(Metric.Format))}");
    }
}
