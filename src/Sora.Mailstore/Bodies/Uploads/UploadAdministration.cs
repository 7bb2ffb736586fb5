using Sora.Contracts;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Bodies.Uploads;

/// <summary>Bodies that wait for the object store, in one place.</summary>
/// <param name="Place">database, object (a staged object), or file.</param>
/// <param name="Node">The node that has the files; null otherwise.</param>
/// <param name="Bodies">How many, those that are set aside too.</param>
/// <param name="Bytes">Their size.</param>
/// <param name="Oldest">Since when the oldest waits.</param>
/// <param name="Retried">Those that failed before and are tried again.</param>
/// <param name="Failed">Those that are set aside.</param>
public sealed record UploadBacklog(string Place, string? Node, long Bodies, long Bytes, DateTimeOffset Oldest, long Retried, long Failed);

/// <summary>A body that waits for the object store.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Hash">Its BLAKE3.</param>
/// <param name="Accounts">Whose objects it becomes: primary addresses, or numbers of accounts that are gone.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Place">As <see cref="UploadBacklog.Place"/>.</param>
/// <param name="Node">The node that has the file.</param>
/// <param name="Path">The file in that node's staging folder.</param>
/// <param name="StagedAt">Since when it waits.</param>
/// <param name="Attempts">How often it failed.</param>
/// <param name="NextAttempt">When it is due; while it is on its way, when the node's lease ends.</param>
/// <param name="LastError">Why it failed last.</param>
/// <param name="FailedAt">When it was set aside; null while it is tried.</param>
/// <param name="Messages">So many messages need it.</param>
public sealed record UploadEntry(
    long Id,
    ContentHash Hash,
    IReadOnlyList<string> Accounts,
    long Size,
    string Place,
    string? Node,
    string? Path,
    DateTimeOffset StagedAt,
    int Attempts,
    DateTimeOffset NextAttempt,
    string? LastError,
    DateTimeOffset? FailedAt,
    long Messages);

/// <summary>What administrators see and do of bodies on their way to the object store.</summary>
public sealed class UploadAdministration(Database database)
{
    private readonly UploadAdministrationStore _store = new(database.Write);

    /// <summary>What waits, by place.</summary>
    public Task<List<UploadBacklog>> StatusAsync(CancellationToken cancellationToken) => _store.StatusAsync(cancellationToken);

    /// <summary>Bodies that are set aside or, with <paramref name="all"/>, that wait; oldest first, after a number.</summary>
    public Task<List<UploadEntry>> ListAsync(bool all, long after, int limit, CancellationToken cancellationToken) =>
        _store.ListAsync(all, after, limit, cancellationToken);

    /// <summary>One body; null when none of this number waits.</summary>
    public Task<UploadEntry?> FindAsync(long id, CancellationToken cancellationToken) => _store.FindAsync(id, cancellationToken);

    /// <summary>Makes one body due, or all that failed: also those that are set aside. How many.</summary>
    public Task<int> RetryAsync(long? id, CancellationToken cancellationToken) => _store.RetryAsync(id, cancellationToken);
}
