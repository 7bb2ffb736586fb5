using Npgsql;
using NpgsqlTypes;
using Sora.Contracts;
using Sora.Mailstore.Bodies.Objects;

namespace Sora.Mailstore.Storage;

/// <summary>A body in a pack.</summary>
internal readonly record struct PackEntry(ContentHash Hash, long Position, long Length);

/// <summary>A pack that is to be written anew.</summary>
internal readonly record struct SparsePack(long Id, ObjectKey Key);

/// <summary>Bodies that are in another pack now.</summary>
internal sealed record PackedBodies(long Pack, string? KeyId, ContentHash[] Hashes, long[] Positions, long[] Lengths);

/// <summary>The table of packs.</summary>
internal sealed class PackStore(NpgsqlDataSource database)
{
    /// <summary>A pack is going to be put.</summary>
    public async Task<long> AddAsync(ObjectKey key, long size, string? keyId, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("INSERT INTO packs (account_id, hash, size, key_id) VALUES ($1, $2, $3, $4) RETURNING id");
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = key.Account.Value });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = key.Hash.ToArray() });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = size });
        command.Parameters.Add(new NpgsqlParameter<string?> { TypedValue = keyId, NpgsqlDbType = NpgsqlDbType.Text });
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>The object store has a pack. The sweep may have taken it for abandoned a moment ago, and not begun to delete it: it lives again.</summary>
    public static async Task StoredAsync(NpgsqlConnection connection, long id, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("UPDATE packs SET state = 1, dead_since = NULL WHERE id = $1 AND state = 0", connection);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = id });
        if (await command.ExecuteNonQueryAsync(cancellationToken) != 1)
            throw new IOException("A pack took so long that it is being deleted as abandoned");
    }

    /// <summary>Takes a pack of which more than half is dead for as long as a lease; null when there is none.</summary>
    public async Task<SparsePack?> LeaseSparseAsync(TimeSpan lease, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            UPDATE packs SET lease_until = now() + $1
            WHERE id = (
                SELECT id FROM packs
                WHERE state = 1 AND dead_since IS NULL AND dead_size > 0 AND dead_size * 2 > size AND (lease_until IS NULL OR lease_until < now())
                ORDER BY id
                LIMIT 1
                FOR UPDATE SKIP LOCKED)
            RETURNING id, account_id, hash
            """);
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = lease });
        return await ReadPackAsync(command, cancellationToken);
    }

    /// <summary>Takes a pack for as long as a lease; null when another has it or it is not there any more.</summary>
    public async Task<SparsePack?> LeaseAsync(long id, TimeSpan lease, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            UPDATE packs SET lease_until = now() + $1
            WHERE id = $2 AND state = 1 AND dead_since IS NULL AND (lease_until IS NULL OR lease_until < now())
            RETURNING id, account_id, hash
            """);
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = lease });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = id });
        return await ReadPackAsync(command, cancellationToken);
    }

    private static async Task<SparsePack?> ReadPackAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
            return null;
        var key = new ObjectKey(new AccountId(reader.GetInt64(1)), ContentHash.From(reader.GetFieldValue<byte[]>(2)), ObjectKind.Pack);
        return new SparsePack(reader.GetInt64(0), key);
    }

    /// <summary>The bodies that are read from a pack.</summary>
    public async Task<List<PackEntry>> BodiesAsync(long pack, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT hash, position, length FROM bodies WHERE pack_id = $1 AND state = 1 ORDER BY position");
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = pack });
        var bodies = new List<PackEntry>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            bodies.Add(new PackEntry(ContentHash.From(reader.GetFieldValue<byte[]>(0)), reader.GetInt64(1), reader.GetInt64(2)));
        return bodies;
    }

    /// <summary>
    /// Bodies are read from a new pack now, those that were not deleted meanwhile; the old one is dead, unless something is still read from it.
    /// </summary>
    public static async Task<bool> ReplaceAsync(Database database, long old, PackedBodies? moved, CancellationToken cancellationToken)
    {
        await using var connection = await database.Write.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (moved is not null)
        {
            await StoredAsync(connection, moved.Pack, cancellationToken);
            await MoveAsync(connection, old, moved, cancellationToken);
        }

        await using var dead = new NpgsqlCommand(
            """
            UPDATE packs SET dead_since = CASE WHEN NOT EXISTS (SELECT FROM bodies b WHERE b.pack_id = $1) THEN now() END,
                dead_size = size - coalesce((SELECT sum(b.length) FROM bodies b WHERE b.pack_id = $1), 0), lease_until = 'infinity'
            WHERE id = $1
            """,
            connection);
        dead.Parameters.Add(new NpgsqlParameter<long> { TypedValue = old });
        await dead.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    private static async Task MoveAsync(NpgsqlConnection connection, long old, PackedBodies moved, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            WITH moved AS (
                UPDATE bodies b SET pack_id = $2, position = k.position, length = k.length, key_id = $3
                FROM unnest($4::bytea[], $5::bigint[], $6::bigint[]) AS k (hash, position, length)
                WHERE b.pack_id = $1 AND b.hash = k.hash AND b.state = 1
                RETURNING b.length
            )
            UPDATE packs SET dead_size = (SELECT coalesce(sum(l), 0) FROM unnest($6::bigint[]) AS l) - (SELECT coalesce(sum(length), 0) FROM moved)
            WHERE id = $2
            """,
            connection);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = old });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = moved.Pack });
        command.Parameters.Add(new NpgsqlParameter<string?> { TypedValue = moved.KeyId, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new NpgsqlParameter<byte[][]>
        {
            TypedValue = [.. moved.Hashes.Select(static hash => hash.ToArray())],
            NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea,
        });
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = moved.Positions, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = moved.Lengths, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
