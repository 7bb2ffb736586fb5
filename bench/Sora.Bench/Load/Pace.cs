using System.Diagnostics;

namespace Sora.Bench.Load;

/// <summary>
/// When a run counts and when it ends: nothing in the warm-up is counted, and the end is a time, a number of operations, or both.
/// Shared by all sessions of a run.
/// </summary>
internal sealed class Pace
{
    private readonly long _countFrom;
    private readonly long _countTo;
    private readonly int _limit;
    private readonly CancellationToken _cancellationToken;
    private int _taken;
    private long _lastCounted;

    /// <param name="warmUp">Operations that end within this time are done but not counted.</param>
    /// <param name="duration">How long is counted; Zero for no limit in time.</param>
    /// <param name="limit">How many operations are begun at most; 0 for no limit in number.</param>
    /// <param name="cancellationToken">Ends the run early.</param>
    public Pace(TimeSpan warmUp, TimeSpan duration, int limit, CancellationToken cancellationToken)
    {
        if (duration <= TimeSpan.Zero && limit <= 0)
        {
            throw new BenchException("a run needs an end: --duration or --count");
        }

        var now = Stopwatch.GetTimestamp();
        _countFrom = now + Ticks(warmUp);
        _countTo = duration > TimeSpan.Zero ? _countFrom + Ticks(duration) : long.MaxValue;
        _limit = limit > 0 ? limit : int.MaxValue;
        _cancellationToken = cancellationToken;
    }

    /// <summary>Asks for one more operation; its number, from 0.</summary>
    public bool TryTake(out int number)
    {
        number = Interlocked.Increment(ref _taken) - 1;
        return number < _limit && Stopwatch.GetTimestamp() < _countTo && !_cancellationToken.IsCancellationRequested;
    }

    /// <summary>True when an operation that ended at <paramref name="end"/> counts.</summary>
    public bool Counts(long end)
    {
        if (end < _countFrom || end > _countTo)
        {
            return false;
        }

        InterlockedMax(ref _lastCounted, end);
        return true;
    }

    /// <summary>Seconds over which counted operations are spread.</summary>
    public double Seconds()
    {
        var end = _countTo == long.MaxValue || _limit != int.MaxValue ? Math.Max(_lastCounted, _countFrom + 1) : _countTo;
        return (end - _countFrom) / (double)Stopwatch.Frequency;
    }

    public static long Ticks(TimeSpan time) => (long)(time.TotalSeconds * Stopwatch.Frequency);

    private static void InterlockedMax(ref long place, long value)
    {
        for (var seen = Volatile.Read(ref place); value > seen;)
        {
            seen = Interlocked.CompareExchange(ref place, value, seen) is var was && was == seen ? value : was;
        }
    }
}
