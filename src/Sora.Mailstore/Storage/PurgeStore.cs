using Npgsql;
using NpgsqlTypes;
using Sora.Contracts;
using Sora.Mailstore.Bodies.Objects;

namespace Sora.Mailstore.Storage;

/// <summary>A record that expunges, whose messages are due.</summary>
internal readonly record struct ExpungeRecord(MailboxId Mailbox, ModSeq ModSeq, DateTime At, byte[] Record);

/// <summary>Where a run has got to in the order of the records.</summary>
internal readonly record struct PurgeCursor(DateTime At, MailboxId Mailbox, ModSeq ModSeq)
{
    public static readonly PurgeCursor Start = new(DateTime.UnixEpoch, default, default);
}

/// <summary>What was purged.</summary>
internal readonly record struct Purged(long Messages, long Contents)
{
    public static Purged operator +(Purged left, Purged right) => new(left.Messages + right.Messages, left.Contents + right.Contents);
}

/// <summary>
/// Deletes messages for good, and the contents that no message has any more. All of it runs in transactions of the caller. The order in which rows are
/// locked is that of <see cref="CommitStore"/> and <see cref="SearchStore"/>: the queue of the search index, contents by their numbers, then bodies.
/// </summary>
internal static class PurgeStore
{
    // In the order in which those lock them who bring them back
    private const string DeleteSome = """
        DELETE FROM messages WHERE ctid = ANY (ARRAY(
            SELECT m.ctid FROM chosen JOIN messages m USING (mailbox_id, uid) ORDER BY m.mailbox_id, m.uid FOR UPDATE OF m))
        """;

