using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Audit;

/// <summary>The audit log for administrators: what they do is written into it, and they read it.</summary>
public sealed class AuditAdministration(Database database)
{
    private readonly AuditStore _store = new(database);

    /// <summary>Somebody is about to change something. What cannot be written down is not to be done.</summary>
    /// <param name="machine">Where that is done.</param>
    /// <param name="actor">Who, by the name on the machine.</param>
    /// <param name="action">The command.</param>
    /// <param name="detail">Its options, without secrets.</param>
    /// <returns>The entry's number.</returns>
    public Task<long> BeginAsync(string machine, string actor, string action, string detail, CancellationToken cancellationToken) =>
        _store.BeginAsync(machine, actor, action, detail, cancellationToken);

    /// <summary>It is done, or not.</summary>
    public Task EndAsync(long entry, bool isDone, string? reason, CancellationToken cancellationToken) => _store.EndAsync(entry, isDone, reason, cancellationToken);

    /// <summary>Entries, the newest first.</summary>
    public Task<List<ListedAuditEntry>> ListAsync(AuditFilter filter, int most, CancellationToken cancellationToken) => _store.ListAsync(filter, most, cancellationToken);
}
