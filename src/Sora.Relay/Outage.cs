namespace Sora.Relay;

/// <summary>A pause after a host failed, longer each time.</summary>
internal sealed class Outage(RelayOptions options, TimeProvider time)
{
    private readonly Lock _lock = new();
    private int _failures;
    private long _since;
    private TimeSpan _pause;

    public TimeSpan Left
    {
        get
        {
            lock (_lock)
            {
                var left = _failures == 0 ? TimeSpan.Zero : _pause - time.GetElapsedTime(_since);
                return left > TimeSpan.Zero ? left : TimeSpan.Zero;
            }
        }
    }

    public void Over()
    {
        lock (_lock)
            _failures = 0;
    }

    /// <summary>Begins a pause, unless one is under way: what failed together failed once. Returns how long it is.</summary>
    public TimeSpan Failed()
    {
        lock (_lock)
        {
            if (_failures > 0 && time.GetElapsedTime(_since) < _pause)
                return _pause;
            _pause = Backoff.Pause(options.HostRetry, options.HostRetryMax, ++_failures);
            _since = time.GetTimestamp();
            return _pause;
        }
    }
}
