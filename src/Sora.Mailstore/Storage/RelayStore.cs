using Npgsql;
using NpgsqlTypes;
using Sora.Contracts;

namespace Sora.Mailstore.Storage;

/// <summary>A recipient whose turn it is.</summary>
internal sealed record DueRecipient(long Message, int Number, string Address, string? Notify, string? Original, int Attempts, DateTimeOffset ExpiresAt);

/// <summary>What all recipients of a queued message share.</summary>
internal sealed record QueuedMessage(long Id, AccountId Account, RelayKind Kind, string Sender, long Size, string? Return, string? EnvelopeId);

/// <summary>The tables of the relay queue.</summary>
internal sealed class RelayStore(Database database)
{
    // The queue's own space of advisory locks: the first key says what, the second whose
    private const int AccountLock = 0x52454C59;

    public ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken) => database.Write.OpenConnectionAsync(cancellationToken);

    /// <summary>
    /// Notes the operation; false when it is there already. Until the transaction ends, others of the account wait, so that the count below is exact.
    /// </summary>
    public static async Task<bool> BeginOperationAsync(NpgsqlConnection connection, RelayRequest request, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT pg_advisory_xact_lock($1, hashint8($2))")
        {
            Parameters = { new NpgsqlParameter<int> { TypedValue = AccountLock }, Long(request.Account.Value) },
        });
        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            "INSERT INTO relay_operations (account_id, operation_id) VALUES ($1, $2) ON CONFLICT DO NOTHING")
        {
            Parameters = { Long(request.Account.Value), Text(request.OperationId) },
        });
        await batch.ExecuteNonQueryAsync(cancellationToken);
        return batch.BatchCommands[1].RecordsAffected == 1;
    }

    /// <summary>Messages of the account in the last hour and day with this one, and recipients that wait, up to a limit.</summary>
    public static async Task<(long Hour, long Day, long Waiting)> CountAsync(
        NpgsqlConnection connection, AccountId account, int limit, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT count(*) FILTER (WHERE created_at > now() - interval '1 hour'), count(*),
                (SELECT count(*) FROM (SELECT FROM relay_recipients LIMIT $2) r)
            FROM relay_operations WHERE account_id = $1 AND created_at > now() - interval '1 day'
            """,
            connection);
        command.Parameters.Add(Long(account.Value));
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2));
    }

    public static async Task<long> InsertAsync(NpgsqlConnection connection, RelayRequest request, DateTimeOffset expires, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            WITH message AS (
                INSERT INTO relay_messages (account_id, kind, sender, size, ret, envelope_id) VALUES ($1, $2, $3, 0, $4, $5) RETURNING id),
            recipients AS (
                INSERT INTO relay_recipients (message_id, number, address, notify, original, expires_at)
                SELECT message.id, r.number, r.address, r.notify, r.original, $9
                FROM message, unnest($6::text[], $7::text[], $8::text[]) WITH ORDINALITY AS r (address, notify, original, number))
            SELECT id FROM message
            """,
            connection);
        command.Parameters.Add(Long(request.Account.Value));
        command.Parameters.Add(new NpgsqlParameter<short> { TypedValue = (short)request.Kind });
        command.Parameters.Add(Text(request.Sender));
        command.Parameters.Add(Text(request.Return));
        command.Parameters.Add(Text(request.EnvelopeId));
        command.Parameters.Add(Texts(request.Recipients.Select(static recipient => (string?)recipient.Address)));
        command.Parameters.Add(Texts(request.Recipients.Select(static recipient => recipient.Notify)));
        command.Parameters.Add(Texts(request.Recipients.Select(static recipient => recipient.OriginalRecipient)));
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = expires.ToUniversalTime() });
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    public static async Task WriteChunkAsync(
        NpgsqlConnection connection, long message, int number, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            WITH message AS (UPDATE relay_messages SET size = size + octet_length($3) WHERE id = $1)
            INSERT INTO relay_chunks (message_id, number, data) VALUES ($1, $2, $3)
            """,
            connection);
        command.Parameters.Add(Long(message));
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = number });
        command.Parameters.Add(new NpgsqlParameter<ReadOnlyMemory<byte>> { TypedValue = data, NpgsqlDbType = NpgsqlDbType.Bytea });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// Takes the due recipients of one message. They are the caller's until the lease's time is over: then they are due again for whoever comes, which is
    /// how the work of a node that died goes on.
    /// </summary>
    public async Task<List<DueRecipient>> TakeAsync(Guid lease, TimeSpan time, int limit, CancellationToken cancellationToken)
    {
        await using var command = database.Write.CreateCommand(
            """
            WITH first AS MATERIALIZED (
                SELECT message_id FROM relay_recipients WHERE next_attempt <= now() ORDER BY next_attempt LIMIT 1 FOR UPDATE SKIP LOCKED),
            due AS MATERIALIZED (
                SELECT message_id, number FROM relay_recipients
                WHERE message_id = (SELECT message_id FROM first) AND next_attempt <= now()
                ORDER BY number LIMIT $3 FOR UPDATE SKIP LOCKED)
            UPDATE relay_recipients r SET lease = $1, next_attempt = now() + $2, attempts = attempts + 1
            FROM due WHERE r.message_id = due.message_id AND r.number = due.number
            RETURNING r.message_id, r.number, r.address, r.notify, r.original, r.attempts, r.expires_at
            """);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = lease });
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = time });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        var due = new List<DueRecipient>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            due.Add(new DueRecipient(
                reader.GetInt64(0), reader.GetInt32(1), reader.GetString(2), NullableText(reader, 3), NullableText(reader, 4), reader.GetInt32(5),
                reader.GetFieldValue<DateTimeOffset>(6)));
        }

        return due;
    }

    public async Task<QueuedMessage?> ReadAsync(long message, CancellationToken cancellationToken)
    {
        await using var command = database.Write.CreateCommand(
            "SELECT account_id, kind, sender, size, ret, envelope_id FROM relay_messages WHERE id = $1");
        command.Parameters.Add(Long(message));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new QueuedMessage(
                message, new AccountId(reader.GetInt64(0)), (RelayKind)reader.GetInt16(1), reader.GetString(2), reader.GetInt64(3),
                NullableText(reader, 4), NullableText(reader, 5))
            : null;
    }

    /// <summary>A piece of the message; null after the last.</summary>
    public async Task<byte[]?> ReadChunkAsync(long message, int number, CancellationToken cancellationToken)
    {
        await using var command = database.Write.CreateCommand("SELECT data FROM relay_chunks WHERE message_id = $1 AND number = $2");
        command.Parameters.Add(Long(message));
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = number });
        return await command.ExecuteScalarAsync(cancellationToken) as byte[];
    }

    /// <summary>Removes recipients that are done with, and the message with the last of them. Only the holder of the lease may.</summary>
    public async Task FinishAsync(Guid lease, long message, IReadOnlyList<int> numbers, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var batch = new NpgsqlBatch(connection);

        // Two nodes that finish the last two recipients at once would each see the other's: the message's row makes them take turns
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT FROM relay_messages WHERE id = $1 FOR UPDATE") { Parameters = { Long(message) } });
        batch.BatchCommands.Add(new NpgsqlBatchCommand("DELETE FROM relay_recipients WHERE message_id = $1 AND number = ANY($2) AND lease = $3")
        {
            Parameters = { Long(message), Numbers(numbers), new NpgsqlParameter<Guid> { TypedValue = lease } },
        });
        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            "DELETE FROM relay_messages WHERE id = $1 AND NOT EXISTS (SELECT FROM relay_recipients WHERE message_id = $1)")
        {
            Parameters = { Long(message) },
        });
        await batch.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Gives recipients back, to be tried again after a pause. Only the holder of the lease may.</summary>
    public async Task DeferAsync(Guid lease, long message, IReadOnlyList<int> numbers, TimeSpan pause, string reply, CancellationToken cancellationToken)
    {
        await using var command = database.Write.CreateCommand(
            """
            UPDATE relay_recipients SET next_attempt = now() + $4, lease = NULL, last_reply = $5
            WHERE message_id = $1 AND number = ANY($2) AND lease = $3
            """);
        command.Parameters.Add(Long(message));
        command.Parameters.Add(Numbers(numbers));
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = lease });
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = pause });
        command.Parameters.Add(Text(reply));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static NpgsqlParameter<long> Long(long value) => new() { TypedValue = value };

    private static NpgsqlParameter Text(string? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    private static NpgsqlParameter Texts(IEnumerable<string?> values) =>
        new() { Value = values.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };

    private static NpgsqlParameter Numbers(IReadOnlyList<int> values) =>
        new() { Value = values.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer };

    private static string? NullableText(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
}
