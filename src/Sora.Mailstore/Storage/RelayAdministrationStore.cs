using Npgsql;
using NpgsqlTypes;
using Sora.Contracts;
using Sora.Mailstore.Relay;

namespace Sora.Mailstore.Storage;

/// <summary>The relay queue as an administrator sees and changes it.</summary>
internal sealed class RelayAdministrationStore(Database database)
{
    private const int PageLength = 5000;

    // The domain first: there is an index for it (migration 14)
    private const string Selected =
        """
        ($1 IS NULL OR r.message_id = $1) AND ($2 IS NULL OR m.account_id = $2)
            AND ($3 IS NULL OR (lower(split_part(r.address, '@', -1)) = lower(split_part($3, '@', -1)) AND (left($3, 1) = '@' OR lower(r.address) = lower($3))))
            AND ($4 IS NULL OR lower(m.sender) = lower($4) OR (left($4, 1) = '@' AND lower(split_part(m.sender, '@', -1)) = lower(substr($4, 2))))
            AND ($5 IS NULL OR m.kind = $5) AND (r.message_id > $6 OR (r.message_id = $6 AND r.number > $7)) AND r.message_id >= $6 AND m.id >= $6
        """;

    public async Task<List<RelayEntry>> ListAsync(RelayFilter filter, long after, int limit, CancellationToken cancellationToken)
    {
        await using var command = Command(
            $"""
            SELECT m.id, m.created_at, m.account_id, p.address, m.kind, m.sender, m.size, r.address, r.lease IS NOT NULL AND r.next_attempt > now(),
                r.attempts, r.next_attempt, r.expires_at, r.reply_code, r.reply_status, r.reply_text, r.reply_host
            FROM relay_messages m JOIN relay_recipients r ON r.message_id = m.id
            LEFT JOIN credentials p ON p.account_id = m.account_id AND p.is_primary
            WHERE {Selected}
            ORDER BY r.message_id, r.number LIMIT $8
            """,
            filter,
            (after, int.MaxValue),
            limit);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var entries = new List<RelayEntry>();
        while (await reader.ReadAsync(cancellationToken))
        {
            entries.Add(new RelayEntry(
                reader.GetInt64(0),
                reader.GetFieldValue<DateTimeOffset>(1),
                new AccountId(reader.GetInt64(2)),
                reader.IsDBNull(3) ? null : reader.GetString(3),
                (RelayKind)reader.GetInt16(4),
                reader.GetString(5),
                reader.GetInt64(6),
                reader.GetString(7),
                reader.GetBoolean(8),
                reader.GetInt32(9),
                reader.GetFieldValue<DateTimeOffset>(10),
                reader.GetFieldValue<DateTimeOffset>(11),
                reader.IsDBNull(14) ? null : new RelayReply(reader.GetInt32(12), reader.GetString(13), reader.GetString(14), reader.GetString(15))));
        }

        return entries;
    }

    // What is being sent is left alone: it would be sent twice
    public Task<int> RetryAsync(RelayFilter filter, CancellationToken cancellationToken) => PageAsync(
        $"""
        WITH page AS MATERIALIZED (
            SELECT r.message_id, r.number FROM relay_messages m JOIN relay_recipients r ON r.message_id = m.id
            WHERE {Selected} ORDER BY r.message_id, r.number LIMIT $8),
        done AS (
            UPDATE relay_recipients r SET next_attempt = now() FROM page
            WHERE r.message_id = page.message_id AND r.number = page.number AND r.lease IS NULL RETURNING r.message_id)
        SELECT page.message_id, page.number, (SELECT count(*) FROM page), (SELECT count(*) FROM done)
        FROM page ORDER BY page.message_id DESC, page.number DESC LIMIT 1
        """,
        null,
        filter,
        cancellationToken);

    public Task<int> DeleteAsync(RelayFilter filter, CancellationToken cancellationToken) => PageAsync(
        $"""
        WITH page AS MATERIALIZED (
            SELECT r.message_id, r.number FROM relay_messages m JOIN relay_recipients r ON r.message_id = m.id
            WHERE {Selected} ORDER BY r.message_id, r.number LIMIT $8),
        done AS (
            DELETE FROM relay_recipients r USING page WHERE r.message_id = page.message_id AND r.number = page.number RETURNING r.message_id)
        SELECT page.message_id, page.number, (SELECT count(*) FROM page), (SELECT count(*) FROM done), ARRAY(SELECT DISTINCT message_id FROM page)
        FROM page ORDER BY page.message_id DESC, page.number DESC LIMIT 1
        """,
        "DELETE FROM relay_messages m WHERE m.id = ANY($1) AND NOT EXISTS (SELECT FROM relay_recipients r WHERE r.message_id = m.id)",
        filter,
        cancellationToken);

    /// <summary>A page at a time, each in a transaction of its own: nobody waits for a million rows, and what was done stays done.</summary>
    /// <param name="sql">Changes a page and returns its last key, its length and how many rows were changed, and the messages when there is more to do.</param>
    /// <param name="then">What is to be done with those messages. A statement of its own: it sees what the first one did only in a snapshot of its own.</param>
    /// <param name="filter">Which recipients are meant.</param>
    /// <param name="cancellationToken">Gives up.</param>
    private async Task<int> PageAsync(string sql, string? then, RelayFilter filter, CancellationToken cancellationToken)
    {
        var total = 0L;
        var after = (Message: 0L, Number: 0);
        await using var connection = await database.Write.OpenConnectionAsync(cancellationToken);
        for (var length = (long)PageLength; length == PageLength;)
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            long[]? messages = null;
            await using (var command = Command(sql, filter, after, PageLength, connection))
            await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
            {
                if (!await reader.ReadAsync(cancellationToken))
                    break;
                after = (reader.GetInt64(0), reader.GetInt32(1));
                length = reader.GetInt64(2);
                total += reader.GetInt64(3);
                messages = then is null ? null : reader.GetFieldValue<long[]>(4);
            }

            if (messages is not null)
            {
                await using var command = new NpgsqlCommand(then, connection) { Parameters = { new NpgsqlParameter<long[]> { TypedValue = messages } } };
                await command.ExecuteNonQueryAsync(cancellationToken);
            }

            await transaction.CommitAsync(cancellationToken);
        }

        return (int)Math.Min(total, int.MaxValue);
    }

    private NpgsqlCommand Command(string sql, RelayFilter filter, (long Message, int Number) after, int limit, NpgsqlConnection? connection = null)
    {
        var command = connection is null ? database.Write.CreateCommand(sql) : new NpgsqlCommand(sql, connection);
        command.Parameters.Add(Nullable(filter.Message, NpgsqlDbType.Bigint));
        command.Parameters.Add(Nullable(filter.Account?.Value, NpgsqlDbType.Bigint));
        command.Parameters.Add(Nullable(filter.Recipient, NpgsqlDbType.Text));
        command.Parameters.Add(Nullable(filter.Sender, NpgsqlDbType.Text));
        command.Parameters.Add(Nullable((short?)filter.Kind, NpgsqlDbType.Smallint));
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = after.Message });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = after.Number });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        return command;
    }

    private static NpgsqlParameter Nullable(object? value, NpgsqlDbType type) => new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };
}
