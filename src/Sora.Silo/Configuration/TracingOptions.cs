using Sora.Configuration;

namespace Sora.Silo.Configuration;

/// <summary>[tracing]: what single commands did, on all nodes that had a part in them.</summary>
[Section("Traces of commands, through other nodes to PostgreSQL, sent by OTLP")]
public sealed class TracingOptions : IValidatableOptions
{
    [Option("Collector that traces are sent to, none when not set; an address without a path gets /v1/traces with HttpProtobuf", Example = "http://127.0.0.1:4317")]
    public string? OtlpEndpoint { get; set; }

    [Option("How otlp_endpoint is spoken to")]
    public OtlpTransport OtlpTransport { get; set; } = OtlpTransport.Grpc;

    [Option("Share of commands that are traced; 1 is all of them")]
    [OptionRange(0, 1)]
    public double SampleRatio { get; set; } = 0.01;

    /// <inheritdoc/>
    public IEnumerable<string> Validate() => Otlp.Problems(OtlpEndpoint);
}
