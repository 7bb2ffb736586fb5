namespace Sora.Gateway.Tests.Connections;

internal static class Wait
{
    /// <summary>How long anything in these tests may take before it counts as stuck.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromMinutes(1);

    /// <summary>Waits until the condition holds.</summary>
    public static async Task UntilAsync(Func<bool> condition, string what)
    {
        var until = Environment.TickCount64 + (long)Deadline.TotalMilliseconds;
        while (!condition())
        {
            if (Environment.TickCount64 > until)
                throw new TimeoutException(what);
            await Task.Delay(5);
        }
    }
}
