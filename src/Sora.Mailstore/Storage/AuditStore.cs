using System.Net;
using Npgsql;
using NpgsqlTypes;
using Sora.Mailstore.Audit;

namespace Sora.Mailstore.Storage;

/// <summary>The audit log.</summary>
internal sealed class AuditStore(Database database)
{
    private const int SweepBatch = 5000;

    public async Task InsertAsync(IReadOnlyCollection<AuditEntry> entries, CancellationToken cancellationToken)
    {
        await using var command = database.Write.CreateCommand(
            """
            INSERT INTO audit_log (at, until, times, kind, node, outcome, actor, action, detail, reason, address, account_id, acted_for)
            SELECT * FROM unnest(
                $1::timestamptz[], $2::timestamptz[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::inet[],
                $12::bigint[], $13::text[])
            """);
        var parameters = command.Parameters;
        parameters.Add(new NpgsqlParameter<DateTimeOffset[]> { TypedValue = [.. entries.Select(static entry => entry.At)] });
        parameters.Add(new NpgsqlParameter<DateTimeOffset[]> { TypedValue = [.. entries.Select(static entry => entry.Until)] });
        parameters.Add(new NpgsqlParameter<int[]> { TypedValue = [.. entries.Select(static entry => entry.Times)] });
        parameters.Add(Texts(entries, static entry => entry.Kind));
        parameters.Add(Texts(entries, static entry => entry.Node));
        parameters.Add(Texts(entries, static entry => entry.Outcome));
        parameters.Add(Texts(entries, static entry => entry.Actor));
        parameters.Add(Texts(entries, static entry => entry.Action));
        parameters.Add(Texts(entries, static entry => entry.Detail));
        parameters.Add(Texts(entries, static entry => entry.Reason));
        parameters.Add(new NpgsqlParameter<IPAddress?[]>
        {
            TypedValue = [.. entries.Select(static entry => IPAddress.None.Equals(entry.Address) ? null : entry.Address)],
            NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Inet,
        });
        parameters.Add(new NpgsqlParameter<long?[]> { TypedValue = [.. entries.Select(static entry => entry.Account)], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        parameters.Add(Texts(entries, static entry => entry.ActedFor));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>An administrator begins to change something; gives the entry's number.</summary>
    public async Task<long> BeginAsync(string machine, string actor, string action, string detail, CancellationToken cancellationToken)
    {
        await using var command = database.Write.CreateCommand(
            """
            INSERT INTO audit_log (at, until, times, kind, node, outcome, actor, action, detail)
            VALUES (now(), now(), 1, 'admin', $1, 'begun', $2, $3, $4) RETURNING id
            """);
        command.Parameters.Add(Text(machine));
        command.Parameters.Add(Text(actor));
        command.Parameters.Add(Text(action));
        command.Parameters.Add(Text(detail));
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>And has come to an end with it; running nodes are told.</summary>
    public async Task EndAsync(long entry, bool isDone, string? reason, CancellationToken cancellationToken)
    {
        await using var command = database.Write.CreateCommand(
            """
            WITH ended AS (UPDATE audit_log SET until = now(), outcome = $2, reason = $3 WHERE id = $1 RETURNING id)
            SELECT pg_notify($4, $5 || id) FROM ended
            """);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = entry });
        command.Parameters.Add(Text(isDone ? "ok" : "failed"));
        command.Parameters.Add(Text(reason));
        command.Parameters.Add(Text(ChangeFeed.Channel));
        command.Parameters.Add(Text(ChangeFeed.ActOfAdministrator));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>One entry; null when it is gone.</summary>
    public async Task<AuditEntry?> ReadAsync(long id, CancellationToken cancellationToken)
    {
        await using var command = database.Write.CreateCommand(
            "SELECT id, at, until, times, kind, node, outcome, actor, action, detail, reason, host(address), account_id, acted_for FROM audit_log WHERE id = $1");
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = id });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? Entry(reader) : null;
    }

    /// <summary>Entries, the newest first.</summary>
    public Task<List<ListedAuditEntry>> ListAsync(AuditFilter filter, int most, CancellationToken cancellationToken) =>
        ReadAgain.OnceAsync(async () =>
        {
            await using var command = database.Write.CreateCommand(
                """
                SELECT id, at, until, times, kind, node, outcome, actor, action, detail, reason, host(address), account_id, acted_for FROM audit_log
                WHERE ($1::text IS NULL OR kind = $1)
                    AND ($2::timestamptz IS NULL OR until >= $2) AND ($3::timestamptz IS NULL OR at < $3)
                    AND ($4::text IS NULL OR actor = $4 OR acted_for = $4 OR (left($4, 1) = '@' AND (right(actor, length($4)) = $4 OR right(acted_for, length($4)) = $4)))
                    AND ($5::text IS NULL OR address <<= $5::inet)
                    AND ($6::text IS NULL OR action = $6 OR left(action, length($6) + 1) = $6 || ' ')
                    AND ($7::text IS NULL OR outcome = $7)
                    AND ($8::bigint IS NULL OR id < $8)
                ORDER BY id DESC LIMIT $9
                """);
            command.Parameters.Add(Text(filter.Kind));
            command.Parameters.Add(Time(filter.Since));
            command.Parameters.Add(Time(filter.Until));
            command.Parameters.Add(Text(filter.Actor));
            command.Parameters.Add(Text(filter.Network));
            command.Parameters.Add(Text(filter.Action));
            command.Parameters.Add(Text(filter.Outcome));
            command.Parameters.Add(new NpgsqlParameter { Value = (object?)filter.Before ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint });
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = most });
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            var entries = new List<ListedAuditEntry>();
            while (await reader.ReadAsync(cancellationToken))
                entries.Add(new ListedAuditEntry(reader.GetInt64(0), Entry(reader)));
            return entries;
        });

    /// <summary>Deletes what is too old, and the oldest of what is too much.</summary>
    public async Task SweepAsync(TimeSpan retention, long most, CancellationToken cancellationToken)
    {
        while (true)
        {
            await using var command = database.Write.CreateCommand(
                """
                DELETE FROM audit_log WHERE id = ANY (ARRAY(
                    SELECT id FROM audit_log WHERE at < now() - $1 OR id <= (SELECT max(id) FROM audit_log) - $2 ORDER BY id LIMIT $3))
                """);
            command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = retention });
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = most });
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = SweepBatch });
            if (await command.ExecuteNonQueryAsync(cancellationToken) < SweepBatch)
                return;
        }
    }

    private static AuditEntry Entry(NpgsqlDataReader reader) => new(
        reader.GetFieldValue<DateTimeOffset>(1), reader.GetFieldValue<DateTimeOffset>(2), reader.GetInt32(3), reader.GetString(4), reader.GetString(5), reader.GetString(6),
        OrNull(reader, 7), reader.GetString(8), OrNull(reader, 9), OrNull(reader, 10), reader.IsDBNull(11) ? null : IPAddress.Parse(reader.GetString(11)),
        reader.IsDBNull(12) ? null : reader.GetInt64(12), OrNull(reader, 13));

    private static string? OrNull(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    private static NpgsqlParameter Text(string? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    private static NpgsqlParameter Time(DateTimeOffset? value) => new() { Value = (object?)value?.ToUniversalTime() ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz };

    private static NpgsqlParameter<string?[]> Texts(IReadOnlyCollection<AuditEntry> entries, Func<AuditEntry, string?> column) =>
        new() { TypedValue = [.. entries.Select(column)], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };
}
