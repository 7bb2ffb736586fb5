namespace Sora.Relay;

/// <summary>Pauses that double, give or take a quarter, so that what failed together does not come back together.</summary>
internal static class Backoff
{
    /// <param name="first">The first pause.</param>
    /// <param name="longest">The longest, before the jitter.</param>
    /// <param name="attempt">1 for the first.</param>
    public static TimeSpan Pause(TimeSpan first, TimeSpan longest, int attempt)
    {
        var pause = first.TotalSeconds * Math.Pow(2, Math.Clamp(attempt - 1, 0, 40));
        return TimeSpan.FromSeconds(Math.Min(pause, longest.TotalSeconds) * (0.75 + (Random.Shared.NextDouble() / 2)));
    }
}
