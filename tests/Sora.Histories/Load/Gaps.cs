namespace Sora.Histories.Load;

/// <summary>How long a client had to wait, at times. Between the first command that was sent and the next success nothing else counts: not that a connection was lost, nor that a command was refused.</summary>
/// <param name="history">Has the clock.</param>
/// <param name="name">Of the client.</param>
public sealed class Gaps(History history, string name)
{
    private readonly Lock _lock = new();
    private readonly List<(long From, long To)> _long = [];
    private long _since = -1;
    private long _successes;

    /// <summary>Shorter ones are not kept.</summary>
    public static TimeSpan Noticed { get; } = TimeSpan.FromMilliseconds(50);

    public string Name { get; } = name;

    public long Successes => Interlocked.Read(ref _successes);

    /// <summary>Where the client tries now.</summary>
    public string Node { get; set; } = "";

    /// <summary>A command is about to be sent.</summary>
    public void Wants()
    {
        lock (_lock)
        {
            if (_since < 0)
                _since = history.Now;
        }
    }

    /// <summary>One has succeeded.</summary>
    public void Succeeded()
    {
        lock (_lock)
        {
            if (_since < 0)
                return;
            var now = history.Now;
            if (History.Time(now - _since) > Noticed)
                _long.Add((_since, now));
            _since = -1;
        }

        Interlocked.Increment(ref _successes);
    }

    /// <summary>The client waits for nothing: it has been told to stop.</summary>
    public void Stops()
    {
        lock (_lock)
            _since = -1;
    }

    /// <summary>The longest gap that touches a time: zero when none was noticed.</summary>
    public TimeSpan Longest(long from = 0, long to = long.MaxValue)
    {
        lock (_lock)
        {
            var gaps = _since >= 0 ? _long.Append((From: _since, To: history.Now)) : _long;
            return gaps.Where(gap => gap.To >= from && gap.From <= to).Select(static gap => History.Time(gap.To - gap.From)).DefaultIfEmpty().Max();
        }
    }
}
