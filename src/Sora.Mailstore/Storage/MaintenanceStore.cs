using Npgsql;

namespace Sora.Mailstore.Storage;

/// <summary>Clears away what is no longer needed. One process does so at a time, whichever comes first.</summary>
internal sealed class MaintenanceStore(Database database)
{
    private const long LogTrimLock = 0x536f72610001;

    /// <summary>
    /// Deletes records that a snapshot covers and that are older than the retention; records that expunge stay as long as the rows of their
    /// messages. Returns how many went, or null when another process is at it.
    /// </summary>
    public async Task<long?> TrimLogAsync(TimeSpan retention, int batch, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenDedicatedAsync(cancellationToken);
        await using (var take = new NpgsqlCommand("SELECT pg_try_advisory_lock($1)", connection))
        {
            take.Parameters.Add(new NpgsqlParameter<long> { TypedValue = LogTrimLock });
            if (await take.ExecuteScalarAsync(cancellationToken) is not true)
                return null;
        }

        // The lock goes with the connection, which belongs to this call alone.
        var total = 0L;
        while (true)
        {
            await using var delete = new NpgsqlCommand(
                """
                DELETE FROM mailbox_log WHERE ctid = ANY (ARRAY(
                    SELECT l.ctid FROM mailbox_log l
                    JOIN mailbox_snapshots s ON s.mailbox_id = l.mailbox_id AND l.modseq < s.modseq
                    WHERE l.created_at < now() - $1 AND (l.purged OR NOT l.has_expunges)
                    LIMIT $2))
                """,
                connection);
            delete.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = retention });
            delete.Parameters.Add(new NpgsqlParameter<int> { TypedValue = batch });
            var gone = await delete.ExecuteNonQueryAsync(cancellationToken);
            total += gone;
            if (gone < batch)
                return total;
        }
    }
}
