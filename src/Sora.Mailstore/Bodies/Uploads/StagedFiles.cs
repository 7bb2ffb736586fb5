using Microsoft.Extensions.Logging;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Bodies.Uploads;

/// <summary>
/// Deletes staged files. One that was uploaded goes after a while, since another commit of the same message may still be under way; one that
/// no row names goes much later. Whether a row names it is asked last.
/// </summary>
internal sealed class StagedFiles(StagedBodyStore staged, StagingFolder folder, StorageOptions options, TimeProvider time, ILogger logger)
{
    private const int MostAtOnce = 1000;
    private static readonly TimeSpan OrphanInterval = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly HashSet<string> _uploaded = new(StringComparer.Ordinal);
    private DateTimeOffset _nextOrphans;

    /// <summary>Their rows are gone. What is not deleted before this process ends is found as an orphan.</summary>
    public void Uploaded(List<StagedBody> bodies)
    {
        lock (_lock)
        {
            foreach (var body in bodies)
            {
                if (body.Path is { } path)
                    _uploaded.Add(path);
            }
        }
    }

    public async Task CleanAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var candidates = Released((now - options.StagedFileHold).UtcDateTime);
        await DeleteAsync(candidates, cancellationToken);
        if (now < _nextOrphans)
            return;
        _nextOrphans = now + OrphanInterval;
        var orphans = await DeleteAsync([.. folder.OlderThan((now - options.StagedFileGrace).UtcDateTime)], cancellationToken);
        if (orphans > 0)
            Log.OrphansDeleted(logger, orphans);
    }

    private List<string> Released(DateTime before)
    {
        var released = new List<string>();
        lock (_lock)
        {
            foreach (var name in _uploaded)
            {
                if (!folder.IsInUse(name) && File.GetLastWriteTimeUtc(folder.FullName(name)) < before)
                    released.Add(name);
            }

            foreach (var name in released)
                _uploaded.Remove(name);
        }

        return released;
    }

    private async Task<int> DeleteAsync(List<string> names, CancellationToken cancellationToken)
    {
        var deleted = 0;
        for (var start = 0; start < names.Count; start += MostAtOnce)
        {
            var some = names.GetRange(start, Math.Min(MostAtOnce, names.Count - start));
            var needed = await staged.NeededFilesAsync(folder.Node, [.. some], cancellationToken);
            foreach (var name in some)
            {
                if (needed.Contains(name))
                    continue; // by another row, whose upload brings it here again
                try
                {
                    CrashPoints.Reach(CrashPoints.Unstage);
                    folder.Delete(name);
                    deleted++;
                }
                catch (IOException e)
                {
                    Log.DeleteFailed(logger, name, e);
                }
            }
        }

        return deleted;
    }
}
