using System.Diagnostics.Metrics;

namespace Sora.Mailstore.Retention;

/// <summary>What is deleted for good.</summary>
internal sealed class RetentionMetrics
{
    private readonly Counter<long> _purged;
    private readonly Counter<long> _expired;
    private readonly Counter<long> _objects;
    private readonly Counter<long> _sweepFailures;
    private readonly Counter<long> _unmarked;
    private readonly Counter<long> _runs;
    private readonly Histogram<double> _duration;
    private long _deadBodies;
    private double _deadAge;
    private int _isElected;

    public RetentionMetrics(MailstoreMetrics metrics)
    {
        var meter = metrics.Meter;
        _purged = meter.CreateCounter<long>("sora_purged_total", description: "What was deleted for good, by what it is: message, content, mailbox, account");
        _expired = meter.CreateCounter<long>("sora_expired_messages_total", description: "Messages that were expunged because of their age");
        _objects = meter.CreateCounter<long>("sora_swept_objects_total", description: "Objects and packed bodies that were deleted because nothing referred to them, by kind");
        _sweepFailures = meter.CreateCounter<long>("sora_sweep_failures_total", description: "Times that the object store did not delete what it was asked to");
        _unmarked = meter.CreateCounter<long>("sora_unmarked_bodies_total", description: "Bodies that nothing referred to and that only the check of all bodies has found");
        _runs = meter.CreateCounter<long>("sora_maintenance_runs_total", description: "Runs of a maintenance job on this node, by job and outcome");
        _duration = meter.CreateHistogram<double>("sora_maintenance_duration_seconds", "s", "Time of a run of a maintenance job");
        meter.CreateObservableGauge("sora_maintenance_elected", () => Volatile.Read(ref _isElected), description: "1 on the node that does the maintenance");
        meter.CreateObservableGauge("sora_dead_bodies", () => Interlocked.Read(ref _deadBodies), description: "Bodies in the object store that nothing refers to, as of the last look of this node");
        meter.CreateObservableGauge("sora_dead_bodies_age_seconds", () => Volatile.Read(ref _deadAge), "s", "How long the first of them has been dead");
    }

    public bool IsElected { set => Volatile.Write(ref _isElected, value ? 1 : 0); }

    public void Purged(string what, long count)
    {
        if (count > 0)
            _purged.Add(count, new KeyValuePair<string, object?>("what", what));
    }

    public void Expired(long messages) => _expired.Add(messages);

    public void Swept(string kind, long count)
    {
        if (count > 0)
            _objects.Add(count, new KeyValuePair<string, object?>("kind", kind));
    }

    public void SweepFailed() => _sweepFailures.Add(1);

    public void Unmarked(long bodies) => _unmarked.Add(bodies);

    public void Dead(long bodies, TimeSpan oldest)
    {
        Interlocked.Exchange(ref _deadBodies, bodies);
        Volatile.Write(ref _deadAge, oldest.TotalSeconds);
    }

    public void Ran(string job, bool ok, TimeSpan duration)
    {
        var name = new KeyValuePair<string, object?>("job", job);
        _runs.Add(1, name, new KeyValuePair<string, object?>("outcome", ok ? "ok" : "failed"));
        _duration.Record(duration.TotalSeconds, name);
    }
}
