using Npgsql;
using NpgsqlTypes;
using Sora.Contracts;

namespace Sora.Mailstore.Storage;

/// <summary>A row of acme_accounts.</summary>
internal sealed record AcmeAccountRow(byte[] SealedKey, string? Url, string[] Contacts);

/// <summary>What nodes know of ACME servers in common.</summary>
internal sealed class AcmeStore(NpgsqlDataSource database)
{
    // Any constant that nothing else in the database uses as a lock: "sora" and "acme" in ASCII
    private const long LockKey = 0x736F7261_61636D65;

    /// <summary>Makes this connection the one that orders certificates, for as long as it lives; false when another is.</summary>
    public static async Task<bool> TryLeadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT pg_try_advisory_lock($1)", connection) { Parameters = { new NpgsqlParameter<long> { TypedValue = LockKey } } };
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Another may take its place, from the moment on when this returns.</summary>
    public static async Task EndLeadAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand("SELECT pg_advisory_unlock($1)", connection) { Parameters = { new NpgsqlParameter<long> { TypedValue = LockKey } } };
        await command.ExecuteScalarAsync();
    }

    public Task<AcmeAccountRow?> FindAccountAsync(string directory, CancellationToken cancellationToken) =>
        ReadAgain.OnceAsync(async () =>
        {
            await using var command = database.CreateCommand("SELECT sealed_key, url, contacts FROM acme_accounts WHERE directory = $1");
            command.Parameters.Add(Text(directory));
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            return await reader.ReadAsync(cancellationToken)
                ? new AcmeAccountRow(
                    reader.GetFieldValue<byte[]>(0), await reader.IsDBNullAsync(1, cancellationToken) ? null : reader.GetString(1), reader.GetFieldValue<string[]>(2))
                : null;
        });

    public async Task<List<(string Directory, byte[] SealedKey)>> ListAccountsAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT directory, sealed_key FROM acme_accounts ORDER BY directory");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<(string, byte[])>();
        while (await reader.ReadAsync(cancellationToken))
            rows.Add((reader.GetString(0), reader.GetFieldValue<byte[]>(1)));
        return rows;
    }

    public async Task PutAccountAsync(string directory, AcmeAccountRow account, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            INSERT INTO acme_accounts (directory, sealed_key, url, contacts) VALUES ($1, $2, $3, $4)
            ON CONFLICT (directory) DO UPDATE SET sealed_key = excluded.sealed_key, url = excluded.url, contacts = excluded.contacts
            """);
        command.Parameters.Add(Text(directory));
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = account.SealedKey });
        command.Parameters.Add(OptionalText(account.Url));
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = account.Contacts });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Puts a key in another form in the place of its old one.</summary>
    public async Task<bool> ResealAsync(string directory, byte[] old, byte[] sealedKey, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("UPDATE acme_accounts SET sealed_key = $3 WHERE directory = $1 AND sealed_key = $2");
        command.Parameters.Add(Text(directory));
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = old });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = sealedKey });
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    public Task<string?> FindByTokenAsync(string type, string token, CancellationToken cancellationToken) =>
        FindAsync("SELECT key_authorization FROM acme_challenges WHERE type = $1 AND token = $2 AND expires_at > now()", type, token, cancellationToken);

    public Task<string?> FindByHostAsync(string type, string host, CancellationToken cancellationToken) =>
        FindAsync(
            "SELECT key_authorization FROM acme_challenges WHERE type = $1 AND host = $2 AND expires_at > now() ORDER BY expires_at DESC LIMIT 1", type, host, cancellationToken);

    /// <summary>Publishes an answer, and forgets those that are too old.</summary>
    public async Task PutChallengeAsync(AcmeChallenge challenge, TimeSpan lifetime, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            WITH old AS (DELETE FROM acme_challenges WHERE expires_at < now())
            INSERT INTO acme_challenges (type, token, host, key_authorization, expires_at) VALUES ($1, $2, $3, $4, now() + $5)
            ON CONFLICT (type, token) DO UPDATE SET host = excluded.host, key_authorization = excluded.key_authorization, expires_at = excluded.expires_at
            """);
        command.Parameters.Add(Text(challenge.Type));
        command.Parameters.Add(Text(challenge.Token));
        command.Parameters.Add(Text(challenge.Host));
        command.Parameters.Add(Text(challenge.KeyAuthorization));
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = lifetime });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task DeleteChallengeAsync(AcmeChallenge challenge, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("DELETE FROM acme_challenges WHERE type = $1 AND token = $2");
        command.Parameters.Add(Text(challenge.Type));
        command.Parameters.Add(Text(challenge.Token));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public Task<List<AcmeRenewal>> ListRenewalsAsync(CancellationToken cancellationToken) =>
        ReadAgain.OnceAsync(async () =>
        {
            await using var command = database.CreateCommand("SELECT name, attempts, next_attempt_at, last_error, renew_at, ask_again_at FROM acme_renewals ORDER BY name");
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            var rows = new List<AcmeRenewal>();
            while (await reader.ReadAsync(cancellationToken))
            {
                rows.Add(new AcmeRenewal(
                    reader.GetString(0), reader.GetInt32(1), TimeAt(reader, 2), await reader.IsDBNullAsync(3, cancellationToken) ? null : reader.GetString(3),
                    TimeAt(reader, 4), TimeAt(reader, 5)));
            }

            return rows;
        });

    public async Task PutRenewalAsync(AcmeRenewal renewal, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            INSERT INTO acme_renewals (name, attempts, next_attempt_at, last_error, renew_at, ask_again_at) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (name) DO UPDATE
            SET attempts = excluded.attempts, next_attempt_at = excluded.next_attempt_at, last_error = excluded.last_error, renew_at = excluded.renew_at,
                ask_again_at = excluded.ask_again_at
            """);
        command.Parameters.Add(Text(renewal.Name));
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = renewal.Attempts });
        command.Parameters.Add(OptionalTime(renewal.NextAttemptAt));
        command.Parameters.Add(OptionalText(renewal.LastError));
        command.Parameters.Add(OptionalTime(renewal.RenewAt));
        command.Parameters.Add(OptionalTime(renewal.AskAgainAt));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>When a certificate is due, if that is still what it was.</summary>
    public async Task PutSuggestionAsync(AcmeRenewal renewal, DateTimeOffset? before, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            INSERT INTO acme_renewals AS r (name, renew_at, ask_again_at) VALUES ($1, $2, $3)
            ON CONFLICT (name) DO UPDATE SET renew_at = excluded.renew_at, ask_again_at = excluded.ask_again_at WHERE r.renew_at IS NOT DISTINCT FROM $4
            """);
        command.Parameters.Add(Text(renewal.Name));
        command.Parameters.Add(OptionalTime(renewal.RenewAt));
        command.Parameters.Add(OptionalTime(renewal.AskAgainAt));
        command.Parameters.Add(OptionalTime(before));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Makes a certificate due, whatever its age and however often it was tried.</summary>
    public async Task RenewNowAsync(string name, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            INSERT INTO acme_renewals (name, renew_at, ask_again_at) VALUES ($1, '-infinity', 'infinity')
            ON CONFLICT (name) DO UPDATE SET attempts = 0, next_attempt_at = NULL, renew_at = '-infinity', ask_again_at = 'infinity'
            """);
        command.Parameters.Add(Text(name));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task DeleteRenewalAsync(string name, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("DELETE FROM acme_renewals WHERE name = $1");
        command.Parameters.Add(Text(name));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private Task<string?> FindAsync(string sql, string type, string key, CancellationToken cancellationToken) =>
        ReadAgain.OnceAsync(async () =>
        {
            await using var command = database.CreateCommand(sql);
            command.Parameters.Add(Text(type));
            command.Parameters.Add(Text(key));
            return await command.ExecuteScalarAsync(cancellationToken) as string;
        });

    // Infinities are the ends of .NET's time
    private static DateTimeOffset? TimeAt(NpgsqlDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : new DateTimeOffset(reader.GetDateTime(column), TimeSpan.Zero);

    private static NpgsqlParameter<string> Text(string value) => new() { TypedValue = value };

    private static NpgsqlParameter OptionalText(string? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    private static NpgsqlParameter OptionalTime(DateTimeOffset? value) =>
        new() { Value = (object?)value?.ToUniversalTime() ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz };
}
