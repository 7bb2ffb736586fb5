namespace Sora.Gateway.Connections;

/// <summary>When a session has to end because what it was begun with does. It is counted from the login on, by the clock that deadlines go by.</summary>
internal readonly struct SessionEnd
{
    private readonly TimeProvider? _time;
    private readonly long _since;
    private readonly TimeSpan _lifetime;

    private SessionEnd(TimeProvider time, TimeSpan lifetime)
    {
        _time = time;
        _since = time.GetTimestamp();
        _lifetime = lifetime;
    }

    /// <summary>How long the session may still last.</summary>
    public TimeSpan Left => _time is null ? TimeSpan.MaxValue : _lifetime - _time.GetElapsedTime(_since);

    /// <summary>It has to end now.</summary>
    public bool HasCome => Left <= TimeSpan.Zero;

    /// <param name="moment">Null for never.</param>
    public static SessionEnd At(DateTimeOffset? moment, TimeProvider time) => moment is { } end ? new SessionEnd(time, end - time.GetUtcNow()) : default;
}
