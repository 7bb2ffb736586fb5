using System.Globalization;

namespace Sora.Mailstore.Bodies;

/// <summary>What waits for the object store on all nodes together, as of the last look at the database.</summary>
/// <param name="Bodies">How many bodies.</param>
/// <param name="Bytes">Their bytes, of those that are not in the object store already.</param>
/// <param name="OldestAge">How long the oldest has waited.</param>
/// <param name="CountedAt">When that was counted, by the database's clock.</param>
/// <param name="IsNew">Counted when the database was asked; otherwise another node counted, or this one, some time before.</param>
internal readonly record struct StagingBacklog(long Bodies, long Bytes, TimeSpan OldestAge, DateTime CountedAt, bool IsNew);

/// <summary>
/// How full staging is: what the database said last, and what this process has staged since. Cheap enough to ask for each message.
/// </summary>
internal sealed class StagingSpace(long limit, TimeProvider time)
{
    private readonly Lock _lock = new();
    private StagingBacklog _backlog;
    private long _backlogTime;
    private long _before; // staged before the database was last asked: perhaps not committed when that was counted
    private long _lastMark;
    private long _since;
    private long _inFlight;
    private long _arrivals;

    public long Limit => limit;

    public StagingBacklog Backlog
    {
        get
        {
            lock (_lock)
                return _backlog;
        }
    }

    /// <summary>How long the oldest body has waited by now.</summary>
    public TimeSpan OldestAge
    {
        get
        {
            lock (_lock)
                return _backlog.Bodies == 0 ? TimeSpan.Zero : _backlog.OldestAge + time.GetElapsedTime(_backlogTime);
        }
    }

    /// <summary>Bytes staged or about to be.</summary>
    public long Used
    {
        get
        {
            lock (_lock)
                return _backlog.Bytes + _before + _since + _inFlight;
        }
    }

    /// <summary>Bodies that this process has staged so far.</summary>
    public long Arrivals
    {
        get
        {
            lock (_lock)
                return _arrivals;
        }
    }

    /// <summary>Part of the space that is taken, from 0 to about 1.</summary>
    public double Share => Used / (double)limit;

    public bool HasRoomFor(long size) => Used + size <= limit;

    /// <summary>Bytes of messages that are not complete but take room already.</summary>
    public void AddInFlight(long size)
    {
        lock (_lock)
            _inFlight += size;
    }

    /// <summary>A message is staged; false when there is no room for it.</summary>
    public bool TryAdd(long size)
    {
        lock (_lock)
        {
            if (_backlog.Bytes + _before + _since + size > limit)
                return false;
            _since += size;
            _arrivals++;
            return true;
        }
    }

    /// <summary>Call before the database is asked; give the result to <see cref="Update"/>.</summary>
    public long Mark()
    {
        lock (_lock)
            return _since;
    }

    public void Update(StagingBacklog backlog, long mark)
    {
        lock (_lock)
        {
            if (!backlog.IsNew && backlog.CountedAt == _backlog.CountedAt)
                return; // nobody has counted since
            _backlog = backlog;
            _backlogTime = time.GetTimestamp();
            _before = backlog.IsNew ? mark : _lastMark + mark;
            _lastMark = mark;
            _since -= mark;
        }
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Used} of {limit}");
}
