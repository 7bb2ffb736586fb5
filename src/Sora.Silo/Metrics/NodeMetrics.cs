using System.Diagnostics.Metrics;
using Sora.Gateway.Connections;

namespace Sora.Silo.Metrics;

/// <summary>What can be said of the node as a whole.</summary>
internal sealed class NodeMetrics : IDisposable
{
    private readonly Meter _meter = new(GatewayMetrics.MeterName);

    public NodeMetrics(Func<bool> isReady, TimeProvider time)
    {
        var started = time.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0;
        var build = new Measurement<int>(1, new KeyValuePair<string, object?>("version", ProgramVersion.Text));
        _meter.CreateObservableGauge("sora_build_info", () => build, description: "The running version; always 1");
        _meter.CreateObservableGauge("sora_start_time_seconds", () => started, "s", "When the process started, as Unix time");
        _meter.CreateObservableGauge("sora_ready", () => isReady() ? 1 : 0, description: "1 while /health/readyz answers 200");
    }

    public void Dispose() => _meter.Dispose();
}
