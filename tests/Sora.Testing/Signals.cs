using System.Globalization;
using System.Runtime.InteropServices;

namespace Sora.Testing;

/// <summary>kill(2) and /proc, for processes that a test started.</summary>
public static partial class Signals
{
    private const int SigTerm = 15;
    private const int SigQuit = 3;
    private const int SigKill = 9;
    private const int SigStop = 19;
    private const int SigContinue = 18;

    public static void Terminate(int pid) => Send(pid, SigTerm);

    public static void Kill(int pid) => Send(pid, SigKill);

    /// <summary>An immediate shutdown, to a server of PostgreSQL: it ends without a checkpoint, and recovers at the next start.</summary>
    public static void Quit(int pid) => Send(pid, SigQuit);

    /// <summary>The process does nothing until <see cref="Continue"/>.</summary>
    public static void Stop(int pid) => Send(pid, SigStop);

    public static void Continue(int pid) => Send(pid, SigContinue);

    /// <summary>True for a process that exists and is not a zombie.</summary>
    public static bool IsAlive(int pid)
    {
        try
        {
            var stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"));
            return stat[stat.LastIndexOf(')') + 2] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            // The process may also end between the opening of the file and the reading (ESRCH)
            return false;
        }
    }

    /// <summary>A value in KiB of /proc/pid/status, such as VmRSS or VmHWM, in bytes.</summary>
    public static long MemoryOf(int pid, string field) => MemoryIn(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/status"), field);

    /// <summary>Memory that programs can still have, in bytes.</summary>
    public static long AvailableMemory => MemoryIn("/proc/meminfo", "MemAvailable");

    /// <summary>Processes whose working folder is below a folder, as that of every process of a private PostgreSQL is.</summary>
    public static IReadOnlyList<int> WorkingBelow(string folder) =>
        [.. Directory.EnumerateDirectories("/proc")
            .Select(static path => int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : 0)
            .Where(pid => pid > 0 && pid != Environment.ProcessId && IsBelow(pid, folder))];

    private static long MemoryIn(string file, string field)
    {
        var line = File.ReadLines(file).Single(line => line.StartsWith(field + ':', StringComparison.Ordinal));
        return long.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
    }

    private static bool IsBelow(int pid, string folder)
    {
        try
        {
            var link = new FileInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/cwd")).LinkTarget;
            return link is not null && link.StartsWith(folder, StringComparison.Ordinal) && IsAlive(pid);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    // To kill(2) zero and less are whole groups of processes, ours among them
    private static void Send(int pid, int signal)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pid);
        _ = SendSignal(pid, signal); // it may have ended
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int pid, int signal);
}
