using Npgsql;
using NpgsqlTypes;
using Sora.Contracts;
using Sora.Mailstore.Bodies.Objects;

namespace Sora.Mailstore.Storage;

/// <summary>What a claim found.</summary>
internal enum BodyClaim
{
    /// <summary>It is being deleted; to be claimed again when it is gone.</summary>
    Deleting,

    /// <summary>To be put.</summary>
    Free,

    /// <summary>The object store has it.</summary>
    Stored,
}

/// <summary>What claims found. The row that was claimed is known by when it was made: when it was deleted since, another one with its key is another claim's.</summary>
internal sealed class BodyClaims : Dictionary<ObjectKey, BodyClaim>
{
    public Dictionary<ObjectKey, DateTime> Made { get; } = [];
}

/// <summary>Where in a pack a body is.</summary>
internal readonly record struct PackedBody(ObjectKey Pack, long Position, long Length);

/// <summary>A body that the object store has now.</summary>
internal readonly record struct StoredBody(ObjectKey Key, string? KeyId = null, long? PackId = null, long Position = 0, long Length = 0);

/// <summary>
/// The table of bodies in the object store. Who wants to put an object claims it first: so whatever may be in the store has a row, and what
/// is claimed is not deleted (docs/decisions/0045-bodies-in-the-object-store.md).
/// </summary>
internal sealed class BodyStore(NpgsqlDataSource database)
{
    /// <summary>Claims bodies before they are put. The claim counts when the connection's transaction is committed.</summary>
    public static async Task<BodyClaims> ClaimAsync(
        NpgsqlConnection connection, IReadOnlyCollection<ObjectKey> keys, CancellationToken cancellationToken)
    {
        // In one order, so that two claims never wait for each other
        await using var command = new NpgsqlCommand(
            """
            INSERT INTO bodies AS b (account_id, hash, dead_since)
            SELECT account_id, hash, CASE WHEN account_id = 0 THEN now() END
            FROM unnest($1::bigint[], $2::bytea[]) AS k (account_id, hash)
            ORDER BY account_id, hash
            ON CONFLICT (account_id, hash) DO UPDATE SET dead_since = excluded.dead_since WHERE b.state <> 2
            RETURNING account_id, hash, state = 1 AND damaged_at IS NULL, created_at
            """,
            connection);
        AddKeys(command, keys);
        var claims = new BodyClaims();
        foreach (var key in keys)
            claims[key] = BodyClaim.Deleting;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var key = ReadKey(reader);
            claims[key] = reader.GetBoolean(2) ? BodyClaim.Stored : BodyClaim.Free;
            claims.Made[key] = reader.GetDateTime(3);
        }

