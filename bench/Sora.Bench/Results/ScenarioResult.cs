using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sora.Bench.Results;

/// <summary>Which way a figure should go.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Better>))]
internal enum Better
{
    Higher,
    Lower,

    /// <summary>Said for information; servers are not compared by it.</summary>
    Neither,
}

internal sealed record Metric(string Name, double Value, string Unit, Better Better)
{
    public override string ToString() =>
        Name + ' ' + Format(Value) + (Unit.Length == 0 ? "" : " " + Unit);

    /// <summary>Counts as they are, everything else with about three significant digits; thousands separated.</summary>
    public static string Format(double value) =>
        value.ToString(
            Math.Abs(value) switch
            {
                >= 100 => "#,##0",
                _ when Math.Floor(value) == value => "0",
                >= 10 => "0.0",
                >= 1 => "0.00",
                _ => "0.000",
            },
            CultureInfo.InvariantCulture);
}

/// <summary>What one scenario found out about one server.</summary>
/// <param name="Scenario">The scenario with the parameters that make it another one, such as "deliver 2 KiB".</param>
/// <param name="Target">Name of the server.</param>
/// <param name="Metrics">The figures.</param>
/// <param name="Errors">Operations that failed.</param>
/// <param name="Note">Anything a reader must know to read the figures aright.</param>
internal sealed record ScenarioResult(string Scenario, string Target, IReadOnlyList<Metric> Metrics, long Errors = 0, string? Note = null)
{
    /// <summary>A figure by its name; null when it was not measured.</summary>
    public Metric? Find(string name) => Metrics.FirstOrDefault(metric => metric.Name == name);

    public override string ToString()
    {
        var line = new StringBuilder().Append(Target).Append(": ").Append(Scenario).Append(": ").AppendJoin(", ", Metrics);
        if (Errors > 0)
        {
            line.Append(CultureInfo.InvariantCulture, $", ERRORS {Errors}");
        }

        return (Note is null ? line : line.Append(" (").Append(Note).Append(')')).ToString();
    }

    /// <summary>Appends the result to a file of one JSON object per line.</summary>
    public void AppendTo(string path) => File.AppendAllText(path, JsonSerializer.Serialize(this, BenchJson.Options) + '\n');
}
