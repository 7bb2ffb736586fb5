using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Sora.Gateway.Connections;

namespace Sora.Gateway.Tests.Connections;

/// <summary>Counts refused and ended connections, and refused commands, by their reasons.</summary>
internal sealed class Refusals : IDisposable
{
    private readonly MeterListener _listener;
    private readonly ConcurrentDictionary<string, long> _counts = new(StringComparer.Ordinal);

    public Refusals()
    {
        _listener = new MeterListener { InstrumentPublished = (instrument, self) => self.EnableMeasurementEvents(instrument) };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            if (instrument != Metrics.RefusedConnections && instrument != Metrics.EndedConnections && instrument != Metrics.RefusedCommands)
                return;
            foreach (var tag in tags)
            {
                if (tag is { Key: "reason", Value: string reason })
                    _counts.AddOrUpdate(reason, value, (_, before) => before + value);
            }
        });
        _listener.Start();
    }

    public GatewayMetrics Metrics { get; } = new();

    public long this[string reason] => _counts.GetValueOrDefault(reason);

    public void Dispose()
    {
        _listener.Dispose();
        Metrics.Dispose();
    }
}
