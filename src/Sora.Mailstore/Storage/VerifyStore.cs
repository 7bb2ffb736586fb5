using Npgsql;
using NpgsqlTypes;
using Sora.Contracts;
using Sora.Mailstore.Bodies.Objects;
using Sora.Mailstore.Bodies.Verify;

namespace Sora.Mailstore.Storage;

/// <summary>An account, or a number that has bodies and no account.</summary>
internal readonly record struct VerifyAccount(AccountId Id, string? Name);

/// <summary>A copy of a body in staging.</summary>
internal readonly record struct StagedCopy(long Id, ContentHash Hash, long[] Accounts, long Size, bool IsInDatabase, bool IsObject, string? Node, string? Path);

/// <summary>
/// Reads what the database says of bodies, and puts it right. What is said of a body comes from one statement, so that its parts belong together; each change
/// is made only if its row is still the one that was looked at.
/// </summary>
internal sealed class VerifyStore(NpgsqlDataSource database)
{
    // Of k (hash) and account $1. What needs an object of account 0 are staged rows; they do not make it anew.
    private const string States = """
        SELECT k.hash, b.xmin::text, b.state, b.pack_id, b.position, b.length, b.key_id, b.dead_since, b.damaged_at, b.created_at,
            p.xmin::text, p.hash, p.size, p.state, coalesce(c.size, CASE WHEN $1 = 0 THEN s.size END),
            coalesce(c.is_needed, $1 = 0 AND s.count > 0), CASE WHEN $1 = 0 THEN 0 ELSE s.count END, s.last_id
        FROM keys k
        LEFT JOIN bodies b ON b.account_id = $1 AND b.hash = k.hash
        LEFT JOIN packs p ON p.id = b.pack_id
        LEFT JOIN LATERAL (
            SELECT max(c.body_size) AS size, bool_or(EXISTS (SELECT FROM messages m WHERE m.content_id = c.id)) AS is_needed
            FROM contents c WHERE c.account_id = $1 AND c.hash = k.hash AND c.body_size > 0
        ) AS c ON true
        LEFT JOIN LATERAL (
            SELECT count(*) AS count, max(s.id) AS last_id, max(s.size) AS size FROM staged_bodies s
            WHERE s.hash = k.hash AND ($1 = ANY (s.accounts) OR ($1 = 0 AND s.object))
        ) AS s ON true
        ORDER BY k.hash
        """;

    private const string PackColumns = """
        p.id, p.xmin::text, p.hash, p.size, p.state, p.key_id, p.dead_since, p.dead_size, p.created_at, (SELECT count(*) FROM bodies b WHERE b.pack_id = p.id)
        """;

    private const string StagedColumns = "s.id, s.hash, s.accounts, s.size, s.body IS NOT NULL, s.object, s.node, s.path";

