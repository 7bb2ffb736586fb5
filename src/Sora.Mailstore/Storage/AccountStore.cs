using Npgsql;
using NpgsqlTypes;
using Sora.Contracts;
using Sora.Mailstore.Accounts;

namespace Sora.Mailstore.Storage;

/// <summary>An account as administrators see it.</summary>
public sealed record AccountSummary(AccountId Id, string PrimaryAddress, DateTimeOffset CreatedAt, DateTimeOffset? DeletedAt, int Credentials, DateTimeOffset? DisabledAt);

/// <summary>An account's mailboxes and subscriptions, both unordered, and how the account is known to others.</summary>
internal readonly record struct StoredList(long Version, List<MailboxEntry> Mailboxes, List<MailboxName> Subscriptions, AccountProfile Profile);

/// <summary>Accounts, addresses, mailbox names and subscriptions.</summary>
internal sealed class AccountStore(NpgsqlDataSource database)
{
    public Task<AccountIdentity?> FindAsync(string address, CancellationToken cancellationToken) =>
        ReadAgain.OnceAsync(() => ReadIdentityAsync(address, cancellationToken));

    private async Task<AccountIdentity?> ReadIdentityAsync(string address, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            SELECT c.account_id, p.address, EXISTS (SELECT FROM credentials o WHERE o.account_id = c.account_id AND NOT o.is_primary)
            FROM credentials c
            JOIN accounts a ON a.id = c.account_id AND a.deleted_at IS NULL
            JOIN credentials p ON p.account_id = c.account_id AND p.is_primary
            WHERE c.address = $1
            """);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = address });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new AccountIdentity(new AccountId(reader.GetInt64(0)), reader.GetString(1)) { HasOtherAddresses = reader.GetBoolean(2) }
            : null;
    }

    /// <summary>The account's addresses, the primary one first; none when there is no such account.</summary>
    public Task<string[]> AddressesAsync(AccountId id, CancellationToken cancellationToken) =>
        ReadAgain.OnceAsync(async () =>
        {
            await using var command = database.CreateCommand(
                """
                SELECT c.address FROM credentials c JOIN accounts a ON a.id = c.account_id AND a.deleted_at IS NULL
                WHERE c.account_id = $1 ORDER BY c.is_primary DESC, c.address
                """);
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = id.Value });
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            var addresses = new List<string>();
            while (await reader.ReadAsync(cancellationToken))
                addresses.Add(reader.GetString(0));
            return addresses.ToArray();
        });

    /// <summary>The version of the account's list of mailboxes; null when there is no such account.</summary>
    public Task<long?> ListVersionAsync(AccountId id, CancellationToken cancellationToken) =>
        ReadAgain.OnceAsync(async () =>
        {
            await using var command = database.CreateCommand("SELECT list_version FROM accounts WHERE id = $1 AND deleted_at IS NULL");
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = id.Value });
            return (long?)await command.ExecuteScalarAsync(cancellationToken);
        });

    /// <summary>The account's mailboxes and subscriptions; null when there is no such account.</summary>
    public Task<StoredList?> ListAsync(AccountId id, CancellationToken cancellationToken) =>
        ReadAgain.OnceAsync(async () =>
        {
            await using var connection = await database.OpenConnectionAsync(cancellationToken);
            return await ListAsync(connection, id, cancellationToken);
        });

    /// <summary>The same, as the connection's transaction sees it.</summary>
    public static async Task<StoredList?> ListAsync(NpgsqlConnection connection, AccountId id, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        Add(
            batch,
            """
            SELECT a.list_version, p.address, a.shared_domain FROM accounts a LEFT JOIN credentials p ON p.account_id = a.id AND p.is_primary
            WHERE a.id = $1 AND a.deleted_at IS NULL
            """,
            id);
        Add(batch, "SELECT id, name, uid_validity, special_use, was_inbox FROM mailboxes WHERE account_id = $1 AND deleted_at IS NULL", id);
        Add(batch, "SELECT name FROM subscriptions WHERE account_id = $1", id);
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
            return null;
        var version = reader.GetInt64(0);
        var profile = SharingStore.Profile(
            await reader.IsDBNullAsync(1, cancellationToken) ? null : reader.GetString(1),
            await reader.IsDBNullAsync(2, cancellationToken) ? null : reader.GetString(2));
        await reader.NextResultAsync(cancellationToken);
        var mailboxes = new List<MailboxEntry>();
        while (await reader.ReadAsync(cancellationToken))
        {
            mailboxes.Add(new MailboxEntry(
                new MailboxId(reader.GetInt64(0)),
                Name(reader.GetString(1)),
                new UidValidity((uint)reader.GetInt64(2)),
                (SpecialUse)reader.GetInt16(3),
                reader.GetBoolean(4)));
        }

        await reader.NextResultAsync(cancellationToken);
        var subscriptions = new List<MailboxName>();
        while (await reader.ReadAsync(cancellationToken))
            subscriptions.Add(Name(reader.GetString(0)));
        return new StoredList(version, mailboxes, subscriptions, profile);
    }

    /// <summary>Locks the account's list of mailboxes until the transaction ends and counts its version up; false when the account is gone.</summary>
    public static async Task<bool> LockListAsync(NpgsqlConnection connection, AccountId id, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "UPDATE accounts SET list_version = list_version + 1 WHERE id = $1 AND deleted_at IS NULL", connection);
        command.Parameters.Add(Long(id.Value));
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    public static async Task<MailboxEntry> InsertMailboxAsync(
        NpgsqlConnection connection, AccountId account, MailboxName name, SpecialUse use, bool wasInbox, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "INSERT INTO mailboxes (account_id, name, special_use, was_inbox) VALUES ($1, $2, $3, $4) RETURNING id, uid_validity", connection);
        command.Parameters.Add(Long(account.Value));
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name.Value });
        command.Parameters.Add(new NpgsqlParameter<short> { TypedValue = (short)use });
        command.Parameters.Add(new NpgsqlParameter<bool> { TypedValue = wasInbox });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new MailboxEntry(new MailboxId(reader.GetInt64(0)), name, new UidValidity((uint)reader.GetInt64(1)), use, wasInbox);
    }

    public static async Task RenameMailboxAsync(NpgsqlConnection connection, MailboxId id, MailboxName name, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("UPDATE mailboxes SET name = $2 WHERE id = $1", connection);
        command.Parameters.Add(Long(id.Value));
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name.Value });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Gives a mailbox another special use; false when another one has it, or the mailbox is gone. The list must be locked.</summary>
    public static async Task<bool> SetSpecialUseAsync(NpgsqlConnection connection, MailboxId id, SpecialUse use, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            UPDATE mailboxes m SET special_use = $2
            WHERE m.id = $1 AND m.deleted_at IS NULL AND ($2 = 0 OR NOT EXISTS (
                SELECT FROM mailboxes o WHERE o.account_id = m.account_id AND o.special_use = $2 AND o.deleted_at IS NULL AND o.id <> m.id))
            """,
            connection);
        command.Parameters.Add(Long(id.Value));
        command.Parameters.Add(new NpgsqlParameter<short> { TypedValue = (short)use });
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    public static async Task DeleteMailboxAsync(NpgsqlConnection connection, MailboxId id, CancellationToken cancellationToken)
    {
        // The annotations go at once (RFC 5464 section 4.1), the mail when the mailbox is purged
        await using var command = new NpgsqlCommand(
            """
            WITH gone AS (DELETE FROM annotations WHERE mailbox_id = $1)
            UPDATE mailboxes SET deleted_at = now() WHERE id = $1 AND deleted_at IS NULL
            """,
            connection);
        command.Parameters.Add(Long(id.Value));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public static async Task SubscribeAsync(
        NpgsqlConnection connection, AccountId account, MailboxName name, bool subscribed, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            subscribed
                ? "INSERT INTO subscriptions (account_id, name) VALUES ($1, $2) ON CONFLICT DO NOTHING"
                : "DELETE FROM subscriptions WHERE account_id = $1 AND name = $2",
            connection);
        command.Parameters.Add(Long(account.Value));
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name.Value });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Counters out of each mailbox's newest record; a mailbox without records has none here.</summary>
    public Task<Dictionary<MailboxId, (ModSeq ModSeq, Uid UidNext, MailboxTotals Totals)>> ReadTotalsAsync(
        IReadOnlyCollection<MailboxId> ids, CancellationToken cancellationToken) =>
        ReadAgain.OnceAsync(() => SelectTotalsAsync(ids, cancellationToken));

    private async Task<Dictionary<MailboxId, (ModSeq ModSeq, Uid UidNext, MailboxTotals Totals)>> SelectTotalsAsync(
        IReadOnlyCollection<MailboxId> ids, CancellationToken cancellationToken)
    {
        await using var command = ids.Count == 1 ? NewestRecord(ids.First()) : NewestRecords(ids);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var result = new Dictionary<MailboxId, (ModSeq, Uid, MailboxTotals)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            result[new MailboxId(reader.GetInt64(0))] = (
                new ModSeq(reader.GetInt64(1)),
                new Uid((uint)reader.GetInt64(2)),
                new MailboxTotals(reader.GetInt32(3), reader.GetInt32(4), reader.GetInt32(5), reader.GetInt64(6), reader.GetInt64(7)));
        }

        return result;
    }

    // As a statement of its own: PostgreSQL plans the one for many anew each time, which takes it longer than to run it
    private NpgsqlCommand NewestRecord(MailboxId id)
    {
        var command = database.CreateCommand(
            """
            SELECT mailbox_id, modseq, uid_next, messages, unseen, deleted, size, deleted_size
            FROM mailbox_log WHERE mailbox_id = $1 ORDER BY modseq DESC LIMIT 1
            """);
        command.Parameters.Add(Long(id.Value));
        return command;
    }

    private NpgsqlCommand NewestRecords(IEnumerable<MailboxId> ids)
    {
        var command = database.CreateCommand(
            """
            SELECT m.id, l.modseq, l.uid_next, l.messages, l.unseen, l.deleted, l.size, l.deleted_size
            FROM unnest($1::bigint[]) AS m (id)
            CROSS JOIN LATERAL (SELECT * FROM mailbox_log WHERE mailbox_id = m.id ORDER BY modseq DESC LIMIT 1) AS l
            """);
        command.Parameters.Add(new NpgsqlParameter<long[]>
        {
            TypedValue = [.. ids.Select(static id => id.Value)],
            NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint,
        });
        return command;
    }

    private static MailboxName Name(string stored) => MailboxName.Stored(stored);

    private static NpgsqlParameter<long> Long(long value) => new() { TypedValue = value };

    private static void Add(NpgsqlBatch batch, string sql, AccountId id)
    {
        var command = new NpgsqlBatchCommand(sql);
        command.Parameters.Add(Long(id.Value));
        batch.BatchCommands.Add(command);
    }
}
