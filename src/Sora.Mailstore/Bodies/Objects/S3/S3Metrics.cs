using System.Diagnostics.Metrics;
using Polly.CircuitBreaker;

namespace Sora.Mailstore.Bodies.Objects.S3;

/// <summary>The instruments of the S3 client; bytes and seconds.</summary>
internal sealed class S3Metrics
{
    private readonly Counter<long> _operations;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _bytes;
    private readonly Counter<long> _retries;

    public S3Metrics(MailstoreMetrics metrics, Func<IEnumerable<(S3Group Group, CircuitState State)>> breakers)
    {
        var meter = metrics.Meter;
        _operations = meter.CreateCounter<long>("sora_s3_operations_total", description: "Requests to S3, by operation and outcome");
        _duration = meter.CreateHistogram<double>("sora_s3_operation_duration_seconds", "s", "Time of a request to S3 until its answer began");
        _bytes = meter.CreateCounter<long>("sora_s3_bytes_total", "By", "Bytes of bodies sent to S3 and received from it");
        _retries = meter.CreateCounter<long>("sora_s3_retries_total", description: "Requests to S3 that were sent again");
        meter.CreateObservableGauge(
            "sora_s3_breaker_state",
            () => breakers().Select(static breaker => new Measurement<int>(ValueOf(breaker.State), new KeyValuePair<string, object?>("requests", NameOf(breaker.Group)))),
            description: "0: requests are made, 1: one finds out whether S3 is back, 2: they are paused");
    }

    public static string NameOf(S3Group group) => group switch { S3Group.Get => "get", S3Group.Put => "put", _ => "delete" };

    public void Operation(string name, string outcome, TimeSpan duration)
    {
        _operations.Add(1, new KeyValuePair<string, object?>("operation", name), new KeyValuePair<string, object?>("outcome", outcome));
        if (duration > TimeSpan.Zero)
            _duration.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("operation", name));
    }

    public void Sent(long bytes) => _bytes.Add(bytes, new KeyValuePair<string, object?>("direction", "out"));

    public void Received(long bytes) => _bytes.Add(bytes, new KeyValuePair<string, object?>("direction", "in"));

    public void Retried(S3Group group) => _retries.Add(1, new KeyValuePair<string, object?>("requests", NameOf(group)));

    private static int ValueOf(CircuitState state) => state switch { CircuitState.Closed => 0, CircuitState.HalfOpen => 1, _ => 2 };
}
