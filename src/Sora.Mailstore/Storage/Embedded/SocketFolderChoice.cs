using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Sora.Mailstore.Storage.Embedded;

/// <summary>
/// Chooses the folder of the Unix socket: in the data folder, unless that path is too long for a socket's address or the server's
/// user cannot reach it; then a private one with a short name that follows from the data folder.
/// </summary>
internal static class SocketFolderChoice
{
    // sun_path has 108 bytes on Linux, 104 elsewhere; "/.s.PGSQL.5432" and the final NUL take 15
    private const int LongestFolder = 104 - 15 + 1;

    // Npgsql and PostgreSQL give each of them a meaning of its own
    private static readonly SearchValues<char> Unsafe = SearchValues.Create(",:\"'\\\n\r");

    public static bool Fits(string folder) =>
        folder.StartsWith('/') && Encoding.UTF8.GetByteCount(folder) <= LongestFolder && !folder.AsSpan().ContainsAny(Unsafe);

    /// <summary>Makes the folder and returns it.</summary>
    /// <param name="configured">The folder that the options ask for.</param>
    /// <param name="recorded">The folder of the server that ran last: open pools know it, so it is kept if it can be.</param>
    /// <param name="dataFolder">The data folder.</param>
    /// <param name="reachable">Whether the server's user can reach the data folder by its path.</param>
    /// <param name="user">The server's user.</param>
    /// <exception cref="DatabaseException">No folder could be made.</exception>
    public static string Choose(string? configured, string? recorded, string dataFolder, bool reachable, SystemUser user)
    {
        if (configured is not null)
        {
            Posix.MakePrivateFolder(configured, user);
            return configured;
        }

        if (recorded is not null && Fits(recorded) && Posix.IsPrivateFolder(recorded, user))
            return recorded;
        var near = Path.Combine(dataFolder, "postgres.socket");
        if (reachable && Fits(near))
        {
            Posix.MakePrivateFolder(near, user);
            return near;
        }

        // In a folder that all may write to, somebody may have taken the name: then the next
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(dataFolder)).AsSpan(0, 6));
        DatabaseException? last = null;
        foreach (var parent in Parents())
        {
            for (var attempt = 0; attempt < 4; attempt++)
            {
                var folder = Path.Combine(parent, attempt == 0 ? $"sora-{hash}" : $"sora-{hash}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}");
                if (!Fits(folder))
                    continue;
                try
                {
                    Posix.MakePrivateFolder(folder, user);
                    return folder;
                }
                catch (DatabaseException e)
                {
                    last = e;
                }
            }
        }

        throw new DatabaseException("no folder for the database's socket could be made: set database.embedded_server.socket_folder", last);
    }

    private static IEnumerable<string> Parents()
    {
        if (SystemUser.IsRoot)
            yield return "/run";
        else if (Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } runtime && Directory.Exists(runtime))
            yield return runtime;
        yield return "/tmp";
        yield return Path.GetTempPath();
    }
}
