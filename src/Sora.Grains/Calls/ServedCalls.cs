using System.Diagnostics;

namespace Sora.Grains.Calls;

/// <summary>Measures the calls that this node answers.</summary>
internal sealed class ServedCalls(ClusterMetrics metrics) : IIncomingGrainCallFilter
{
    public async Task Invoke(IIncomingGrainCallContext context)
    {
        if (context.ImplementationMethod?.DeclaringType?.Namespace?.StartsWith("Sora.", StringComparison.Ordinal) != true)
        {
            await context.Invoke();
            return;
        }

        var started = Stopwatch.GetTimestamp();
        try
        {
            await context.Invoke();
        }
        finally
        {
            metrics.Served(context.MethodName, Stopwatch.GetElapsedTime(started));
        }
    }
}