    /// <summary>Locks the next records whose messages were expunged long enough ago, oldest first.</summary>
    public static async Task<List<ExpungeRecord>> TakeAsync(
        NpgsqlConnection connection, TimeSpan age, PurgeCursor after, int limit, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT mailbox_id, modseq, created_at, record FROM mailbox_log
            WHERE has_expunges AND NOT purged AND created_at < now() - $1 AND (created_at, mailbox_id, modseq) > ($2, $3, $4)
            ORDER BY created_at, mailbox_id, modseq
            LIMIT $5
            FOR NO KEY UPDATE SKIP LOCKED
            """,
            connection);
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = age });
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = after.At, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(Long(after.Mailbox.Value));
        command.Parameters.Add(Long(after.ModSeq.Value));
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        var records = new List<ExpungeRecord>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            records.Add(new ExpungeRecord(
                new MailboxId(reader.GetInt64(0)), new ModSeq(reader.GetInt64(1)), reader.GetDateTime(2), reader.GetFieldValue<byte[]>(3)));
        }

        return records;
    }

    /// <summary>The records' messages are gone: they may be trimmed as others.</summary>
    public static async Task MarkPurgedAsync(NpgsqlConnection connection, IReadOnlyList<ExpungeRecord> records, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            UPDATE mailbox_log l SET purged = true FROM unnest($1::bigint[], $2::bigint[]) AS r (mailbox_id, modseq)
            WHERE l.mailbox_id = r.mailbox_id AND l.modseq = r.modseq
            """,
            connection);
        command.Parameters.Add(Longs(records.Select(static record => record.Mailbox.Value)));
        command.Parameters.Add(Longs(records.Select(static record => record.ModSeq.Value)));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Deletes messages in ranges of UIDs, at most so many; the contents that they had.</summary>
    public static async Task<(int Messages, long[] Contents)> DeleteMessagesAsync(
        NpgsqlConnection connection, IReadOnlyList<(MailboxId Mailbox, UidRange Uids)> ranges, int limit, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""
            WITH chosen AS MATERIALIZED (
                SELECT m.mailbox_id, m.uid FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS r (mailbox_id, first, last)
                JOIN messages m ON m.mailbox_id = r.mailbox_id AND m.uid BETWEEN r.first AND r.last
                LIMIT $4
            )
            {DeleteSome}
            RETURNING mailbox_id, uid, content_id
            """,
            connection);
        command.Parameters.Add(Longs(ranges.Select(static range => range.Mailbox.Value)));
        command.Parameters.Add(Longs(ranges.Select(static range => (long)range.Uids.First)));
        command.Parameters.Add(Longs(ranges.Select(static range => (long)range.Uids.Last)));
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        var (mailboxes, uids, contents) = (new List<long>(), new List<long>(), new HashSet<long>());
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                mailboxes.Add(reader.GetInt64(0));
                uids.Add(reader.GetInt64(1));
                contents.Add(reader.GetInt64(2));
            }
        }

        // A statement of its own: whoever restores one of them at this moment holds its row until the mark is there
        if (uids.Count > 0)
        {
            await ExecuteAsync(
                connection,
                "DELETE FROM restored_messages WHERE (mailbox_id, uid) IN (SELECT * FROM unnest($1::bigint[], $2::bigint[]))",
                Longs(mailboxes),
                Longs(uids),
                cancellationToken);
        }

        return (uids.Count, [.. contents]);
    }

    /// <summary>Deletes messages of a mailbox, at most so many; the contents that they had.</summary>
    public static async Task<(int Messages, long[] Contents)> DeleteMessagesAsync(
        NpgsqlConnection connection, MailboxId mailbox, int limit, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""
            WITH chosen AS MATERIALIZED (SELECT mailbox_id, uid FROM messages WHERE mailbox_id = $1 LIMIT $2)
            {DeleteSome}
            RETURNING content_id
            """,
            connection);
        command.Parameters.Add(Long(mailbox.Value));
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        return await ReadContentsAsync(command, cancellationToken);
    }

    /// <summary>
    /// Deletes those of the contents that no message has any more, with all that hangs on them; bodies that nothing needs any more are marked as dead. A commit that makes a new message of
    /// such a content holds its row (<see cref="CommitStore"/>): either it is waited for and then seen, or it waits and finds the content gone.
    /// </summary>
    /// <returns>How many went.</returns>
    public static async Task<int> DeleteContentsAsync(NpgsqlConnection connection, long[] candidates, CancellationToken cancellationToken)
    {
        // Whoever indexes one of them is waited for before anything is locked that a commit may want
        await ExecuteAsync(
            connection, "SELECT FROM search_queue WHERE content_id = ANY ($1) ORDER BY content_id FOR UPDATE", Longs(candidates), cancellationToken);

        // Those that others have are not even locked, so that copies of them do not wait
        var locked = await LockContentsAsync(connection, candidates, cancellationToken);
        if (locked.Length == 0)
            return 0;

        // Only a new statement sees what was committed while the locks were waited for
        var unused = await UnusedAsync(connection, locked, cancellationToken);
        if (unused.Length == 0)
            return 0;
        await SearchStore.ForgetAsync(connection, unused, cancellationToken);
        await ExecuteAsync(connection, "DELETE FROM line_ends WHERE content_id = ANY ($1)", Longs(unused), cancellationToken);
        await ExecuteAsync(connection, "DELETE FROM email_ids WHERE content_id = ANY ($1)", Longs(unused), cancellationToken);
        var (accounts, hashes) = await DeleteRowsAsync(connection, unused, cancellationToken);
        CrashPoints.Reach(CrashPoints.PurgeContents);
        await LockBodiesAsync(connection, accounts, hashes, cancellationToken);
        await DeleteStagedAsync(connection, accounts, hashes, cancellationToken);
        await MarkDeadAsync(connection, accounts, hashes, cancellationToken);
        return unused.Length;
    }

    /// <summary>Contents of an account, at most so many.</summary>
    public static async Task<long[]> ContentsOfAsync(NpgsqlConnection connection, AccountId account, int limit, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT id FROM contents WHERE account_id = $1 LIMIT $2", connection);
        command.Parameters.Add(Long(account.Value));
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        return (await ReadContentsAsync(command, cancellationToken)).Contents;
    }

    private static async Task<long[]> LockContentsAsync(NpgsqlConnection connection, long[] candidates, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT id FROM contents c WHERE id = ANY ($1) AND NOT EXISTS (SELECT FROM messages m WHERE m.content_id = c.id)
            ORDER BY id FOR UPDATE
            """,
            connection);
        command.Parameters.Add(Longs(candidates));
        return (await ReadContentsAsync(command, cancellationToken)).Contents;
    }

    private static async Task<long[]> UnusedAsync(NpgsqlConnection connection, long[] locked, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "SELECT id FROM unnest($1::bigint[]) AS c (id) WHERE NOT EXISTS (SELECT FROM messages m WHERE m.content_id = c.id)", connection);
        command.Parameters.Add(Longs(locked));
        return (await ReadContentsAsync(command, cancellationToken)).Contents;
    }

    private static async Task<(long[] Accounts, byte[][] Hashes)> DeleteRowsAsync(NpgsqlConnection connection, long[] unused, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("DELETE FROM contents WHERE id = ANY ($1) RETURNING account_id, hash", connection);
        command.Parameters.Add(Longs(unused));
        var (accounts, hashes) = (new List<long>(unused.Length), new List<byte[]>(unused.Length));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            accounts.Add(reader.GetInt64(0));
            hashes.Add(reader.GetFieldValue<byte[]>(1));
        }

        return ([.. accounts], [.. hashes]);
    }

    // What still waits for the object store need not get there. A delivery of the same body that is committed at this moment brings a content and a staged
    // row of its own: a statement sees both or neither.
    private static async Task DeleteStagedAsync(NpgsqlConnection connection, long[] accounts, byte[][] hashes, CancellationToken cancellationToken)
    {
        await ExecuteAsync(
            connection,
            """
            UPDATE staged_bodies s SET accounts = array_remove(s.accounts, b.account_id)
            FROM (SELECT DISTINCT * FROM unnest($1::bigint[], $2::bytea[]) AS b (account_id, hash)) AS b
            WHERE s.hash = b.hash AND b.account_id = ANY (s.accounts)
              AND NOT EXISTS (SELECT FROM contents c WHERE c.account_id = b.account_id AND c.hash = b.hash)
            """,
            Longs(accounts),
            Hashes(hashes),
            cancellationToken);
        await ExecuteAsync(connection, "DELETE FROM staged_bodies WHERE hash = ANY ($1) AND accounts = '{}'", Hashes(hashes), cancellationToken);
    }

    // Bodies before what is staged, and each in its own order, as the uploader does. Another one who purges the last content but this one of a body has been seen
    // when they are locked.
    private static async Task LockBodiesAsync(NpgsqlConnection connection, long[] accounts, byte[][] hashes, CancellationToken cancellationToken)
    {
        ObjectKey[] keys = [.. accounts.Zip(hashes, static (account, hash) => new ObjectKey(new AccountId(account), ContentHash.From(hash))).Distinct()];
        await BodyStore.HoldAsync(connection, keys, cancellationToken);
        await ExecuteAsync(connection, "SELECT FROM staged_bodies WHERE hash = ANY ($1) ORDER BY id FOR UPDATE", Hashes(hashes), cancellationToken);
    }

    // Whoever puts a body in place at this moment may not see that its content is gone; the sweeper finds such bodies in the end.
    private static Task MarkDeadAsync(NpgsqlConnection connection, long[] accounts, byte[][] hashes, CancellationToken cancellationToken) => ExecuteAsync(
        connection,
        """
        UPDATE bodies b SET dead_since = now()
        WHERE (account_id, hash) IN (SELECT * FROM unnest($1::bigint[], $2::bytea[])) AND dead_since IS NULL
          AND NOT EXISTS (SELECT FROM contents c WHERE c.account_id = b.account_id AND c.hash = b.hash)
        """,
        Longs(accounts),
        Hashes(hashes),
        cancellationToken);

    private static async Task<(int Rows, long[] Contents)> ReadContentsAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        var rows = 0;
        var contents = new HashSet<long>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            rows++;
            contents.Add(reader.GetInt64(0));
        }

        return (rows, [.. contents]);
    }

    private static Task ExecuteAsync(NpgsqlConnection connection, string sql, NpgsqlParameter parameter, CancellationToken cancellationToken) =>
        ExecuteAsync(connection, sql, parameter, null, cancellationToken);

    private static async Task ExecuteAsync(
        NpgsqlConnection connection, string sql, NpgsqlParameter first, NpgsqlParameter? second, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.Add(first);
        if (second is not null)
            command.Parameters.Add(second);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static NpgsqlParameter<long> Long(long value) => new() { TypedValue = value };

    private static NpgsqlParameter<long[]> Longs(IEnumerable<long> values) => new() { TypedValue = [.. values], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint };

    private static NpgsqlParameter<byte[][]> Hashes(byte[][] values) => new() { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea };
}
