using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Sora.Bench.Processes;

/// <summary>The limit of open files (setrlimit(2), RLIMIT_NOFILE) of this process and of those it starts.</summary>
internal static partial class OpenFiles
{
    private const int RLimitNoFile = 7;

    /// <summary>Raises the soft limit to at least <paramref name="wanted"/>, the hard one with it where we may.</summary>
    public static void Raise(ulong wanted)
    {
        if (GetLimit(RLimitNoFile, out var limit) != 0)
        {
            throw new Win32Exception();
        }

        if (limit.Soft >= wanted)
        {
            return;
        }

        limit = new Limit { Soft = wanted, Hard = Math.Max(limit.Hard, wanted) };
        if (SetLimit(RLimitNoFile, in limit) != 0)
        {
            throw new BenchException($"{wanted} open files are needed: raise `ulimit -n`");
        }
    }

    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    private static partial int GetLimit(int resource, out Limit limit);

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    private static partial int SetLimit(int resource, in Limit limit);

    [StructLayout(LayoutKind.Sequential)]
    private struct Limit
    {
        public ulong Soft;
        public ulong Hard;
    }
}
