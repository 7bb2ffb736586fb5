using Npgsql;
using Sora.Contracts;

namespace Sora.Mailstore.Storage;

/// <summary>What SCRAM needs besides the credentials.</summary>
internal sealed class ScramStore(NpgsqlDataSource database)
{
    /// <summary>From which the salts of names that cannot log in are made.</summary>
    public Task<byte[]> SecretAsync(CancellationToken cancellationToken) =>
        ReadAgain.OnceAsync(async () =>
        {
            await using var command = database.CreateCommand("SELECT value FROM secrets WHERE name = 'scram'");
            return (byte[]?)await command.ExecuteScalarAsync(cancellationToken) ?? throw new InvalidOperationException("The secret of SCRAM is not in the database");
        });

    /// <summary>The hash functions for which nothing that lets somebody in is without keys that fit.</summary>
    public Task<ScramHashes> ForAllAsync(CancellationToken cancellationToken) =>
        ReadAgain.OnceAsync(async () =>
        {
            await using var command = database.CreateCommand(
                """
                SELECT
                    NOT EXISTS (
                        SELECT FROM credentials c JOIN accounts a ON a.id = c.account_id AND a.deleted_at IS NULL AND a.disabled_at IS NULL
                        WHERE position('{SCRAM-SHA-256}' IN c.password_hash) = 0 AND c.password_hash <> $1 AND c.scopes <> 0 AND (c.expires_at IS NULL OR c.expires_at > now()))
                    AND NOT EXISTS (
                        SELECT FROM app_passwords w JOIN accounts a ON a.id = w.account_id AND a.deleted_at IS NULL AND a.disabled_at IS NULL
                        WHERE w.scram_fits <> 3 AND w.scram_fits & 2 = 0 AND w.scopes <> 0 AND (w.expires_at IS NULL OR w.expires_at > now())),
                    NOT EXISTS (
                        SELECT FROM credentials c JOIN accounts a ON a.id = c.account_id AND a.deleted_at IS NULL AND a.disabled_at IS NULL
                        WHERE position('{SCRAM-SHA-1}' IN c.password_hash) = 0 AND c.password_hash <> $1 AND c.scopes <> 0 AND (c.expires_at IS NULL OR c.expires_at > now()))
                    AND NOT EXISTS (
                        SELECT FROM app_passwords w JOIN accounts a ON a.id = w.account_id AND a.deleted_at IS NULL AND a.disabled_at IS NULL
                        WHERE w.scram_fits <> 3 AND w.scram_fits & 1 = 0 AND w.scopes <> 0 AND (w.expires_at IS NULL OR w.expires_at > now()))
                """);
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = LookupStore.Mark }); // no password at all
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            await reader.ReadAsync(cancellationToken);
            return (reader.GetBoolean(0) ? ScramHashes.Sha256 : ScramHashes.None) | (reader.GetBoolean(1) ? ScramHashes.Sha1 : ScramHashes.None);
        });
}
