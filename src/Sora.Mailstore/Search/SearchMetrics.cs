using System.Diagnostics.Metrics;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Search;

/// <summary>The index's instruments.</summary>
internal sealed class SearchMetrics
{
    private readonly Counter<long> _indexed;

    public SearchMetrics(MailstoreMetrics metrics)
    {
        var meter = metrics.Meter;
        _indexed = meter.CreateCounter<long>("sora_search_indexed_total", description: "Messages indexed by this process");
        meter.CreateObservableGauge("sora_search_lag_messages", () => Backlog.Waiting, description: "Messages that wait to be indexed");
        meter.CreateObservableGauge("sora_search_lag_seconds", () => Backlog.OldestAge.TotalSeconds, "s", "How long the oldest of them has waited");
        meter.CreateObservableGauge("sora_search_left_out", () => Backlog.LeftOut, description: "Messages that could not be indexed and are read at each search");
    }

    /// <summary>What waited when it was last counted.</summary>
    public SearchBacklog Backlog { get; set; } = new(0, TimeSpan.Zero, 0);

    public void Indexed(int messages) => _indexed.Add(messages);
}
