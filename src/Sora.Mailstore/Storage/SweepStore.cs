using Npgsql;
using NpgsqlTypes;
using Sora.Contracts;
using Sora.Mailstore.Bodies.Objects;

namespace Sora.Mailstore.Storage;

/// <summary>Where the check of all bodies has got to, in the order of their primary key.</summary>
internal readonly record struct BodyCursor(long Account, byte[] Hash)
{
    public static readonly BodyCursor Start = new(-1, []);
}

/// <summary>
/// Takes bodies that nothing refers to out of the object store. A body is dead when <c>dead_since</c> says so; whoever needs it again takes that away in the
/// statement that claims it, which this store's statements then see although they had begun before (PostgreSQL looks at a row again that it had to wait for). From
/// state 2 on a body cannot be claimed until its row is gone, so nobody puts an object while it is being deleted.
/// </summary>
/// <param name="database">The primary.</param>
/// <param name="grace">How long a body must have been dead.</param>
/// <param name="stagedGrace">The same for a staged object, which is dead from the start: a delivery that claims it again counts from there anew, and has so long to be committed.</param>
internal sealed class SweepStore(NpgsqlDataSource database, TimeSpan grace, TimeSpan stagedGrace)
{
    // What a body of an account, or a staged object (account 0), is needed by
    private const string IsNeeded = """
        (EXISTS (SELECT FROM contents c WHERE c.account_id = b.account_id AND c.hash = b.hash)
         OR EXISTS (SELECT FROM staged_bodies s WHERE s.hash = b.hash AND (b.account_id = ANY (s.accounts) OR (b.account_id = 0 AND s.object))))
        """;

    /// <summary>
    /// Marks the next bodies with objects of their own as being deleted, and takes those again that somebody else began to delete and did not end; the names
    /// of their objects.
    /// </summary>
    public async Task<List<ObjectKey>> MarkObjectsAsync(TimeSpan retry, int limit, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);

        // Locked first: who claims one of them waits from here on. Only the second statement sees whatever was committed by those who have claimed it before
        await using var command = new NpgsqlCommand(
            """
            SELECT account_id, hash FROM bodies d
            WHERE d.dead_since < now() - $1 AND (d.account_id <> 0 OR d.dead_since < now() - $4)
              AND d.pack_id IS NULL AND (d.swept_at IS NULL OR d.swept_at < now() - $2)
            ORDER BY d.dead_since LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED
            """,
            connection);
        command.Parameters.Add(Time(grace));
        command.Parameters.Add(Time(retry));
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        command.Parameters.Add(Time(stagedGrace));
        var keys = await ReadKeysAsync(command, KindOf, cancellationToken);
        if (keys.Count == 0)
            return keys;
        await using var mark = new NpgsqlCommand(
            $"""
            UPDATE bodies b SET state = 2, swept_at = now()
            FROM unnest($1::bigint[], $2::bytea[]) AS d (account_id, hash)
            WHERE b.account_id = d.account_id AND b.hash = d.hash AND (b.state = 2 OR NOT {IsNeeded})
            RETURNING b.account_id, b.hash
            """,
            connection);
        AddKeys(mark, keys);
        keys = await ReadKeysAsync(mark, KindOf, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return keys;
    }

