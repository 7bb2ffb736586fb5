using System.Diagnostics.Metrics;

namespace Sora.Mailstore.Bodies;

/// <summary>The instruments of body storage; sizes in bytes, times in seconds.</summary>
internal sealed class BodyMetrics
{
    private readonly Counter<long> _staged;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _uploads;
    private readonly Counter<long> _unavailable;
    private readonly Counter<long> _cache;

    public BodyMetrics(MailstoreMetrics metrics)
    {
        var meter = metrics.Meter;
        _staged = meter.CreateCounter<long>("sora_bodies_staged_total", description: "Messages that were staged, by place");
        _refused = meter.CreateCounter<long>("sora_bodies_refused_total", description: "Messages that could not be staged, by reason");
        _uploads = meter.CreateCounter<long>("sora_uploads_total", description: "Staged bodies moved to the object store, by outcome");
        _unavailable = meter.CreateCounter<long>("sora_bodies_unavailable_total", description: "Bodies that could not be read, by reason");
        _cache = meter.CreateCounter<long>("sora_body_cache_total", description: "Bodies looked for in the local cache, by outcome");
    }

    public void Staged(string place) => _staged.Add(1, new KeyValuePair<string, object?>("place", place));

    public void Refused(string reason) => _refused.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public void Uploaded(int bodies, bool ok) => _uploads.Add(bodies, new KeyValuePair<string, object?>("outcome", ok ? "ok" : "failed"));

    public void Unavailable(string reason) => _unavailable.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public void Cache(bool hit) => _cache.Add(1, new KeyValuePair<string, object?>("outcome", hit ? "hit" : "miss"));

    public static void ObserveBacklog(MailstoreMetrics metrics, StagingSpace space)
    {
        var meter = metrics.Meter;
        meter.CreateObservableGauge("sora_upload_backlog_bodies", () => space.Backlog.Bodies, description: "Bodies waiting for the object store");
        meter.CreateObservableGauge("sora_upload_backlog_bytes", () => space.Backlog.Bytes, "By", "Bytes waiting for the object store");
        meter.CreateObservableGauge(
            "sora_upload_oldest_age_seconds", () => space.OldestAge.TotalSeconds, "s", "Time that the oldest body has waited for the object store");
    }
}
