using System.Diagnostics;
using System.Globalization;

namespace Sora.Mailstore.Storage.Embedded;

/// <summary>The programs of one installed PostgreSQL.</summary>
/// <param name="Folder">Where <c>postgres</c> and <c>initdb</c> are.</param>
/// <param name="Major">Its major version.</param>
internal sealed record PostgresBinaries(string Folder, int Major)
{
    private const int Oldest = 14;

    public string Postgres => Path.Combine(Folder, "postgres");

    public string Initdb => Path.Combine(Folder, "initdb");

    /// <summary>Finds the newest installation, or the one of the version that an existing cluster needs.</summary>
    /// <exception cref="DatabaseException">None is installed, or none of that version.</exception>
    public static PostgresBinaries Find(string? configured, int? major)
    {
        var found = (configured is null ? Folders() : [configured])
            .Distinct(StringComparer.Ordinal)
            .Where(folder => File.Exists(Path.Combine(folder, "postgres")) && File.Exists(Path.Combine(folder, "initdb")))
            .Select(folder => new PostgresBinaries(folder, VersionOf(folder)))
            .ToList();
        var best = found.Where(binaries => binaries.Major >= Oldest && (major is null || binaries.Major == major)).MaxBy(binaries => binaries.Major);
        if (best is not null)
            return best;
        var where = configured is null ? "on this machine" : $"in {configured} (database.embedded_server.postgres_bin)";
        throw new DatabaseException(
            major is not null ? $"the data folder was made by PostgreSQL {major}, which is not installed {where}"
            : found.Count == 0 ? $"PostgreSQL is not installed {where}: install the package 'postgresql', or set database.embedded = false and database.hosts"
            : $"PostgreSQL {found.Max(binaries => binaries.Major)} {where} is too old, {Oldest} is needed");
    }

    private static IEnumerable<string> Folders()
    {
        foreach (var (parent, below) in new[]
        {
            ("/usr/lib/postgresql", "bin"), // Debian, Ubuntu
            ("/usr/libexec/postgresql", ""), // Alpine
            ("/opt/homebrew/opt", "bin"), // Homebrew
            ("/usr/local/opt", "bin"),
            ("/usr", "bin"), // Red Hat: /usr/pgsql-17
            ("/Library/PostgreSQL", "bin"),
            ("/Applications/Postgres.app/Contents/Versions", "bin"),
        })
        {
            string[] versions;
            try
            {
                versions = Directory.GetDirectories(parent, parent switch
                {
                    "/usr" => "pgsql-*",
                    "/opt/homebrew/opt" or "/usr/local/opt" => "postgresql*",
                    _ => "*",
                });
            }
            catch (IOException)
            {
                continue;
            }
            catch (UnauthorizedAccessException)
            {
                continue;
            }

            foreach (var version in versions)
                yield return Path.Combine(version, below);
        }

        foreach (var folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            // A distribution's links in /usr/local/bin lead to a folder that has initdb beside it
            var program = Path.Combine(folder, "postgres");
            if (Path.IsPathRooted(folder) && File.Exists(program))
                yield return Path.GetDirectoryName(File.ResolveLinkTarget(program, returnFinalTarget: true)?.FullName ?? program)!;
        }
    }

    private static int VersionOf(string folder)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(Path.Combine(folder, "postgres"), ["--version"]) { RedirectStandardOutput = true, UseShellExecute = false })!;
            var text = process.StandardOutput.ReadToEnd();
            process.WaitForExit();

            // "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", "postgres (PostgreSQL) 18beta1"
            var start = text.AsSpan(Math.Max(0, text.IndexOf(')', StringComparison.Ordinal) + 1)).TrimStart();
            var length = start.IndexOfAnyExceptInRange('0', '9');
            return int.TryParse(length < 0 ? start : start[..length], NumberStyles.None, CultureInfo.InvariantCulture, out var major) ? major : 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return 0;
        }
    }
}
