using Npgsql;
using NpgsqlTypes;
using Sora.Contracts;

namespace Sora.Mailstore.Storage;

/// <summary>Accounts that are here because a service told of them. Their addresses have <see cref="Mark"/> in the place of a password hash: no password matches it.</summary>
internal sealed class LookupStore(NpgsqlDataSource database)
{
    public const string Mark = "{LOOKUP}";

    /// <summary>The account that has this address, and whether the address is here only because a service told of it; null when there is none.</summary>
    public Task<(AccountIdentity Identity, bool IsExternal)?> FindAsync(string address, CancellationToken cancellationToken) =>
        ReadAgain.OnceAsync<(AccountIdentity, bool)?>(async () =>
        {
            await using var command = database.CreateCommand(
                """
                SELECT c.account_id, p.address, c.password_hash = $2
                FROM credentials c
                JOIN accounts a ON a.id = c.account_id AND a.deleted_at IS NULL
                JOIN credentials p ON p.account_id = c.account_id AND p.is_primary
                WHERE c.address = $1
                """);
            command.Parameters.Add(Text(address));
            command.Parameters.Add(Text(Mark));
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            return await reader.ReadAsync(cancellationToken)
                ? (new AccountIdentity(new AccountId(reader.GetInt64(0)), reader.GetString(1)), reader.GetBoolean(2))
                : null;
        });

    /// <summary>
    /// Gives an account the addresses that the service tells of, and takes those away that it told of before. Addresses that were given to the account here stay; those of other accounts are
    /// not taken from them. True when something has changed.
    /// </summary>
    public async Task<bool> SetAliasesAsync(AccountId account, IReadOnlyList<string> aliases, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            WITH gone AS (
                DELETE FROM credentials WHERE account_id = $1 AND password_hash = $3 AND NOT is_primary AND address <> ALL ($2)
                RETURNING 1),
            come AS (
                INSERT INTO credentials (account_id, address, password_hash)
                SELECT $1, a, $3 FROM unnest($2) AS a WHERE a = lower(a) AND EXISTS (SELECT FROM accounts WHERE id = $1 AND deleted_at IS NULL)
                ON CONFLICT (address) DO NOTHING
                RETURNING 1)
            SELECT EXISTS (SELECT FROM gone) OR EXISTS (SELECT FROM come)
            """);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = account.Value });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. aliases], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        command.Parameters.Add(Text(Mark));
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static NpgsqlParameter<string> Text(string value) => new() { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Text };
}
