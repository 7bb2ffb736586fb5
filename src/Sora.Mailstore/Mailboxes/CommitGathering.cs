namespace Sora.Mailstore.Mailboxes;

/// <summary>How long records that are ready wait for others to be committed with: about as long as a commit takes, and not at all while few come. Not safe for use by several threads at once.</summary>
/// <param name="wait">Longest; 0 for never.</param>
/// <param name="time">The clock.</param>
internal sealed class CommitGathering(TimeSpan wait, TimeProvider time)
{
    /// <summary>A record is held back where at least so many others are likely to come while it waits.</summary>
    private const double FewestOthers = 2;

    /// <summary>What arrived so long ago says little about what will come.</summary>
    private static readonly TimeSpan Memory = TimeSpan.FromMilliseconds(100);

    private TimeSpan? _commit; // how long one takes of late
    private double _recent; // arrivals, each worth less the longer it is ago: their rate times Memory
    private long _lastArrival;
    private long _since;

    /// <summary>A record has come.</summary>
    /// <param name="isFirst">No other waits.</param>
    public void Arrived(bool isFirst)
    {
        if (wait == TimeSpan.Zero)
            return;
        var now = time.GetTimestamp();
        _recent = (_recent * Math.Exp(-(time.GetElapsedTime(_lastArrival, now) / Memory))) + 1;
        _lastArrival = now;
        if (isFirst)
            _since = now;
    }

    /// <summary>A batch was committed.</summary>
    public void Committed(TimeSpan elapsed)
    {
        if (wait > TimeSpan.Zero)
            _commit = _commit is { } before ? before + ((elapsed - before) / 8) : elapsed;
    }

    /// <summary>So long are those that are ready to wait still; 0 or less when not at all.</summary>
    public TimeSpan Left
    {
        get
        {
            var most = _commit is { } commit && commit < wait ? commit : wait;
            return _recent * (most / Memory) < FewestOthers ? TimeSpan.Zero : most - time.GetElapsedTime(_since);
        }
    }
}
