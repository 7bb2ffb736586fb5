using Npgsql;
using NpgsqlTypes;
using Sora.Contracts;

namespace Sora.Mailstore.Storage;

/// <summary>Why a change of a list was not made; <see cref="Done"/> when it was.</summary>
internal enum SieveListOutcome
{
    Done,
    NoAccount,
    NoList,
    TooManyLists,
    TooManyMembers,
}

/// <summary>External lists of accounts (RFC 6134).</summary>
internal sealed class SieveListStore(NpgsqlDataSource database)
{
    /// <summary>The members of a list; null when there is no such list.</summary>
    public Task<string[]?> ReadAsync(AccountId account, string name, CancellationToken cancellationToken) =>
        ReadAgain.OnceAsync(async () =>
        {
            await using var command = database.CreateCommand("SELECT members FROM sieve_lists WHERE account_id = $1 AND name = $2");
            command.Parameters.Add(Long(account.Value));
            command.Parameters.Add(Text(name));
            return await command.ExecuteScalarAsync(cancellationToken) as string[];
        });

    /// <summary>Names, numbers of members and times of change, by name.</summary>
    public Task<List<(string Name, int Members, DateTimeOffset ChangedAt)>> ListAsync(AccountId account, CancellationToken cancellationToken) =>
        ReadAgain.OnceAsync(async () =>
        {
            await using var command = database.CreateCommand("SELECT name, cardinality(members), changed_at FROM sieve_lists WHERE account_id = $1 ORDER BY name");
            command.Parameters.Add(Long(account.Value));
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            var lists = new List<(string, int, DateTimeOffset)>();
            while (await reader.ReadAsync(cancellationToken))
                lists.Add((reader.GetString(0), reader.GetInt32(1), reader.GetFieldValue<DateTimeOffset>(2)));
            return lists;
        });

    /// <summary>Changes a list, which is made where it is not there.</summary>
    /// <param name="account">Whose list.</param>
    /// <param name="name">Its name.</param>
    /// <param name="change">Gives the new members for the old ones; null where there is no list yet.</param>
    /// <param name="maxLists">Most lists of the account.</param>
    /// <param name="maxMembers">Most members of all its lists.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<SieveListOutcome> ChangeAsync(
        AccountId account, string name, Func<string[]?, string[]?> change, int maxLists, int maxMembers, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var look = new NpgsqlBatch(connection);

        // Changes of an account's lists wait for each other, so that none is lost and the limits hold
        look.BatchCommands.Add(new NpgsqlBatchCommand("SELECT pg_advisory_xact_lock(hashtextextended('sieve-lists', $1))") { Parameters = { Long(account.Value) } });
        look.BatchCommands.Add(new NpgsqlBatchCommand(
            """
            SELECT EXISTS (SELECT FROM accounts WHERE id = $1 AND deleted_at IS NULL), count(*), coalesce(sum(cardinality(members)), 0)::bigint
            FROM sieve_lists WHERE account_id = $1 AND name <> $2
            """)
        {
            Parameters = { Long(account.Value), Text(name) },
        });
        look.BatchCommands.Add(new NpgsqlBatchCommand("SELECT members FROM sieve_lists WHERE account_id = $1 AND name = $2")
        {
            Parameters = { Long(account.Value), Text(name) },
        });
        bool isThere;
        long lists;
        long members;
        string[]? old = null;
        await using (var reader = await look.ExecuteReaderAsync(cancellationToken))
        {
            await reader.NextResultAsync(cancellationToken);
            await reader.ReadAsync(cancellationToken);
            (isThere, lists, members) = (reader.GetBoolean(0), reader.GetInt64(1), reader.GetInt64(2));
            await reader.NextResultAsync(cancellationToken);
            if (await reader.ReadAsync(cancellationToken))
                old = reader.GetFieldValue<string[]>(0);
        }

        if (!isThere)
            return SieveListOutcome.NoAccount;
        if (change(old) is not { } changed)
            return SieveListOutcome.NoList;
        if (old is null && lists >= maxLists)
            return SieveListOutcome.TooManyLists;
        if (members + changed.Length > maxMembers && changed.Length > (old?.Length ?? 0))
            return SieveListOutcome.TooManyMembers;
        await using var put = new NpgsqlCommand(
            """
            INSERT INTO sieve_lists (account_id, name, members) VALUES ($1, $2, $3)
            ON CONFLICT (account_id, name) DO UPDATE SET members = excluded.members, changed_at = now()
            """,
            connection);
        put.Parameters.Add(Long(account.Value));
        put.Parameters.Add(Text(name));
        put.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = changed, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        await put.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return SieveListOutcome.Done;
    }

    /// <summary>False when there is no such list.</summary>
    public async Task<bool> DeleteAsync(AccountId account, string name, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("DELETE FROM sieve_lists WHERE account_id = $1 AND name = $2");
        command.Parameters.Add(Long(account.Value));
        command.Parameters.Add(Text(name));
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    private static NpgsqlParameter<long> Long(long value) => new() { TypedValue = value };

    private static NpgsqlParameter<string> Text(string value) => new() { TypedValue = value };
}
