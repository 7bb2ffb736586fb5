using System.Diagnostics;
using Sora.Bench.Results;

namespace Sora.Bench.Load;

/// <summary>Every single latency of a run, kept whole so that percentiles are exact. One owner at a time.</summary>
internal sealed class Latencies
{
    private long[] _ticks = new long[1024];
    private bool _sorted;

    public int Count { get; private set; }

    /// <summary>Notes one latency in Stopwatch ticks.</summary>
    public void Add(long ticks)
    {
        if (Count == _ticks.Length)
        {
            Array.Resize(ref _ticks, Count * 2);
        }

        _ticks[Count++] = ticks;
        _sorted = false;
    }

    public void Add(Latencies other)
    {
        for (var i = 0; i < other.Count; i++)
        {
            Add(other._ticks[i]);
        }
    }

    /// <summary>The given share (0..1) of latencies is at most this many milliseconds; NaN when there are none.</summary>
    public double Percentile(double share)
    {
        if (Count == 0)
        {
            return double.NaN;
        }

        if (!_sorted)
        {
            Array.Sort(_ticks, 0, Count);
            _sorted = true;
        }

        var rank = (int)Math.Ceiling(share * Count) - 1;
        return Milliseconds(_ticks[Math.Clamp(rank, 0, Count - 1)]);
    }

    /// <summary>p50, p95, p99 and max in milliseconds, their names after an optional prefix.</summary>
    public IEnumerable<Metric> Metrics(string prefix = "") =>
        Count == 0
            ? []
            :
            [
                new Metric(prefix + "p50", Percentile(0.50), "ms", Better.Lower),
                new Metric(prefix + "p95", Percentile(0.95), "ms", Better.Lower),
                new Metric(prefix + "p99", Percentile(0.99), "ms", Better.Lower),
                new Metric(prefix + "max", Percentile(1), "ms", Better.Lower),
            ];

    public static double Milliseconds(long ticks) => ticks * 1000.0 / Stopwatch.Frequency;
}
