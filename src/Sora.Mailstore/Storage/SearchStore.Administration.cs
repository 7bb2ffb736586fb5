using Npgsql;
using Sora.Contracts;
using Sora.Mailstore.Search;

namespace Sora.Mailstore.Storage;

/// <summary>What administrators ask of the index.</summary>
internal sealed partial class SearchStore
{
    /// <summary>What the index of an account is like; of all accounts together without one.</summary>
    public async Task<SearchStatus> ReadStatusAsync(AccountId? account, CancellationToken cancellationToken)
    {
        await using var command = database.Read.CreateCommand(
            """
            SELECT (SELECT count(*) FROM contents WHERE $1 IS NULL OR account_id = $1),
                q.waiting, q.left_out, q.age, s.segments, s.old, s.size, s.oldest,
                (SELECT coalesce(sum(octet_length(text)), 0)::bigint FROM content_text t
                 WHERE $1 IS NULL OR EXISTS (SELECT FROM contents c WHERE c.id = t.content_id AND c.account_id = $1))
            FROM (
                SELECT count(*) FILTER (WHERE not_before < 'infinity') AS waiting, count(*) FILTER (WHERE not_before = 'infinity') AS left_out,
                    coalesce(extract(epoch FROM now() - min(not_before) FILTER (WHERE not_before < 'infinity')), 0)::double precision AS age
                FROM search_queue WHERE $1 IS NULL OR account_id = $1) AS q
            CROSS JOIN (
                SELECT count(*) AS segments, count(*) FILTER (WHERE format < $2 OR stale) AS old, coalesce(sum(size), 0)::bigint AS size, min(format) AS oldest
                FROM search_segments WHERE $1 IS NULL OR account_id = $1) AS s
            """);
        command.Parameters.Add(new NpgsqlParameter { Value = account?.Value ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Bigint });
        command.Parameters.Add(new NpgsqlParameter<short> { TypedValue = SegmentFormat.Current });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new SearchStatus(
            Messages: reader.GetInt64(0),
            Waiting: reader.GetInt64(1),
            LeftOut: reader.GetInt64(2),
            Lag: TimeSpan.FromSeconds(Math.Max(0, reader.GetDouble(3))),
            Segments: reader.GetInt64(4),
            OldSegments: reader.GetInt64(5),
            IndexBytes: reader.GetInt64(6),
            TextBytes: reader.GetInt64(8),
            Format: SegmentFormat.Current,
            OldestFormat: await reader.IsDBNullAsync(7, cancellationToken) ? null : reader.GetInt16(7));
    }

    /// <summary>
    /// Marks the segments that have messages of an account, or of one of its mailboxes, to be made anew, and queues those messages that are in none and wait for nothing.
    /// </summary>
    public async Task<SearchReindex> MarkStaleAsync(AccountId account, MailboxId? mailbox, CancellationToken cancellationToken)
    {
        await using var connection = await database.Write.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);

        // Whoever merges or indexes is waited for, and waits for a moment: a segment that is merged away would take its mark with it
        await using (var take = new NpgsqlCommand("LOCK TABLE search_segments IN SHARE ROW EXCLUSIVE MODE", connection))
            await take.ExecuteNonQueryAsync(cancellationToken);
        var wanted = await ReadContentsAsync(connection, account, mailbox, cancellationToken);
        var marked = new List<long>();
        var indexed = new HashSet<long>();
        await using (var command = new NpgsqlCommand("SELECT id, contents FROM search_segments WHERE account_id = $1", connection))
        {
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = account.Value });
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                var contents = DecodeContents(reader.GetFieldValue<byte[]>(1));
                if (mailbox is null || Array.Exists(contents, wanted.Contains))
                    marked.Add(reader.GetInt64(0));
                indexed.UnionWith(contents);
            }
        }

        await using (var mark = new NpgsqlCommand("UPDATE search_segments SET stale = true WHERE id = ANY($1) AND NOT stale", connection))
        {
            mark.Parameters.Add(Longs([.. marked]));
            await mark.ExecuteNonQueryAsync(cancellationToken);
        }

        // Also what was left out is tried once more
        await using var queue = new NpgsqlCommand(
            """
            INSERT INTO search_queue (content_id, account_id) SELECT id, $2 FROM unnest($1) AS id
            ON CONFLICT (content_id) DO UPDATE SET attempts = 0, not_before = now(), last_error = NULL WHERE search_queue.not_before = 'infinity'
            """,
            connection);
        queue.Parameters.Add(Longs([.. wanted.Except(indexed)]));
        queue.Parameters.Add(new NpgsqlParameter<long> { TypedValue = account.Value });
        var queued = await queue.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new SearchReindex(marked.Count, queued);
    }

    private static async Task<HashSet<long>> ReadContentsAsync(
        NpgsqlConnection connection, AccountId account, MailboxId? mailbox, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            mailbox is null
                ? "SELECT id FROM contents WHERE account_id = $1"
                : "SELECT c.id FROM contents c WHERE c.account_id = $1 AND EXISTS (SELECT FROM messages m WHERE m.content_id = c.id AND m.mailbox_id = $2)",
            connection);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = account.Value });
        if (mailbox is { } one)
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = one.Value });
        var contents = new HashSet<long>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            contents.Add(reader.GetInt64(0));
        return contents;
    }
}
