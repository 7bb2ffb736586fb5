using System.Globalization;
using System.Text;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Sora.Silo.Metrics;

/// <summary>
/// The text exposition format of Prometheus, version 0.0.4. Families are written in the order of their names, so that two scrapes can be compared.
/// </summary>
internal sealed class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly SortedDictionary<string, Family> _families = new(StringComparer.Ordinal);

    public void Clear() => _families.Clear();

    /// <summary>Adds a metric; one that another meter has too, under the same name and of the same kind, becomes one family with it.</summary>
    public void Add(Metric metric)
    {
        var (type, isMonotonic) = metric.MetricType switch
        {
            MetricType.LongSum or MetricType.DoubleSum => ("counter", true),
            MetricType.Histogram => ("histogram", false),
            _ => ("gauge", false),
        };
        var name = PrometheusName.Metric(metric.Name, metric.Unit, type);
        if (!_families.TryGetValue(name, out var family))
            _families.Add(name, family = new Family(type, metric.Description, new StringBuilder()));
        else if (!string.Equals(family.Type, type, StringComparison.Ordinal))
            return;
        foreach (ref readonly var point in metric.GetMetricPoints())
        {
            var labels = Labels(point.Tags);
            switch (metric.MetricType)
            {
                case MetricType.Histogram:
                    AddHistogram(family.Lines, name, labels, point);
                    break;
                case MetricType.LongGauge:
                    Line(family.Lines, name, labels, null, Number(point.GetGaugeLastValueLong()));
                    break;
                case MetricType.DoubleGauge:
                    Line(family.Lines, name, labels, null, Number(point.GetGaugeLastValueDouble()));
                    break;
                case MetricType.LongSum or MetricType.LongSumNonMonotonic:
                    Line(family.Lines, name, labels, null, Number(point.GetSumLong()));
                    break;
                case MetricType.DoubleSum or MetricType.DoubleSumNonMonotonic:
                    Line(family.Lines, name, labels, null, Number(point.GetSumDouble()));
                    break;
            }
        }
    }

    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var (name, family) in _families)
        {
            if (family.Lines.Length == 0)
                continue;
            if (!string.IsNullOrEmpty(family.Help))
                text.Append("# HELP ").Append(name).Append(' ').Append(Escape(family.Help, quotes: false)).Append('\n');
            text.Append("# TYPE ").Append(name).Append(' ').Append(family.Type).Append('\n').Append(family.Lines);
        }

        return text.ToString();
    }

    private static void AddHistogram(StringBuilder lines, string name, string labels, MetricPoint point)
    {
        var count = 0L;
        foreach (var bucket in point.GetHistogramBuckets())
        {
            count += bucket.BucketCount;
            Line(lines, name + "_bucket", labels, $"le=\"{Number(bucket.ExplicitBound)}\"", Number(count));
        }

        Line(lines, name + "_sum", labels, null, Number(point.GetHistogramSum()));
        Line(lines, name + "_count", labels, null, Number(point.GetHistogramCount()));
    }

    private static void Line(StringBuilder lines, string name, string labels, string? more, string value)
    {
        lines.Append(name);
        if (labels.Length > 0 || more is not null)
            lines.Append('{').Append(labels).Append(labels.Length > 0 && more is not null ? "," : "").Append(more).Append('}');
        lines.Append(' ').Append(value).Append('\n');
    }

    /// <summary>Labels whose names become the same are joined, as OpenTelemetry's rules for Prometheus say.</summary>
    private static string Labels(ReadOnlyTagCollection tags)
    {
        if (tags.Count == 0)
            return "";
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in tags)
        {
            var name = PrometheusName.Label(key);
            var text = Text(value);
            labels[name] = labels.TryGetValue(name, out var other) ? $"{other};{text}" : text;
        }

        return string.Join(',', labels.Select(label => $"{label.Key}=\"{Escape(label.Value, quotes: true)}\""));
    }

    private static string Text(object? value) => value switch
    {
        null => "",
        bool flag => flag ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };

    private static string Escape(string text, bool quotes)
    {
        text = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        return quotes ? text.Replace("\"", "\\\"", StringComparison.Ordinal) : text;
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Number(double value) =>
        double.IsPositiveInfinity(value) ? "+Inf"
        : double.IsNegativeInfinity(value) ? "-Inf"
        : value.ToString("R", CultureInfo.InvariantCulture);

    private sealed record Family(string Type, string Help, StringBuilder Lines);
}
