using System.Diagnostics;
using System.Globalization;

namespace Sora.Testing;

/// <summary>
/// Ends servers and removes their folder when this process is killed and runs no exit handler: a shell that sees its input end.
/// Keep it: collected, it would end them too.
/// </summary>
internal sealed class Keeper : IDisposable
{
    // This process may have come as far as to stop the servers, whose numbers are anybody's then: theirs work in the folder or below
    private const string Script = """
        while read -r line; do :; done; sleep 1; [ -d "$1" ] || exit 0
        folder=$(readlink -f "$1"); also=$2; signal=$3; shift 3
        for pid; do case $(readlink "/proc/$pid/cwd")/ in "$folder"/*) kill "-$signal" "$pid" ;; esac; done
        sleep 3; rm -rf "$folder" ${also:+"$also"}
        """;

    private readonly Process _shell;

    /// <summary>Begins to watch.</summary>
    /// <param name="folder">Where the servers work, and nothing else; removed with everything in it. Once it is gone, nothing is done.</param>
    /// <param name="signal">What ends a server: INT, KILL.</param>
    /// <param name="processes">The servers.</param>
    /// <param name="also">Another folder to remove.</param>
    public Keeper(string folder, string signal, IEnumerable<int> processes, string also = "")
    {
        var numbers = processes.Select(static id => id.ToString(CultureInfo.InvariantCulture));
        _shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", Script, "sh", folder, also, signal, .. numbers])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
        })!;
        _shell.StandardOutput.Close();
        _shell.StandardError.Close();
    }

    /// <summary>The servers are ended by their owner.</summary>
    public void Dispose()
    {
        _shell.Kill();
        _shell.Dispose();
    }
}
