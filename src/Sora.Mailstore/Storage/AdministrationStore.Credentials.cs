using System.Collections.Immutable;
using System.Net;
using Npgsql;
using NpgsqlTypes;
using Sora.Contracts;
using Sora.Mailstore.Accounts;

namespace Sora.Mailstore.Storage;

// Passwords: of addresses, and further ones
internal sealed partial class AdministrationStore
{
    private const string Settings = "description, scopes, expires_at, created_at, used_at, used_for, used_from";

    /// <summary>The credentials of the account that has this address: the primary address, the others, further passwords. None when there is no such account.</summary>
    public async Task<ImmutableArray<Credential>> ListCredentialsAsync(string address, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            $"""
            WITH found AS (SELECT account_id FROM credentials WHERE address = $1)
            SELECT id, CASE WHEN is_primary THEN 0 ELSE 1 END AS kind, address, false, {Settings} FROM credentials WHERE account_id = (SELECT account_id FROM found)
            UNION ALL
            SELECT id, 2, address, lookup IS NOT NULL, {Settings} FROM app_passwords WHERE account_id = (SELECT account_id FROM found)
            ORDER BY kind, address, id
            """);
        command.Parameters.Add(Text(address));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var credentials = ImmutableArray.CreateBuilder<Credential>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var settings = new CredentialSettings(
                reader.GetString(4), (LoginScopes)reader.GetInt16(5), await reader.GetFieldValueAsync<DateTimeOffset?>(6, cancellationToken));
            var use = await reader.IsDBNullAsync(8, cancellationToken)
                ? null
                : new LastUse(
                    await reader.GetFieldValueAsync<DateTimeOffset>(8, cancellationToken),
                    (LoginScopes)reader.GetInt16(9),
                    await reader.GetFieldValueAsync<IPAddress>(10, cancellationToken));
            credentials.Add(new Credential(
                new CredentialId(reader.GetInt64(0)),
                (CredentialKind)reader.GetInt32(1),
                reader.GetString(2),
                settings,
                reader.GetBoolean(3),
                await reader.GetFieldValueAsync<DateTimeOffset>(7, cancellationToken),
                use));
        }

        return credentials.ToImmutable();
    }

    /// <summary>The address that a credential belongs to; null when there is no such credential.</summary>
    public async Task<string?> AddressOfAsync(CredentialId id, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            "SELECT address FROM credentials WHERE id = $1 UNION ALL SELECT address FROM app_passwords WHERE id = $1");
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = id.Value });
        return (string?)await command.ExecuteScalarAsync(cancellationToken);
    }

    /// <summary>What is stored of an address's passwords, its own first, without that of one credential.</summary>
    public async Task<List<string>> StoredPasswordsAsync(string address, CredentialId? without, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            SELECT password_hash FROM (
                SELECT id, password_hash, 0 AS place FROM credentials WHERE address = $1
                UNION ALL SELECT id, password_hash, 1 FROM app_passwords WHERE address = $1) k
            WHERE id <> $2 ORDER BY place, id
            """);
        command.Parameters.Add(Text(address));
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = without?.Value ?? 0 });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var stored = new List<string>();
        while (await reader.ReadAsync(cancellationToken))
            stored.Add(reader.GetString(0));
        return stored;
    }

    public async Task<MailResult<CredentialChange>> AddPasswordAsync(
        string address, string passwordHash, byte[]? lookup, CredentialSettings settings, int most, int mostChosen, CancellationToken cancellationToken)
    {
        long id = 0;
        var changed = await ChangeAsync(
            address,
            Wanted.Live,
            async (connection, found) =>
            {
                await using (var count = new NpgsqlCommand(
                    "SELECT count(*)::int, count(*) FILTER (WHERE lookup IS NULL)::int FROM app_passwords WHERE address = $1", connection))
                {
                    count.Parameters.Add(Text(address));
                    await using var reader = await count.ExecuteReaderAsync(cancellationToken);
                    await reader.ReadAsync(cancellationToken);
                    if (reader.GetInt32(0) >= most)
                        return new MailError(MailErrorCode.Limit, $"{address} has {most} further passwords already (accounts.max_passwords)");
                    if (lookup is null && reader.GetInt32(1) >= mostChosen)
                    {
                        return new MailError(
                            MailErrorCode.Limit,
                            $"{address} has {mostChosen} further passwords that were not generated already (accounts.max_chosen_passwords): use --generate");
                    }
                }

                await using var command = new NpgsqlCommand(
                    """
                    INSERT INTO app_passwords (account_id, address, lookup, password_hash, scram_fits, description, scopes, expires_at)
                    VALUES ($1, $2, $3, $4, 0, $5, $6, $7) RETURNING id
                    """,
                    connection);
                command.Parameters.Add(Long(found.Id));
                command.Parameters.Add(Text(address));
                command.Parameters.Add(new NpgsqlParameter { Value = (object?)lookup ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bytea });
                command.Parameters.Add(Text(passwordHash));
                command.Parameters.Add(Text(settings.Description));
                command.Parameters.Add(new NpgsqlParameter<short> { TypedValue = (short)settings.Scopes });
                command.Parameters.Add(Time(settings.ExpiresAt));
                id = (long)(await command.ExecuteScalarAsync(cancellationToken))!;
                await LoginStore.AlignScramAsync(connection, found.Id, cancellationToken);
                return new AccountChange(found.Id, found.PrimaryAddress, [address]);
            },
            cancellationToken);
        return changed.IsOk
            ? new CredentialChange(new CredentialId(id), changed.Value.Account, changed.Value.PrimaryAddress, address, Generated: null)
            : changed.Error;
    }

    /// <summary>Changes what a credential is for. With a hash, that of this credential alone.</summary>
    /// <param name="lookup">Of a password that was generated; null for another one, and when there is no hash.</param>
    public Task<MailResult<AccountChange>> UpdateCredentialAsync(
        CredentialId id, string address, CredentialUpdate update, string? passwordHash, byte[]? lookup, CancellationToken cancellationToken) =>
        ChangeAsync(
            address,
            Wanted.Live,
            async (connection, found) =>
            {
                var count = await UpdateAsync("credentials", "password_hash = coalesce($5, password_hash), expires_at = CASE WHEN $7 THEN $4 ELSE expires_at END");
                count += await UpdateAsync(
                    "app_passwords",
                    "password_hash = coalesce($5, password_hash), lookup = CASE WHEN $5 IS NULL THEN lookup ELSE $6 END, expires_at = CASE WHEN $7 THEN $4 ELSE expires_at END");
                if (count == 0)
                    return NoSuchCredential(id);
                await LoginStore.AlignScramAsync(connection, found.Id, cancellationToken);
                if (update.EndSessions)
                    await EndSessionsAsync(connection, found.Id, cancellationToken);
                return new AccountChange(found.Id, found.PrimaryAddress, [address]);

                async Task<int> UpdateAsync(string table, string columns)
                {
                    await using var command = new NpgsqlCommand(
                        $"UPDATE {table} SET description = coalesce($2, description), scopes = coalesce($3, scopes), {columns} WHERE id = $1",
                        connection);
                    command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = id.Value });
                    command.Parameters.Add(Text(update.Description));
                    command.Parameters.Add(new NpgsqlParameter
                    {
                        Value = update.Scopes is { } scopes ? (short)scopes : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Smallint,
                    });
                    command.Parameters.Add(Time(update.ExpiresAt == DateTimeOffset.MaxValue ? null : update.ExpiresAt));
                    command.Parameters.Add(Text(passwordHash));
                    command.Parameters.Add(new NpgsqlParameter { Value = (object?)lookup ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bytea });
                    command.Parameters.Add(new NpgsqlParameter<bool> { TypedValue = update.ExpiresAt is not null });
                    return await command.ExecuteNonQueryAsync(cancellationToken);
                }
            },
            cancellationToken);

    /// <summary>Deletes a further password. CANNOT when it is that of an address.</summary>
    public Task<MailResult<AccountChange>> DeletePasswordAsync(CredentialId id, string address, string? account, CancellationToken cancellationToken) =>
        ChangeAsync(
            address,
            Wanted.Live,
            async (connection, found) =>
            {
                if (account is not null && !found.Addresses.Contains(account, StringComparer.Ordinal))
                    return new MailError(MailErrorCode.Cannot, $"Credential {id} does not belong to the account {account}");
                await using var command = new NpgsqlCommand("DELETE FROM app_passwords WHERE id = $1", connection);
                command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = id.Value });
                if (await command.ExecuteNonQueryAsync(cancellationToken) == 0)
                    return new MailError(MailErrorCode.Cannot, $"Credential {id} is the address {address}: delete it with --address");
                return new AccountChange(found.Id, found.PrimaryAddress, [address]);
            },
            cancellationToken);

    /// <summary>Disables an account, or lets it in again.</summary>
    public Task<MailResult<AccountChange>> SetDisabledAsync(string address, bool disabled, CancellationToken cancellationToken) =>
        ChangeAsync(
            address,
            Wanted.Live,
            async (connection, found) =>
            {
                await ExecuteAsync(
                    connection,
                    disabled
                        ? "UPDATE accounts SET disabled_at = coalesce(disabled_at, now()), session_epoch = session_epoch + 1 WHERE id = $1"
                        : "UPDATE accounts SET disabled_at = NULL WHERE id = $1",
                    Long(found.Id),
                    cancellationToken);
                return new AccountChange(found.Id, found.PrimaryAddress, found.Addresses);
            },
            cancellationToken);

    public static MailError NoSuchCredential(CredentialId id) => new(MailErrorCode.NonExistent, $"There is no credential {id}");

    private static Task EndSessionsAsync(NpgsqlConnection connection, AccountId account, CancellationToken cancellationToken) =>
        ExecuteAsync(connection, "UPDATE accounts SET session_epoch = session_epoch + 1 WHERE id = $1", Long(account), cancellationToken);

    private static NpgsqlParameter Time(DateTimeOffset? value) =>
        new() { Value = value is { } time ? time.UtcDateTime : DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz };
}
