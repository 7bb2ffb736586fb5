using System.Globalization;

namespace Sora.Mailstore.Storage.Embedded;

/// <summary>
/// The system user that the private server runs as. PostgreSQL refuses to run as root, so as root it runs as the owner of the existing
/// cluster or, for a new one, as a user without rights.
/// </summary>
/// <param name="Uid">User id.</param>
/// <param name="Gid">Group id.</param>
/// <param name="Prefix">The command that drops root's rights before what follows it; empty when there are none to drop.</param>
internal sealed record SystemUser(uint Uid, uint Gid, IReadOnlyList<string> Prefix)
{
    public static bool IsRoot { get; } = Posix.GetEffectiveUserId() == 0;

    /// <summary>Chooses the user.</summary>
    /// <param name="configured">Name of the user that the options ask for.</param>
    /// <param name="cluster">The cluster's folder, which may not exist yet.</param>
    /// <exception cref="DatabaseException">There is no such user, or no program to change to it.</exception>
    public static SystemUser Choose(string? configured, string cluster)
    {
        var owner = Directory.Exists(cluster) ? Posix.OwnerOf(cluster) : null;
        if (!IsRoot)
        {
            var own = Posix.GetEffectiveUserId();
            if (owner is { } other && other.Uid != own)
                throw new DatabaseException($"{cluster} belongs to user id {other.Uid}, Sora runs as {own}: run it as the same user as before, or as root");
            return new SystemUser(own, Posix.GetEffectiveGroupId(), []);
        }

        var (uid, gid) = owner is { Uid: not 0 } existing ? existing
            : configured is not null ? FindUser(configured) ?? throw new DatabaseException($"database.embedded_server.run_as names '{configured}', which is no user here")
            : FindUser("postgres") ?? FindUser("nobody")
                ?? throw new DatabaseException("PostgreSQL cannot run as root: make a system user 'postgres', or set database.embedded_server.run_as");
        if (uid == 0)
            throw new DatabaseException("PostgreSQL cannot run as root: database.embedded_server.run_as must name another user");
        return new SystemUser(uid, gid, DropTo(uid, gid));
    }

    private static string[] DropTo(uint uid, uint gid)
    {
        var user = uid.ToString(CultureInfo.InvariantCulture);
        var group = gid.ToString(CultureInfo.InvariantCulture);
        if (FindProgram("setpriv") is { } setpriv)
            return [setpriv, "--reuid", user, "--regid", group, "--clear-groups", "--inh-caps=-all", "--"];
        if ((FindProgram("su-exec") ?? FindProgram("gosu")) is { } changer)
            return [changer, $"{user}:{group}"];
        throw new DatabaseException("PostgreSQL cannot run as root, and neither setpriv (util-linux), su-exec nor gosu is here to change the user");
    }

    /// <summary>Looks for a program on the path and in the system's folders.</summary>
    public static string? FindProgram(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Concat(["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin"])
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);

    private static (uint Uid, uint Gid)? FindUser(string name)
    {
        if (!File.Exists("/etc/passwd"))
            return null;
        foreach (var line in File.ReadLines("/etc/passwd"))
        {
            var fields = line.Split(':');
            if (fields.Length > 3 && string.Equals(fields[0], name, StringComparison.Ordinal)
                && uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out var uid)
                && uint.TryParse(fields[3], NumberStyles.None, CultureInfo.InvariantCulture, out var gid))
            {
                return (uid, gid);
            }
        }

        return null;
    }
}
