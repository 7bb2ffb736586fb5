using System.Diagnostics.Metrics;

namespace Sora.Acme;

/// <summary>Instruments of the certificates that are ordered, on the meter <c>Sora</c>.</summary>
public sealed class AcmeMetrics : IDisposable
{
    private readonly Meter _meter = new("Sora");
    private readonly Counter<long> _orders;

    public AcmeMetrics() => _orders = _meter.CreateCounter<long>("sora_acme_orders_total", description: "Certificates that were ordered by this node, by outcome");

    public void Dispose() => _meter.Dispose();

    internal void Ordered(bool isIssued) => _orders.Add(1, new KeyValuePair<string, object?>("result", isIssued ? "issued" : "failed"));
}
