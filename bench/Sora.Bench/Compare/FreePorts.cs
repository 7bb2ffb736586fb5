using System.Net;
using System.Net.NetworkInformation;

namespace Sora.Bench.Compare;

/// <summary>Ports of the loopback interface that nobody listens on.</summary>
internal static class FreePorts
{
    private const int Lowest = 20000;

    /// <summary>Below the range from which the kernel takes ports for outgoing connections.</summary>
    private const int Highest = 32000;

    /// <summary>The first of <paramref name="count"/> free ports in a row.</summary>
    public static int InARow(int count)
    {
        var taken = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select(listener => listener.Port).ToHashSet();
        for (var attempt = 0; attempt < 1000; attempt++)
        {
            var first = Random.Shared.Next(Lowest, Highest - count);
            if (!Enumerable.Range(first, count).Any(taken.Contains))
            {
                return first;
            }
        }

        throw new BenchException($"no {count} free ports in a row on {IPAddress.Loopback}");
    }
}
