using System.Text;
using Npgsql;
using NpgsqlTypes;
using Sora.Contracts;

namespace Sora.Mailstore.Storage;

/// <summary>How many bodies are encrypted with a key.</summary>
/// <param name="KeyId">Its name; null: they are not encrypted.</param>
/// <param name="Bodies">Objects of one body each.</param>
/// <param name="Packs">Objects of many.</param>
/// <param name="Damaged">Of both, those that are damaged or missing, or hold what is: they stay as they are.</param>
public readonly record struct KeyUse(string? KeyId, long Bodies, long Packs, long Damaged);

/// <summary>A body that is encrypted with another key than it should be.</summary>
internal readonly record struct KeyedBody(AccountId Account, ContentHash Hash);

/// <summary>Which keys bodies are encrypted with, and which key all are to be encrypted with.</summary>
internal sealed class BodyKeyStore(NpgsqlDataSource database)
{
    // Not a secret, but as secrets are: one value for all nodes
    private const string RotationName = "bodies.rotation";

    /// <summary>Asks all nodes to encrypt bodies with this key; null: with none.</summary>
    public async Task AskAsync(string? keyId, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            "INSERT INTO secrets (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = RotationName });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = Encoding.ASCII.GetBytes(keyId ?? "") });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>What was asked for is done, or not wanted any more; false when it was not this.</summary>
    public async Task<bool> EndAsync(string? keyId, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("DELETE FROM secrets WHERE name = $1 AND value = $2");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = RotationName });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = Encoding.ASCII.GetBytes(keyId ?? "") });
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    /// <summary>Whether a rotation is asked for, and to which key.</summary>
    public Task<(bool IsAsked, string? KeyId)> AskedAsync(CancellationToken cancellationToken) => ReadAgain.OnceAsync(async () =>
    {
        await using var command = database.CreateCommand("SELECT value FROM secrets WHERE name = $1");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = RotationName });
        return await command.ExecuteScalarAsync(cancellationToken) is byte[] value
            ? (true, value.Length == 0 ? null : Encoding.ASCII.GetString(value))
            : (false, (string?)null);
    });

    /// <summary>All keys that something is encrypted with.</summary>
    public Task<List<KeyUse>> UsesAsync(CancellationToken cancellationToken) => ReadAgain.OnceAsync(async () =>
    {
        await using var command = database.CreateCommand(
            """
            SELECT key_id, sum(bodies)::bigint, sum(packs)::bigint, sum(damaged)::bigint
            FROM (
                SELECT key_id, count(*) AS bodies, 0 AS packs, count(damaged_at) AS damaged FROM bodies WHERE pack_id IS NULL AND state = 1 GROUP BY key_id
                UNION ALL
                SELECT key_id, 0, count(*), count(*) FILTER (WHERE lease_until = 'infinity') FROM packs WHERE state = 1 AND dead_since IS NULL GROUP BY key_id
            ) AS uses
            GROUP BY key_id
            ORDER BY key_id NULLS FIRST
            """);
        var uses = new List<KeyUse>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            uses.Add(new KeyUse(reader.IsDBNull(0) ? null : reader.GetString(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3)));
        return uses;
    });

    /// <summary>Bodies behind <paramref name="after"/>, in the order of accounts and hashes, that are encrypted with another key than this.</summary>
    public Task<List<KeyedBody>> FindAsync(string? keyId, KeyedBody after, int limit, CancellationToken cancellationToken) => ReadAgain.OnceAsync(async () =>
    {
        await using var command = database.CreateCommand(
            """
            SELECT account_id, hash
            FROM bodies
            WHERE (account_id, hash) > ($1, $2) AND state = 1 AND pack_id IS NULL AND damaged_at IS NULL AND key_id IS DISTINCT FROM $3
            ORDER BY account_id, hash
            LIMIT $4
            """);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = after.Account.Value });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = after.Hash.ToArray() });
        command.Parameters.Add(KeyId(keyId));
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        var found = new List<KeyedBody>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            found.Add(new KeyedBody(new AccountId(reader.GetInt64(0)), ContentHash.From(reader.GetFieldValue<byte[]>(1))));
        return found;
    });

    /// <summary>Packs that have another key than this, after an id.</summary>
    public Task<List<(long Id, long Size)>> FindPacksAsync(string? keyId, long after, int limit, CancellationToken cancellationToken) => ReadAgain.OnceAsync(async () =>
    {
        await using var command = database.CreateCommand(
            """
            SELECT id, size FROM packs
            WHERE id > $1 AND state = 1 AND dead_since IS NULL AND lease_until IS DISTINCT FROM 'infinity' AND key_id IS DISTINCT FROM $2
            ORDER BY id
            LIMIT $3
            """);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = after });
        command.Parameters.Add(KeyId(keyId));
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        var found = new List<(long Id, long Size)>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            found.Add((reader.GetInt64(0), reader.GetInt64(1)));
        return found;
    });

    /// <summary>
    /// Locks a body's row until the transaction ends, so that its object is neither deleted nor put by others meanwhile. False: another has it, it is
    /// gone, or it has this key already.
    /// </summary>
    public static async Task<bool> LockAsync(NpgsqlConnection connection, KeyedBody body, string? keyId, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT 1 FROM bodies
            WHERE account_id = $1 AND hash = $2 AND state = 1 AND pack_id IS NULL AND damaged_at IS NULL AND key_id IS DISTINCT FROM $3
            FOR UPDATE SKIP LOCKED
            """,
            connection);
        Add(command, body);
        command.Parameters.Add(KeyId(keyId));
        return await command.ExecuteScalarAsync(cancellationToken) is not null;
    }

    /// <summary>The object is encrypted with this key now.</summary>
    public static async Task SetAsync(NpgsqlConnection connection, KeyedBody body, string? keyId, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("UPDATE bodies SET key_id = $3 WHERE account_id = $1 AND hash = $2", connection);
        Add(command, body);
        command.Parameters.Add(KeyId(keyId));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The object is not there or not this body: it is put when the body comes again.</summary>
    public static async Task SetDamagedAsync(NpgsqlConnection connection, KeyedBody body, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("UPDATE bodies SET damaged_at = now() WHERE account_id = $1 AND hash = $2", connection);
        Add(command, body);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static void Add(NpgsqlCommand command, KeyedBody body)
    {
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = body.Account.Value });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = body.Hash.ToArray() });
    }

    private static NpgsqlParameter KeyId(string? keyId) => new() { Value = (object?)keyId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };
}
