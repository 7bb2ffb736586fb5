using System.Diagnostics.Metrics;
using Sora.Contracts;

namespace Sora.Mailstore.Relay;

/// <summary>What comes into the queue.</summary>
internal sealed class RelayQueueMetrics(MailstoreMetrics metrics)
{
    private readonly Counter<long> _enqueued =
        metrics.Meter.CreateCounter<long>("sora_relay_enqueued_total", description: "Messages that were to leave, by kind and what became of the attempt to queue them");

    public void Enqueued(RelayKind kind, RelayStatus status) =>
        _enqueued.Add(1, new KeyValuePair<string, object?>("kind", Name(kind)), new KeyValuePair<string, object?>("status", Name(status)));

    private static string Name(RelayKind kind) => kind switch
    {
        RelayKind.Redirect => "redirect",
        RelayKind.Vacation => "vacation",
        RelayKind.Report => "report",
        _ => "notify",
    };

    private static string Name(RelayStatus status) => status switch
    {
        RelayStatus.Queued => "queued",
        RelayStatus.AlreadyQueued => "already_queued",
        RelayStatus.RateLimited => "rate_limited",
        RelayStatus.QueueFull => "queue_full",
        RelayStatus.TooLarge => "too_large",
        RelayStatus.NotConfigured => "not_configured",
        RelayStatus.Loop => "loop",
        _ => "invalid",
    };
}
