using Npgsql;
using NpgsqlTypes;
using Sora.Contracts;
using Sora.Mailstore.Relay;

namespace Sora.Mailstore.Storage;

/// <summary>The relay queue as an administrator sees and changes it.</summary>
internal sealed class RelayAdministrationStore(Database database)
{
    public async Task<List<RelayEntry>> ListAsync(RelayFilter filter, long after, int limit, CancellationToken cancellationToken)
    {
        await using var command = Command(
            """
            SELECT m.id, m.created_at, m.account_id, p.address, m.kind, m.sender, m.size, r.address, r.lease IS NOT NULL AND r.next_attempt > now(),
                r.attempts, r.next_attempt, r.expires_at, r.reply_code, r.reply_status, r.reply_text, r.reply_host
            FROM relay_messages m JOIN relay_recipients r ON r.message_id = m.id
            LEFT JOIN credentials p ON p.account_id = m.account_id AND p.is_primary
            WHERE m.id > $4 AND ($1 IS NULL OR m.id = $1) AND ($2 IS NULL OR m.account_id = $2)
                AND ($3 IS NULL OR lower(r.address) = lower($3) OR (left($3, 1) = '@' AND lower(right(r.address, length($3))) = lower($3)))
            ORDER BY m.id, r.number LIMIT $5
            """,
            filter);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = after });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
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
    public async Task<int> RetryAsync(RelayFilter filter, CancellationToken cancellationToken)
    {
        await using var command = Command(
            """
            UPDATE relay_recipients r SET next_attempt = now() FROM relay_messages m
            WHERE m.id = r.message_id AND r.lease IS NULL AND ($1 IS NULL OR m.id = $1) AND ($2 IS NULL OR m.account_id = $2)
                AND ($3 IS NULL OR lower(r.address) = lower($3) OR (left($3, 1) = '@' AND lower(right(r.address, length($3))) = lower($3)))
            """,
            filter);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task<int> DeleteAsync(RelayFilter filter, CancellationToken cancellationToken)
    {
        // The second statement sees what the first has done only in a snapshot of its own
        await using var connection = await database.Write.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var delete = Command(
            """
            DELETE FROM relay_recipients r USING relay_messages m
            WHERE m.id = r.message_id AND ($1 IS NULL OR m.id = $1) AND ($2 IS NULL OR m.account_id = $2)
                AND ($3 IS NULL OR lower(r.address) = lower($3) OR (left($3, 1) = '@' AND lower(right(r.address, length($3))) = lower($3)))
            """,
            filter,
            connection);
        var deleted = await delete.ExecuteNonQueryAsync(cancellationToken);
        await using var messages = new NpgsqlCommand(
            "DELETE FROM relay_messages m WHERE NOT EXISTS (SELECT FROM relay_recipients r WHERE r.message_id = m.id)", connection);
        await messages.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return deleted;
    }

    private NpgsqlCommand Command(string sql, RelayFilter filter, NpgsqlConnection? connection = null)
    {
        var command = connection is null ? database.Write.CreateCommand(sql) : new NpgsqlCommand(sql, connection);
        command.Parameters.Add(Nullable(filter.Message, NpgsqlDbType.Bigint));
        command.Parameters.Add(Nullable(filter.Account?.Value, NpgsqlDbType.Bigint));
        command.Parameters.Add(Nullable(filter.Recipient, NpgsqlDbType.Text));
        return command;
    }

    private static NpgsqlParameter Nullable(object? value, NpgsqlDbType type) => new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };
}
