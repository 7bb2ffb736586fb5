using System.Globalization;
using Sora.Bench.Results;

namespace Sora.Bench.Compare;

/// <summary>What Sora promised to reach, each with the figure that shows it.</summary>
internal static class Goals
{
    private sealed record Goal(string Text, string Scenario, string Metric, double Bound, string Unit, bool AtLeast, bool FullOnly);

    private static readonly Goal[] All =
    [
        new("cold SELECT of 100,000 messages (client side, median)", "select", "cold p50", 15, "ms", AtLeast: false, FullOnly: true),
        new("warm SELECT of 100,000 messages (client side, median)", "select", "warm p50", 0.5, "ms", AtLeast: false, FullOnly: true),
        new("STORE 1:* +FLAGS.SILENT of 100,000 messages (median)", "store", "all p50", 10, "ms", AtLeast: false, FullOnly: true),
        new("LMTP, 2 KiB to 200 users over 50 sessions", "deliver 2 KiB, 50 sessions", "rate", 2500, "msg/s", AtLeast: true, FullOnly: false),
        new("memory of each of 1,000 idle IDLE connections", "1000 idle connections, plain", "memory each", 16, "KiB", AtLeast: false, FullOnly: false),
        new("memory of each of 10,000 idle IDLE connections over TLS", "10000 idle connections, TLS", "memory each", 40, "KiB", AtLeast: false, FullOnly: false),
        new("memory that 20,000 connections leave behind", "20000 connections in 60 s, TLS", "growth", 10, "MiB", AtLeast: false, FullOnly: false),
        new("IDLE hears of a delivery after the 250 (median)", "idle", "p50", 3, "ms", AtLeast: false, FullOnly: false),
        .. Searches(15, "UNSEEN", "LARGER", "SINCE", "SENTSINCE"),
        .. Searches(30, "FROM", "SUBJECT"),
        .. Searches(60, "TEXT 1%"),
        .. Searches(20, "TEXT nothing"),
        Search("SORT by date", "sort DATE", 60),
        Search("THREAD=REFERENCES", "thread REFERENCES", 200),
        new("CPU of indexing a message of 10 KiB, PostgreSQL's included", "indexing", IndexingScenario.Cpu, 3, "ms", AtLeast: false, FullOnly: false),
        new("a script of 200 lines slows deliveries of 20 KiB by", "deliveries and scripts", ScriptedDeliveriesScenario.SlowDown, 15, "%", AtLeast: false, FullOnly: false),
        new("indexing slows deliveries under full load by", "deliveries and indexing", IndexedDeliveriesScenario.SlowDown, 10, "%", AtLeast: false, FullOnly: false),
    ];

    private static IEnumerable<Goal> Searches(double bound, params string[] keys) =>
        keys.Select(key => Search("SEARCH " + key, "search " + key, bound));

    private static Goal Search(string what, string scenario, double bound) =>
        new(what + " in 100,000 messages (median)", scenario, "p50", bound, "ms", AtLeast: false, FullOnly: true);

    /// <summary>One Markdown table row per goal.</summary>
    public static IEnumerable<string> Judge(IReadOnlyList<ScenarioResult> results, Plan plan)
    {
        foreach (var goal in All)
        {
            var bound = string.Create(CultureInfo.InvariantCulture, $"{(goal.AtLeast ? "at least" : "at most")} {goal.Bound:#,##0.###} {goal.Unit}");
            var result = results.FirstOrDefault(result => result.Scenario == goal.Scenario);
            var metric = result?.Find(goal.Metric);
            var verdict = metric is null || double.IsNaN(metric.Value) ? "not measured"
                : result!.Errors > 0 ? "**not met** (errors)"
                : goal.FullOnly && plan.Messages < Plan.Full.Messages ? string.Create(CultureInfo.InvariantCulture, $"not judged ({plan.Messages:#,##0} messages)")
                : (goal.AtLeast ? metric.Value >= goal.Bound : metric.Value <= goal.Bound) ? "met" : "**not met**";
            yield return $"| {goal.Text} | {bound} | {(metric is null ? "" : Metric.Format(metric.Value) + ' ' + metric.Unit)} | {verdict} |";
        }
    }
}
