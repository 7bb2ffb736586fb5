using System.Diagnostics;

namespace Sora.Mailstore.Storage.Embedded;

/// <summary>
/// Runs programs of PostgreSQL as its user. Where that user may not pass through the folders above the cluster (root's home, a folder
/// of mktemp), the shell opens the cluster before root's rights are dropped, and the program reaches it through that descriptor.
/// </summary>
internal sealed class PostgresCommand
{
    private const string ThroughDescriptor = "/proc/self/fd/8";
    private readonly SystemUser _user;

    /// <summary>Tries out whether the user can reach the folder.</summary>
    /// <param name="user">Who runs it.</param>
    /// <param name="dataFolder">The folder that the cluster is in.</param>
    public PostgresCommand(SystemUser user, string dataFolder)
    {
        _user = user;
        CanReach = user.Prefix.Count == 0 || Succeeds([.. user.Prefix, "/bin/sh", "-c", "cd -- \"$1\"", "sh", dataFolder]);
    }

    /// <summary>Whether the user can reach the data folder by its path.</summary>
    public bool CanReach { get; }

    /// <summary>Starts a program and lets it replace the shell, so that the process is the program itself.</summary>
    /// <param name="cluster">The cluster's folder.</param>
    /// <param name="log">The file that its output goes to.</param>
    /// <param name="ownSession">Give it a session of its own: Ctrl-C at the terminal then reaches Sora alone, which drains first.</param>
    /// <param name="program">The program and its arguments, for the path by which it reaches the cluster.</param>
    public Process Start(string cluster, string log, bool ownSession, Func<string, IEnumerable<string>> program)
    {
        const string script = """log=$1 dir=$2; shift 2; cd / && exec "$@" </dev/null >>"$log" 2>&1 8<"$dir" """;
        var start = new ProcessStartInfo("/bin/sh", ["-c", script, "sh", log, CanReach ? "/dev/null" : cluster])
        {
            WorkingDirectory = "/",
            UseShellExecute = false,
        };
        if (ownSession && SystemUser.FindProgram("setsid") is { } setsid)
            start.ArgumentList.Add(setsid);
        foreach (var argument in _user.Prefix.Concat(program(CanReach ? cluster : ThroughDescriptor)))
            start.ArgumentList.Add(argument);
        SetEnvironment(start);
        return Process.Start(start)!;
    }

    /// <summary>
    /// Writes a file into the cluster with its user's rights: with root's, a link put there could make root overwrite any file.
    /// </summary>
    public async Task WriteAsync(string cluster, string log, string file, string text, CancellationToken cancellationToken)
    {
        // The text travels as an argument, which Linux limits to 128 KiB
        using var process = Start(cluster, log, ownSession: false, path =>
            ["/bin/sh", "-c", """umask 077; cd -- "$1" && printf %s "$3" >"$2.new" && mv -f -- "$2.new" "$2" """, "sh", path, file, text]);
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0)
            throw new DatabaseException($"{Path.Combine(cluster, file)} cannot be written: {LogTail(log)}");
    }

    /// <summary>The line of the log that says best why a program failed.</summary>
    public static string LogTail(string log)
    {
        try
        {
            using var file = new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            file.Seek(-Math.Min(file.Length, 8192), SeekOrigin.End);
            using var reader = new StreamReader(file);
            var lines = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
            return Array.FindLast(lines, line => line.Contains("FATAL:", StringComparison.Ordinal) || line.Contains("PANIC:", StringComparison.Ordinal)
                    || line.Contains("error:", StringComparison.Ordinal))
                ?? (lines.Length == 0 ? "it wrote no reason" : lines[^1]);
        }
        catch (IOException)
        {
            return "it wrote no reason";
        }
    }

    private static bool Succeeds(string[] command)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { WorkingDirectory = "/", RedirectStandardError = true, UseShellExecute = false })!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    // PGDATA, PGPORT, LANG and the like of whoever started Sora have no say in the private server
    private static void SetEnvironment(ProcessStartInfo start)
    {
        var libraries = Environment.GetEnvironmentVariable("LD_LIBRARY_PATH");
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";
        start.Environment["LC_ALL"] = "C";
        start.Environment["TZ"] = "UTC";
        if (libraries is not null)
            start.Environment["LD_LIBRARY_PATH"] = libraries;
    }
}
