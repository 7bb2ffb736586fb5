namespace Sora.Mailstore.Relay;

/// <summary>
/// Where in the order of turns there is something to take. What was sent stays in the index until vacuum may remove it, which is not before the oldest transaction of the server
/// has ended: whoever looked from the beginning each time would pass everything that left since, again and again. What comes late to a turn that is over (a message whose
/// transaction took long, the work of a node that died) is found a little later, when the whole order is looked at.
/// </summary>
internal sealed class RelayTurns(TimeProvider time)
{
    private static readonly TimeSpan WholeInterval = TimeSpan.FromSeconds(5);

    // Messages that were queued at the same time do not come to light in their order
    private static readonly TimeSpan Disorder = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private DateTimeOffset _from = DateTimeOffset.UnixEpoch;
    private long _lookedAtWhole;

    /// <summary>Where to look from; <see cref="DateTimeOffset.UnixEpoch"/> for the whole.</summary>
    public DateTimeOffset From
    {
        get
        {
            lock (_lock)
            {
                if (_from == DateTimeOffset.UnixEpoch || time.GetElapsedTime(_lookedAtWhole) < WholeInterval)
                    return _from;
                _lookedAtWhole = time.GetTimestamp();
                return DateTimeOffset.UnixEpoch;
            }
        }
    }

    /// <summary>Notes whose turn it was.</summary>
    public void Took(DateTimeOffset turn)
    {
        lock (_lock)
        {
            if (_from == DateTimeOffset.UnixEpoch)
                _lookedAtWhole = time.GetTimestamp();
            _from = turn - Disorder;
        }
    }

    /// <summary>Nothing is left: what comes next may have any turn.</summary>
    public void Nothing()
    {
        lock (_lock)
            _from = DateTimeOffset.UnixEpoch;
    }
}
