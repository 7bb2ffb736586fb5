using System.Globalization;
using System.Text;
using System.Text.Json;
using Sora.Bench.Results;

namespace Sora.Bench.Compare;

/// <summary>The results of all servers beside each other, as Markdown for people and as JSON for the next report.</summary>
internal sealed record Report(
    DateTimeOffset Date, Plan Plan, Machine Machine, IReadOnlyDictionary<string, string> Servers, IReadOnlyList<ScenarioResult> Results)
{
    private const string Ours = "sora";

    /// <summary>Writes both files into a folder; the path of the Markdown one.</summary>
    public string Write(string folder, string label)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, $"{Date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}-{label}.md");
        File.WriteAllText(path, Markdown());
        File.WriteAllText(Path.ChangeExtension(path, ".json"), JsonSerializer.Serialize(this, BenchJson.Indented) + '\n');
        return path;
    }

    private string Markdown()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# Comparison of {Date:yyyy-MM-dd}, {Plan.Name}\n\n");
        text.Append(CultureInfo.InvariantCulture, $"{Machine.Cpu}, {Machine.Cores} cores shared by server and load generator, {Machine.MemoryGiB} GiB, ");
        text.Append(CultureInfo.InvariantCulture, $"Linux {Machine.Kernel}, {Machine.Runtime}; fsync of 4 KiB {Metric.Format(Machine.FsyncP50)} ms ");
        text.Append(CultureInfo.InvariantCulture, $"(p99 {Metric.Format(Machine.FsyncP99)} ms). Seed {Plan.Seed}. One server at a time, one run each. ");
        text.Append("What the figures mean: `docs/benchmarks.md`.\n\n");
        foreach (var (name, description) in Servers)
        {
            text.Append("- **").Append(name).Append("**: ").Append(description).Append('\n');
        }

        if (Servers.ContainsKey(Ours))
        {
            text.Append("\n## What must hold\n\n| what | bound | measured | |\n|---|---|---|---|\n");
            text.AppendJoin('\n', Goals.Judge([.. Results.Where(result => result.Target == Ours)], Plan)).Append('\n');
        }

        AppendTable(text);
        AppendRemarks(text);
        return text.ToString();
    }

    private void AppendTable(StringBuilder text)
    {
        var names = Servers.Keys.ToArray();
        var peers = names.Contains(Ours) ? [.. names.Where(name => name != Ours)] : Array.Empty<string>();
        text.Append("\n## Figures\n\nA ratio is Sora's figure through the peer's; **bold** where Sora is the better one.\n\n| scenario | figure | unit | better |");
        text.AppendJoin("", names.Select(name => $" {name} |")).AppendJoin("", peers.Select(name => $" {Ours} / {name} |"));
        text.Append("\n|---|---|---|---|").Insert(text.Length, "--:|", names.Length + peers.Length).Append('\n');
        foreach (var scenario in Results.GroupBy(result => result.Scenario, StringComparer.Ordinal))
        {
            var first = true;
            foreach (var metric in scenario.SelectMany(result => result.Metrics).DistinctBy(metric => metric.Name))
            {
                var values = scenario.ToDictionary(result => result.Target, result => result.Find(metric.Name)?.Value);
                text.Append("| ").Append(first ? scenario.Key : "").Append(" | ").Append(metric.Name).Append(" | ").Append(metric.Unit);
                text.Append(metric.Better switch { Better.Higher => " | more |", Better.Lower => " | less |", _ => " | |" });
                text.AppendJoin("", names.Select(name => $" {(values.GetValueOrDefault(name) is { } value ? Metric.Format(value) : "")} |"));
                text.AppendJoin("", peers.Select(name => $" {Ratio(metric.Better, values.GetValueOrDefault(Ours), values.GetValueOrDefault(name))} |"));
                text.Append('\n');
                first = false;
            }
        }
    }

    /// <summary>Errors, notes, and searches in which the servers did not find the same.</summary>
    private void AppendRemarks(StringBuilder text)
    {
        var remarks = Results
            .Where(result => result.Errors > 0 || result.Note is not null)
            .Select(result => $"- {result.Target}, {result.Scenario}: {(result.Errors > 0 ? $"**{result.Errors} errors**. " : "")}{result.Note}")
            .Concat(Results
                .GroupBy(result => result.Scenario, StringComparer.Ordinal)
                .Select(scenario => (scenario.Key, Hits: scenario.Select(Hits).OfType<double>().Distinct().ToArray()))
                .Where(scenario => scenario.Hits.Length > 1)
                .Select(scenario => $"- {scenario.Key}: **the servers found different numbers of messages**"))
            .ToArray();
        if (remarks.Length > 0)
        {
            text.Append("\n## Remarks\n\n").AppendJoin('\n', remarks).Append('\n');
        }
    }

    private static double? Hits(ScenarioResult result) => result.Find("hits")?.Value;

    private static string Ratio(Better better, double? ours, double? theirs)
    {
        if (better == Better.Neither || ours is not { } mine || theirs is not { } other || other == 0 || mine < 0 || other < 0)
        {
            return "";
        }

        var ratio = mine / other;
        var text = ratio.ToString(ratio < 0.01 ? "0.0000" : "0.00", CultureInfo.InvariantCulture);
        return (better == Better.Higher ? ratio > 1 : ratio < 1) ? $"**{text}**" : text;
    }
}
