using System.Diagnostics;
using OpenTelemetry.Trace;

namespace Sora.Silo.Metrics;

/// <summary>Traces begin with a command: what the server asks of PostgreSQL or other nodes by itself is in none.</summary>
internal sealed class CommandSampler(double ratio) : Sampler
{
    private readonly TraceIdRatioBasedSampler _share = new(ratio);

    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters) =>
        samplingParameters.Kind == ActivityKind.Server ? _share.ShouldSample(samplingParameters) : new SamplingResult(SamplingDecision.Drop);
}
