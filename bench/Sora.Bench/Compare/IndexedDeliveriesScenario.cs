using Sora.Bench.Results;
using Sora.Bench.Scenarios;

namespace Sora.Bench.Compare;

/// <summary>Deliveries under full load with indexing behind them and without, alternately, so that the machine's moods meet both.</summary>
internal sealed record IndexedDeliveriesScenario(PeerServer Server, Plan Plan, Run Run)
{
    /// <summary>The figure that the comparison judges.</summary>
    public const string SlowDown = "slow-down";

    private const int Size = 2 << 10;

    public async Task<ScenarioResult> RunAsync(CancellationToken cancellationToken)
    {
        var rates = new Dictionary<bool, List<double>> { [true] = [], [false] = [] };
        var errors = 0L;
        for (var round = 0; round < 2 * Plan.IndexingRounds; round++)
        {
            // The last has indexing, and so has what comes after
            var indexing = round % 2 == 1;
            await Server.RestartAsync(indexing, cancellationToken);
            var run = Run with { Duration = Plan.IndexingRound, Id = $"indexed{round}" };
            var result = await new DeliverScenario(Server.Target, run) { Size = Size, Sessions = Plan.DeliverSessions }.RunAsync(cancellationToken);
            rates[indexing].Add(result.Find("rate")!.Value);
            errors += result.Errors;
        }

        var (with, without) = (rates[true].Average(), rates[false].Average());
        return new ScenarioResult(
            "deliveries and indexing",
            Server.Name,
            [
                new("with indexing", with, "msg/s", Better.Higher),
                new("without", without, "msg/s", Better.Neither),
                new(SlowDown, 100 * (1 - (with / without)), "%", Better.Lower),
            ],
            errors,
            $"averages of {Plan.IndexingRounds} runs each: {string.Join(' ', rates[true].Select(Metric.Format))} and {string.Join(' ', rates[false].Select(Metric.Format))}");
    }
}
