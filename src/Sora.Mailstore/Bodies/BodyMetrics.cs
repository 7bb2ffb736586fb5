using System.Diagnostics.Metrics;
using Sora.Mailstore.Bodies.Reading;

namespace Sora.Mailstore.Bodies;

/// <summary>The instruments of body storage; sizes in bytes, times in seconds.</summary>
internal sealed class BodyMetrics
{
    private readonly Counter<long> _staged;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _uploads;
    private readonly Counter<long> _unavailable;
    private readonly Counter<long> _cache;
    private readonly Counter<long> _rotated;
    private readonly Counter<long> _prefetched;
    private readonly Counter<long> _warmed;
    private readonly Counter<long> _evicted;
    private readonly Counter<long> _fetched;

    public BodyMetrics(MailstoreMetrics metrics)
    {
        var meter = metrics.Meter;
        _staged = meter.CreateCounter<long>("sora_bodies_staged_total", description: "Messages that were staged, by place");
        _refused = meter.CreateCounter<long>("sora_bodies_refused_total", description: "Messages that could not be staged, by reason");
        _uploads = meter.CreateCounter<long>("sora_uploads_total", description: "Staged bodies moved to the object store, by outcome");
        _unavailable = meter.CreateCounter<long>("sora_bodies_unavailable_total", description: "Bodies that could not be read, by reason");
        _cache = meter.CreateCounter<long>("sora_body_cache_total", description: "Bodies looked for in the local cache, by outcome");
        _rotated = meter.CreateCounter<long>("sora_bodies_rotated_total", description: "Bodies encrypted anew with the active key, by outcome");
        _prefetched = meter.CreateCounter<long>("sora_body_cache_prefetch_total", description: "Bodies to be fetched into the local cache before they are read, by outcome");
        _warmed = meter.CreateCounter<long>("sora_body_cache_warmed_total", description: "Bodies kept in the local cache when they were put into the object store");
        _evicted = meter.CreateCounter<long>("sora_body_cache_evicted_total", description: "Bodies that the local cache gave up for others");
        _fetched = meter.CreateCounter<long>("sora_body_cache_fetched_bytes_total", "By", "Bytes of bodies that the local cache fetched from the object store");
    }

    public void Staged(string place) => _staged.Add(1, new KeyValuePair<string, object?>("place", place));

    public void Refused(string reason) => _refused.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public void Uploaded(int bodies, bool ok) => _uploads.Add(bodies, new KeyValuePair<string, object?>("outcome", ok ? "ok" : "failed"));

    public void Unavailable(string reason) => _unavailable.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public void Cache(bool hit) => _cache.Add(1, new KeyValuePair<string, object?>("outcome", hit ? "hit" : "miss"));

    public void Prefetched(string outcome) => _prefetched.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    public void Warmed() => _warmed.Add(1);

    public void Evicted() => _evicted.Add(1);

    public void Fetched(long bytes) => _fetched.Add(bytes);

    public static void ObserveCache(MailstoreMetrics metrics, BodyCache cache)
    {
        metrics.Meter.CreateObservableGauge("sora_body_cache_bodies", () => cache.Count, description: "Bodies in the local cache");
        metrics.Meter.CreateObservableGauge("sora_body_cache_bytes", () => cache.Size, "By", "Bytes of bodies in the local cache");
    }

    public void Rotated(bool ok) => _rotated.Add(1, new KeyValuePair<string, object?>("outcome", ok ? "ok" : "failed"));

    public static void ObserveBacklog(MailstoreMetrics metrics, StagingSpace space)
    {
        var meter = metrics.Meter;
        meter.CreateObservableGauge("sora_upload_backlog_bodies", () => space.Backlog.Bodies, description: "Bodies waiting for the object store");
        meter.CreateObservableGauge("sora_upload_backlog_bytes", () => space.Backlog.Bytes, "By", "Bytes waiting for the object store");
        meter.CreateObservableGauge(
            "sora_upload_oldest_age_seconds", () => space.OldestAge.TotalSeconds, "s", "Time that the oldest body has waited for the object store");
    }
}
