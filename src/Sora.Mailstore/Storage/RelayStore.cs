using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using NpgsqlTypes;
using Sora.Contracts;

namespace Sora.Mailstore.Storage;

/// <summary>What is known of an account when it wants to send.</summary>
/// <param name="IsNew">The operation was not there before.</param>
/// <param name="Hour">Messages of the last hour with this one.</param>
/// <param name="Day">Messages of the last day with this one.</param>
/// <param name="PrimaryAddress">The account's, or null.</param>
internal readonly record struct RelaySender(bool IsNew, long Hour, long Day, string? PrimaryAddress);

/// <summary>Which of the due recipients are meant.</summary>
internal enum RelayDue
{
    All,
    Expired,
    Reports,
}

/// <summary>The tables of the relay queue.</summary>
internal sealed class RelayStore(Database database)
{
    // The queue's own space of advisory locks: the first key says what, the second whose
    private const int AccountLock = 0x52454C59;

    public ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken) => database.Write.OpenConnectionAsync(cancellationToken);

    /// <summary>
    /// Notes the operation and counts the account's. Until the transaction ends, others of the account wait, so that the counts are exact.
    /// </summary>
    public static async Task<RelaySender> BeginOperationAsync(NpgsqlConnection connection, RelayRequest request, CancellationToken cancellationToken)
    {
        var account = Counted(request);
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT pg_advisory_xact_lock($1, hashint8($2))")
        {
            Parameters = { Int(AccountLock), Long(account) },
        });
        var insert = new NpgsqlBatchCommand("INSERT INTO relay_operations (account_id, operation_id) VALUES ($1, $2) ON CONFLICT DO NOTHING")
        {
            Parameters = { Long(account), Text(request.OperationId) },
        };
        batch.BatchCommands.Add(insert);
        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            """
            SELECT count(*) FILTER (WHERE created_at > now() - interval '1 hour'), count(*),
                (SELECT address FROM credentials WHERE account_id = $1 AND is_primary)
            FROM relay_operations WHERE account_id = $1 AND created_at > now() - interval '1 day'
            """)
        {
            Parameters = { Long(account) },
        });
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new RelaySender(insert.RecordsAffected == 1, reader.GetInt64(0), reader.GetInt64(1), NullableText(reader, 2));
    }

    // What is nobody's, a bounce that goes on to a sender elsewhere, is counted for who gets it, below 0 where no account is: a flood for one holds up no other's
    private static long Counted(RelayRequest request) => request.Account.Value != 0
        ? request.Account.Value
        : -1 - (BinaryPrimitives.ReadInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(request.Recipients[0].Address.ToLowerInvariant()))) & (long.MaxValue >> 1));

    /// <summary>Inserts a message with its first piece.</summary>
    public static async Task<long> InsertAsync(
        NpgsqlConnection connection,
        RelayRequest request,
        TimeSpan expiry,
        RelayContent content,
        ReadOnlyMemory<byte> piece,
        CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            WITH message AS (
                INSERT INTO relay_messages (account_id, kind, sender, size, content, ret, envelope_id, by_time, by_return, by_trace)
                VALUES ($1, $2, $3, octet_length($12), $4, $5, $6, $13, $14, $15) RETURNING id),
            recipients AS (
                INSERT INTO relay_recipients (message_id, number, address, notify, original, expires_at, is_report)
                SELECT message.id, r.number, r.address, r.notify, r.original, least(now() + $10, $11), $16
                FROM message, unnest($7::text[], $8::text[], $9::text[]) WITH ORDINALITY AS r (address, notify, original, number)),
            chunk AS (
                INSERT INTO relay_chunks (message_id, number, data) SELECT id, 0, $12 FROM message)
            SELECT id FROM message
            """,
            connection);
        command.Parameters.Add(Long(request.Account.Value));
        command.Parameters.Add(new NpgsqlParameter<short> { TypedValue = (short)request.Kind });
        command.Parameters.Add(Text(request.Sender));
        command.Parameters.Add(new NpgsqlParameter<short> { TypedValue = (short)content });
        command.Parameters.Add(Text(request.Return));
        command.Parameters.Add(Text(request.EnvelopeId));
        command.Parameters.Add(Texts(request.Recipients.Select(static recipient => (string?)recipient.Address)));
        command.Parameters.Add(Texts(request.Recipients.Select(static recipient => recipient.Notify)));
        command.Parameters.Add(Texts(request.Recipients.Select(static recipient => recipient.OriginalRecipient)));
        command.Parameters.Add(Interval(expiry));
        command.Parameters.Add(Time(request.DeliverBy is { IsReturn: true } by ? by.Time : null));
        command.Parameters.Add(Bytes(piece));
        command.Parameters.Add(Time(request.DeliverBy?.Time));
        command.Parameters.Add(Bool(request.DeliverBy?.IsReturn ?? false));
        command.Parameters.Add(Bool(request.DeliverBy?.IsTrace ?? false));
        command.Parameters.Add(Bool(request.Kind == RelayKind.Report));
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    public static async Task WritePieceAsync(
        NpgsqlConnection connection, long message, int number, ReadOnlyMemory<byte> piece, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("INSERT INTO relay_chunks (message_id, number, data) VALUES ($1, $2, $3)", connection);
        command.Parameters.Add(Long(message));
        command.Parameters.Add(Int(number));
        command.Parameters.Add(Bytes(piece));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Writes what is known of a message only after its last piece.</summary>
    public static async Task CompleteAsync(
        NpgsqlConnection connection, long message, long size, RelayContent content, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("UPDATE relay_messages SET size = $2, content = $3 WHERE id = $1", connection);
        command.Parameters.Add(Long(message));
        command.Parameters.Add(Long(size));
        command.Parameters.Add(new NpgsqlParameter<short> { TypedValue = (short)content });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Recipients that wait, up to a limit.</summary>
    public static async Task<long> CountRecipientsAsync(NpgsqlConnection connection, int limit, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT count(*) FROM (SELECT FROM relay_recipients LIMIT $1) r", connection);
        command.Parameters.Add(Int(limit));
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    public async Task<RelayBacklog> CountAsync(CancellationToken cancellationToken)
    {
        await using var command = database.Write.CreateCommand(
            """
            SELECT (SELECT count(*) FROM relay_recipients),
                coalesce((SELECT greatest(now() - created_at, interval '0') FROM relay_messages ORDER BY id LIMIT 1), interval '0')
            """);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new RelayBacklog(reader.GetInt64(0), reader.GetFieldValue<TimeSpan>(1));
    }

    /// <summary>Takes due recipients of the message that has waited longest since its turn came, and says when that was.</summary>
    /// <param name="which">Which recipients are meant.</param>
    /// <param name="from">Turns before that are not looked at; counts for all recipients only.</param>
    /// <param name="lease">Who takes them.</param>
    /// <param name="time">For how long.</param>
    /// <param name="limit">Most recipients.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<(RelayWork? Work, DateTimeOffset Turn)> TakeAsync(
        RelayDue which, DateTimeOffset from, Guid lease, TimeSpan time, int limit, CancellationToken cancellationToken)
    {
        await using var command = database.Write.CreateCommand(which switch { RelayDue.Expired => TakeExpired, RelayDue.Reports => TakeReports, _ => TakeDue });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = lease });
        command.Parameters.Add(Interval(time));
        command.Parameters.Add(Int(limit));
        if (which == RelayDue.All)
            command.Parameters.Add(Time(from));
        var recipients = new List<RelayTarget>();
        RelayWork? work = null;
        var turn = from;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            work ??= new RelayWork(
                lease, reader.GetInt64(0), new AccountId(reader.GetInt64(11)), (RelayKind)reader.GetInt16(12), reader.GetString(13), reader.GetInt64(14),
                (RelayContent)reader.GetInt16(15), reader.GetFieldValue<DateTimeOffset>(21), recipients)
            {
                Return = NullableText(reader, 16),
                EnvelopeId = NullableText(reader, 17),
                DeliverBy = reader.IsDBNull(18)
                    ? null
                    : new RelayDeliverBy(reader.GetFieldValue<DateTimeOffset>(18), reader.GetBoolean(19), reader.GetBoolean(20)),
            };
            turn = reader.GetFieldValue<DateTimeOffset>(22);
            recipients.Add(Target(reader));
        }

        // The order of an UPDATE's rows is not the one they were locked in
        recipients.Sort(static (left, right) => left.Number.CompareTo(right.Number));
        return (work, turn);
    }

    /// <summary>Begins the lease anew; false when none of the recipients is the holder's any more, or one is somebody else's.</summary>
    public async Task<bool> RenewAsync(RelayWork work, TimeSpan time, CancellationToken cancellationToken)
    {
        await using var command = database.Write.CreateCommand(
            """
            WITH renewed AS (
                UPDATE relay_recipients SET next_attempt = now() + $3 WHERE message_id = $1 AND lease = $2 RETURNING 1)
            SELECT EXISTS (SELECT FROM renewed)
                AND NOT EXISTS (SELECT FROM relay_recipients WHERE message_id = $1 AND number = ANY($4) AND lease IS DISTINCT FROM $2)
            """);
        command.Parameters.Add(Long(work.Message));
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = work.Lease });
        command.Parameters.Add(Interval(time));
        command.Parameters.Add(Numbers(work.Recipients.Select(static recipient => recipient.Number)));
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Numbers of the recipients that are the holder's.</summary>
    public async Task<IReadOnlyList<int>> HeldAsync(RelayWork work, CancellationToken cancellationToken)
    {
        await using var command = database.Write.CreateCommand("SELECT number FROM relay_recipients WHERE message_id = $1 AND lease = $2");
        command.Parameters.Add(Long(work.Message));
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = work.Lease });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var numbers = new List<int>();
        while (await reader.ReadAsync(cancellationToken))
            numbers.Add(reader.GetInt32(0));
        return numbers;
    }

    /// <summary>A piece of the message; null after the last.</summary>
    public async Task<byte[]?> ReadPieceAsync(long message, int number, CancellationToken cancellationToken)
    {
        await using var command = database.Write.CreateCommand("SELECT data FROM relay_chunks WHERE message_id = $1 AND number = $2");
        command.Parameters.Add(Long(message));
        command.Parameters.Add(Int(number));
        return await command.ExecuteScalarAsync(cancellationToken) as byte[];
    }

    /// <summary>
    /// Removes recipients that are done with, gives back those that are to be tried again, and removes the message with the last of its recipients. Only the
    /// holder of the lease may. Returns how many recipients were still the holder's.
    /// </summary>
    public static async Task<int> SettleAsync(
        NpgsqlConnection connection, RelayWork work, IReadOnlyList<RelayOutcome> outcomes, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);

        // Two nodes that finish the last two recipients at once would each see the other's: the message's row makes them take turns
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT FROM relay_messages WHERE id = $1 FOR UPDATE") { Parameters = { Long(work.Message) } });
        var later = outcomes.Where(static outcome => outcome.Fate == RelayFate.Deferred).ToList();
        var done = outcomes.Where(static outcome => outcome.Fate != RelayFate.Deferred).Select(static outcome => outcome.Number);
        var removed = new NpgsqlBatchCommand("DELETE FROM relay_recipients WHERE message_id = $1 AND number = ANY($2) AND lease = $3")
        {
            Parameters = { Long(work.Message), Numbers(done), new NpgsqlParameter<Guid> { TypedValue = work.Lease } },
        };
        if (outcomes.Count > later.Count)
            batch.BatchCommands.Add(removed);
        var deferred = new NpgsqlBatchCommand(
            """
            UPDATE relay_recipients r SET lease = NULL, next_attempt = least(now() + o.pause, greatest(r.expires_at, now())),
                delay_reported = r.delay_reported OR o.reported, reply_code = o.code, reply_status = o.status, reply_text = o.text, reply_host = o.host
            FROM unnest($3::integer[], $4::interval[], $5::boolean[], $6::integer[], $7::text[], $8::text[], $9::text[])
                AS o (number, pause, reported, code, status, text, host)
            WHERE r.message_id = $1 AND r.number = o.number AND r.lease = $2
            """)
        {
            Parameters =
            {
                Long(work.Message),
                new NpgsqlParameter<Guid> { TypedValue = work.Lease },
                Numbers(later.Select(static outcome => outcome.Number)),
                new() { Value = later.ConvertAll(static outcome => outcome.Pause).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Interval },
                new() { Value = later.ConvertAll(static outcome => outcome.DelayReported).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Boolean },
                Numbers(later.Select(static outcome => outcome.Reply.Code)),
                Texts(later.Select(static outcome => (string?)outcome.Reply.Status)),
                Texts(later.Select(static outcome => (string?)outcome.Reply.Text)),
                Texts(later.Select(static outcome => (string?)outcome.Reply.Host)),
            },
        };
        if (later.Count > 0)
            batch.BatchCommands.Add(deferred);
        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            "DELETE FROM relay_messages WHERE id = $1 AND NOT EXISTS (SELECT FROM relay_recipients WHERE message_id = $1)")
        {
            Parameters = { Long(work.Message) },
        });
        await batch.ExecuteNonQueryAsync(cancellationToken);

        // A command that was not run does not say that it affected none
        return (outcomes.Count > later.Count ? (int)removed.RecordsAffected : 0) + (later.Count > 0 ? (int)deferred.RecordsAffected : 0);
    }

    /// <summary>Forgets operations that no client will repeat any more. Returns how many.</summary>
    public async Task<long> TrimOperationsAsync(TimeSpan age, int batch, CancellationToken cancellationToken)
    {
        for (var total = 0L; ;)
        {
            // SKIP LOCKED: of several nodes at it none waits for another
            await using var command = database.Write.CreateCommand(
                """
                DELETE FROM relay_operations WHERE ctid = ANY (ARRAY(
                    SELECT ctid FROM relay_operations WHERE created_at < now() - $1 LIMIT $2 FOR UPDATE SKIP LOCKED))
                """);
            command.Parameters.Add(Interval(age));
            command.Parameters.Add(Int(batch));
            var gone = await command.ExecuteNonQueryAsync(cancellationToken);
            total += gone;
            if (gone < batch)
                return total;
        }
    }

    private const string TakeDue =
        """
        WITH first AS MATERIALIZED (
            SELECT message_id, next_attempt AS turn FROM relay_recipients
            WHERE next_attempt >= $4 AND next_attempt <= now() ORDER BY next_attempt LIMIT 1 FOR UPDATE SKIP LOCKED),
        due AS MATERIALIZED (
            SELECT message_id, number FROM relay_recipients
            WHERE message_id = (SELECT message_id FROM first) AND next_attempt <= now()
            ORDER BY number LIMIT $3 FOR UPDATE SKIP LOCKED)
        """ + "\n" + TakeThem;

    private const string TakeExpired =
        """
        WITH first AS MATERIALIZED (
            SELECT message_id, next_attempt AS turn FROM relay_recipients WHERE expires_at <= now() AND next_attempt <= now() ORDER BY expires_at LIMIT 1 FOR UPDATE SKIP LOCKED),
        due AS MATERIALIZED (
            SELECT message_id, number FROM relay_recipients
            WHERE message_id = (SELECT message_id FROM first) AND expires_at <= now() AND next_attempt <= now()
            ORDER BY number LIMIT $3 FOR UPDATE SKIP LOCKED)
        """ + "\n" + TakeThem;

    private const string TakeReports =
        """
        WITH first AS MATERIALIZED (
            SELECT message_id, next_attempt AS turn FROM relay_recipients WHERE is_report AND next_attempt <= now() ORDER BY next_attempt LIMIT 1 FOR UPDATE SKIP LOCKED),
        due AS MATERIALIZED (
            SELECT message_id, number FROM relay_recipients
            WHERE message_id = (SELECT message_id FROM first) AND next_attempt <= now()
            ORDER BY number LIMIT $3 FOR UPDATE SKIP LOCKED)
        """ + "\n" + TakeThem;

    private const string TakeThem =
        """
        UPDATE relay_recipients r SET lease = $1, next_attempt = now() + $2, attempts = attempts + 1
        FROM first, due, relay_messages m WHERE r.message_id = due.message_id AND r.number = due.number AND m.id = r.message_id
        RETURNING r.message_id, r.number, r.address, r.notify, r.original, r.attempts, r.expires_at, r.expires_at <= now(), r.delay_reported,
            CASE WHEN r.reply_text IS NULL THEN NULL ELSE r.reply_code END, ARRAY[r.reply_status, r.reply_text, r.reply_host],
            m.account_id, m.kind, m.sender, m.size, m.content, m.ret, m.envelope_id, m.by_time, m.by_return, m.by_trace, m.created_at, first.turn
        """;

    private static RelayTarget Target(NpgsqlDataReader reader)
    {
        var reply = reader.IsDBNull(9) ? null : reader.GetFieldValue<string[]>(10);
        return new RelayTarget(
            reader.GetInt32(1),
            new RelayRecipient(reader.GetString(2), NullableText(reader, 3), NullableText(reader, 4)),
            reader.GetInt32(5),
            reader.GetFieldValue<DateTimeOffset>(6),
            reader.GetBoolean(7),
            reader.GetBoolean(8),
            reply is null ? null : new RelayReply(reader.GetInt32(9), reply[0], reply[1], reply[2]));
    }

    private static NpgsqlParameter<long> Long(long value) => new() { TypedValue = value };

    private static NpgsqlParameter<int> Int(int value) => new() { TypedValue = value };

    private static NpgsqlParameter<bool> Bool(bool value) => new() { TypedValue = value };

    private static NpgsqlParameter<TimeSpan> Interval(TimeSpan value) => new() { TypedValue = value };

    private static NpgsqlParameter Time(DateTimeOffset? value) =>
        new() { Value = value is { } time ? time.ToUniversalTime() : DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz };

    private static NpgsqlParameter Text(string? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    private static NpgsqlParameter Texts(IEnumerable<string?> values) =>
        new() { Value = values.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };

    private static NpgsqlParameter Numbers(IEnumerable<int> values) =>
        new() { Value = values.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer };

    private static NpgsqlParameter<ReadOnlyMemory<byte>> Bytes(ReadOnlyMemory<byte> value) =>
        new() { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Bytea };

    private static string? NullableText(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
}