        return claims;
    }

    /// <summary>
    /// The object store has these now. A body that no content refers to (its message is purged already) is dead from the start, and so is a
    /// staged object, whose end is a matter of its age and of staged rows. The result lacks those that are being deleted, or were since they were claimed: what was put may be
    /// gone with them. Several bodies are held first (<see cref="HoldAsync"/>).
    /// </summary>
    public static async Task<HashSet<ObjectKey>> StoredAsync(
        NpgsqlConnection connection, IReadOnlyList<StoredBody> bodies, BodyClaims claims, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            WITH put AS MATERIALIZED (
                SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::timestamptz[])
                    AS k (account_id, hash, key_id, pack_id, position, length, made)
            ), moved AS (
                UPDATE packs p SET dead_size = p.dead_size + b.length
                FROM put JOIN bodies b USING (account_id, hash)
                WHERE p.id = b.pack_id AND b.state = 1 AND b.created_at = put.made AND b.pack_id IS DISTINCT FROM put.pack_id
            )
            UPDATE bodies b SET
                state = 1, key_id = put.key_id, pack_id = put.pack_id, position = put.position, length = put.length, damaged_at = NULL,
                dead_since = CASE WHEN NOT EXISTS (SELECT FROM contents c WHERE c.account_id = b.account_id AND c.hash = b.hash) THEN now() END
            FROM put
            WHERE b.account_id = put.account_id AND b.hash = put.hash AND b.state <> 2 AND b.created_at = put.made
            RETURNING b.account_id, b.hash
            """,
            connection);
        AddKeys(command, [.. bodies.Select(static body => body.Key)]);
        command.Parameters.Add(new NpgsqlParameter<string?[]> { TypedValue = [.. bodies.Select(static body => body.KeyId)], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        command.Parameters.Add(new NpgsqlParameter<long?[]> { TypedValue = [.. bodies.Select(static body => body.PackId)], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        command.Parameters.Add(Longs([.. bodies.Select(static body => body.Position)]));
        command.Parameters.Add(Longs([.. bodies.Select(static body => body.Length)]));
        command.Parameters.Add(new NpgsqlParameter<DateTime[]>
        {
            TypedValue = [.. bodies.Select(body => claims.Made[body.Key])], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz,
        });
        var stored = new HashSet<ObjectKey>(bodies.Count);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            stored.Add(ReadKey(reader));
        return stored;
    }

    /// <summary>Holds bodies until the transaction ends, in the order in which everybody locks them; those that the object store has, undamaged.</summary>
    public static async Task<HashSet<ObjectKey>> HoldAsync(NpgsqlConnection connection, IReadOnlyCollection<ObjectKey> keys, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT account_id, hash, state = 1 AND damaged_at IS NULL FROM bodies
            WHERE (account_id, hash) IN (SELECT * FROM unnest($1::bigint[], $2::bytea[]))
            ORDER BY account_id, hash FOR NO KEY UPDATE
            """,
            connection);
        AddKeys(command, keys);
        var there = new HashSet<ObjectKey>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            if (reader.GetBoolean(2))
                there.Add(ReadKey(reader));
        }

        return there;
    }

    /// <summary>The pack that a body is in; null when it is an object of its own or nothing is known of it.</summary>
    public Task<PackedBody?> FindPackAsync(ObjectKey key, CancellationToken cancellationToken) => ReadAgain.OnceAsync<PackedBody?>(async () =>
    {
        await using var command = database.CreateCommand(
            """
            SELECT p.hash, b.position, b.length
            FROM bodies b JOIN packs p ON p.id = b.pack_id
            WHERE b.account_id = $1 AND b.hash = $2
            """);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = key.Account.Value });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = key.Hash.ToArray() });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
            return null;
        var pack = new ObjectKey(key.Account, ContentHash.From(reader.GetFieldValue<byte[]>(0)), ObjectKind.Pack);
        return new PackedBody(pack, reader.GetInt64(1), reader.GetInt64(2));
    });

    /// <summary>What an object is encrypted with; null when it is not, or nothing is known of it.</summary>
    public async Task<string?> KeyIdAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT key_id FROM bodies WHERE account_id = $1 AND hash = $2");
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = key.Account.Value });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = key.Hash.ToArray() });
        return await command.ExecuteScalarAsync(cancellationToken) as string;
    }

    /// <summary>What the store has is not this body, or nothing: it is put again when it comes again, and listed until then.</summary>
    public async Task MarkDamagedAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            "UPDATE bodies SET damaged_at = now() WHERE account_id = $1 AND hash = $2 AND state = 1 AND damaged_at IS NULL");
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = key.Account.Value });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = key.Hash.ToArray() });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static void AddKeys(NpgsqlCommand command, IReadOnlyCollection<ObjectKey> keys)
    {
        command.Parameters.Add(Longs([.. keys.Select(static key => key.Account.Value)]));
        command.Parameters.Add(new NpgsqlParameter<byte[][]>
        {
            TypedValue = [.. keys.Select(static key => key.Hash.ToArray())],
            NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea,
        });
    }

    private static ObjectKey ReadKey(NpgsqlDataReader reader)
    {
        var account = new AccountId(reader.GetInt64(0));
        return new ObjectKey(account, ContentHash.From(reader.GetFieldValue<byte[]>(1)), account.Value == 0 ? ObjectKind.Staged : ObjectKind.Body);
    }

    private static NpgsqlParameter<long[]> Longs(long[] values) => new() { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint };
}
