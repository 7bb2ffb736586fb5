using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Sora.Testing;

/// <summary>Waits for what will be true soon, instead of for a time.</summary>
public static class Eventually
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(10);

    /// <summary>Waits until the condition holds.</summary>
    /// <param name="condition">Asked every 10 ms.</param>
    /// <param name="deadline">How long at most: a minute when not given.</param>
    /// <param name="text">What is waited for.</param>
    /// <param name="state">What helps to understand why it did not come.</param>
    /// <exception cref="TimeoutException">It did not within the deadline.</exception>
    public static Task WaitAsync(
        Func<bool> condition, TimeSpan? deadline = null, [CallerArgumentExpression(nameof(condition))] string text = "", Func<string>? state = null) =>
        WaitAsync(() => Task.FromResult(condition()), deadline, text, state);

    /// <inheritdoc cref="WaitAsync(Func{bool}, TimeSpan?, string, Func{string}?)"/>
    public static async Task WaitAsync(
        Func<Task<bool>> condition, TimeSpan? deadline = null, [CallerArgumentExpression(nameof(condition))] string text = "", Func<string>? state = null)
    {
        var started = Stopwatch.GetTimestamp();
        var limit = deadline ?? TimeSpan.FromMinutes(1);
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(started) > limit)
                throw new TimeoutException($"Not true within {limit}: {text}{(state is null ? "" : ":\n" + state())}");
            await Task.Delay(Poll);
        }
    }
}
