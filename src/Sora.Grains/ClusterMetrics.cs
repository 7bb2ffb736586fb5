using System.Diagnostics.Metrics;

namespace Sora.Grains;

/// <summary>The metrics of this node's part in the cluster.</summary>
internal sealed class ClusterMetrics : IDisposable
{
    private readonly Meter _meter = new("Sora");
    private readonly Counter<long> _activations;
    private readonly Counter<long> _deactivations;
    private readonly Counter<long> _nudges;
    private readonly Counter<long> _retries;
    private readonly Counter<long> _failures;
    private readonly Histogram<int> _appends;
    private readonly Histogram<double> _calls;
    private readonly Histogram<double> _served;
    private Func<int> _watched = static () => 0;
    private Func<int> _watching = static () => 0;
    private int _active;

    public ClusterMetrics()
    {
        _activations = _meter.CreateCounter<long>("sora_cluster_activations_total", description: "Mailboxes and accounts that this node has become the host of");
        _deactivations = _meter.CreateCounter<long>("sora_cluster_deactivations_total", description: "Mailboxes and accounts that have left this node, by reason");
        _nudges = _meter.CreateCounter<long>("sora_cluster_nudges_total", description: "Changes that gateways were told of");
        _retries = _meter.CreateCounter<long>("sora_cluster_retries_total", description: "Calls that were made again because a node did not answer");
        _failures = _meter.CreateCounter<long>("sora_cluster_unavailable_total", description: "Calls that no node answered in time");
        _appends = _meter.CreateHistogram<int>("sora_cluster_appends_per_call", description: "Messages that went to the mailboxes of a mailstore in one call");
        _calls = _meter.CreateHistogram<double>("sora_cluster_call_duration_seconds", "s", "Time of a call to a mailbox or account, with its retries");
        _served = _meter.CreateHistogram<double>("sora_cluster_served_duration_seconds", "s", "Time in which this node answered a call");
        _meter.CreateObservableGauge("sora_cluster_watched", () => Volatile.Read(ref _watched)(), description: "Mailboxes of this node that gateways watch");
        _meter.CreateObservableGauge("sora_cluster_watching", () => Volatile.Read(ref _watching)(), description: "Mailboxes that this node watches for its clients");
        _meter.CreateObservableGauge("sora_cluster_active", () => Volatile.Read(ref _active), description: "Mailboxes and accounts that this node is the host of");
    }

    internal Meter Meter => _meter;

    public void Activated(string kind)
    {
        Interlocked.Increment(ref _active);
        _activations.Add(1, new KeyValuePair<string, object?>("kind", kind));
    }

    public void Deactivated(string kind, DeactivationReasonCode reason)
    {
        Interlocked.Decrement(ref _active);
        _deactivations.Add(1, new("kind", kind), new("reason", reason.ToString().ToLowerInvariant()));
    }

    public void Nudged(int count) => _nudges.Add(count);

    public void AppendsSent(int count) => _appends.Record(count);

    public void Retried(string what) => _retries.Add(1, new KeyValuePair<string, object?>("call", what));

    public void Failed(string what) => _failures.Add(1, new KeyValuePair<string, object?>("call", what));

    public void Called(string what, TimeSpan time) => _calls.Record(time.TotalSeconds, new KeyValuePair<string, object?>("call", what));

    public void Served(string what, TimeSpan time) => _served.Record(time.TotalSeconds, new KeyValuePair<string, object?>("call", what));

    /// <summary>A node that leaves and comes back counts anew.</summary>
    public void ObserveWatched(Func<int> count) => Volatile.Write(ref _watched, count);

    /// <inheritdoc cref="ObserveWatched"/>
    public void ObserveWatching(Func<int> count) => Volatile.Write(ref _watching, count);

    public void Dispose() => _meter.Dispose();
}
