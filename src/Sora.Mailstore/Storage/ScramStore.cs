using Npgsql;
using NpgsqlTypes;
using Sora.Contracts;

namespace Sora.Mailstore.Storage;

/// <summary>What SCRAM needs besides the credentials, and the renewal of stored passwords.</summary>
internal sealed class ScramStore(NpgsqlDataSource database)
{
    /// <summary>From which the salts of names that cannot log in are made.</summary>
    public Task<byte[]> SecretAsync(CancellationToken cancellationToken) =>
        ReadAgain.OnceAsync(async () =>
        {
            await using var command = database.CreateCommand("SELECT value FROM secrets WHERE name = 'scram'");
            return (byte[]?)await command.ExecuteScalarAsync(cancellationToken) ?? throw new InvalidOperationException("The secret of SCRAM is not in the database");
        });

    /// <summary>The hash functions for which no address of a living account is without keys.</summary>
    public Task<ScramHashes> ForAllAsync(CancellationToken cancellationToken) =>
        ReadAgain.OnceAsync(async () =>
        {
            await using var command = database.CreateCommand(
                """
                SELECT
                    NOT EXISTS (
                        SELECT FROM credentials c JOIN accounts a ON a.id = c.account_id AND a.deleted_at IS NULL
                        WHERE position('{SCRAM-SHA-256}' IN c.password_hash) = 0),
                    NOT EXISTS (
                        SELECT FROM credentials c JOIN accounts a ON a.id = c.account_id AND a.deleted_at IS NULL
                        WHERE position('{SCRAM-SHA-1}' IN c.password_hash) = 0)
                """);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            await reader.ReadAsync(cancellationToken);
            return (reader.GetBoolean(0) ? ScramHashes.Sha256 : ScramHashes.None) | (reader.GetBoolean(1) ? ScramHashes.Sha1 : ScramHashes.None);
        });

    /// <summary>Stores the same password in another form, for all addresses that share it, unless it was changed in the meantime.</summary>
    public async Task RenewAsync(AccountId account, string before, string after, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("UPDATE credentials SET password_hash = $3 WHERE account_id = $1 AND password_hash = $2");
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = account.Value });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = before, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = after, NpgsqlDbType = NpgsqlDbType.Text });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
