using Sora.Configuration;

namespace Sora.Silo.Configuration;

/// <summary>[metrics]: counters and timings.</summary>
[Section("Metrics: Prometheus text at GET /metrics of [http], and OTLP if wanted")]
public sealed class MetricsOptions : IValidatableOptions
{
    [Option("Collect metrics")]
    public bool Enabled { get; set; } = true;

    [Option("Also metrics of PostgreSQL connections and of the .NET runtime")]
    public bool Runtime { get; set; } = true;

    [Option("Most sets of labels of one metric; what comes beyond is counted together")]
    [OptionRange(100, 1_000_000)]
    public int MaxSeries { get; set; } = 2000;

    [Option("Collector that metrics are sent to; an address without a path gets /v1/metrics with HttpProtobuf", Example = "http://127.0.0.1:4317")]
    public string? OtlpEndpoint { get; set; }

    [Option("How otlp_endpoint is spoken to")]
    public OtlpTransport OtlpTransport { get; set; } = OtlpTransport.Grpc;

    [Option("How often metrics are sent to otlp_endpoint")]
    [OptionRange("1s", "1h")]
    public TimeSpan OtlpInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <inheritdoc/>
    public IEnumerable<string> Validate() => Otlp.Problems(OtlpEndpoint);
}
