namespace Sora.Identity.Tests;

/// <summary>A clock that can be moved on; its timers are those of the real one.</summary>
internal sealed class TestClock : TimeProvider
{
    private long _ahead;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public void Advance(TimeSpan by) => Interlocked.Add(ref _ahead, by.Ticks);

    public override long GetTimestamp() => (long)(System.GetElapsedTime(0).Ticks) + Interlocked.Read(ref _ahead);

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _ahead));
}
