using System.Buffers;
using System.Data;
using Npgsql;
using NpgsqlTypes;
using Sora.Contracts;

namespace Sora.Mailstore.Storage;

/// <summary>A mailbox as it was read: its index at the newest record, and what is known of its snapshot.</summary>
/// <param name="Snapshot">The snapshot's header, or null when there is none yet.</param>
/// <param name="SnapshotIndex">The index as the snapshot has it, or null.</param>
/// <param name="Operations">Of the records that the snapshot does not have.</param>
internal sealed record LoadedMailbox(
    AccountId Account, MailboxIndex Index, SnapshotHeader? Snapshot, MailboxIndex? SnapshotIndex, IReadOnlyList<CompletedOperation> Operations);

/// <summary>A snapshot to be written: chunks that the last one has are named, not repeated.</summary>
internal sealed record SnapshotWrite(SnapshotHeader Header, IReadOnlyList<(long Number, byte[] Data)> NewChunks, ModSeq? Base);

/// <summary>Reads mailboxes and writes their snapshots.</summary>
internal sealed class MailboxStore(NpgsqlDataSource database)
{
    private const int MaxAttempts = 5;
    private const int ChunkBuffer = 128 * 1024; // most chunks are smaller

    /// <summary>Reads a mailbox in one round trip; null when there is no such mailbox.</summary>
    /// <exception cref="InvalidDataException">What is stored cannot be read.</exception>
    public async Task<LoadedMailbox?> LoadAsync(MailboxId id, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await TryLoadAsync(id, cancellationToken);
            }
            catch (InvalidDataException) when (attempt < MaxAttempts)
            {
                // A snapshot that was replaced between two of the reads looks damaged; read it again, in the end without it.
                await Task.Yield();
            }
            catch (InvalidDataException) when (attempt == MaxAttempts)
            {
                return await LoadWithoutSnapshotAsync(id, cancellationToken);
            }
        }
    }

    /// <summary>Number of the last record; 0 when there is none.</summary>
    public async Task<ModSeq> ReadNewestAsync(MailboxId id, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT max(modseq) FROM mailbox_log WHERE mailbox_id = $1");
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = id.Value });
        return await command.ExecuteScalarAsync(cancellationToken) is long newest ? new ModSeq(newest) : default;
    }

    /// <summary>The records after a mod-sequence in order, at most <paramref name="limit"/> of them.</summary>
    public async Task<IReadOnlyList<MailboxDelta>> ReadLogAsync(MailboxId id, ModSeq after, int limit, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            "SELECT record FROM mailbox_log WHERE mailbox_id = $1 AND modseq > $2 ORDER BY modseq LIMIT $3");
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = id.Value });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = after.Value });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var records = new List<MailboxDelta>();
        while (await reader.ReadAsync(cancellationToken))
            records.Add(MailboxDeltaCodec.Decode(reader.GetFieldValue<byte[]>(0)));
        return records;
    }

    /// <summary>The UIDs that records after a mod-sequence expunged; null when the log no longer has all of those records.</summary>
    public async Task<UidSet?> ReadExpungedAsync(MailboxId id, ModSeq after, ModSeq newest, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            SELECT modseq, CASE WHEN has_expunges THEN record END FROM mailbox_log
            WHERE mailbox_id = $1 AND modseq > $2 AND modseq <= $3
              AND (has_expunges OR modseq = $2 + 1) ORDER BY modseq
            """);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = id.Value });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = after.Value });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = newest.Value });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var ranges = new List<UidRange>();
        var isComplete = after >= newest;
        while (await reader.ReadAsync(cancellationToken))
        {
            isComplete |= reader.GetInt64(0) == after.Value + 1;
            if (!reader.IsDBNull(1))
                ranges.AddRange(MailboxDeltaCodec.Decode(reader.GetFieldValue<byte[]>(1)).Expunged.Ranges);
        }

        return isComplete ? UidSet.Of([.. ranges]) : null;
    }

    /// <summary>
    /// Writes a snapshot in one transaction. False, and nothing written, when another process has written one meanwhile: the chunks that
    /// the new one takes over from <see cref="SnapshotWrite.Base"/> may be gone then.
    /// </summary>
    public async Task<bool> WriteSnapshotAsync(MailboxId id, SnapshotWrite snapshot, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (!await TakeHeaderAsync(connection, id, snapshot, cancellationToken))
            return false;

        var kept = snapshot.Header.Chunks.Select(static chunk => chunk.Number).ToArray();
        await using (var delete = new NpgsqlCommand(
            "DELETE FROM mailbox_snapshot_chunks WHERE mailbox_id = $1 AND NOT chunk = ANY ($2)", connection))
        {
            delete.Parameters.Add(new NpgsqlParameter<long> { TypedValue = id.Value });
            delete.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = kept });
            await delete.ExecuteNonQueryAsync(cancellationToken);
        }

        await using (var insert = new NpgsqlCommand(
            "INSERT INTO mailbox_snapshot_chunks (mailbox_id, chunk, data) SELECT $1, * FROM unnest($2::bigint[], $3::bytea[])", connection))
        {
            insert.Parameters.Add(new NpgsqlParameter<long> { TypedValue = id.Value });
            AddChunks(insert.Parameters, snapshot.NewChunks);
            await insert.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    /// <summary>Reads a snapshot and a record as <see cref="LoadAsync"/> does, but such as are given and not stored.</summary>
    public async Task<LoadedMailbox> ReadBackAsync(SnapshotWrite snapshot, MailboxDelta record, CancellationToken cancellationToken)
    {
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT 0::bigint, 1::bigint"));
        var header = new NpgsqlBatchCommand("SELECT $1");
        header.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = MailboxIndexCodec.EncodeHeader(snapshot.Header) });
        batch.BatchCommands.Add(header);
        var chunks = new NpgsqlBatchCommand("SELECT * FROM unnest($1::bigint[], $2::bytea[])");
        AddChunks(chunks.Parameters, snapshot.NewChunks);
        batch.BatchCommands.Add(chunks);
        var log = new NpgsqlBatchCommand("SELECT $1");
        log.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = MailboxDeltaCodec.Encode(record) });
        batch.BatchCommands.Add(log);
        return (await ReadAsync(batch, snapshot.Header.Index.Id, cancellationToken))!;
    }

    public async Task<SnapshotHeader?> ReadSnapshotHeaderAsync(MailboxId id, UidValidity uidValidity, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT header FROM mailbox_snapshots WHERE mailbox_id = $1");
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = id.Value });
        return await command.ExecuteScalarAsync(cancellationToken) is byte[] header
            ? MailboxIndexCodec.DecodeHeader(id, uidValidity, header)
            : null;
    }

    private static async Task<bool> TakeHeaderAsync(
        NpgsqlConnection connection, MailboxId id, SnapshotWrite snapshot, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            snapshot.Base is null
                ? "INSERT INTO mailbox_snapshots (mailbox_id, modseq, header) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
                : "UPDATE mailbox_snapshots SET modseq = $2, header = $3, created_at = now() WHERE mailbox_id = $1 AND modseq = $4",
            connection);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = id.Value });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = snapshot.Header.Index.HighestModSeq.Value });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = MailboxIndexCodec.EncodeHeader(snapshot.Header) });
        if (snapshot.Base is { } known)
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = known.Value });
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    private async Task<LoadedMailbox?> TryLoadAsync(MailboxId id, CancellationToken cancellationToken)
    {
        await using var batch = database.CreateBatch();
        Add(batch, "SELECT account_id, uid_validity FROM mailboxes WHERE id = $1", id);
        Add(batch, "SELECT header FROM mailbox_snapshots WHERE mailbox_id = $1", id);
        Add(batch, "SELECT chunk, data FROM mailbox_snapshot_chunks WHERE mailbox_id = $1", id);
        Add(
            batch,
            """
            SELECT record FROM mailbox_log WHERE mailbox_id = $1
              AND modseq > coalesce((SELECT modseq FROM mailbox_snapshots WHERE mailbox_id = $1), 0) ORDER BY modseq
            """,
            id);
        return await ReadAsync(batch, id, cancellationToken);
    }

    private static async Task<LoadedMailbox?> ReadAsync(NpgsqlBatch batch, MailboxId id, CancellationToken cancellationToken)
    {
        await using var reader = await batch.ExecuteReaderAsync(CommandBehavior.SequentialAccess, cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
            return null;
        var account = new AccountId(reader.GetInt64(0));
        var uidValidity = new UidValidity((uint)reader.GetInt64(1));

        await reader.NextResultAsync(cancellationToken);
        var snapshot = await reader.ReadAsync(cancellationToken)
            ? MailboxIndexCodec.DecodeHeader(id, uidValidity, await reader.GetFieldValueAsync<byte[]>(0, cancellationToken))
            : null;

        await reader.NextResultAsync(cancellationToken);
        var snapshotIndex = snapshot is null ? null : await ReadChunksAsync(reader, new SnapshotReader(snapshot), cancellationToken);

        await reader.NextResultAsync(cancellationToken);
        var index = snapshotIndex ?? MailboxIndex.Empty(id, uidValidity);
        var operations = new List<CompletedOperation>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var record = MailboxDeltaCodec.Decode(await reader.GetFieldValueAsync<byte[]>(0, cancellationToken));
            index = index.Apply(record);
            operations.AddRange(record.Operations);
        }

        return new LoadedMailbox(account, index, snapshot, snapshotIndex, operations);
    }

    // Each chunk is decoded while the server sends the next one; all of them pass through one buffer.
    private static async Task<MailboxIndex> ReadChunksAsync(NpgsqlDataReader reader, SnapshotReader snapshot, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(ChunkBuffer);
        try
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                var number = reader.GetInt64(0);
                await using var stream = await reader.GetStreamAsync(1, cancellationToken);
                var size = checked((int)stream.Length);
                if (size > buffer.Length)
                {
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = ArrayPool<byte>.Shared.Rent(size);
                }

                await stream.ReadExactlyAsync(buffer.AsMemory(0, size), cancellationToken);
                snapshot.Add(number, buffer.AsSpan(0, size));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return snapshot.ToIndex();
    }

    // The log alone is enough as long as its beginning was not trimmed; if it was, Apply finds the gap.
    private async Task<LoadedMailbox?> LoadWithoutSnapshotAsync(MailboxId id, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT account_id, uid_validity FROM mailboxes WHERE id = $1");
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = id.Value });
        AccountId account;
        MailboxIndex index;
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            if (!await reader.ReadAsync(cancellationToken))
                return null;
            account = new AccountId(reader.GetInt64(0));
            index = MailboxIndex.Empty(id, new UidValidity((uint)reader.GetInt64(1)));
        }

        var operations = new List<CompletedOperation>();
        while (true)
        {
            var records = await ReadLogAsync(id, index.HighestModSeq, 1000, cancellationToken);
            if (records.Count == 0)
                return new LoadedMailbox(account, index, null, null, operations);
            foreach (var record in records)
            {
                index = index.Apply(record);
                operations.AddRange(record.Operations);
            }
        }
    }

    private static void AddChunks(NpgsqlParameterCollection parameters, IReadOnlyList<(long Number, byte[] Data)> chunks)
    {
        parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. chunks.Select(static chunk => chunk.Number)] });
        parameters.Add(new NpgsqlParameter<byte[][]>
        {
            TypedValue = [.. chunks.Select(static chunk => chunk.Data)],
            NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea,
        });
    }

    private static void Add(NpgsqlBatch batch, string sql, MailboxId id)
    {
        var command = new NpgsqlBatchCommand(sql);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = id.Value });
        batch.BatchCommands.Add(command);
    }
}
