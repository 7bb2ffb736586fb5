using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Sora.Bench.Processes;

/// <summary>Programs that we start, and only those: run to their end, or stopped by SIGTERM and, when deaf to it, by SIGKILL.</summary>
internal static partial class ChildProcess
{
    private const int SigTerm = 15;

    /// <summary>Runs a program that must succeed; its output goes nowhere unless it fails. Returns what it wrote to its standard output.</summary>
    public static async Task<string> RunAsync(ProcessStartInfo start, TimeSpan timeout, CancellationToken cancellationToken)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        using var process = Start(start);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return process.ExitCode == 0
                ? await output
                : throw new BenchException($"{start.FileName} {string.Join(' ', start.ArgumentList)} ended with {process.ExitCode}: {await errors}{await output}");
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            cancellationToken.ThrowIfCancellationRequested();
            throw new BenchException($"{start.FileName} took longer than {timeout}");
        }
    }

    public static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start) ?? throw new BenchException("cannot start " + start.FileName);
        }
        catch (Win32Exception exception)
        {
            throw new BenchException($"cannot start {start.FileName}: {exception.Message}");
        }
    }

    /// <summary>Asks a process to end, and waits; after <paramref name="patience"/> ends it and all it started.</summary>
    public static async Task StopAsync(Process process, int pid, TimeSpan patience)
    {
        var tree = ProcessTree.Of([pid, process.Id]);
        if (Kill(pid, SigTerm) != 0 && !process.HasExited)
        {
            process.Kill(entireProcessTree: true);
        }

        var started = Stopwatch.GetTimestamp();
        while (tree.Any(IsAlive) && Stopwatch.GetElapsedTime(started) < patience)
        {
            await Task.Delay(50);
        }

        foreach (var left in tree.Where(IsAlive))
        {
            Kill(left, 9);
        }

        using var limit = new CancellationTokenSource(patience);
        await process.WaitForExitAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>True for a process that exists and is not a zombie.</summary>
    private static bool IsAlive(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[stat.LastIndexOf(')') + 2] != 'Z';
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);
}
