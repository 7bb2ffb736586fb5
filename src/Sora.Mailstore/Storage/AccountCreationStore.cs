using Npgsql;
using NpgsqlTypes;
using Sora.Contracts;
using Sora.Mailstore.Accounts;

namespace Sora.Mailstore.Storage;

/// <summary>Makes accounts and adds addresses. Addresses and hashes are taken as they are: they were checked before.</summary>
internal sealed class AccountCreationStore(NpgsqlDataSource database)
{
    /// <summary>
    /// Makes accounts of one address each, with their default mailboxes, in one statement. The address is claimed first, and what follows is
    /// made for those that got theirs; foreign keys are checked at the end of the statement.
    /// </summary>
    public async Task<MailResult<AccountId>[]> CreateManyAsync(IReadOnlyList<NewAccount> accounts, CancellationToken cancellationToken)
    {
        if (accounts.Count == 0)
            return [];
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await InsertAsync(connection, accounts, cancellationToken);
    }

    /// <summary>Makes one account with all its addresses.</summary>
    public async Task<MailResult<AccountId>> CreateAsync(NewAccount account, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var created = (await InsertAsync(connection, [account], cancellationToken))[0];
        if (!created.IsOk)
            return created;
        foreach (var address in account.MoreAddresses)
        {
            if (await AddAddressAsync(connection, created.Value, address, account.PasswordHash, CredentialSettings.Default, cancellationToken) is { } refused)
                return refused;
        }

        await transaction.CommitAsync(cancellationToken);
        return created;
    }

    /// <summary>Null when the address was added, or the reason why not.</summary>
    public static async Task<MailError?> AddAddressAsync(
        NpgsqlConnection connection, AccountId account, string address, string passwordHash, CredentialSettings settings, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            WITH claimed AS (
                INSERT INTO credentials (account_id, address, password_hash, description, scopes, expires_at) SELECT $1, $2, $3, $4, $5, $6 WHERE $2 = lower($2)
                ON CONFLICT (address) DO NOTHING
                RETURNING 1)
            SELECT $2 = lower($2), EXISTS (SELECT FROM claimed)
            """,
            connection);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = account.Value });
        command.Parameters.Add(Text(address));
        command.Parameters.Add(Text(passwordHash));
        command.Parameters.Add(Text(settings.Description));
        command.Parameters.Add(new NpgsqlParameter<short> { TypedValue = (short)settings.Scopes });
        command.Parameters.Add(new NpgsqlParameter
        {
            Value = settings.ExpiresAt is { } end ? end.UtcDateTime : DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz,
        });
        bool isLower;
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            await reader.ReadAsync(cancellationToken);
            if (reader.GetBoolean(1))
                return null;
            isLower = reader.GetBoolean(0);
        }

        return isLower ? await TakenAsync(connection, address, cancellationToken) : NotLower(address);
    }

    private static async Task<MailResult<AccountId>[]> InsertAsync(
        NpgsqlConnection connection, IReadOnlyList<NewAccount> accounts, CancellationToken cancellationToken)
    {
        var results = new MailResult<AccountId>[accounts.Count];
        var refused = new List<int>();
        await using (var command = new NpgsqlCommand(
            """
            WITH wanted AS MATERIALIZED (
                SELECT n, nextval(pg_get_serial_sequence('accounts', 'id')) AS id, address, password_hash, address = lower(address) AS is_lower
                FROM unnest($1, $2) WITH ORDINALITY AS w (address, password_hash, n)),
            claimed AS (
                INSERT INTO credentials (account_id, address, password_hash, is_primary)
                SELECT id, address, password_hash, true FROM wanted WHERE is_lower ORDER BY n
                ON CONFLICT (address) DO NOTHING
                RETURNING account_id),
            made AS (
                INSERT INTO accounts (id) OVERRIDING SYSTEM VALUE SELECT account_id FROM claimed),
            listed AS (
                INSERT INTO mailboxes (account_id, name, special_use)
                SELECT account_id, name, special_use FROM claimed CROSS JOIN unnest($3, $4) AS d (name, special_use)),
            subscribed AS (
                INSERT INTO subscriptions (account_id, name) SELECT account_id, name FROM claimed CROSS JOIN unnest($3) AS d (name))
            SELECT w.n, c.account_id, w.is_lower FROM wanted w LEFT JOIN claimed c ON c.account_id = w.id
            """,
            connection))
        {
            command.Parameters.Add(TextArray([.. accounts.Select(static account => account.Address)]));
            command.Parameters.Add(TextArray([.. accounts.Select(static account => account.PasswordHash)]));
            command.Parameters.Add(TextArray(DefaultMailboxes.Names));
            command.Parameters.Add(new NpgsqlParameter<short[]>
            {
                TypedValue = DefaultMailboxes.Uses, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Smallint,
            });
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                var position = (int)reader.GetInt64(0) - 1;
                if (!await reader.IsDBNullAsync(1, cancellationToken))
                    results[position] = new AccountId(reader.GetInt64(1));
                else if (!reader.GetBoolean(2))
                    results[position] = NotLower(accounts[position].Address);
                else
                    refused.Add(position);
            }
        }

        foreach (var position in refused)
            results[position] = await TakenAsync(connection, accounts[position].Address, cancellationToken);
        return results;
    }

    private static async Task<MailError> TakenAsync(NpgsqlConnection connection, string address, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "SELECT 1 FROM credentials c JOIN accounts a ON a.id = c.account_id WHERE c.address = $1 AND a.deleted_at IS NOT NULL", connection);
        command.Parameters.Add(Text(address));
        return await command.ExecuteScalarAsync(cancellationToken) is null
            ? new MailError(MailErrorCode.AlreadyExists, $"The address {address} is taken")
            : new MailError(MailErrorCode.AlreadyExists, $"The address {address} belongs to a deleted account: bring it back with accounts restore");
    }

    // .NET and the database do not agree on the lower case of every letter of Unicode
    private static MailError NotLower(string address) =>
        new(MailErrorCode.Cannot, $"Not an address: {address} (the database does not hold it for lower case)");

    private static NpgsqlParameter<string> Text(string value) => new() { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Text };

    private static NpgsqlParameter<string[]> TextArray(string[] values) =>
        new() { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };
}
