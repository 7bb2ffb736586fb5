using Npgsql;
using Sora.Contracts;

namespace Sora.Mailstore.Storage;

/// <summary>Why a change of scripts was not made; <see cref="Done"/> when it was.</summary>
internal enum SieveWriteOutcome
{
    Done,
    NoAccount,
    NoScript,
    NameTaken,
    IsActive,
    TooManyScripts,
    TooManyBytes,
}

/// <summary>Sieve scripts of accounts, their logs, and what they remember.</summary>
internal sealed class SieveStore(NpgsqlDataSource database)
{
    public Task<SieveScriptList> ListAsync(AccountId account, CancellationToken cancellationToken) =>
        ReadAgain.OnceAsync(() => SelectAsync(account, cancellationToken));

    /// <summary>The script with its content, or null.</summary>
    public Task<SieveScriptContent?> ReadAsync(AccountId account, SieveScriptName name, CancellationToken cancellationToken) =>
        ReadAgain.OnceAsync(() => SelectContentAsync(account, name, cancellationToken));

    /// <summary>Whether a script of that size would fit; nothing is kept for it.</summary>
    public Task<SieveWriteOutcome> CheckAsync(
        AccountId account, SieveScriptName name, long size, int maxScripts, long maxBytes, CancellationToken cancellationToken) =>
        ReadAgain.OnceAsync(async () =>
        {
            await using var connection = await database.OpenConnectionAsync(cancellationToken);
            return await MeasureAsync(connection, account, name, size, maxScripts, maxBytes, cancellationToken);
        });

    public async Task<SieveWriteOutcome> PutAsync(
        AccountId account, SieveScriptName name, byte[] content, ContentHash hash, int maxScripts, long maxBytes, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await LockAsync(connection, account, cancellationToken);
        var outcome = await MeasureAsync(connection, account, name, content.Length, maxScripts, maxBytes, cancellationToken);
        if (outcome != SieveWriteOutcome.Done)
            return outcome;
        await using var put = new NpgsqlCommand(
            """
            INSERT INTO sieve_scripts (account_id, name, content, hash) VALUES ($1, $2, $3, $4)
            ON CONFLICT (account_id, name) DO UPDATE SET content = excluded.content, hash = excluded.hash, changed_at = now()
            """,
            connection);
        put.Parameters.Add(Long(account.Value));
        put.Parameters.Add(Text(name.Value));
        put.Parameters.Add(Bytes(content));
        put.Parameters.Add(Bytes(hash.ToArray()));
        await put.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return SieveWriteOutcome.Done;
    }

    public async Task<SieveWriteOutcome> RenameAsync(AccountId account, SieveScriptName from, SieveScriptName to, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await LockAsync(connection, account, cancellationToken);
        if (await IsActiveAsync(connection, account, from, cancellationToken) is null)
            return SieveWriteOutcome.NoScript;
        if (await IsActiveAsync(connection, account, to, cancellationToken) is not null)
            return SieveWriteOutcome.NameTaken;
        await using var rename = new NpgsqlCommand("UPDATE sieve_scripts SET name = $3 WHERE account_id = $1 AND name = $2", connection);
        rename.Parameters.Add(Long(account.Value));
        rename.Parameters.Add(Text(from.Value));
        rename.Parameters.Add(Text(to.Value));
        await rename.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return SieveWriteOutcome.Done;
    }

    public async Task<SieveWriteOutcome> DeleteAsync(AccountId account, SieveScriptName name, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await LockAsync(connection, account, cancellationToken);
        if (await IsActiveAsync(connection, account, name, cancellationToken) is not { } isActive)
            return SieveWriteOutcome.NoScript;
        if (isActive)
            return SieveWriteOutcome.IsActive;
        await using var delete = new NpgsqlCommand("DELETE FROM sieve_scripts WHERE account_id = $1 AND name = $2", connection);
        delete.Parameters.Add(Long(account.Value));
        delete.Parameters.Add(Text(name.Value));
        await delete.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return SieveWriteOutcome.Done;
    }

    public async Task<SieveWriteOutcome> ActivateAsync(AccountId account, SieveScriptName? name, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await LockAsync(connection, account, cancellationToken);
        if (name is { } wanted && await IsActiveAsync(connection, account, wanted, cancellationToken) is null)
            return SieveWriteOutcome.NoScript;

        // In two steps: the index of active scripts looks at each row as it is changed
        await using var change = new NpgsqlBatch(connection);
        var deactivate = new NpgsqlBatchCommand("UPDATE sieve_scripts SET is_active = false WHERE account_id = $1 AND is_active AND name <> $2");
        deactivate.Parameters.Add(Long(account.Value));
        deactivate.Parameters.Add(Text(name?.Value ?? ""));
        var activate = new NpgsqlBatchCommand("UPDATE sieve_scripts SET is_active = true WHERE account_id = $1 AND name = $2 AND NOT is_active");
        activate.Parameters.Add(Long(account.Value));
        activate.Parameters.Add(Text(name?.Value ?? ""));
        change.BatchCommands.Add(deactivate);
        change.BatchCommands.Add(activate);
        await change.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return SieveWriteOutcome.Done;
    }

