using System.Globalization;

namespace Sora.Mailstore.Bodies;

/// <summary>What waits for the object store on all nodes together, as of the last look at the database.</summary>
internal readonly record struct StagingBacklog(long Bodies, long Bytes, TimeSpan OldestAge);

/// <summary>
/// How full staging is: what the database said last, and what this process has staged since. Cheap enough to ask for each message.
/// </summary>
internal sealed class StagingSpace(long limit, TimeProvider time)
{
    private readonly Lock _lock = new();
    private StagingBacklog _backlog;
    private long _backlogTime;
    private long _before; // staged before the database was last asked: perhaps not committed when it answered
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
            _backlog = backlog;
            _backlogTime = time.GetTimestamp();
            _before = mark;
            _since -= mark;
        }
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Used} of {limit}");
}
