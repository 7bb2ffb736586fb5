using OpenTelemetry;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Sora.Gateway.Connections;
using Sora.Silo.Configuration;

namespace Sora.Silo.Metrics;

/// <summary>Sends spans of this process by OTLP. Whether a command is traced is decided where it comes in, and holds for all nodes that it reaches.</summary>
internal sealed class TracePipeline : IDisposable
{
    // Orleans' own source tells of its inner life, as many spans as there are probes
    private static readonly string[] Sources = [Tracing.SourceName, "Microsoft.Orleans.Application", "Npgsql"];

    private readonly TracerProvider _provider;

    public TracePipeline(string endpoint, TracingOptions options, string node)
    {
        _provider = Sdk.CreateTracerProviderBuilder()
            .ConfigureResource(resource => resource.AddNode(node))
            .AddSource(Sources)
            .SetSampler(new ParentBasedSampler(new CommandSampler(options.SampleRatio)))
            .AddOtlpExporter(exporter => Otlp.Configure(exporter, endpoint, options.OtlpTransport, "traces"))
            .Build();
    }

    /// <summary>Sends what has not been sent.</summary>
    public void Dispose() => _provider.Dispose();
}
