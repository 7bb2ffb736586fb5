using System.Diagnostics.Metrics;

namespace Sora.Identity;

/// <summary>Instruments of tokens and of the services that are asked, on the meter <c>Sora</c>; durations in seconds.</summary>
public sealed class IdentityMetrics : IDisposable
{
    private readonly Meter _meter = new("Sora");
    private readonly Counter<long> _tokens;
    private readonly Counter<long> _requests;
    private readonly Counter<long> _lookups;
    private readonly Histogram<double> _duration;

    public IdentityMetrics()
    {
        _tokens = _meter.CreateCounter<long>("sora_tokens_total", description: "OAuth tokens that were checked, by outcome");
        _requests = _meter.CreateCounter<long>("sora_identity_requests_total", description: "Requests to services that know tokens or accounts, by service and outcome");
        _duration = _meter.CreateHistogram<double>("sora_identity_request_duration_seconds", "s", "Time of a request to such a service");
        _lookups = _meter.CreateCounter<long>("sora_lookups_total", description: "Questions about accounts that live elsewhere, by where the answer came from");
    }

    internal void TokenChecked(string outcome) => _tokens.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    internal void Asked(string service, string outcome, TimeSpan duration)
    {
        _requests.Add(1, new("service", service), new("outcome", outcome));
        _duration.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("service", service));
    }

    internal void Looked(string source) => _lookups.Add(1, new KeyValuePair<string, object?>("source", source));

    public void Dispose() => _meter.Dispose();
}
