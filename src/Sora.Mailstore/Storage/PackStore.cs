using Npgsql;
using NpgsqlTypes;
using Sora.Mailstore.Bodies.Objects;

namespace Sora.Mailstore.Storage;

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

    /// <summary>The object store has a pack.</summary>
    public static async Task StoredAsync(NpgsqlConnection connection, long id, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("UPDATE packs SET state = 1 WHERE id = $1 AND state = 0", connection);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = id });
        if (await command.ExecuteNonQueryAsync(cancellationToken) != 1)
            throw new IOException("A pack took so long that it is being deleted as abandoned");
    }
}
