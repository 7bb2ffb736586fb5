namespace Sora.Mailstore.Bodies.Verify;

/// <summary>Keeps a comparison slower than it could be, so that the server does not suffer. All workers share it.</summary>
internal sealed class VerifyPace(VerifyRequest request, TimeProvider time)
{
    private readonly Lock _lock = new();
    private long _next = time.GetTimestamp();

    /// <summary>Waits until so much more may be looked at.</summary>
    public async ValueTask SpendAsync(int bodies, long bytes, CancellationToken cancellationToken)
    {
        var seconds = Math.Max(
            request.BodiesPerSecond > 0 ? (double)bodies / request.BodiesPerSecond : 0, request.BytesPerSecond > 0 ? (double)bytes / request.BytesPerSecond : 0);
        if (seconds <= 0)
            return;
        TimeSpan pause;
        lock (_lock)
        {
            var now = time.GetTimestamp();
            _next = Math.Max(_next, now) + (long)(seconds * time.TimestampFrequency);
            pause = time.GetElapsedTime(now, _next);
        }

        await Task.Delay(pause, time, cancellationToken);
    }
}
