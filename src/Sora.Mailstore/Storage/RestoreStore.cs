using Npgsql;
using NpgsqlTypes;
using Sora.Contracts;
using Sora.Mailstore.Retention;

namespace Sora.Mailstore.Storage;

/// <summary>A record that expunges messages which can still be brought back.</summary>
internal sealed record RestorableRecord(MailboxId Mailbox, string Name, DateTimeOffset At, MailboxDelta Record);

/// <summary>A message that is expunged and not purged.</summary>
internal sealed record RestorableRow(uint Uid, ContentId Content, long InternalDate, uint Size, byte[]? Envelope, bool IsRestored);

/// <summary>Finds what was deleted and can be brought back, and remembers what was.</summary>
internal sealed class RestoreStore(NpgsqlDataSource database)
{
    /// <summary>The records of an account's mailboxes that expunge, newest first. Records that cannot be read are left out: nothing can be made of them.</summary>
    public async IAsyncEnumerable<RestorableRecord> ReadRecordsAsync(
        AccountId account, MailboxId? mailbox, DateTimeOffset? since, DateTimeOffset? until,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            SELECT m.id, m.name, l.created_at, l.record
            FROM mailboxes m JOIN mailbox_log l ON l.mailbox_id = m.id AND l.has_expunges AND NOT l.purged
            WHERE m.account_id = $1 AND m.deleted_at IS NULL AND ($2 IS NULL OR m.id = $2)
              AND ($3 IS NULL OR l.created_at >= $3) AND ($4 IS NULL OR l.created_at < $4)
            ORDER BY l.created_at DESC, m.id, l.modseq DESC
            """);
        command.Parameters.Add(Long(account.Value));
        command.Parameters.Add(new NpgsqlParameter { Value = mailbox?.Value ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint });
        command.Parameters.Add(Time(since));
        command.Parameters.Add(Time(until));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            if (Decode(reader.GetFieldValue<byte[]>(3)) is { } record)
            {
                yield return new RestorableRecord(
                    new MailboxId(reader.GetInt64(0)), reader.GetString(1), await reader.GetFieldValueAsync<DateTimeOffset>(2, cancellationToken), record);
            }
        }
    }

    /// <summary>Those of the messages that are not purged, in the order of their UIDs.</summary>
    public async Task<List<RestorableRow>> ReadRowsAsync(MailboxId mailbox, UidSet uids, bool withEnvelopes, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            SELECT m.uid, m.content_id, m.internal_date, m.size, CASE WHEN $4 THEN c.envelope END,
                EXISTS (SELECT FROM restored_messages r WHERE r.mailbox_id = m.mailbox_id AND r.uid = m.uid)
            FROM unnest($2::bigint[], $3::bigint[]) AS u (first, last)
            JOIN messages m ON m.mailbox_id = $1 AND m.uid BETWEEN u.first AND u.last
            JOIN contents c ON c.id = m.content_id
            ORDER BY m.uid
            """);
        command.Parameters.Add(Long(mailbox.Value));
        command.Parameters.Add(Longs(uids.Ranges, static range => range.First));
        command.Parameters.Add(Longs(uids.Ranges, static range => range.Last));
        command.Parameters.Add(new NpgsqlParameter<bool> { TypedValue = withEnvelopes });
        var rows = new List<RestorableRow>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(new RestorableRow(
                (uint)reader.GetInt64(0),
                new ContentId(reader.GetInt64(1)),
                reader.GetInt64(2),
                (uint)Math.Min(uint.MaxValue, reader.GetInt64(3)),
                await reader.IsDBNullAsync(4, cancellationToken) ? null : reader.GetFieldValue<byte[]>(4),
                reader.GetBoolean(5)));
        }

        return rows;
    }

    /// <summary>
    /// Commits a record that has messages of <paramref name="source"/> again, and that they are restored, in one transaction: of several who restore the same ones, one does.
    /// Nothing is written when one of them was restored or purged meanwhile, which <paramref name="skip"/> then has, or when the record is lost.
    /// </summary>
    public async Task<CommitOutcome> CommitAsync(MailboxId source, IReadOnlyList<uint> uids, CommitUnit unit, HashSet<uint> skip, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var mark = new NpgsqlCommand(
            """
            WITH found AS (
                SELECT uid FROM messages WHERE mailbox_id = $1 AND uid = ANY ($2) ORDER BY uid FOR KEY SHARE
            )
            INSERT INTO restored_messages (mailbox_id, uid) SELECT $1, uid FROM found ON CONFLICT DO NOTHING RETURNING uid
            """,
            connection))
        {
            mark.Parameters.Add(Long(source.Value));
            mark.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. uids.Select(static uid => (long)uid)] });
            var marked = new HashSet<uint>();
            await using (var reader = await mark.ExecuteReaderAsync(cancellationToken))
            {
                while (await reader.ReadAsync(cancellationToken))
                    marked.Add((uint)reader.GetInt64(0));
            }

            if (marked.Count < uids.Count)
            {
                foreach (var uid in uids)
                {
                    if (!marked.Contains(uid))
                        skip.Add(uid);
                }

                return CommitOutcome.Lost;
            }
        }

        // The record is last: who waits for its number waits for nobody else
        await CommitStore.CommitAsync(connection, [unit], cancellationToken);
        if (await unit.Completion is not CommitOutcome.Won and var lost)
            return lost;
        await transaction.CommitAsync(cancellationToken);
        return CommitOutcome.Won;
    }

    /// <summary>The deleted mailboxes of an account that were not brought back, the newest first.</summary>
    public async Task<List<DeletedMailbox>> DeletedMailboxesAsync(AccountId account, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            SELECT m.id, m.name, m.special_use, m.deleted_at, coalesce(l.messages, 0), coalesce(l.size, 0), m.restored_to
            FROM mailboxes m
            LEFT JOIN LATERAL (SELECT messages, size FROM mailbox_log WHERE mailbox_id = m.id ORDER BY modseq DESC LIMIT 1) AS l ON true
            WHERE m.account_id = $1 AND m.deleted_at IS NOT NULL AND m.restored_at IS NULL
            ORDER BY m.deleted_at DESC, m.id DESC
            """);
        command.Parameters.Add(Long(account.Value));
        var mailboxes = new List<DeletedMailbox>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            mailboxes.Add(new DeletedMailbox(
                new MailboxId(reader.GetInt64(0)),
                MailboxName.Stored(reader.GetString(1)),
                (SpecialUse)reader.GetInt16(2),
                await reader.GetFieldValueAsync<DateTimeOffset>(3, cancellationToken),
                reader.GetInt32(4),
                reader.GetInt64(5),
                await reader.IsDBNullAsync(6, cancellationToken) ? null : new MailboxId(reader.GetInt64(6))));
        }

        return mailboxes;
    }

    /// <summary>A deleted mailbox is made again as another one, which gets the rights that others had; whom they name. What was restored to stays known when it is not finished.</summary>
    public async Task<List<AccountId>> LinkAsync(MailboxId deleted, MailboxId restored, bool withRights, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var link = new NpgsqlCommand("UPDATE mailboxes SET restored_to = $2 WHERE id = $1", connection);
        link.Parameters.Add(Long(deleted.Value));
        link.Parameters.Add(Long(restored.Value));
        await link.ExecuteNonQueryAsync(cancellationToken);
        var grantees = new List<AccountId>();
        if (withRights)
        {
            // Instead of those that it has from the mailbox above it
            await using var clear = new NpgsqlCommand("DELETE FROM acl WHERE mailbox_id = $1", connection);
            clear.Parameters.Add(Long(restored.Value));
            await clear.ExecuteNonQueryAsync(cancellationToken);
            await using var copy = new NpgsqlCommand(
                """
                INSERT INTO acl (mailbox_id, grantee_id, domain, rights, negative_rights)
                SELECT $2, d.grantee_id, d.domain, d.rights, d.negative_rights FROM deleted_acl d
                WHERE d.mailbox_id = $1 AND (d.grantee_id = 0 OR EXISTS (SELECT FROM accounts a WHERE a.id = d.grantee_id))
                RETURNING grantee_id
                """,
                connection);
            copy.Parameters.Add(Long(deleted.Value));
            copy.Parameters.Add(Long(restored.Value));
            await using var reader = await copy.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
                grantees.Add(new AccountId(reader.GetInt64(0)));
        }

        await transaction.CommitAsync(cancellationToken);
        return grantees;
    }

    /// <summary>All messages of a deleted mailbox are in another one.</summary>
    public async Task MarkRestoredAsync(MailboxId deleted, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("UPDATE mailboxes SET restored_at = now() WHERE id = $1");
        command.Parameters.Add(Long(deleted.Value));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static MailboxDelta? Decode(byte[] record)
    {
        try
        {
            return MailboxDeltaCodec.Decode(record);
        }
        catch (Exception e) when (e is InvalidDataException or ArgumentOutOfRangeException)
        {
            return null;
        }
    }

    private static NpgsqlParameter<long> Long(long value) => new() { TypedValue = value };

    private static NpgsqlParameter Time(DateTimeOffset? time) =>
        new() { Value = time?.UtcDateTime ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz };

    private static NpgsqlParameter<long[]> Longs(ReadOnlySpan<UidRange> ranges, Func<UidRange, uint> value)
    {
        var values = new long[ranges.Length];
        for (var i = 0; i < values.Length; i++)
            values[i] = value(ranges[i]);
        return new NpgsqlParameter<long[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint };
    }
}
