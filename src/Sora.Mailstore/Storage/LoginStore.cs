using System.Net;
using Npgsql;
using NpgsqlTypes;
using Sora.Contracts;

namespace Sora.Mailstore.Storage;

/// <summary>An address with the passwords that may be the one which a client has sent.</summary>
/// <param name="Passwords">That of the address itself first.</param>
internal sealed record StoredLogin(AccountId Account, string PrimaryAddress, long Epoch, bool IsDisabled, List<StoredCredential> Passwords);

/// <summary>A stored password, and what it is for.</summary>
/// <param name="IsGenerated">It was found by the password itself.</param>
internal sealed record StoredCredential(
    CredentialId Id, string PasswordHash, LoginScopes Scopes, DateTimeOffset? ExpiresAt, bool IsExpired, bool IsGenerated);

/// <summary>What of an account decides whether a session goes on.</summary>
internal sealed record StoredSessionRights(long Epoch, bool IsDisabled, Dictionary<CredentialId, (LoginScopes Scopes, DateTimeOffset? ExpiresAt)> Credentials);

/// <summary>That somebody has logged in.</summary>
internal sealed record CredentialUse(CredentialId Credential, DateTimeOffset At, LoginScopes Protocol, IPAddress Client);

/// <summary>Passwords as logins need them.</summary>
internal sealed class LoginStore(NpgsqlDataSource database)
{
    /// <summary>The address with its own password, those that somebody has chosen, and the generated one that this look-up finds. Null when there is no such address.</summary>
    /// <param name="lookup">Null when what the client has sent cannot be a generated one.</param>
    public Task<StoredLogin?> FindAsync(string address, byte[]? lookup, CancellationToken cancellationToken) =>
        ReadAsync(address, "AND (w.lookup IS NULL OR w.lookup = $2)", lookup ?? [], cancellationToken);

    /// <summary>The address with all its passwords.</summary>
    public Task<StoredLogin?> FindAllAsync(string address, CancellationToken cancellationToken) => ReadAsync(address, "", null, cancellationToken);

    /// <summary>Null when there is no such account.</summary>
    public Task<StoredSessionRights?> SessionRightsAsync(AccountId account, CancellationToken cancellationToken) =>
        ReadAgain.OnceAsync(async () =>
        {
            await using var command = database.CreateCommand(
                """
                SELECT a.session_epoch, a.disabled_at IS NOT NULL, k.id, k.scopes, k.expires_at
                FROM accounts a
                CROSS JOIN LATERAL (
                    SELECT id, scopes, expires_at FROM credentials WHERE account_id = a.id
                    UNION ALL SELECT id, scopes, expires_at FROM app_passwords WHERE account_id = a.id) k
                WHERE a.id = $1 AND a.deleted_at IS NULL
                """);
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = account.Value });
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            StoredSessionRights? rights = null;
            while (await reader.ReadAsync(cancellationToken))
            {
                rights ??= new StoredSessionRights(reader.GetInt64(0), reader.GetBoolean(1), []);
                rights.Credentials[new CredentialId(reader.GetInt64(2))] =
                    ((LoginScopes)reader.GetInt16(3), await reader.GetFieldValueAsync<DateTimeOffset?>(4, cancellationToken));
            }

