using System.Diagnostics.Metrics;
using Sora.Contracts;

namespace Sora.Relay;

/// <summary>Instruments of what leaves, on the meter <c>Sora</c>; durations in seconds.</summary>
public sealed class RelayMetrics : IDisposable
{
    private readonly Meter _meter = new("Sora");
    private readonly Counter<long> _recipients;
    private readonly Counter<long> _reports;
    private readonly Counter<long> _lostReports;
    private readonly Counter<long> _hostFailures;
    private readonly Histogram<double> _duration;

    public RelayMetrics()
    {
        _recipients = _meter.CreateCounter<long>("sora_relay_recipients_total", description: "Recipients that were tried, by outcome");
        _reports = _meter.CreateCounter<long>("sora_relay_reports_total", description: "Reports to senders that were queued");
        _hostFailures = _meter.CreateCounter<long>("sora_relay_host_failures_total", description: "How often hosts could not be used, by host");
        _lostReports = _meter.CreateCounter<long>("sora_relay_reports_lost_total", description: "Reports that could not be delivered, and that nobody heard of");
        _duration = _meter.CreateHistogram<double>("sora_relay_attempt_duration_seconds", "s", "Time of one attempt to send a message");
        _meter.CreateObservableGauge("sora_relay_queue_recipients", () => Backlog.Recipients, description: "Recipients that wait or are being sent to, all nodes together");
        _meter.CreateObservableGauge("sora_relay_queue_oldest_seconds", () => Backlog.OldestAge.TotalSeconds, "s", "How long the oldest message has been in the queue");
    }

    /// <summary>What waited when it was last counted.</summary>
    internal RelayBacklog Backlog { get; set; }

    internal void Attempt(TimeSpan duration) => _duration.Record(duration.TotalSeconds);

    internal void Settled(RelayFate fate) => _recipients.Add(1, new KeyValuePair<string, object?>("outcome", fate switch
    {
        RelayFate.Sent => "sent",
        RelayFate.Deferred => "deferred",
        _ => "failed",
    }));

    internal void Reported() => _reports.Add(1);

    /// <param name="host">One of the configuration's.</param>
    internal void HostFailed(string host) => _hostFailures.Add(1, new KeyValuePair<string, object?>("host", host));

    internal void ReportLost() => _lostReports.Add(1);

    public void Dispose() => _meter.Dispose();
}
