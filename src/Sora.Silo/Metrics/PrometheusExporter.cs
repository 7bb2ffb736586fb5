using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Sora.Silo.Metrics;

/// <summary>Turns what the OpenTelemetry SDK has collected into Prometheus text, when asked.</summary>
[ExportModes(ExportModes.Pull)]
internal sealed class PrometheusExporter : BaseExporter<Metric>, IPullMetricExporter
{
    private readonly PrometheusText _text = new();
    private readonly Lock _lock = new();

    /// <summary>Set by the reader: collects and calls <see cref="Export"/>.</summary>
    public Func<int, bool>? Collect { get; set; }

    /// <summary>The text of this moment.</summary>
    public string Scrape()
    {
        lock (_lock)
        {
            _text.Clear();
            Collect?.Invoke(Timeout.Infinite);
            return _text.ToString();
        }
    }

    public override ExportResult Export(in Batch<Metric> batch)
    {
        foreach (var metric in batch)
            _text.Add(metric);
        return ExportResult.Success;
    }
}
