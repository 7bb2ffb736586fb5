using Npgsql;
using NpgsqlTypes;
using Sora.Contracts;
using Sora.Mailstore.Bodies;

namespace Sora.Mailstore.Storage;

/// <summary>A body that waits for the object store, without its bytes.</summary>
internal sealed record StagedBody(long Id, ContentHash Hash, AccountId[] Accounts, long Size, bool IsInDatabase, string? Node, string? Path, int Attempts);

/// <summary>An upload that failed, and when it is tried again.</summary>
internal readonly record struct PutOffBody(long Id, TimeSpan Pause, string Error);

/// <summary>The table of bodies that are durable but not yet in the object store.</summary>
internal sealed class StagedBodyStore(NpgsqlDataSource database)
{
    private const string Columns = "id, hash, accounts, size, body IS NOT NULL, node, path, attempts";

    /// <summary>
    /// Locks bodies that are due until the transaction ends: no other node takes them, and none of them stays taken when this node dies.
    /// Files of other nodes are left to them.
    /// </summary>
    public static async Task<List<StagedBody>> TakeAsync(NpgsqlConnection connection, string node, int limit, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""
            SELECT {Columns}
            FROM staged_bodies
            WHERE not_before <= now() AND (body IS NOT NULL OR node = $1)
            ORDER BY not_before, id
            LIMIT $2
            FOR UPDATE SKIP LOCKED
            """,
            connection);
        command.Parameters.Add(Text(node));
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        return await ReadAsync(command, cancellationToken);
    }

    public static async Task<Dictionary<long, byte[]>> ReadBodiesAsync(NpgsqlConnection connection, long[] ids, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT id, body FROM staged_bodies WHERE id = ANY($1) AND body IS NOT NULL", connection);
        command.Parameters.Add(Longs(ids));
        var bodies = new Dictionary<long, byte[]>(ids.Length);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            bodies.Add(reader.GetInt64(0), reader.GetFieldValue<byte[]>(1));
        return bodies;
    }

    public static async Task DeleteAsync(NpgsqlConnection connection, long[] ids, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("DELETE FROM staged_bodies WHERE id = ANY($1)", connection);
        command.Parameters.Add(Longs(ids));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public static async Task PutOffAsync(NpgsqlConnection connection, IReadOnlyList<PutOffBody> bodies, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            UPDATE staged_bodies s
            SET attempts = s.attempts + 1, not_before = now() + f.pause * interval '1 second', last_error = f.error
            FROM unnest($1::bigint[], $2::double precision[], $3::text[]) AS f (id, pause, error)
            WHERE s.id = f.id
            """,
            connection);
        command.Parameters.Add(Longs([.. bodies.Select(static body => body.Id)]));
        command.Parameters.Add(new NpgsqlParameter<double[]>
        {
            TypedValue = [.. bodies.Select(static body => body.Pause.TotalSeconds)],
            NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Double,
        });
        command.Parameters.Add(Texts([.. bodies.Select(static body => body.Error)]));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Where a body of an account waits: those in the database first, then those in files of <paramref name="node"/>.</summary>
    public Task<List<StagedBody>> FindAsync(ContentHash hash, AccountId account, string node, CancellationToken cancellationToken) =>
        ReadAgain.OnceAsync(() => SelectAsync(hash, account, node, cancellationToken));

    private async Task<List<StagedBody>> SelectAsync(ContentHash hash, AccountId account, string node, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            $"""
            SELECT {Columns}
            FROM staged_bodies
            WHERE hash = $1 AND $2 = ANY(accounts)
            ORDER BY body IS NULL, node IS DISTINCT FROM $3, id
            LIMIT 8
            """);
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = hash.ToArray() });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = account.Value });
        command.Parameters.Add(Text(node));
        return await ReadAsync(command, cancellationToken);
    }

    /// <summary>A piece of a body that waits in the database; null when it waits there no longer.</summary>
    public Task<byte[]?> ReadPieceAsync(long id, long offset, int count, CancellationToken cancellationToken) =>
        ReadAgain.OnceAsync(() => SelectPieceAsync(id, offset, count, cancellationToken));

    private async Task<byte[]?> SelectPieceAsync(long id, long offset, int count, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT substring(body FROM $2 FOR $3) FROM staged_bodies WHERE id = $1");
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = id });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = checked((int)offset + 1) });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = count });
        return await command.ExecuteScalarAsync(cancellationToken) as byte[];
    }

    public async Task<StagingBacklog> CountAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            SELECT count(*), coalesce(sum(size), 0)::bigint, coalesce(extract(epoch FROM now() - min(created_at)), 0)::double precision
            FROM staged_bodies
            """);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new StagingBacklog(reader.GetInt64(0), reader.GetInt64(1), TimeSpan.FromSeconds(Math.Max(0, reader.GetDouble(2))));
    }

    /// <summary>Those of a node's files that a staged body still needs.</summary>
    public async Task<HashSet<string>> NeededFilesAsync(string node, string[] paths, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT path FROM staged_bodies WHERE node = $1 AND path = ANY($2)");
        command.Parameters.Add(Text(node));
        command.Parameters.Add(Texts(paths));
        var needed = new HashSet<string>(StringComparer.Ordinal);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            needed.Add(reader.GetString(0));
        return needed;
    }

    private static async Task<List<StagedBody>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        var bodies = new List<StagedBody>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            bodies.Add(new StagedBody(
                reader.GetInt64(0),
                ContentHash.From(reader.GetFieldValue<byte[]>(1)),
                Array.ConvertAll(reader.GetFieldValue<long[]>(2), static account => new AccountId(account)),
                reader.GetInt64(3),
                reader.GetBoolean(4),
                await reader.IsDBNullAsync(5, cancellationToken) ? null : reader.GetString(5),
                await reader.IsDBNullAsync(6, cancellationToken) ? null : reader.GetString(6),
                reader.GetInt32(7)));
        }

        return bodies;
    }

    private static NpgsqlParameter<string> Text(string value) => new() { TypedValue = value };

    private static NpgsqlParameter<long[]> Longs(long[] values) => new() { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint };

    private static NpgsqlParameter<string[]> Texts(string[] values) => new() { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };
}
