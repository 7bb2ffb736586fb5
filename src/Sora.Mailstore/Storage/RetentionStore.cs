using Npgsql;
using NpgsqlTypes;
using Sora.Contracts;

namespace Sora.Mailstore.Storage;

/// <summary>A mailbox, as those see it who look for old mail.</summary>
internal readonly record struct RetainedMailbox(MailboxId Id, AccountId Account, string Name, SpecialUse Use);

/// <summary>Finds what has been deleted or has grown old, and deletes mailboxes and accounts for good.</summary>
internal sealed class RetentionStore(NpgsqlDataSource database)
{
    /// <summary>Mailboxes that were deleted long enough ago, and those of accounts whose purge has begun.</summary>
    public async Task<List<RetainedMailbox>> DeletedMailboxesAsync(TimeSpan age, MailboxId after, int limit, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            SELECT id, account_id, name, special_use FROM mailboxes
            WHERE deleted_at < now() - $1 AND id > $2 ORDER BY id LIMIT $3
            """);
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = age });
        command.Parameters.Add(Long(after.Value));
        command.Parameters.Add(Int(limit));
        return await ReadMailboxesAsync(command, cancellationToken);
    }

    /// <summary>All mailboxes of an account, also those that were deleted.</summary>
    public async Task<List<RetainedMailbox>> MailboxesOfAsync(AccountId account, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT id, account_id, name, special_use FROM mailboxes WHERE account_id = $1 ORDER BY id");
        command.Parameters.Add(Long(account.Value));
        return await ReadMailboxesAsync(command, cancellationToken);
    }

    /// <summary>The last of a mailbox, whose messages are gone: its log, its snapshot, and itself with its lists.</summary>
    public async Task DeleteMailboxAsync(MailboxId mailbox, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var batch = new NpgsqlBatch(connection);
        foreach (var sql in new[]
        {
            "DELETE FROM restored_messages WHERE mailbox_id = $1",
            "DELETE FROM mailbox_snapshot_chunks WHERE mailbox_id = $1",
            "DELETE FROM mailbox_snapshots WHERE mailbox_id = $1",
            "DELETE FROM mailbox_log WHERE mailbox_id = $1",
            "DELETE FROM mailboxes WHERE id = $1", // its access control list and annotations go with it
        })
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(sql) { Parameters = { Long(mailbox.Value) } });
        }

        await batch.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>
    /// Accounts that are to go for good: those that were deleted long enough ago, which cannot be brought back from here on, and those whose purge was begun before.
    /// </summary>
    public async Task<List<AccountId>> TakeDeletedAccountsAsync(TimeSpan age, AccountId after, int limit, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            UPDATE accounts SET purged_at = coalesce(purged_at, now())
            WHERE id = ANY (ARRAY(
                    SELECT id FROM accounts WHERE deleted_at < now() - $1 AND shared_domain IS NULL AND id > $2
                    ORDER BY id LIMIT $3 FOR NO KEY UPDATE))
              AND deleted_at < now() - $1
            RETURNING id
            """);
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = age });
        command.Parameters.Add(Long(after.Value));
        command.Parameters.Add(Int(limit));
        var accounts = new List<AccountId>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            accounts.Add(new AccountId(reader.GetInt64(0)));
        accounts.Sort(static (left, right) => left.Value.CompareTo(right.Value));
        return accounts;
    }

    /// <summary>Bodies of an account are dead, at most so many at once; how many were not yet.</summary>
    public async Task<int> MarkBodiesAsync(AccountId account, int limit, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            UPDATE bodies SET dead_since = now()
            WHERE ctid = ANY (ARRAY(SELECT ctid FROM bodies WHERE account_id = $1 AND dead_since IS NULL LIMIT $2)) AND dead_since IS NULL
            """);
        command.Parameters.Add(Long(account.Value));
        command.Parameters.Add(Int(limit));
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// The last of an account, whose mailboxes and messages are gone: its addresses are free. Audit entries stay, they tell of the past; what is known of
    /// wrong passwords goes by its age.
    /// </summary>
    public async Task DeleteAccountAsync(AccountId account, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);

        // Whoever merges segments of the index is waited for: what it makes of them would otherwise be left over
        await using (var take = new NpgsqlCommand("LOCK TABLE search_segments IN SHARE ROW EXCLUSIVE MODE", connection))
            await take.ExecuteNonQueryAsync(cancellationToken);
        await using var batch = new NpgsqlBatch(connection);
        foreach (var sql in new[]
        {
            "DELETE FROM search_fields WHERE segment_id IN (SELECT id FROM search_segments WHERE account_id = $1)",
            "DELETE FROM search_segments WHERE account_id = $1",
            "DELETE FROM line_ends WHERE account_id = $1",
            "DELETE FROM staged_bodies WHERE accounts = ARRAY[$1]",
            "UPDATE staged_bodies SET accounts = array_remove(accounts, $1) WHERE $1 = ANY (accounts)",
            "DELETE FROM acl WHERE grantee_id = $1",
            "DELETE FROM deleted_acl WHERE grantee_id = $1",
            "DELETE FROM relay_messages WHERE account_id = $1",
            "DELETE FROM relay_operations WHERE account_id = $1",
            "DELETE FROM accounts WHERE id = $1", // addresses, passwords, subscriptions, scripts and what they remember, quotas, annotations and the maildrop go with it
        })
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(sql) { Parameters = { Long(account.Value) } });
        }

        await batch.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Mailboxes in the order of their numbers.</summary>
    /// <param name="after">Those after this one.</param>
    /// <param name="uses">Only those with one of these special uses; null for all.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<List<RetainedMailbox>> MailboxesAsync(MailboxId after, IReadOnlyList<SpecialUse>? uses, int limit, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            SELECT m.id, m.account_id, m.name, m.special_use FROM mailboxes m JOIN accounts a ON a.id = m.account_id AND a.deleted_at IS NULL
            WHERE m.id > $1 AND m.deleted_at IS NULL AND ($2::smallint[] IS NULL OR m.special_use = ANY ($2))
            ORDER BY m.id LIMIT $3
            """);
        command.Parameters.Add(Long(after.Value));
        command.Parameters.Add(new NpgsqlParameter
        {
            Value = uses is null ? DBNull.Value : uses.Select(static use => (short)use).ToArray(),
            NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Smallint,
        });
        command.Parameters.Add(Int(limit));
        return await ReadMailboxesAsync(command, cancellationToken);
    }

    /// <summary>
    /// Those of the mailboxes that may have messages older than a time of their own. Messages come into a mailbox in the order of their UIDs, so by that date the first one decides; their
    /// own dates are in no order. Messages that are expunged and not purged are among them: whether it is so is known by the mailbox.
    /// </summary>
    public async Task<HashSet<MailboxId>> WithOldAsync(IReadOnlyList<(MailboxId Mailbox, long Before)> mailboxes, bool bySaveDate, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            bySaveDate
                ? """
                  SELECT r.id FROM unnest($1::bigint[], $2::bigint[]) AS r (id, before)
                  WHERE (SELECT save_date FROM messages m WHERE m.mailbox_id = r.id ORDER BY uid LIMIT 1) < r.before
                  """
                : """
                  SELECT r.id FROM unnest($1::bigint[], $2::bigint[]) AS r (id, before)
                  WHERE EXISTS (SELECT FROM messages m WHERE m.mailbox_id = r.id AND m.internal_date < r.before)
                  """);
        command.Parameters.Add(Longs(mailboxes.Select(static mailbox => mailbox.Mailbox.Value)));
        command.Parameters.Add(Longs(mailboxes.Select(static mailbox => mailbox.Before)));
        var found = new HashSet<MailboxId>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            found.Add(new MailboxId(reader.GetInt64(0)));
        return found;
    }

    private static async Task<List<RetainedMailbox>> ReadMailboxesAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        var mailboxes = new List<RetainedMailbox>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            mailboxes.Add(new RetainedMailbox(
                new MailboxId(reader.GetInt64(0)), new AccountId(reader.GetInt64(1)), reader.GetString(2), (SpecialUse)reader.GetInt16(3)));
        }

        return mailboxes;
    }

    private static NpgsqlParameter<long> Long(long value) => new() { TypedValue = value };

    private static NpgsqlParameter<int> Int(int value) => new() { TypedValue = value };

    private static NpgsqlParameter<long[]> Longs(IEnumerable<long> values) => new() { TypedValue = [.. values], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint };
}
