using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Sora.Bench.Load;

namespace Sora.Bench.Compare;

/// <summary>What the figures were measured on, without saying where.</summary>
internal sealed record Machine(string Cpu, int Cores, double MemoryGiB, string Kernel, string Runtime, double FsyncP50, double FsyncP99)
{
    private const int Fsyncs = 200;

    /// <summary>Looks at the machine, and measures how long an fsync after an appended 4 KiB takes in the folder the servers write to.</summary>
    public static Machine Examine()
    {
        var syncs = new Latencies();
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        using (var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.DeleteOnClose))
        {
            var block = new byte[4096];
            for (var i = 0; i < Fsyncs; i++)
            {
                file.Write(block);
                var start = Stopwatch.GetTimestamp();
                file.Flush(flushToDisk: true);
                syncs.Add(Stopwatch.GetTimestamp() - start);
            }
        }

        return new Machine(
            Value("/proc/cpuinfo", "model name") ?? RuntimeInformation.ProcessArchitecture.ToString(),
            Environment.ProcessorCount,
            Math.Round(double.Parse((Value("/proc/meminfo", "MemTotal") ?? "0 kB").Split(' ')[0], CultureInfo.InvariantCulture) / 1048576, 1),
            File.ReadAllText("/proc/sys/kernel/osrelease").Trim().Split('-')[0],
            RuntimeInformation.FrameworkDescription,
            syncs.Percentile(0.5),
            syncs.Percentile(0.99));
    }

    private static string? Value(string path, string key) =>
        File.ReadLines(path).FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal))?.Split(':', 2)[1].Trim();
}