            return rights;
        });

    /// <summary>Stores the same password in another form, unless it was changed in the meantime; an address's own for all addresses that share it.</summary>
    public async Task RenewAsync(AccountId account, string before, string after, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var command = new NpgsqlCommand(
            """
            WITH own AS (UPDATE credentials SET password_hash = $3 WHERE account_id = $1 AND password_hash = $2)
            UPDATE app_passwords SET password_hash = $3 WHERE account_id = $1 AND password_hash = $2
            """,
            connection))
        {
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = account.Value });
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = before, NpgsqlDbType = NpgsqlDbType.Text });
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = after, NpgsqlDbType = NpgsqlDbType.Text });
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        await AlignScramAsync(connection, account, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Notes which further passwords of an account have keys with the salt and rounds that its addresses' own keys have. After each change of either.</summary>
    public static async Task AlignScramAsync(NpgsqlConnection connection, AccountId account, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            UPDATE app_passwords w SET scram_fits = fits.bits
            FROM app_passwords o
            JOIN credentials c ON c.address = o.address
            CROSS JOIN LATERAL (
                SELECT ((CASE WHEN substring(o.password_hash FROM '\{SCRAM-SHA-1\}[^,]*,[^,]*,') = substring(c.password_hash FROM '\{SCRAM-SHA-1\}[^,]*,[^,]*,') THEN 1 ELSE 0 END)
                      + (CASE WHEN substring(o.password_hash FROM '\{SCRAM-SHA-256\}[^,]*,[^,]*,') = substring(c.password_hash FROM '\{SCRAM-SHA-256\}[^,]*,[^,]*,') THEN 2 ELSE 0 END))::smallint AS bits) fits
            WHERE o.account_id = $1 AND w.id = o.id AND w.scram_fits <> fits.bits
            """,
            connection);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = account.Value });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Writes down last uses, many at once. An older one does not replace a newer one.</summary>
    public async Task WriteUsesAsync(IReadOnlyList<CredentialUse> uses, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            WITH used AS MATERIALIZED (SELECT * FROM unnest($1::bigint[], $2::timestamptz[], $3::smallint[], $4::inet[]) AS u (id, at, protocol, client)),
            own AS (
                UPDATE credentials c SET used_at = u.at, used_for = u.protocol, used_from = u.client
                FROM used u WHERE c.id = u.id AND (c.used_at IS NULL OR c.used_at < u.at))
            UPDATE app_passwords w SET used_at = u.at, used_for = u.protocol, used_from = u.client
            FROM used u WHERE w.id = u.id AND (w.used_at IS NULL OR w.used_at < u.at)
            """);
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. uses.Select(static use => use.Credential.Value)] });
        command.Parameters.Add(new NpgsqlParameter<DateTime[]> { TypedValue = [.. uses.Select(static use => use.At.UtcDateTime)] });
        command.Parameters.Add(new NpgsqlParameter<short[]> { TypedValue = [.. uses.Select(static use => (short)use.Protocol)] });
        command.Parameters.Add(new NpgsqlParameter<IPAddress[]> { TypedValue = [.. uses.Select(static use => use.Client)] });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private Task<StoredLogin?> ReadAsync(string address, string condition, byte[]? lookup, CancellationToken cancellationToken) =>
        ReadAgain.OnceAsync(async () =>
        {
            await using var command = database.CreateCommand(
                $"""
                SELECT c.account_id, p.address, a.session_epoch, a.disabled_at IS NOT NULL, k.*
                FROM credentials c
                JOIN accounts a ON a.id = c.account_id AND a.deleted_at IS NULL
                JOIN credentials p ON p.account_id = c.account_id AND p.is_primary
                CROSS JOIN LATERAL (
                    SELECT c.id, c.password_hash, c.scopes, c.expires_at, coalesce(c.expires_at <= now(), false), false, 0
                    UNION ALL
                    SELECT w.id, w.password_hash, w.scopes, w.expires_at, coalesce(w.expires_at <= now(), false), w.lookup IS NOT NULL, 1
                    FROM app_passwords w WHERE w.address = c.address {condition}) AS k (id, password_hash, scopes, expires_at, is_expired, is_generated, place)
                WHERE c.address = $1
                ORDER BY k.place, k.id
                """);
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = address });
            if (lookup is not null)
                command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = lookup });
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            StoredLogin? login = null;
            while (await reader.ReadAsync(cancellationToken))
            {
                login ??= new StoredLogin(new AccountId(reader.GetInt64(0)), reader.GetString(1), reader.GetInt64(2), reader.GetBoolean(3), []);
                login.Passwords.Add(new StoredCredential(
                    new CredentialId(reader.GetInt64(4)),
                    reader.GetString(5),
                    (LoginScopes)reader.GetInt16(6),
                    await reader.GetFieldValueAsync<DateTimeOffset?>(7, cancellationToken),
                    reader.GetBoolean(8),
                    reader.GetBoolean(9)));
            }

            return login;
        });
}
