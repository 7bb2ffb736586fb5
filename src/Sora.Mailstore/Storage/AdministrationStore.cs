using Npgsql;
using NpgsqlTypes;
using Sora.Contracts;
using Sora.Mailstore.Accounts;

namespace Sora.Mailstore.Storage;

/// <summary>
/// Accounts and addresses as administrators change them. Every change holds the account's row until it is committed, so that two changes of
/// one account come after each other. Addresses and hashes are taken as they are: they were checked before.
/// </summary>
internal sealed partial class AdministrationStore(NpgsqlDataSource database)
{
    private const string PrimaryFirst = "ORDER BY is_primary DESC, address";

    public static MailError NoSuchAccount(string address) => new(MailErrorCode.NonExistent, $"There is no account with the address {address}");

    public async Task<IReadOnlyList<AccountSummary>> ListAsync(
        string? domain, string? after, int limit, bool deleted, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            SELECT a.id, p.address, a.created_at, a.deleted_at, (SELECT count(*)::int FROM credentials WHERE account_id = a.id), a.disabled_at
            FROM accounts a JOIN credentials p ON p.account_id = a.id AND p.is_primary
            WHERE (a.deleted_at IS NOT NULL) = $4
              AND ($1 IS NULL OR EXISTS (SELECT FROM credentials c WHERE c.account_id = a.id AND c.domain = $1))
              AND ($2 IS NULL OR p.address > $2)
            ORDER BY p.address LIMIT $3
            """);
        command.Parameters.Add(Text(domain));
        command.Parameters.Add(Text(after));
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        command.Parameters.Add(new NpgsqlParameter<bool> { TypedValue = deleted });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var accounts = new List<AccountSummary>();
        while (await reader.ReadAsync(cancellationToken))
            accounts.Add(await SummaryAsync(reader, cancellationToken));
        return accounts;
    }

    /// <summary>The account that has the address, deleted or not, or null.</summary>
    public async Task<AccountDetails?> FindAsync(string address, CancellationToken cancellationToken)
    {
        AccountSummary summary;
        int mailboxes;
        long messages;
        long bytes;
        await using (var command = database.CreateCommand(
            """
            SELECT a.id, p.address, a.created_at, a.deleted_at, (SELECT count(*)::int FROM credentials WHERE account_id = a.id), a.disabled_at,
                   t.mailboxes, t.messages, t.bytes
            FROM credentials c
            JOIN accounts a ON a.id = c.account_id
            JOIN credentials p ON p.account_id = a.id AND p.is_primary
            CROSS JOIN LATERAL (
                SELECT count(*)::int AS mailboxes, coalesce(sum(l.messages), 0)::bigint AS messages, coalesce(sum(l.size), 0)::bigint AS bytes
                FROM mailboxes m
                LEFT JOIN LATERAL (SELECT messages, size FROM mailbox_log WHERE mailbox_id = m.id ORDER BY modseq DESC LIMIT 1) AS l ON true
                WHERE m.account_id = a.id AND m.deleted_at IS NULL) AS t
            WHERE c.address = $1
            """))
        {
            command.Parameters.Add(Text(address));
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            if (!await reader.ReadAsync(cancellationToken))
                return null;
            summary = await SummaryAsync(reader, cancellationToken);
            (mailboxes, messages, bytes) = (reader.GetInt32(6), reader.GetInt64(7), reader.GetInt64(8));
        }

        return new AccountDetails(summary, await ListCredentialsAsync(address, cancellationToken), mailboxes, messages, bytes);
    }

    public Task<MailResult<AccountChange>> DeleteAsync(string address, CancellationToken cancellationToken) =>
        ChangeAsync(
            address,
            Wanted.Live,
            async (connection, account) =>
            {
                if (account.PrimaryAddress != address)
                    return new MailError(MailErrorCode.Cannot, $"{address} is an address of the account {account.PrimaryAddress}: name the account by that one");
                await ExecuteAsync(connection, "UPDATE accounts SET deleted_at = now() WHERE id = $1", Long(account.Id), cancellationToken);
                return new AccountChange(account.Id, account.PrimaryAddress, account.Addresses);
            },
            cancellationToken);

    public Task<MailResult<AccountChange>> RestoreAsync(string address, CancellationToken cancellationToken) =>
        ChangeAsync(
            address,
            Wanted.Deleted,
            async (connection, account) =>
            {
                if (account.IsPurged)
                    return new MailError(MailErrorCode.NonExistent, $"The account {account.PrimaryAddress} is being deleted for good: it cannot be brought back any more");
                await ExecuteAsync(connection, "UPDATE accounts SET deleted_at = NULL WHERE id = $1", Long(account.Id), cancellationToken);
                return new AccountChange(account.Id, account.PrimaryAddress, account.Addresses);
            },
            cancellationToken);

    public Task<MailResult<AccountChange>> SetPasswordAsync(string address, string passwordHash, bool endSessions, CancellationToken cancellationToken) =>
        ChangeAsync(
            address,
            Wanted.Live,
            async (connection, account) =>
            {
                // Hashes have a salt: two that are the same are one password that was shared
                await using var command = new NpgsqlCommand(
                    """
                    UPDATE credentials SET password_hash = $3
                    WHERE account_id = $1 AND password_hash = (SELECT password_hash FROM credentials WHERE address = $2)
                    RETURNING address
                    """,
                    connection);
                command.Parameters.Add(Long(account.Id));
                command.Parameters.Add(Text(address));
                command.Parameters.Add(Text(passwordHash));
                var changed = new List<string>();
                await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
                {
                    while (await reader.ReadAsync(cancellationToken))
                        changed.Add(reader.GetString(0));
                }

                changed.Sort(StringComparer.Ordinal);
                await LoginStore.AlignScramAsync(connection, account.Id, cancellationToken);
                if (endSessions)
                    await EndSessionsAsync(connection, account.Id, cancellationToken);
                return new AccountChange(account.Id, account.PrimaryAddress, changed);
            },
            cancellationToken);

    public Task<MailResult<AccountChange>> MakePrimaryAsync(string account, string address, CancellationToken cancellationToken) =>
        ChangeAsync(
            account,
            Wanted.Live,
            async (connection, found) =>
            {
                if (!found.Addresses.Contains(address, StringComparer.Ordinal))
                {
                    return new MailError(
                        MailErrorCode.Cannot, $"{address} is no address of the account {found.PrimaryAddress}: add it with credentials add");
                }

                await SetPrimaryAsync(connection, found.Id, address, cancellationToken);
                return new AccountChange(found.Id, address, found.PrimaryAddress == address ? [] : Sorted(found.PrimaryAddress, address));
            },
            cancellationToken);

    public Task<MailResult<AccountChange>> AddCredentialAsync(
        string account, string address, string? passwordHash, CredentialSettings settings, bool primary, CancellationToken cancellationToken) =>
        ChangeAsync(
            account,
            Wanted.Live,
            async (connection, found) =>
            {
                if (await AccountCreationStore.AddAddressAsync(connection, found.Id, address, passwordHash ?? found.PasswordHash, settings, cancellationToken) is { } refused)
                    return refused;
                if (primary)
                    await SetPrimaryAsync(connection, found.Id, address, cancellationToken);
                return new AccountChange(found.Id, primary ? address : found.PrimaryAddress, [address]);
            },
            cancellationToken);

    public Task<MailResult<AccountChange>> DeleteCredentialAsync(string address, string? account, CancellationToken cancellationToken) =>
        ChangeAsync(
            address,
            Wanted.Live,
            async (connection, found) =>
            {
                if (account is not null && !found.Addresses.Contains(account, StringComparer.Ordinal))
                    return new MailError(MailErrorCode.Cannot, $"{address} is no address of the account {account}");
                if (found.Addresses.Count == 1)
                    return new MailError(MailErrorCode.Cannot, $"{address} is the last address of its account: delete the account instead");
                if (found.PrimaryAddress == address)
                    return new MailError(MailErrorCode.Cannot, $"{address} is the primary address of its account: make another one primary first");
                await ExecuteAsync(connection, "DELETE FROM credentials WHERE address = $1", Text(address), cancellationToken);
                return new AccountChange(found.Id, found.PrimaryAddress, [address]);
            },
            cancellationToken);

    private async Task<MailResult<AccountChange>> ChangeAsync(
        string address, Wanted wanted, Func<NpgsqlConnection, LockedAccount, Task<MailResult<AccountChange>>> change, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (await LockAsync(connection, address, cancellationToken) is not { } account)
            return NoSuchAccount(address);
        if (wanted == Wanted.Live && account.IsDeleted)
            return new MailError(MailErrorCode.NonExistent, $"The account {account.PrimaryAddress} is deleted: bring it back with accounts restore");
        if (wanted == Wanted.Deleted && !account.IsDeleted)
            return new MailError(MailErrorCode.AlreadyExists, $"The account {account.PrimaryAddress} is not deleted");
        var result = await change(connection, account);
        if (result.IsOk)
            await transaction.CommitAsync(cancellationToken);
        return result;
    }

    // Read in a second statement: what the first one saw may be older than its wait for the lock
    private static async Task<LockedAccount?> LockAsync(NpgsqlConnection connection, string address, CancellationToken cancellationToken)
    {
        await ExecuteAsync(
            connection,
            "SELECT FROM accounts WHERE id = (SELECT account_id FROM credentials WHERE address = $1) FOR NO KEY UPDATE",
            Text(address),
            cancellationToken);
        await using var command = new NpgsqlCommand(
            $"""
            SELECT a.id, a.deleted_at IS NOT NULL, c.address, c.password_hash, a.purged_at IS NOT NULL
            FROM accounts a JOIN credentials c ON c.account_id = a.id
            WHERE a.id = (SELECT account_id FROM credentials WHERE address = $1) {PrimaryFirst}
            """,
            connection);
        command.Parameters.Add(Text(address));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var addresses = new List<string>();
        var (id, isDeleted, isPurged, passwordHash) = (default(AccountId), false, false, "");
        while (await reader.ReadAsync(cancellationToken))
        {
            (id, isDeleted, isPurged) = (new AccountId(reader.GetInt64(0)), reader.GetBoolean(1), reader.GetBoolean(4));
            addresses.Add(reader.GetString(2));
            if (addresses[^1] == address)
                passwordHash = reader.GetString(3);
        }

        return addresses.Count == 0 ? null : new LockedAccount(id, addresses[0], isDeleted, isPurged, passwordHash, addresses);
    }

    // Two statements: the index that allows one primary address looks at each row by itself
    private static async Task SetPrimaryAsync(NpgsqlConnection connection, AccountId account, string address, CancellationToken cancellationToken)
    {
        await ExecuteAsync(
            connection, "UPDATE credentials SET is_primary = false WHERE account_id = $1 AND is_primary", Long(account), cancellationToken);
        await ExecuteAsync(connection, "UPDATE credentials SET is_primary = true WHERE address = $1", Text(address), cancellationToken);

        // "anyone" is everyone in the domain of the primary address
        await ExecuteAsync(
            connection,
            """
            UPDATE acl SET domain = c.domain FROM mailboxes m JOIN credentials c ON c.account_id = m.account_id AND c.is_primary
            WHERE m.account_id = $1 AND acl.mailbox_id = m.id AND acl.domain <> c.domain
            """,
            Long(account),
            cancellationToken);
    }

    private static async Task ExecuteAsync(
        NpgsqlConnection connection, string sql, NpgsqlParameter parameter, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.Add(parameter);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async ValueTask<AccountSummary> SummaryAsync(NpgsqlDataReader reader, CancellationToken cancellationToken) => new(
        new AccountId(reader.GetInt64(0)),
        reader.GetString(1),
        await reader.GetFieldValueAsync<DateTimeOffset>(2, cancellationToken),
        await reader.GetFieldValueAsync<DateTimeOffset?>(3, cancellationToken),
        reader.GetInt32(4),
        await reader.GetFieldValueAsync<DateTimeOffset?>(5, cancellationToken));

    private static string[] Sorted(string left, string right) => string.CompareOrdinal(left, right) <= 0 ? [left, right] : [right, left];

    private static NpgsqlParameter Text(string? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    private static NpgsqlParameter<long> Long(AccountId account) => new() { TypedValue = account.Value };

    private enum Wanted
    {
        Live,
        Deleted,
    }

    private sealed record LockedAccount(
        AccountId Id, string PrimaryAddress, bool IsDeleted, bool IsPurged, string PasswordHash, IReadOnlyList<string> Addresses);
}
