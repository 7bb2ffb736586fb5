using Npgsql;
using NpgsqlTypes;
using Sora.Contracts;
using Sora.Mailstore.Bodies.Uploads;

namespace Sora.Mailstore.Storage;

/// <summary>The table of staged bodies as administrators see it.</summary>
internal sealed class UploadAdministrationStore(NpgsqlDataSource database)
{
    private const string Place = "CASE WHEN s.body IS NOT NULL THEN 'database' WHEN s.object THEN 'object' ELSE 'file' END";

    private const string Entries = $"""
        SELECT s.id, s.hash,
            ARRAY(SELECT coalesce((SELECT c.address FROM credentials c WHERE c.account_id = a AND c.is_primary), a::text) FROM unnest(s.accounts) AS a),
            s.size, {Place}, s.node, s.path, s.created_at, s.attempts, s.not_before, s.last_error, s.failed_at,
            (SELECT count(*) FROM contents c JOIN messages m ON m.content_id = c.id WHERE c.hash = s.hash AND c.account_id = ANY(s.accounts))
        FROM staged_bodies s
        """;

    public async Task<List<UploadBacklog>> StatusAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            $"""
            SELECT {Place} AS place, s.node, count(*), coalesce(sum(s.size), 0)::bigint, min(s.created_at),
                count(*) FILTER (WHERE s.attempts > 0 AND s.failed_at IS NULL), count(s.failed_at)
            FROM staged_bodies s
            GROUP BY place, s.node
            ORDER BY place, s.node
            """);
        var list = new List<UploadBacklog>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            list.Add(new UploadBacklog(
                reader.GetString(0),
                await reader.IsDBNullAsync(1, cancellationToken) ? null : reader.GetString(1),
                reader.GetInt64(2),
                reader.GetInt64(3),
                reader.GetFieldValue<DateTimeOffset>(4),
                reader.GetInt64(5),
                reader.GetInt64(6)));
        }

        return list;
    }

    public async Task<List<UploadEntry>> ListAsync(bool all, long after, int limit, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"{Entries} WHERE s.id > $1 AND ($2 OR s.failed_at IS NOT NULL) ORDER BY s.id LIMIT $3");
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = after });
        command.Parameters.Add(new NpgsqlParameter<bool> { TypedValue = all });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        return await ReadAsync(command, cancellationToken);
    }

    public async Task<UploadEntry?> FindAsync(long id, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"{Entries} WHERE s.id = $1");
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = id });
        return (await ReadAsync(command, cancellationToken)).FirstOrDefault();
    }

    // What is on its way (not failed, and not due because of its lease) is left alone.
    public async Task<int> RetryAsync(long? id, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            "UPDATE staged_bodies SET not_before = now(), failed_at = NULL, attempts = 0 WHERE ($1 IS NULL OR id = $1) AND (attempts > 0 OR failed_at IS NOT NULL)");
        command.Parameters.Add(new NpgsqlParameter<long?> { TypedValue = id, NpgsqlDbType = NpgsqlDbType.Bigint });
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<List<UploadEntry>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        var list = new List<UploadEntry>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            list.Add(new UploadEntry(
                reader.GetInt64(0),
                ContentHash.From(reader.GetFieldValue<byte[]>(1)),
                reader.GetFieldValue<string[]>(2),
                reader.GetInt64(3),
                reader.GetString(4),
                await TextAsync(5),
                await TextAsync(6),
                reader.GetFieldValue<DateTimeOffset>(7),
                reader.GetInt32(8),
                reader.GetFieldValue<DateTimeOffset>(9),
                await TextAsync(10),
                await reader.IsDBNullAsync(11, cancellationToken) ? null : reader.GetFieldValue<DateTimeOffset>(11),
                reader.GetInt64(12)));
        }

        return list;

        async Task<string?> TextAsync(int column) => await reader.IsDBNullAsync(column, cancellationToken) ? null : reader.GetString(column);
    }
}