    /// <summary>Adds entries to an account's log and drops the oldest beyond the limit.</summary>
    public async Task LogAsync(AccountId account, IReadOnlyList<SieveLogEntry> entries, int most, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var batch = new NpgsqlBatch(connection);
        var insert = new NpgsqlBatchCommand(
            """
            INSERT INTO sieve_log (account_id, at, script, line, message_id, text)
            SELECT $1, at, script, line, message_id, text
            FROM unnest($2::timestamptz[], $3::text[], $4::integer[], $5::text[], $6::text[]) AS e (at, script, line, message_id, text)
            WHERE EXISTS (SELECT FROM accounts WHERE id = $1)
            """);
        insert.Parameters.Add(Long(account.Value));
        insert.Parameters.Add(new NpgsqlParameter<DateTime[]> { TypedValue = [.. entries.Select(static entry => entry.At.UtcDateTime)] });
        insert.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. entries.Select(static entry => entry.Script)] });
        insert.Parameters.Add(new NpgsqlParameter<int[]> { TypedValue = [.. entries.Select(static entry => entry.Line)] });
        insert.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. entries.Select(static entry => entry.MessageId)] });
        insert.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. entries.Select(static entry => entry.Text)] });
        var trim = new NpgsqlBatchCommand(
            """
            DELETE FROM sieve_log WHERE account_id = $1
                AND id <= (SELECT id FROM sieve_log WHERE account_id = $1 ORDER BY id DESC OFFSET $2 LIMIT 1)
            """);
        trim.Parameters.Add(Long(account.Value));
        trim.Parameters.Add(Int(most));
        batch.BatchCommands.Add(insert);
        batch.BatchCommands.Add(trim);
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    public Task<List<SieveLogEntry>> ReadLogAsync(AccountId account, int most, CancellationToken cancellationToken) =>
        ReadAgain.OnceAsync(() => SelectLogAsync(account, most, cancellationToken));

    /// <summary>Notes an answer unless one that was noted still holds, but for one of the same operation a short time ago; false then.</summary>
    public async Task<bool> TryAnswerAsync(AccountId account, byte[] handle, byte[] sender, byte[] operation, TimeSpan period, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            INSERT INTO vacation_responses AS noted (account_id, handle, sender, expires_at, operation) VALUES ($1, $2, $3, now() + $4, $5)
            ON CONFLICT (account_id, handle, sender) DO UPDATE SET
                expires_at = excluded.expires_at,
                operation = excluded.operation,
                noted_at = CASE WHEN noted.expires_at <= now() THEN now() ELSE noted.noted_at END
            WHERE noted.expires_at <= now() OR (noted.operation = excluded.operation AND noted.noted_at > now() - interval '1 day')
            RETURNING true
            """);
        command.Parameters.Add(Long(account.Value));
        command.Parameters.Add(Bytes(handle));
        command.Parameters.Add(Bytes(sender));
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = period });
        command.Parameters.Add(Bytes(operation));
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    public async Task ForgetAnswerAsync(AccountId account, byte[] handle, byte[] sender, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("DELETE FROM vacation_responses WHERE account_id = $1 AND handle = $2 AND sender = $3");
        command.Parameters.Add(Long(account.Value));
        command.Parameters.Add(Bytes(handle));
        command.Parameters.Add(Bytes(sender));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public Task<bool> IsDuplicateAsync(AccountId account, byte[] handle, byte[] id, CancellationToken cancellationToken) =>
        ReadAgain.OnceAsync(async () =>
        {
            await using var command = database.CreateCommand(
                "SELECT EXISTS (SELECT FROM sieve_duplicates WHERE account_id = $1 AND handle = $2 AND id = $3 AND expires_at > now())");
            command.Parameters.Add(Long(account.Value));
            command.Parameters.Add(Bytes(handle));
            command.Parameters.Add(Bytes(id));
            return await command.ExecuteScalarAsync(cancellationToken) is true;
        });

    /// <summary>Remembers ids; no handle and id may come twice.</summary>
    public async Task MarkAsync(AccountId account, IReadOnlyList<(byte[] Handle, byte[] Id, TimeSpan Lifetime)> marks, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            INSERT INTO sieve_duplicates (account_id, handle, id, expires_at)
            SELECT $1, handle, id, now() + lifetime FROM unnest($2::bytea[], $3::bytea[], $4::interval[]) AS m (handle, id, lifetime)
            ON CONFLICT (account_id, handle, id) DO UPDATE SET expires_at = excluded.expires_at
            """);
        command.Parameters.Add(Long(account.Value));
        command.Parameters.Add(new NpgsqlParameter<byte[][]> { TypedValue = [.. marks.Select(static mark => mark.Handle)] });
        command.Parameters.Add(new NpgsqlParameter<byte[][]> { TypedValue = [.. marks.Select(static mark => mark.Id)] });
        command.Parameters.Add(new NpgsqlParameter<TimeSpan[]> { TypedValue = [.. marks.Select(static mark => mark.Lifetime)] });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Deletes what is to be remembered no longer; returns how many rows went. Several processes may do so at a time.</summary>
    public async Task<long> TrimHistoryAsync(int batch, CancellationToken cancellationToken) =>
        await TrimAsync(
            """
            DELETE FROM vacation_responses WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM vacation_responses WHERE expires_at <= now() LIMIT $1)) AND expires_at <= now()
            """,
            batch,
            cancellationToken)
        + await TrimAsync(
            """
            DELETE FROM sieve_duplicates WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM sieve_duplicates WHERE expires_at <= now() LIMIT $1)) AND expires_at <= now()
            """,
            batch,
            cancellationToken);

    private async Task<long> TrimAsync(string sql, int batch, CancellationToken cancellationToken)
    {
        var total = 0L;
        while (true)
        {
            await using var delete = database.CreateCommand(sql);
            delete.Parameters.Add(Int(batch));
            var gone = await delete.ExecuteNonQueryAsync(cancellationToken);
            total += gone;
            if (gone < batch)
                return total;
        }
    }

    private async Task<SieveScriptList> SelectAsync(AccountId account, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            SELECT name, hash, octet_length(content), is_active, created_at, changed_at FROM sieve_scripts WHERE account_id = $1 ORDER BY name
            """);
        command.Parameters.Add(Long(account.Value));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var scripts = System.Collections.Immutable.ImmutableArray.CreateBuilder<SieveScriptEntry>();
        while (await reader.ReadAsync(cancellationToken))
            scripts.Add(Entry(reader));
        return scripts.Count == 0 ? SieveScriptList.Empty : new SieveScriptList(scripts.ToImmutable());
    }

    private async Task<SieveScriptContent?> SelectContentAsync(AccountId account, SieveScriptName name, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            SELECT name, hash, octet_length(content), is_active, created_at, changed_at, content FROM sieve_scripts WHERE account_id = $1 AND name = $2
            """);
        command.Parameters.Add(Long(account.Value));
        command.Parameters.Add(Text(name.Value));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? new SieveScriptContent(Entry(reader), reader.GetFieldValue<byte[]>(6)) : null;
    }

    private async Task<List<SieveLogEntry>> SelectLogAsync(AccountId account, int most, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            "SELECT at, script, line, message_id, text FROM sieve_log WHERE account_id = $1 ORDER BY id DESC LIMIT $2");
        command.Parameters.Add(Long(account.Value));
        command.Parameters.Add(Int(most));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var entries = new List<SieveLogEntry>();
        while (await reader.ReadAsync(cancellationToken))
        {
            entries.Add(new SieveLogEntry(
                reader.GetFieldValue<DateTimeOffset>(0), reader.GetString(1), reader.GetInt32(2), reader.GetString(3), reader.GetString(4)));
        }

        return entries;
    }

    // Changes of an account's scripts wait for each other, so that the limits and what was looked at before hold until the end
    private static async Task LockAsync(NpgsqlConnection connection, AccountId account, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT pg_advisory_xact_lock(hashtextextended('sieve', $1))", connection);
        command.Parameters.Add(Long(account.Value));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<SieveWriteOutcome> MeasureAsync(
        NpgsqlConnection connection, AccountId account, SieveScriptName name, long size, int maxScripts, long maxBytes, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT EXISTS (SELECT FROM accounts WHERE id = $1 AND deleted_at IS NULL), count(*), coalesce(sum(octet_length(content)), 0)::bigint
            FROM sieve_scripts WHERE account_id = $1 AND name <> $2
            """,
            connection);
        command.Parameters.Add(Long(account.Value));
        command.Parameters.Add(Text(name.Value));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return !reader.GetBoolean(0) ? SieveWriteOutcome.NoAccount
            : reader.GetInt64(1) >= maxScripts ? SieveWriteOutcome.TooManyScripts
            : reader.GetInt64(2) + size > maxBytes ? SieveWriteOutcome.TooManyBytes
            : SieveWriteOutcome.Done;
    }

    // Null when there is no such script
    private static async Task<bool?> IsActiveAsync(NpgsqlConnection connection, AccountId account, SieveScriptName name, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT is_active FROM sieve_scripts WHERE account_id = $1 AND name = $2", connection);
        command.Parameters.Add(Long(account.Value));
        command.Parameters.Add(Text(name.Value));
        return await command.ExecuteScalarAsync(cancellationToken) as bool?;
    }

    private static SieveScriptEntry Entry(NpgsqlDataReader reader) => new(
        SieveScriptName.Parse(reader.GetString(0)).Value,
        ContentHash.From(reader.GetFieldValue<byte[]>(1)),
        reader.GetInt32(2),
        reader.GetBoolean(3),
        reader.GetFieldValue<DateTimeOffset>(4),
        reader.GetFieldValue<DateTimeOffset>(5));

    private static NpgsqlParameter<long> Long(long value) => new() { TypedValue = value };

    private static NpgsqlParameter<int> Int(int value) => new() { TypedValue = value };

    private static NpgsqlParameter<string> Text(string value) => new() { TypedValue = value };

    private static NpgsqlParameter<byte[]> Bytes(byte[] value) => new() { TypedValue = value };
}
