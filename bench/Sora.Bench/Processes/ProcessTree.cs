using System.Globalization;

namespace Sora.Bench.Processes;

/// <summary>Memory and CPU time of processes with all their descendants, out of /proc.</summary>
internal static class ProcessTree
{
    /// <summary>USER_HZ: the kernel counts CPU time for user space in hundredths of a second on every architecture we run on.</summary>
    private const double TicksPerSecond = 100;

    /// <summary>The given processes and all that descend from them.</summary>
    public static HashSet<int> Of(IReadOnlyList<int> roots)
    {
        var children = new Dictionary<int, List<int>>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
                && Stat(pid) is { } stat)
            {
                var parent = int.Parse(stat[1], CultureInfo.InvariantCulture);
                (children.TryGetValue(parent, out var siblings) ? siblings : children[parent] = []).Add(pid);
            }
        }

        var found = new HashSet<int>();
        var open = new Stack<int>(roots);
        while (open.TryPop(out var pid))
        {
            if (found.Add(pid) && children.TryGetValue(pid, out var below))
            {
                below.ForEach(open.Push);
            }
        }

        return found;
    }

    /// <summary>Proportional set size in octets: shared pages count once, however many processes share them.</summary>
    public static long Pss(IReadOnlyList<int> roots)
    {
        var total = 0L;
        foreach (var pid in Of(roots))
        {
            try
            {
                foreach (var line in File.ReadLines($"/proc/{pid}/smaps_rollup"))
                {
                    if (line.StartsWith("Pss:", StringComparison.Ordinal))
                    {
                        total += long.Parse(line.AsSpan(4, line.Length - 6), NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture) * 1024;
                        break;
                    }
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // Ended since, or a kernel thread
            }
        }

        return total;
    }

    /// <summary>User and system time of the processes, and of their children that ended and were waited for.</summary>
    public static TimeSpan CpuTime(IReadOnlyList<int> roots)
    {
        if (roots.Count == 0)
        {
            return TimeSpan.Zero;
        }

        var ticks = 0L;
        foreach (var pid in Of(roots))
        {
            if (Stat(pid) is { } stat)
            {
                for (var field = 11; field <= 14; field++)
                {
                    ticks += long.Parse(stat[field], CultureInfo.InvariantCulture);
                }
            }
        }

        return TimeSpan.FromSeconds(ticks / TicksPerSecond);
    }

    /// <summary>The fields of /proc/pid/stat after the name, which may hold blanks and parentheses: state, parent, ...</summary>
    private static string[]? Stat(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
