using System.Diagnostics;
using System.Globalization;

namespace Sora.Mailstore.Storage.Embedded;

/// <summary>A running server process: a child of this program, or one that an ended program left behind.</summary>
internal sealed class PostgresServer : IDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan SlowPoll = TimeSpan.FromMilliseconds(250);
    private readonly string _cluster;
    private readonly Process? _child;

    private PostgresServer(string cluster, int pid, Process? child)
    {
        _cluster = cluster;
        Pid = pid;
        _child = child;
    }

    public int Pid { get; }

    public bool IsRunning => _child is not null ? !_child.HasExited : IsServerOf(_cluster, Pid);

    /// <summary>Starts the server and waits until it takes connections.</summary>
    /// <exception cref="DatabaseException">It ended, or was not ready in time; then it was stopped.</exception>
    public static async Task<PostgresServer> StartAsync(
        PostgresCluster cluster, string socketFolder, TimeSpan timeout, CancellationToken cancellationToken)
    {
        await EndOrphansAsync(cluster.Folder, cancellationToken);
        DeleteStaleLock(Path.Combine(cluster.Folder, "postmaster.pid"), inUse: false);
        DeleteStaleLock(Path.Combine(socketFolder, $".s.PGSQL.{PostgresCluster.Port}.lock"), inUse: true);
        var child = cluster.Command.Start(cluster.Folder, cluster.LogFile, ownSession: true, path => [cluster.Binaries.Postgres, "-D", path]);
        var server = new PostgresServer(cluster.Folder, child.Id, child);
        try
        {
            var started = Stopwatch.GetTimestamp();
            while (ReadPidFile(cluster.Folder) is not { Ready: true } file || file.Pid != server.Pid)
            {
                if (child.HasExited)
                    throw new DatabaseException($"PostgreSQL did not start: {PostgresCommand.LogTail(cluster.LogFile)} (see {cluster.LogFile})");
                if (Stopwatch.GetElapsedTime(started) > timeout)
                    throw new DatabaseException($"PostgreSQL was not ready within {timeout}: see {cluster.LogFile}");
                await Task.Delay(Poll, cancellationToken);
            }

            return server;
        }
        catch
        {
            await server.StopAsync(TimeSpan.FromSeconds(5));
            server.Dispose();
            throw;
        }
    }

    /// <summary>The server that is running on the cluster, if any, and the folder of its socket.</summary>
    public static (PostgresServer Server, string SocketFolder)? FindRunning(string cluster) =>
        ReadPidFile(cluster) is { } file && IsServerOf(cluster, file.Pid) ? (new PostgresServer(cluster, file.Pid, null), file.SocketFolder) : null;

    public async Task WaitForExitAsync(CancellationToken cancellationToken)
    {
        if (_child is not null)
        {
            await _child.WaitForExitAsync(cancellationToken);
            return;
        }

        while (IsRunning)
            await Task.Delay(SlowPoll, cancellationToken);
    }

    /// <summary>
    /// Ends the server: connections are closed, everything is written (fast shutdown). After the deadline it stops at once, and
    /// after five seconds more it is killed; both lose nothing that was committed.
    /// </summary>
    public async Task StopAsync(TimeSpan timeout)
    {
        foreach (var (signal, wait) in new[]
        {
            (Posix.SignalInterrupt, timeout), (Posix.SignalQuit, TimeSpan.FromSeconds(5)), (Posix.SignalKill, TimeSpan.FromSeconds(5)),
        })
        {
            if (!IsRunning)
                return;
            _ = Posix.Kill(Pid, signal);
            var started = Stopwatch.GetTimestamp();
            while (IsRunning && Stopwatch.GetElapsedTime(started) < wait)
                await Task.Delay(Poll);
        }
    }

    public void Dispose() => _child?.Dispose();

    // A postmaster that was killed leaves children which end as soon as they notice; until then the next one refuses to start
    private static async Task EndOrphansAsync(string cluster, CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux())
            return;
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var orphans = Directory.EnumerateDirectories("/proc")
                .Select(folder => int.TryParse(Path.GetFileName(folder.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : 0)
                .Where(pid => pid > 0 && pid != Environment.ProcessId && IsServerOf(cluster, pid))
                .ToList();
            if (orphans.Count == 0)
                return;
            var signal = Stopwatch.GetElapsedTime(started).TotalSeconds switch { < 2 => 0, < 5 => Posix.SignalQuit, _ => Posix.SignalKill };
            foreach (var pid in orphans)
                _ = Posix.Kill(pid, signal);
            await Task.Delay(Poll, cancellationToken);
        }
    }

    // After a restart of the machine the number in a lock file may be another program's, and the server would refuse to start. The
    // cluster has no server here; a socket folder that the options name could serve another one
    private static void DeleteStaleLock(string file, bool inUse)
    {
        if (!OperatingSystem.IsLinux() || !File.Exists(file))
            return;
        if (!inUse || ReadPid(File.ReadLines(file).FirstOrDefault()) is not { } pid || !IsPostgres(pid))
            File.Delete(file);
    }

    private static bool IsPostgres(int pid)
    {
        try
        {
            // A zombie, which waits for an init that may be slow to notice it, has a name still but no command line
            var process = $"/proc/{pid.ToString(CultureInfo.InvariantCulture)}";
            return File.ReadAllText(process + "/comm").AsSpan().Trim() is "postgres" or "postmaster" && File.ReadAllBytes(process + "/cmdline").Length > 0;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static int? ReadPid(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && pid > 0 ? pid : null;

    // The number in a stale file may belong to anybody by now: a server works in its cluster's folder, under the cluster's user and under
    // its own name (a shell may stand there too)
    private static bool IsServerOf(string cluster, int pid) =>
        OperatingSystem.IsLinux()
            ? IsPostgres(pid)
                && Posix.IsSameFile($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/cwd", cluster)
                && Posix.OwnerOf($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}") == Posix.OwnerOf(cluster)
            : Posix.Kill(pid, 0) == 0;

    // postmaster.pid: process id, data folder, start time, port, socket folder, address, shared memory key, status
    private static (int Pid, string SocketFolder, bool Ready)? ReadPidFile(string cluster)
    {
        try
        {
            var lines = File.ReadAllLines(Path.Combine(cluster, "postmaster.pid"));
            return ReadPid(lines.FirstOrDefault()) is { } pid
                ? (pid, lines.Length > 4 ? lines[4] : "", lines.Length > 7 && lines[7].AsSpan().Trim() is "ready")
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