    /// <summary>Bodies that were marked as dead and are needed after all live again; staged objects are waited for once more. Returns how many.</summary>
    public async Task<int> ReviveAsync(int limit, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            $"""
            UPDATE bodies b SET dead_since = CASE WHEN account_id = 0 THEN now() END
            WHERE ctid = ANY (ARRAY(
                    SELECT b.ctid FROM bodies b
                    WHERE b.dead_since < now() - $1 AND (b.account_id <> 0 OR b.dead_since < now() - $3) AND b.state <> 2 AND {IsNeeded}
                    ORDER BY b.dead_since LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED))
              AND state <> 2 AND dead_since IS NOT NULL AND {IsNeeded}
            """);
        command.Parameters.Add(Time(grace));
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        command.Parameters.Add(Time(stagedGrace));
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The objects are deleted: so are their rows, and whoever has the body again may put it.</summary>
    public async Task ForgetObjectsAsync(IReadOnlyList<ObjectKey> keys, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            DELETE FROM bodies b USING unnest($1::bigint[], $2::bytea[]) AS d (account_id, hash)
            WHERE b.account_id = d.account_id AND b.hash = d.hash AND b.state = 2
            """);
        AddKeys(command, keys);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Dead bodies in packs: their rows go, and their packs know that so much of them is dead. Returns how many.</summary>
    public async Task<int> ForgetPackedAsync(int limit, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            """
            SELECT account_id, hash FROM bodies d
            WHERE d.dead_since < now() - $1 AND d.pack_id IS NOT NULL AND d.state = 1
            ORDER BY d.dead_since LIMIT $2 FOR UPDATE SKIP LOCKED
            """,
            connection);
        command.Parameters.Add(Time(grace));
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        var keys = await ReadKeysAsync(command, KindOf, cancellationToken);
        if (keys.Count == 0)
            return 0;
        await using var forget = new NpgsqlCommand(
            $"""
            WITH gone AS (
                DELETE FROM bodies b USING unnest($1::bigint[], $2::bytea[]) AS d (account_id, hash)
                WHERE b.account_id = d.account_id AND b.hash = d.hash AND NOT {IsNeeded}
                RETURNING b.pack_id, b.length
            ), counted AS (
                UPDATE packs p SET dead_size = p.dead_size + g.length
                FROM (SELECT pack_id, sum(length)::bigint AS length FROM gone GROUP BY pack_id) AS g
                WHERE p.id = g.pack_id
            )
            SELECT count(*) FROM gone
            """,
            connection);
        AddKeys(forget, keys);
        var count = (int)(long)(await forget.ExecuteScalarAsync(cancellationToken))!;
        await transaction.CommitAsync(cancellationToken);
        return count;
    }

    /// <summary>
    /// Packs in which nothing is left are dead. What was in them has waited long enough already. One that was begun long ago and never finished waits once more, for whoever may still
    /// be at it; one that was rewritten says itself since when nothing is read from it.
    /// </summary>
    public async Task MarkEmptyPacksAsync(int limit, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);

        // Locked first, looked at in a second statement: what is still put into it is seen then, or waits
        await using var command = new NpgsqlCommand(
            """
            SELECT id FROM packs p
            WHERE dead_since IS NULL AND NOT EXISTS (SELECT FROM bodies b WHERE b.pack_id = p.id)
              AND (dead_size > 0 OR (state = 0 AND created_at < now() - $1))
            ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED
            """,
            connection);
        command.Parameters.Add(Time(grace));
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        var packs = new List<long>();
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
                packs.Add(reader.GetInt64(0));
        }

        if (packs.Count == 0)
            return;
        await using var mark = new NpgsqlCommand(
            """
            UPDATE packs p SET dead_since = CASE WHEN state = 0 THEN now() ELSE now() - $2 - interval '1 microsecond' END
            WHERE id = ANY ($1) AND NOT EXISTS (SELECT FROM bodies b WHERE b.pack_id = p.id)
            """,
            connection);
        mark.Parameters.Add(Longs([.. packs]));
        mark.Parameters.Add(Time(grace));
        await mark.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Marks dead packs as being deleted; their numbers and the names of their objects.</summary>
    public async Task<(long[] Packs, List<ObjectKey> Keys)> MarkPacksAsync(TimeSpan retry, int limit, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            UPDATE packs p SET state = 2, swept_at = now()
            WHERE id = ANY (ARRAY(
                    SELECT d.id FROM packs d WHERE d.dead_since < now() - $1 AND (d.swept_at IS NULL OR d.swept_at < now() - $2)
                    ORDER BY d.dead_since LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED))
              AND dead_since < now() - $1 AND NOT EXISTS (SELECT FROM bodies b WHERE b.pack_id = p.id)
            RETURNING account_id, hash, id
            """);
        command.Parameters.Add(Time(grace));
        command.Parameters.Add(Time(retry));
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        var (packs, keys) = (new List<long>(), new List<ObjectKey>());
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            packs.Add(reader.GetInt64(2));
            keys.Add(new ObjectKey(new AccountId(reader.GetInt64(0)), ContentHash.From(reader.GetFieldValue<byte[]>(1)), ObjectKind.Pack));
        }

        return ([.. packs], keys);
    }

    /// <summary>Of objects of packs, those that another, living pack has too: bodies of the same bytes in the same order make the same object.</summary>
    public async Task<HashSet<ObjectKey>> SharedPacksAsync(IReadOnlyList<ObjectKey> keys, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            SELECT DISTINCT p.account_id, p.hash FROM packs p JOIN unnest($1::bigint[], $2::bytea[]) AS d (account_id, hash) USING (account_id, hash)
            WHERE p.state <> 2
            """);
        AddKeys(command, keys);
        return [.. await ReadKeysAsync(command, static _ => ObjectKind.Pack, cancellationToken)];
    }

    /// <summary>The packs' objects are deleted.</summary>
    public async Task ForgetPacksAsync(long[] packs, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("DELETE FROM packs WHERE id = ANY ($1) AND state = 2");
        command.Parameters.Add(Longs(packs));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// Looks at the next bodies in the order of their key, and marks those as dead that nothing refers to although nobody has said so: put in place while their last content was purged, begun
    /// and never ended, or staged for a delivery that did not come about. Where to go on; null at the end.
    /// </summary>
    public async Task<(int Marked, BodyCursor? Next)> CheckAsync(BodyCursor after, int limit, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            $"""
            WITH page AS MATERIALIZED (
                SELECT account_id, hash FROM bodies WHERE (account_id, hash) > ($1, $2) ORDER BY account_id, hash LIMIT $3
            ), marked AS (
                UPDATE bodies b SET dead_since = now()
                WHERE ctid = ANY (ARRAY(
                        SELECT b.ctid FROM bodies b JOIN page USING (account_id, hash)
                        WHERE b.dead_since IS NULL AND b.state <> 2 AND b.created_at < now() - $4 AND NOT {IsNeeded}
                        FOR NO KEY UPDATE OF b SKIP LOCKED))
                  AND dead_since IS NULL AND state <> 2 AND NOT {IsNeeded}
                RETURNING 1
            ), last AS (
                SELECT account_id, hash FROM page ORDER BY account_id DESC, hash DESC LIMIT 1
            )
            SELECT (SELECT count(*)::int FROM marked), (SELECT count(*)::int FROM page), last.account_id, last.hash FROM last
            """);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = after.Account });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = after.Hash });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        command.Parameters.Add(Time(grace));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
            return (0, null);
        return (reader.GetInt32(0), reader.GetInt32(1) < limit ? null : new BodyCursor(reader.GetInt64(2), reader.GetFieldValue<byte[]>(3)));
    }

    /// <summary>Bodies that are dead, and since when the first of them.</summary>
    public async Task<(long Bodies, TimeSpan Oldest)> CountDeadAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            "SELECT count(*), coalesce(extract(epoch FROM now() - min(dead_since)), 0)::double precision FROM bodies WHERE dead_since IS NOT NULL");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.GetInt64(0), TimeSpan.FromSeconds(Math.Max(0, reader.GetDouble(1))));
    }

    private static ObjectKind KindOf(long account) => account == 0 ? ObjectKind.Staged : ObjectKind.Body;

    private static void AddKeys(NpgsqlCommand command, IReadOnlyList<ObjectKey> keys)
    {
        command.Parameters.Add(Longs([.. keys.Select(static key => key.Account.Value)]));
        command.Parameters.Add(Hashes(keys));
    }

    private static async Task<List<ObjectKey>> ReadKeysAsync(NpgsqlCommand command, Func<long, ObjectKind> kind, CancellationToken cancellationToken)
    {
        var keys = new List<ObjectKey>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            keys.Add(new ObjectKey(new AccountId(reader.GetInt64(0)), ContentHash.From(reader.GetFieldValue<byte[]>(1)), kind(reader.GetInt64(0))));
        return keys;
    }

    private static NpgsqlParameter<TimeSpan> Time(TimeSpan time) => new() { TypedValue = time };

    private static NpgsqlParameter<long[]> Longs(long[] values) => new() { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint };

    private static NpgsqlParameter<byte[][]> Hashes(IReadOnlyList<ObjectKey> keys) =>
        new() { TypedValue = [.. keys.Select(static key => key.Hash.ToArray())], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea };
}
