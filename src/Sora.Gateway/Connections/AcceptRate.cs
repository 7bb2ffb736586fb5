namespace Sora.Gateway.Connections;

/// <summary>
/// When the n-th connection since the start may be accepted: so many in the first moment, then at a rate that each second rises by as much as it was at first.
/// A node that was restarted is not swept over by all of its clients at once; those that wait stay in the backlog.
/// </summary>
/// <param name="perSecond">The rate at first; 0 is no limit.</param>
internal sealed class AcceptRate(int perSecond, TimeProvider time)
{
    private readonly long _started = time.GetTimestamp();
    private long _accepted;

    /// <summary>How long the next one has to wait.</summary>
    public TimeSpan Next()
    {
        if (perSecond == 0)
            return TimeSpan.Zero;

        // After t seconds r(1 + t + t²/2) may have been accepted
        var due = Math.Sqrt(Math.Max(1, (2.0 * Interlocked.Increment(ref _accepted) / perSecond) - 1)) - 1;
        var wait = TimeSpan.FromSeconds(due) - time.GetElapsedTime(_started);
        return wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
    }

    /// <summary>Waits that long.</summary>
    public ValueTask WaitAsync(CancellationToken cancellationToken) =>
        Next() is { Ticks: > 0 } wait ? new ValueTask(Task.Delay(wait, time, cancellationToken)) : ValueTask.CompletedTask;
}
