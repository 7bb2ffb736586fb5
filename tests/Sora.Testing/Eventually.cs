using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Sora.Testing;

/// <summary>Waits for what will be true soon, instead of for a time.</summary>
public static class Eventually
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(10);

    /// <summary>Waits until the condition holds.</summary>
    /// <exception cref="TimeoutException">It did not within the deadline (30 seconds when not given).</exception>
    public static Task WaitAsync(
        Func<bool> condition, TimeSpan? deadline = null, [CallerArgumentExpression(nameof(condition))] string text = "") =>
        WaitAsync(() => Task.FromResult(condition()), deadline, text);

    /// <inheritdoc cref="WaitAsync(Func{bool}, TimeSpan?, string)"/>
    public static async Task WaitAsync(
        Func<Task<bool>> condition, TimeSpan? deadline = null, [CallerArgumentExpression(nameof(condition))] string text = "")
    {
        var started = Stopwatch.GetTimestamp();
        var limit = deadline ?? TimeSpan.FromSeconds(30);
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(started) > limit)
                throw new TimeoutException($"Not true within {limit}: {text}");
            await Task.Delay(Poll);
        }
    }
}
