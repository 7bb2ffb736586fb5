using Sora.Configuration;

namespace Sora.Mailstore.Bodies.Objects.S3;

/// <summary>When a kind of requests is left out for a while, because S3 only fails them. An answer such as "no such object" or "access denied" is no failure.</summary>
[Section("When these requests are paused: they then fail at once instead of waiting for a server that is away")]
public sealed class S3BreakerOptions
{
    [Option("This part of the requests must have failed")]
    [OptionRange(0.01, 1)]
    public double FailureRatio { get; set; } = 0.5;

    [Option("Requests without which that is not decided")]
    [OptionRange(2, 10_000)]
    public int MinRequests { get; set; } = 3;

    [Option("The time in which they are counted")]
    [OptionRange("500ms", "1h")]
    public TimeSpan Window { get; set; } = TimeSpan.FromSeconds(10);

    [Option("How long they are paused; then one request finds out whether the server is back")]
    [OptionRange("500ms", "1h")]
    public TimeSpan Pause { get; set; } = TimeSpan.FromSeconds(30);
}
