using System.Globalization;
using Npgsql;
using Sora.Configuration;
using Sora.Mailstore.Bodies;
using Sora.Mailstore.Storage;

namespace Sora.Silo.Http;

/// <summary>The checks of a node.</summary>
internal static class HealthChecks
{
    /// <summary>Not before the database is open: until then it is failing, and that is true.</summary>
    public static IReadOnlyList<HealthCheck> Of(Func<Database?> database, Func<BodyHost?> bodies, string dataFolder, ByteSize minFreeSpace) =>
    [
        new HealthCheck("database_write", token => AskAsync(database()?.Write, isPrimary: true, token)),
        new HealthCheck("database_read", token => AskAsync(database()?.Read, isPrimary: false, token)),
        new HealthCheck("data_folder", _ => Task.FromResult(Folder(dataFolder, minFreeSpace))),
        new HealthCheck("staging", _ => Task.FromResult(Staging(bodies()))),
        new HealthCheck("object_store", _ => Task.FromResult(ObjectStore(bodies()))),
    ];

    private static async Task<HealthFinding> AskAsync(NpgsqlDataSource? source, bool isPrimary, CancellationToken cancellationToken)
    {
        if (source is null)
            return new HealthFinding(HealthStatus.Failing, "not connected yet");
        var isReplica = await Database.IsReplicaAsync(source, cancellationToken);
        return isPrimary && isReplica ? new HealthFinding(HealthStatus.Failing, "the server takes no writes") : HealthFinding.Ok;
    }

    // Full staging refuses mail; nine tenths of it call for somebody to look
    private static HealthFinding Staging(BodyHost? bodies)
    {
        if (bodies is null)
            return new HealthFinding(HealthStatus.Failing, "not started yet");
        var (used, limit) = (bodies.StagingUsed, bodies.StagingLimit);
        var text = string.Create(CultureInfo.InvariantCulture, $"{used} of {limit} bytes used");
        return used >= limit ? new HealthFinding(HealthStatus.Failing, text)
            : used >= limit / 10 * 9 ? new HealthFinding(HealthStatus.Degraded, text)
            : HealthFinding.Ok;
    }

    // Asks nobody: S3 would be asked by every probe of every node, and what it fails shows in the requests that are made anyway. Mail is taken meanwhile
    private static HealthFinding ObjectStore(BodyHost? bodies)
    {
        if (bodies is null)
            return new HealthFinding(HealthStatus.Failing, "not started yet");
        return bodies.S3?.Trouble is { } trouble ? new HealthFinding(HealthStatus.Degraded, trouble) : HealthFinding.Ok;
    }

    private static HealthFinding Folder(string folder, ByteSize minFreeSpace)
    {
        var probe = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $".health-{Environment.ProcessId}-{Environment.CurrentManagedThreadId}"));
        using (new FileStream(probe, new FileStreamOptions
        {
            Mode = FileMode.Create, Access = FileAccess.Write, Options = FileOptions.DeleteOnClose,
        }))
        {
        }

        var free = new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace;
        return free < minFreeSpace.Bytes
            ? new HealthFinding(HealthStatus.Degraded, string.Create(CultureInfo.InvariantCulture, $"{free} bytes free"))
            : HealthFinding.Ok;
    }
}