    /// <summary>The next account that exists or has anything; null after the last.</summary>
    public async Task<VerifyAccount?> NextAccountAsync(AccountId after, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            SELECT least((SELECT min(id) FROM accounts WHERE id > $1), (SELECT min(account_id) FROM bodies WHERE account_id > $1),
                (SELECT min(account_id) FROM contents WHERE account_id > $1), (SELECT min(account_id) FROM packs WHERE account_id > $1))
            """);
        command.Parameters.Add(Long(after.Value));
        return await command.ExecuteScalarAsync(cancellationToken) is long id ? await FindAccountAsync(new AccountId(id), cancellationToken) : null;
    }

    /// <summary>An account with its name, also one that is deleted.</summary>
    public async Task<VerifyAccount> FindAccountAsync(AccountId account, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            SELECT coalesce((SELECT c.address FROM credentials c WHERE c.account_id = a.id AND c.is_primary), a.shared_domain) FROM accounts a WHERE a.id = $1
            """);
        command.Parameters.Add(Long(account.Value));
        return new VerifyAccount(account, await command.ExecuteScalarAsync(cancellationToken) as string);
    }

    /// <summary>Whether anything but the object store knows of an account.</summary>
    public async Task<bool> IsKnownAsync(AccountId account, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            SELECT EXISTS (SELECT FROM accounts WHERE id = $1) OR EXISTS (SELECT FROM bodies WHERE account_id = $1)
                OR EXISTS (SELECT FROM contents WHERE account_id = $1) OR EXISTS (SELECT FROM packs WHERE account_id = $1)
            """);
        command.Parameters.Add(Long(account.Value));
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    /// <summary>About so many bodies there are: of one account exactly, of all as the planner has it.</summary>
    public async Task<long> CountAsync(AccountId? account, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(account is null
            ? "SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'bodies'::regclass"
            : "SELECT count(*) FROM bodies WHERE account_id = $1");
        if (account is { } one)
            command.Parameters.Add(Long(one.Value));
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>The next bodies of an account in the order of their hashes: those with rows, and those that contents or, for account 0, staged objects refer to.</summary>
    public Task<List<BodyState>> PageAsync(AccountId account, byte[] after, int limit, CancellationToken cancellationToken) => ReadAgain.OnceAsync(async () =>
    {
        await using var command = database.CreateCommand(
            $"""
            WITH keys AS MATERIALIZED (
                SELECT hash FROM (
                    (SELECT hash FROM bodies WHERE account_id = $1 AND hash > $2 ORDER BY hash LIMIT $3)
                    UNION
                    (SELECT DISTINCT hash FROM contents WHERE account_id = $1 AND hash > $2 AND body_size > 0 ORDER BY hash LIMIT $3)
                    UNION
                    (SELECT DISTINCT hash FROM staged_bodies WHERE $1 = 0 AND object AND hash > $2 ORDER BY hash LIMIT $3)
                ) AS u ORDER BY hash LIMIT $3
            )
            {States}
            """);
        command.Parameters.Add(Long(account.Value));
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = after });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        return await ReadStatesAsync(command, cancellationToken);
    });

    /// <summary>What the database says of some bodies of an account, in the order of their hashes.</summary>
    public Task<List<BodyState>> StatesAsync(AccountId account, IReadOnlyCollection<ContentHash> hashes, CancellationToken cancellationToken) => ReadAgain.OnceAsync(async () =>
    {
        await using var command = database.CreateCommand($"WITH keys AS (SELECT DISTINCT hash FROM unnest($2::bytea[]) AS u (hash))\n{States}");
        command.Parameters.Add(Long(account.Value));
        command.Parameters.Add(Hashes(hashes));
        return await ReadStatesAsync(command, cancellationToken);
    });

    /// <summary>The next packs of an account in the order of their names.</summary>
    public Task<List<PackState>> PacksAsync(AccountId account, byte[] after, int limit, CancellationToken cancellationToken) => ReadAgain.OnceAsync(async () =>
    {
        await using var command = database.CreateCommand(
            $"SELECT {PackColumns} FROM packs p WHERE p.account_id = $1 AND p.hash > $2 ORDER BY p.hash LIMIT $3");
        command.Parameters.Add(Long(account.Value));
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = after });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        return await ReadPacksAsync(command, cancellationToken);
    });

    /// <summary>A pack by its name; null when there is none.</summary>
    public async Task<PackState?> FindPackAsync(AccountId account, ContentHash hash, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"SELECT {PackColumns} FROM packs p WHERE p.account_id = $1 AND p.hash = $2 ORDER BY p.id LIMIT 1");
        command.Parameters.Add(Long(account.Value));
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = hash.ToArray() });
        return (await ReadPacksAsync(command, cancellationToken)).FirstOrDefault();
    }

    /// <summary>The bodies of a pack, in the order in which they lie there.</summary>
    public async Task<List<PackedPart>> PartsAsync(long pack, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            "SELECT hash, position, length, dead_since IS NOT NULL FROM bodies WHERE pack_id = $1 AND state = 1 ORDER BY position");
        command.Parameters.Add(Long(pack));
        var parts = new List<PackedPart>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            parts.Add(new PackedPart(ContentHash.From(reader.GetFieldValue<byte[]>(0)), reader.GetInt64(1), reader.GetInt64(2), reader.GetBoolean(3)));
        return parts;
    }

    /// <summary>The next staged bodies, of one account or of all.</summary>
    public async Task<List<StagedCopy>> StagedAsync(AccountId? account, long after, int limit, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            $"SELECT {StagedColumns} FROM staged_bodies s WHERE s.id > $1 AND ($2 IS NULL OR $2 = ANY (s.accounts)) ORDER BY s.id LIMIT $3");
        command.Parameters.Add(Long(after));
        command.Parameters.Add(new NpgsqlParameter<long?> { TypedValue = account?.Value, NpgsqlDbType = NpgsqlDbType.Bigint });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        return await ReadStagedAsync(command, cancellationToken);
    }

    /// <summary>A staged body; null when it is not staged any more.</summary>
    public async Task<StagedCopy?> FindStagedAsync(long id, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"SELECT {StagedColumns} FROM staged_bodies s WHERE s.id = $1");
        command.Parameters.Add(Long(id));
        var found = await ReadStagedAsync(command, cancellationToken);
        return found.Count == 0 ? null : found[0];
    }

    /// <summary>All staged copies of a body, whoever's.</summary>
    public async Task<List<StagedCopy>> CopiesAsync(ContentHash hash, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"SELECT {StagedColumns} FROM staged_bodies s WHERE s.hash = $1 ORDER BY s.body IS NULL, s.id LIMIT 100");
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = hash.ToArray() });
        return await ReadStagedAsync(command, cancellationToken);
    }

    /// <summary>The accounts that have a body, as rows or as contents.</summary>
    public async Task<List<AccountId>> HoldersAsync(ContentHash hash, CancellationToken cancellationToken)
    {
        // Both indexes begin with the account, and accounts are few beside bodies
        await using var command = database.CreateCommand(
            """
            WITH RECURSIVE ids AS (
                SELECT min(account_id) AS id FROM bodies
                UNION ALL
                SELECT (SELECT min(b.account_id) FROM bodies b WHERE b.account_id > ids.id) FROM ids WHERE ids.id IS NOT NULL
            )
            SELECT a.id FROM (SELECT id FROM accounts UNION SELECT id FROM ids WHERE id IS NOT NULL) AS a
            WHERE EXISTS (SELECT FROM bodies b WHERE b.account_id = a.id AND b.hash = $1) OR EXISTS (SELECT FROM contents c WHERE c.account_id = a.id AND c.hash = $1)
            ORDER BY a.id LIMIT 1000
            """);
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = hash.ToArray() });
        var accounts = new List<AccountId>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            accounts.Add(new AccountId(reader.GetInt64(0)));
        return accounts;
    }

    /// <summary>The messages that need a body of an account: mailboxes and UIDs.</summary>
    public async Task<List<BodyMessage>> MessagesAsync(AccountId account, ContentHash hash, int limit, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            SELECT m.mailbox_id, b.name, m.uid, b.deleted_at IS NOT NULL
            FROM contents c JOIN messages m ON m.content_id = c.id LEFT JOIN mailboxes b ON b.id = m.mailbox_id
            WHERE c.account_id = $1 AND c.hash = $2 ORDER BY m.mailbox_id, m.uid LIMIT $3
            """);
        command.Parameters.Add(Long(account.Value));
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = hash.ToArray() });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        var messages = new List<BodyMessage>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            messages.Add(new BodyMessage(
                reader.GetInt64(0), await reader.IsDBNullAsync(1, cancellationToken) ? null : reader.GetString(1), reader.GetInt64(2), reader.GetBoolean(3)));
        }

        return messages;
    }

    /// <summary>Gives an object that nothing knows of a row, dead since it was put: the sweep deletes it, unless somebody puts it again before.</summary>
    public Task<bool> AddDeadAsync(ObjectKey key, DateTimeOffset since, CancellationToken cancellationToken) => ChangeAsync(
        "INSERT INTO bodies (account_id, hash, state, dead_since) VALUES ($1, $2, 0, $3) ON CONFLICT DO NOTHING",
        [Long(key.Account.Value), Bytes(key.Hash), Time(since)],
        cancellationToken);

    /// <summary>The same for a pack.</summary>
    public Task<bool> AddDeadPackAsync(ObjectKey key, long size, DateTimeOffset since, CancellationToken cancellationToken) => ChangeAsync(
        """
        INSERT INTO packs (account_id, hash, size, dead_size, state, dead_since)
        SELECT $1, $2, $4, $4, 1, $3 WHERE NOT EXISTS (SELECT FROM packs WHERE account_id = $1 AND hash = $2)
        """,
        [Long(key.Account.Value), Bytes(key.Hash), Time(since), Long(size)],
        cancellationToken);

    /// <summary>Gives an object that is needed its row; the end of a staged object is a matter of its age, so it is dead from the start.</summary>
    public Task<bool> AddStoredAsync(ObjectKey key, string? keyId, CancellationToken cancellationToken) => ChangeAsync(
        """
        INSERT INTO bodies (account_id, hash, state, key_id, dead_since)
        SELECT $1, $2, 1, $3, CASE WHEN $1 = 0 THEN now() END
        WHERE $1 = 0 OR EXISTS (SELECT FROM contents WHERE account_id = $1 AND hash = $2)
        ON CONFLICT DO NOTHING
        """,
        [Long(key.Account.Value), Bytes(key.Hash), Text(keyId)],
        cancellationToken);

    /// <summary>A body that is there after all, with this key, and not damaged.</summary>
    public Task<bool> SetStoredAsync(ObjectKey key, string version, string? keyId, CancellationToken cancellationToken) => ChangeAsync(
        "UPDATE bodies SET state = 1, key_id = $4, damaged_at = NULL WHERE account_id = $1 AND hash = $2 AND xmin::text = $3 AND state <> 2",
        [Long(key.Account.Value), Bytes(key.Hash), Text(version), Text(keyId)],
        cancellationToken);

    /// <summary>The store has no longer what the row says: it is to be put again. A pack it was in knows that it is not read from there.</summary>
    public Task<bool> SetPendingAsync(ObjectKey key, string version, CancellationToken cancellationToken) => MoveAsync(key, version, 0, null, cancellationToken);

    /// <summary>A body of a pack is read from the object of its own.</summary>
    public Task<bool> SetAloneAsync(ObjectKey key, string version, string? keyId, CancellationToken cancellationToken) => MoveAsync(key, version, 1, keyId, cancellationToken);

    /// <summary>Nothing refers to a body: it is dead from now on.</summary>
    public Task<bool> SetDeadAsync(ObjectKey key, string version, CancellationToken cancellationToken) => ChangeAsync(
        """
        UPDATE bodies SET dead_since = now()
        WHERE account_id = $1 AND hash = $2 AND xmin::text = $3 AND dead_since IS NULL AND state <> 2
            AND NOT EXISTS (SELECT FROM contents c WHERE c.account_id = $1 AND c.hash = $2)
        """,
        [Long(key.Account.Value), Bytes(key.Hash), Text(version)],
        cancellationToken);

    /// <summary>Nothing is in a pack: it is dead from now on.</summary>
    public Task<bool> SetPackDeadAsync(long pack, string version, CancellationToken cancellationToken) => ChangeAsync(
        """
        UPDATE packs p SET dead_since = now()
        WHERE id = $1 AND xmin::text = $2 AND dead_since IS NULL AND NOT EXISTS (SELECT FROM bodies b WHERE b.pack_id = p.id)
        """,
        [Long(pack), Text(version)],
        cancellationToken);

    /// <summary>A body is to be put again when it comes again; it is listed until then. It may have a row or not.</summary>
    public Task<bool> MarkDamagedAsync(ObjectKey key, CancellationToken cancellationToken) => ChangeAsync(
        "UPDATE bodies SET damaged_at = coalesce(damaged_at, now()) WHERE account_id = $1 AND hash = $2 AND state = 1",
        [Long(key.Account.Value), Bytes(key.Hash)],
        cancellationToken);

    /// <summary>A staged body that was set aside or put off is tried again: its object is there now.</summary>
    public Task<bool> SetDueAsync(long staged, CancellationToken cancellationToken) => ChangeAsync(
        "UPDATE staged_bodies SET not_before = now(), failed_at = NULL, attempts = 0 WHERE id = $1 AND (attempts > 0 OR failed_at IS NOT NULL)",
        [Long(staged)],
        cancellationToken);

    private Task<bool> MoveAsync(ObjectKey key, string version, int state, string? keyId, CancellationToken cancellationToken) => ChangeAsync(
        """
        WITH before AS (
            SELECT account_id, hash, pack_id, length FROM bodies WHERE account_id = $1 AND hash = $2 AND xmin::text = $3 AND state = 1 FOR UPDATE
        ), counted AS (
            UPDATE packs p SET dead_size = p.dead_size + before.length FROM before WHERE p.id = before.pack_id
        )
        UPDATE bodies b SET state = $4, pack_id = NULL, position = 0, length = 0, key_id = $5, damaged_at = NULL
        FROM before WHERE b.account_id = before.account_id AND b.hash = before.hash
        """,
        [Long(key.Account.Value), Bytes(key.Hash), Text(version), new NpgsqlParameter<int> { TypedValue = state }, Text(keyId)],
        cancellationToken);

    private async Task<bool> ChangeAsync(string sql, NpgsqlParameter[] parameters, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(sql);
        command.Parameters.AddRange(parameters);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    private static async Task<List<BodyState>> ReadStatesAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        var states = new List<BodyState>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var pack = reader.IsDBNull(10)
                ? null
                : new BodyPack(reader.GetString(10), ContentHash.From(reader.GetFieldValue<byte[]>(11)), reader.GetInt64(12), (BodyRowState)reader.GetInt16(13));
            var row = reader.IsDBNull(1)
                ? null
                : new BodyRow(reader.GetString(1), (BodyRowState)reader.GetInt16(2), reader.IsDBNull(3) ? null : reader.GetInt64(3), reader.GetInt64(4), reader.GetInt64(5))
                {
                    KeyId = reader.IsDBNull(6) ? null : reader.GetString(6),
                    DeadSince = TimeOf(reader, 7),
                    DamagedAt = TimeOf(reader, 8),
                    CreatedAt = reader.GetFieldValue<DateTimeOffset>(9),
                    Pack = pack,
                };
            states.Add(new BodyState(
                ContentHash.From(reader.GetFieldValue<byte[]>(0)),
                row,
                reader.IsDBNull(14) ? null : reader.GetInt64(14),
                reader.GetBoolean(15),
                reader.GetInt64(16),
                reader.IsDBNull(17) ? 0 : reader.GetInt64(17)));
        }

        return states;
    }

    private static async Task<List<PackState>> ReadPacksAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        var packs = new List<PackState>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            packs.Add(new PackState(reader.GetInt64(0), reader.GetString(1), ContentHash.From(reader.GetFieldValue<byte[]>(2)), reader.GetInt64(3), (BodyRowState)reader.GetInt16(4))
            {
                KeyId = reader.IsDBNull(5) ? null : reader.GetString(5),
                DeadSince = TimeOf(reader, 6),
                DeadSize = reader.GetInt64(7),
                CreatedAt = reader.GetFieldValue<DateTimeOffset>(8),
                Bodies = reader.GetInt64(9),
            });
        }

        return packs;
    }

    private static async Task<List<StagedCopy>> ReadStagedAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        var copies = new List<StagedCopy>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            copies.Add(new StagedCopy(
                reader.GetInt64(0),
                ContentHash.From(reader.GetFieldValue<byte[]>(1)),
                reader.GetFieldValue<long[]>(2),
                reader.GetInt64(3),
                reader.GetBoolean(4),
                reader.GetBoolean(5),
                reader.IsDBNull(6) ? null : reader.GetString(6),
                reader.IsDBNull(7) ? null : reader.GetString(7)));
        }

        return copies;
    }

    private static DateTimeOffset? TimeOf(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);

    private static NpgsqlParameter<long> Long(long value) => new() { TypedValue = value };

    private static NpgsqlParameter<byte[]> Bytes(ContentHash hash) => new() { TypedValue = hash.ToArray() };

    private static NpgsqlParameter<DateTimeOffset> Time(DateTimeOffset time) => new() { TypedValue = time.ToUniversalTime(), NpgsqlDbType = NpgsqlDbType.TimestampTz };

    private static NpgsqlParameter<string?> Text(string? text) => new() { TypedValue = text, NpgsqlDbType = NpgsqlDbType.Text };

    private static NpgsqlParameter<byte[][]> Hashes(IReadOnlyCollection<ContentHash> hashes) =>
        new() { TypedValue = [.. hashes.Select(static hash => hash.ToArray())], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea };
}
