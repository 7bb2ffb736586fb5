using Npgsql;

namespace Sora.Mailstore.Storage;

/// <summary>A row of tls_certificates.</summary>
internal sealed record CertificateRow(
    string Name, string Chain, byte[] SealedKey, string[] Hosts, DateTimeOffset NotAfter, bool IsDefault, bool IsAcme, DateTimeOffset ChangedAt);

/// <summary>TLS certificates that all nodes share.</summary>
internal sealed class CertificateStore(NpgsqlDataSource database)
{
    /// <summary>All of them, the default one first, then by name.</summary>
    public Task<List<CertificateRow>> ListAsync(CancellationToken cancellationToken) =>
        ReadAgain.OnceAsync(async () =>
        {
            await using var command = database.CreateCommand(
                "SELECT name, chain, sealed_key, hosts, not_after, is_default, is_acme, changed_at FROM tls_certificates ORDER BY is_default DESC, name");
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            var rows = new List<CertificateRow>();
            while (await reader.ReadAsync(cancellationToken))
            {
                rows.Add(new CertificateRow(
                    reader.GetString(0), reader.GetString(1), reader.GetFieldValue<byte[]>(2), reader.GetFieldValue<string[]>(3),
                    reader.GetFieldValue<DateTimeOffset>(4), reader.GetBoolean(5), reader.GetBoolean(6), reader.GetFieldValue<DateTimeOffset>(7)));
            }

            return rows;
        });

    /// <summary>Stores a certificate in the place of the one of that name; false when there would be too many.</summary>
    /// <param name="row">What to store.</param>
    /// <param name="isDefault">Make it the default one; null leaves it as it was.</param>
    /// <param name="max">Most certificates.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<bool> PutAsync(CertificateRow row, bool? isDefault, int max, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var batch = new NpgsqlBatch(connection);

        // Changes wait for each other, so that the limit holds and one is the default at most
        batch.BatchCommands.Add(new NpgsqlBatchCommand("LOCK TABLE tls_certificates IN SHARE ROW EXCLUSIVE MODE"));
        if (isDefault == true)
            batch.BatchCommands.Add(new NpgsqlBatchCommand("UPDATE tls_certificates SET is_default = false WHERE is_default AND name <> $1") { Parameters = { Text(row.Name) } });
        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            """
            INSERT INTO tls_certificates AS t (name, chain, sealed_key, hosts, not_after, is_default, is_acme)
            SELECT $1, $2, $3, $4, $5, coalesce($6, false), $7
            WHERE (SELECT count(*) FROM tls_certificates WHERE name <> $1) < $8
            ON CONFLICT (name) DO UPDATE
            SET chain = excluded.chain, sealed_key = excluded.sealed_key, hosts = excluded.hosts, not_after = excluded.not_after,
                is_default = coalesce($6, t.is_default), is_acme = excluded.is_acme, changed_at = now()
            """)
        {
            Parameters =
            {
                Text(row.Name), Text(row.Chain), new NpgsqlParameter<byte[]> { TypedValue = row.SealedKey }, new NpgsqlParameter<string[]> { TypedValue = row.Hosts },
                Time(row.NotAfter), new NpgsqlParameter { Value = (object?)isDefault ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Boolean },
                new NpgsqlParameter<bool> { TypedValue = row.IsAcme }, new NpgsqlParameter<long> { TypedValue = max },
            },
        });
        await batch.ExecuteNonQueryAsync(cancellationToken);
        var isStored = batch.BatchCommands[^1].RecordsAffected == 1;
        if (isStored)
            await transaction.CommitAsync(cancellationToken);
        return isStored;
    }

    /// <summary>Puts a key in another form in the place of its old one; false when it has been changed meanwhile.</summary>
    public async Task<bool> ResealAsync(string name, byte[] old, byte[] sealedKey, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("UPDATE tls_certificates SET sealed_key = $3, changed_at = now() WHERE name = $1 AND sealed_key = $2");
        command.Parameters.Add(Text(name));
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = old });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = sealedKey });
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <summary>False when there is none by that name.</summary>
    public async Task<bool> DeleteAsync(string name, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("DELETE FROM tls_certificates WHERE name = $1");
        command.Parameters.Add(Text(name));
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    private static NpgsqlParameter<string> Text(string value) => new() { TypedValue = value };

    private static NpgsqlParameter<DateTimeOffset> Time(DateTimeOffset value) => new() { TypedValue = value.ToUniversalTime() };
}
