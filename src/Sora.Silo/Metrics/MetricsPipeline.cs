using System.Diagnostics.Metrics;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using Sora.Gateway.Connections;
using Sora.Silo.Configuration;

namespace Sora.Silo.Metrics;

/// <summary>Collects the meters of the process; gives them as Prometheus text and, if wanted, sends them by OTLP.</summary>
internal sealed class MetricsPipeline : IDisposable
{
    private static readonly double[] Seconds =
        [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

    private static readonly double[] Bytes =
        [1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20, 16 << 20, 64 << 20, 256 << 20];

    // Several for each message between nodes, which costs more than they tell: sora_cluster_calls and its like count what was asked for
    private static readonly string[] LeftOut =
    [
        "orleans-messaging-sent-", "orleans-messaging-received-", "orleans-messaging-processing-", "orleans-app-requests-", "orleans-gateway-sent", "orleans-gateway-received",
    ];

    private static readonly double[] Counts = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

    private readonly PrometheusExporter _exporter = new();
    private readonly MeterProvider _provider;

    public MetricsPipeline(MetricsOptions options, string node, params string[] moreMeters)
    {
        var builder = Sdk.CreateMeterProviderBuilder()
            .ConfigureResource(resource => resource.AddNode(node))
            .AddMeter(GatewayMetrics.MeterName)
            .AddMeter(moreMeters)
            .AddView(instrument => ViewOf(instrument, options.MaxSeries))
            .AddReader(new BaseExportingMetricReader(_exporter));
        if (options.Runtime)
            builder.AddMeter("Npgsql", "System.Runtime", "Microsoft.Orleans");
        if (options.OtlpEndpoint is { } endpoint)
        {
            builder.AddOtlpExporter((exporter, reader) =>
            {
                Otlp.Configure(exporter, endpoint, options.OtlpTransport, "metrics");
                reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = (int)options.OtlpInterval.TotalMilliseconds;
            });
        }

        _provider = builder.Build();
    }

    /// <summary>Everything as Prometheus text.</summary>
    public string Scrape() => _exporter.Scrape();

    public void Dispose()
    {
        _provider.Dispose();
        _exporter.Dispose();
    }

    private static MetricStreamConfiguration ViewOf(Instrument instrument, int maxSeries)
    {
        if (LeftOut.Any(name => instrument.Name.StartsWith(name, StringComparison.Ordinal)))
            return MetricStreamConfiguration.Drop;
        if (!instrument.GetType().Name.StartsWith("Histogram", StringComparison.Ordinal))
            return new MetricStreamConfiguration { CardinalityLimit = maxSeries };
        var isSeconds = instrument.Unit == "s" || instrument.Name.EndsWith("_seconds", StringComparison.Ordinal);
        var isBytes = instrument.Unit == "By" || instrument.Name.EndsWith("_bytes", StringComparison.Ordinal);
        return new ExplicitBucketHistogramConfiguration
        {
            CardinalityLimit = maxSeries,
            Boundaries = isSeconds ? Seconds : isBytes ? Bytes : Counts,
            RecordMinMax = false,
        };
    }
}
