using Npgsql;
using NpgsqlTypes;
using Sora.Contracts;
using Sora.Mailstore.Accounts;

namespace Sora.Mailstore.Storage;

/// <summary>Annotations (RFC 5464).</summary>
internal sealed class MetadataStore(NpgsqlDataSource database)
{
    /// <summary>What the query asks for; the caller leaves out what lies deeper than it wants.</summary>
    public Task<List<Annotation>> ReadAsync(MetadataQuery query, CancellationToken cancellationToken) =>
        ReadAgain.OnceAsync(() => SelectAsync(query, cancellationToken));

    private async Task<List<Annotation>> SelectAsync(MetadataQuery query, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            SELECT coalesce(mailbox_id, 0), name, octet_length(value)::bigint, CASE WHEN octet_length(value) <= $5 THEN value END
            FROM annotations a
            WHERE coalesce(mailbox_id, 0) = ANY ($1) AND (CASE WHEN is_private THEN account_id ELSE 0 END) IN (0, $2)
                AND (entry = ANY ($3) OR ($4 AND EXISTS (SELECT FROM unnest($3) AS above WHERE starts_with(a.entry, above || '/'))))
            ORDER BY coalesce(mailbox_id, 0), entry
            """);
        command.Parameters.Add(new NpgsqlParameter<long[]>
        {
            TypedValue = query.Mailboxes.Count == 0 ? [0] : [.. query.Mailboxes.Select(static id => id.Value)],
        });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = query.User.Value });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. query.Entries.Select(Fold)] });
        command.Parameters.Add(new NpgsqlParameter<bool> { TypedValue = query.Depth != MetadataDepth.Zero });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = query.MaxSize });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var found = new List<Annotation>();
        while (await reader.ReadAsync(cancellationToken))
        {
            found.Add(new Annotation(
                new MailboxId(reader.GetInt64(0)),
                reader.GetString(1),
                reader.GetInt64(2),
                reader.IsDBNull(3) ? null : reader.GetFieldValue<byte[]>(3)));
        }

        return found;
    }

    /// <summary>Sets and removes entries of the server in one transaction; nothing is changed when a limit is broken.</summary>
    public async Task<MailResult<MetadataWritten>> WriteServerAsync(MetadataWrite write, MetadataOptions options, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var written = await WriteAsync(connection, write, owner: null, options, cancellationToken);
        if (written.Outcome == MetadataOutcome.Done)
            await transaction.CommitAsync(cancellationToken);
        return written;
    }

    /// <summary>
    /// Sets and removes entries of a mailbox, and its special use, in one transaction with a record of its log. Nothing is changed when a limit is broken,
    /// when another mailbox has the special use, or when the record's number is taken.
    /// </summary>
    public async Task<(CommitOutcome? Outcome, MailResult<MetadataWritten> Answer)> WriteMailboxAsync(
        MetadataWrite write, MailboxCommit record, MetadataOptions options, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);

        // Locks are taken in the order in which a change of the list takes them, and the record is last: who waits for its number waits for nobody else
        if (write.Use is not null && !await AccountStore.LockListAsync(connection, record.Account, cancellationToken))
            return (null, MailError.NoSuchMailbox());
        var isFree = write.Use is not { } use || await AccountStore.SetSpecialUseAsync(connection, write.Mailbox, use, cancellationToken);
        if (await LockOwnerAsync(connection, write.Mailbox, cancellationToken) is not { } owner)
            return (null, MailError.NoSuchMailbox());
        if (!isFree)
            return (null, new MailError(MailErrorCode.UseAttr, "Another mailbox has this special use"));
        var written = await WriteAsync(connection, write, owner, options, cancellationToken);
        if (written.Outcome != MetadataOutcome.Done)
            return (null, written);
        var unit = new CommitUnit(record);
        await CommitStore.CommitAsync(connection, [unit], cancellationToken);
        if (await unit.Completion is not CommitOutcome.Won and var lost)
            return (lost, written);
        await transaction.CommitAsync(cancellationToken);
        return (CommitOutcome.Won, written);
    }

    private static async Task<MetadataWritten> WriteAsync(
        NpgsqlConnection connection, MetadataWrite write, AccountId? owner, MetadataOptions options, CancellationToken cancellationToken)
    {
        var (user, mailbox, entries) = (write.User, write.Mailbox, write.Entries);

        // Whoever sets something waits for those who set something for the same accounts, so that the limits hold
        long[] accounts = [.. new[] { user.Value, owner?.Value ?? user.Value }.Distinct().Order()];
        foreach (var account in accounts)
            await LockAsync(connection, account, cancellationToken);
        var before = await CountAsync(connection, mailbox, accounts, user, cancellationToken);
        await DeleteAsync(connection, mailbox, user, entries, cancellationToken);
        await InsertAsync(connection, mailbox, user, owner, entries, cancellationToken);
        var after = await CountAsync(connection, mailbox, accounts, user, cancellationToken);
        if (after.Entries > before.Entries && after.Entries > options.MaxEntries)
            return new MetadataWritten(MetadataOutcome.TooMany, options.MaxEntries);
        if (after.LargestAccount > before.LargestAccount && after.LargestAccount > options.MaxAccountSize.Bytes)
            return new MetadataWritten(MetadataOutcome.TooMany, options.MaxAccountSize.Bytes);
        return new MetadataWritten(MetadataOutcome.Done, 0);
    }

    /// <summary>Gives a new mailbox the annotations of another one.</summary>
    public static async Task CopyAsync(NpgsqlDataSource database, MailboxId from, MailboxId to, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            INSERT INTO annotations (mailbox_id, account_id, is_private, entry, name, value)
            SELECT $2, account_id, is_private, entry, name, value FROM annotations WHERE mailbox_id = $1
            ON CONFLICT DO NOTHING
            """);
        command.Parameters.Add(Long(from.Value));
        command.Parameters.Add(Long(to.Value));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    // Held until the end: the mailbox cannot be deleted meanwhile
    private static async Task<AccountId?> LockOwnerAsync(NpgsqlConnection connection, MailboxId mailbox, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "SELECT account_id FROM mailboxes WHERE id = $1 AND deleted_at IS NULL FOR SHARE", connection);
        command.Parameters.Add(Long(mailbox.Value));
        return await command.ExecuteScalarAsync(cancellationToken) is long account ? new AccountId(account) : null;
    }

    private static async Task LockAsync(NpgsqlConnection connection, long account, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT pg_advisory_xact_lock(hashtextextended('annotations', $1))", connection);
        command.Parameters.Add(Long(account));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<(long Entries, long LargestAccount)> CountAsync(
        NpgsqlConnection connection, MailboxId mailbox, long[] accounts, AccountId user, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT
                (SELECT count(*) FROM annotations
                 WHERE coalesce(mailbox_id, 0) = $1 AND (CASE WHEN is_private THEN account_id ELSE 0 END) IN (0, $3)),
                (SELECT coalesce(max(size), 0)::bigint FROM (
                    SELECT sum(octet_length(value)) AS size FROM annotations WHERE account_id = ANY ($2) GROUP BY account_id) AS sizes)
            """,
            connection);
        command.Parameters.Add(Long(mailbox.Value));
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = accounts });
        command.Parameters.Add(Long(user.Value));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.GetInt64(0), reader.GetInt64(1));
    }

    private static async Task DeleteAsync(
        NpgsqlConnection connection, MailboxId mailbox, AccountId user, IReadOnlyList<MetadataEntry> entries, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            DELETE FROM annotations
            WHERE coalesce(mailbox_id, 0) = $1 AND (CASE WHEN is_private THEN account_id ELSE 0 END) IN (0, $2) AND entry = ANY ($3)
            """,
            connection);
        command.Parameters.Add(Long(mailbox.Value));
        command.Parameters.Add(Long(user.Value));
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. entries.Select(static entry => Fold(entry.Name))] });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task InsertAsync(
        NpgsqlConnection connection,
        MailboxId mailbox,
        AccountId user,
        AccountId? owner,
        IReadOnlyList<MetadataEntry> entries,
        CancellationToken cancellationToken)
    {
        // Of an entry that is named twice the last value stays
        var last = new Dictionary<string, MetadataEntry>(StringComparer.Ordinal);
        foreach (var entry in entries)
            last[Fold(entry.Name)] = entry;
        var set = last.Where(static entry => entry.Value.Value is not null).ToList();
        if (set.Count == 0)
            return;
        await using var command = new NpgsqlCommand(
            """
            INSERT INTO annotations (mailbox_id, account_id, is_private, entry, name, value)
            SELECT nullif($1, 0), CASE WHEN is_private THEN $2 ELSE $3 END, is_private, entry, name, value
            FROM unnest($4::boolean[], $5::text[], $6::text[], $7::bytea[]) AS e (is_private, entry, name, value)
            """,
            connection);
        command.Parameters.Add(Long(mailbox.Value));
        command.Parameters.Add(Long(user.Value));
        command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Bigint, Value = owner is { } id ? id.Value : DBNull.Value });
        command.Parameters.Add(new NpgsqlParameter<bool[]> { TypedValue = [.. set.Select(static entry => entry.Value.IsPrivate)] });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. set.Select(static entry => entry.Key)] });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. set.Select(static entry => entry.Value.Name)] });
        command.Parameters.Add(new NpgsqlParameter<byte[][]> { TypedValue = [.. set.Select(static entry => entry.Value.Value!)] });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static NpgsqlParameter<long> Long(long value) => new() { TypedValue = value };

    private static string Fold(string entry) => entry.ToLowerInvariant();
}
