using Npgsql;
using NpgsqlTypes;
using Sora.Contracts;
using Sora.Mailstore.Bodies;

namespace Sora.Mailstore.Storage;

/// <summary>A body that waits for the object store, without its bytes.</summary>
internal sealed record StagedBody(
    long Id, ContentHash Hash, AccountId[] Accounts, long Size, bool IsInDatabase, bool IsObject, string? Node, string? Path, int Attempts);

/// <summary>An upload that failed, and when it is tried again; never by itself when it is given up.</summary>
internal readonly record struct PutOffBody(long Id, TimeSpan Pause, string Error, bool IsGivenUp);

/// <summary>Bodies that were leased, and whether more are due.</summary>
internal readonly record struct LeasedBodies(List<StagedBody> Bodies, bool HasMore);

/// <summary>An account with enough small bodies for a pack, or with some that have waited long enough.</summary>
internal readonly record struct PackDue(AccountId Account, long[] Ids);

/// <summary>The table of bodies that are durable but not yet in the object store.</summary>
/// <param name="database">Where it is.</param>
/// <param name="ownFilesOnly">This node moves what only it can, and leaves the rest to others.</param>
internal sealed class StagedBodyStore(NpgsqlDataSource database, bool ownFilesOnly = false)
{
    private const string Columns = "s.id, s.hash, s.accounts, s.size, s.body IS NOT NULL, s.object, s.node, s.path, s.attempts";

    // What a node can move: files of other nodes are left to them
    private readonly string _movable = "failed_at IS NULL AND not_before <= now() AND " + (ownFilesOnly ? "node = $1" : "(body IS NOT NULL OR object OR node = $1)");

    /// <summary>This node moves what only it can.</summary>
    public bool OwnFilesOnly => ownFilesOnly;

    /// <summary>
    /// Takes bodies that are due: nobody else does until the lease is over, and then any node may. No more than some bytes, but one at least.
    /// </summary>
    /// <param name="node">The node, which alone has its files.</param>
    /// <param name="minSize">Those larger than this, and staged objects: others wait for a pack.</param>
    /// <param name="limit">Most bodies.</param>
    /// <param name="bytes">Most bytes.</param>
    /// <param name="lease">How long.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<LeasedBodies> LeaseAsync(string node, long minSize, int limit, long bytes, TimeSpan lease, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(Lease("(size > $5 OR object)", "not_before, id"));
        command.Parameters.Add(Text(node));
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = bytes });
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = lease });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = minSize });
        return await LeaseAsync(command, cancellationToken);
    }

    /// <summary>Takes those of some bodies that are still due, as <see cref="LeaseAsync(string, long, int, long, TimeSpan, CancellationToken)"/>.</summary>
    public async Task<LeasedBodies> LeaseAsync(string node, long[] ids, long bytes, TimeSpan lease, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(Lease("id = ANY($5)", "id"));
        command.Parameters.Add(Text(node));
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = ids.Length });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = bytes });
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = lease });
        command.Parameters.Add(Longs(ids));
        return await LeaseAsync(command, cancellationToken);
    }

    /// <summary>Accounts whose small bodies are due to be packed, those that have waited longest first.</summary>
    /// <param name="node">The node, which alone has its files.</param>
    /// <param name="maxSize">Largest body that is packed.</param>
    /// <param name="bytes">So many are enough for a pack.</param>
    /// <param name="wait">So long a body waits at most.</param>
    /// <param name="most">Most bodies of one pack.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<List<PackDue>> FindPacksAsync(string node, long maxSize, long bytes, TimeSpan wait, int most, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            $"""
            SELECT account, (array_agg(id ORDER BY id))[1:$5]
            FROM staged_bodies, unnest(accounts) AS account
            WHERE size <= $2 AND NOT object AND {_movable}
            GROUP BY account
            HAVING sum(size) >= $3 OR count(*) >= $5 OR min(created_at) <= now() - $4
            ORDER BY min(id)
            LIMIT 100
            """);
        command.Parameters.Add(Text(node));
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = maxSize });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = bytes });
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = wait });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = most });
        var due = new List<PackDue>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            due.Add(new PackDue(new AccountId(reader.GetInt64(0)), reader.GetFieldValue<long[]>(1)));
        return due;
    }

    /// <summary>Keeps a lease, or ends it: the bodies are due in so much time.</summary>
    public async Task SetDueAsync(long[] ids, TimeSpan pause, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("UPDATE staged_bodies SET not_before = now() + $2 WHERE id = ANY($1)");
        command.Parameters.Add(Longs(ids));
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = pause });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private string Lease(string which, string order) => $"""
        WITH due AS MATERIALIZED (
            SELECT id, size, not_before FROM staged_bodies WHERE {which} AND {_movable} ORDER BY {order} LIMIT $2 FOR UPDATE SKIP LOCKED
        ), taken AS (
            SELECT id FROM (SELECT id, size, sum(size) OVER (ORDER BY {order}) AS up_to FROM due) AS d WHERE up_to <= $3 OR up_to = size
        )
        UPDATE staged_bodies s SET not_before = now() + $4 FROM taken WHERE s.id = taken.id
        RETURNING {Columns}, (SELECT count(*) FROM due)
        """;

    private static async Task<LeasedBodies> LeaseAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        var due = 0L;
        var bodies = await ReadAsync(command, cancellationToken, reader => due = reader.GetInt64(9));
        var limit = (int)command.Parameters[1].Value!;
        bodies.Sort(static (left, right) => left.Id.CompareTo(right.Id));
        return new LeasedBodies(bodies, due == limit || due > bodies.Count);
    }

    public async Task<Dictionary<long, byte[]>> ReadBodiesAsync(long[] ids, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT id, body FROM staged_bodies WHERE id = ANY($1) AND body IS NOT NULL");
        command.Parameters.Add(Longs(ids));
        var bodies = new Dictionary<long, byte[]>(ids.Length);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            bodies.Add(reader.GetInt64(0), reader.GetFieldValue<byte[]>(1));
        return bodies;
    }

    /// <summary>An account has these bodies in the object store: their rows go with the last account.</summary>
    public static async Task DeleteAsync(NpgsqlConnection connection, long[] ids, AccountId account, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            WITH shared AS (
                UPDATE staged_bodies SET accounts = array_remove(accounts, $2), not_before = now() WHERE id = ANY($1) AND accounts <> ARRAY[$2]
            )
            DELETE FROM staged_bodies WHERE id = ANY($1) AND accounts = ARRAY[$2]
            """,
            connection);
        command.Parameters.Add(Longs(ids));
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = account.Value });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public static async Task DeleteAsync(NpgsqlConnection connection, long[] ids, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("DELETE FROM staged_bodies WHERE id = ANY($1)", connection);
        command.Parameters.Add(Longs(ids));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task PutOffAsync(IReadOnlyList<PutOffBody> bodies, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            UPDATE staged_bodies s
            SET attempts = s.attempts + 1, not_before = now() + f.pause * interval '1 second', last_error = f.error,
                failed_at = CASE WHEN f.is_given_up THEN now() END
            FROM unnest($1::bigint[], $2::double precision[], $3::text[], $4::boolean[]) AS f (id, pause, error, is_given_up)
            WHERE s.id = f.id
            """);
        command.Parameters.Add(Longs([.. bodies.Select(static body => body.Id)]));
        command.Parameters.Add(new NpgsqlParameter<double[]>
        {
            TypedValue = [.. bodies.Select(static body => body.Pause.TotalSeconds)],
            NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Double,
        });
        command.Parameters.Add(Texts([.. bodies.Select(static body => body.Error)]));
        command.Parameters.Add(new NpgsqlParameter<bool[]>
        {
            TypedValue = [.. bodies.Select(static body => body.IsGivenUp)],
            NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Boolean,
        });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Where a body of an account waits: those in the database first, then those in files of <paramref name="node"/>.</summary>
    public Task<List<StagedBody>> FindAsync(ContentHash hash, AccountId account, string node, CancellationToken cancellationToken) =>
        ReadAgain.OnceAsync(() => SelectAsync(hash, account, node, cancellationToken));

    private async Task<List<StagedBody>> SelectAsync(ContentHash hash, AccountId account, string node, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            $"""
            SELECT {Columns}
            FROM staged_bodies s
            WHERE hash = $1 AND $2 = ANY(accounts)
            ORDER BY body IS NULL, node IS DISTINCT FROM $3, NOT object, id
            LIMIT 8
            """);
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = hash.ToArray() });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = account.Value });
        command.Parameters.Add(Text(node));
        return await ReadAsync(command, cancellationToken);
    }

    /// <summary>A piece of a body that waits in the database; null when it waits there no longer.</summary>
    public Task<byte[]?> ReadPieceAsync(long id, long offset, int count, CancellationToken cancellationToken) =>
        ReadAgain.OnceAsync(() => SelectPieceAsync(id, offset, count, cancellationToken));

    private async Task<byte[]?> SelectPieceAsync(long id, long offset, int count, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT substring(body FROM $2 FOR $3) FROM staged_bodies WHERE id = $1");
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = id });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = checked((int)offset + 1) });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = count });
        return await command.ExecuteScalarAsync(cancellationToken) as byte[];
    }

    /// <summary>
    /// How much is staged. To count it is to read all of it: what one node counted does for all others for <paramref name="interval"/>, or for fifty times as long as counting took, and so
    /// does the count before while a node is counting.
    /// </summary>
    /// <param name="interval">0 to count in any case.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<StagingBacklog> CountAsync(TimeSpan interval, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            WITH due AS MATERIALIZED (
                SELECT FROM staging_backlog WHERE next_at <= now() OR $1 = interval '0' FOR UPDATE SKIP LOCKED
            ), counted AS MATERIALIZED (
                SELECT count(*) AS bodies, coalesce(sum(size) FILTER (WHERE NOT object), 0)::bigint AS bytes, min(created_at) AS oldest
                FROM staged_bodies WHERE EXISTS (SELECT FROM due)
            ), written AS (
                UPDATE staging_backlog b SET counted_at = now(), next_at = now() + greatest($1, 50 * (clock_timestamp() - now())), bodies = c.bodies, bytes = c.bytes, oldest = c.oldest
                FROM counted c WHERE EXISTS (SELECT FROM due)
            )
            SELECT bodies, bytes, oldest, now(), now() FROM counted WHERE EXISTS (SELECT FROM due)
            UNION ALL
            SELECT bodies, bytes, oldest, now(), counted_at FROM staging_backlog WHERE NOT EXISTS (SELECT FROM due)
            """);
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = interval });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var (now, counted) = (reader.GetDateTime(3), reader.GetDateTime(4));
        var age = await reader.IsDBNullAsync(2, cancellationToken) ? TimeSpan.Zero : now - reader.GetDateTime(2);
        return new StagingBacklog(reader.GetInt64(0), reader.GetInt64(1), age < TimeSpan.Zero ? TimeSpan.Zero : age, counted, IsNew: counted == now);
    }

    /// <summary>Those of a node's files that a staged body still needs.</summary>
    public async Task<HashSet<string>> NeededFilesAsync(string node, string[] paths, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT path FROM staged_bodies WHERE node = $1 AND path = ANY($2)");
        command.Parameters.Add(Text(node));
        command.Parameters.Add(Texts(paths));
        var needed = new HashSet<string>(StringComparer.Ordinal);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            needed.Add(reader.GetString(0));
        return needed;
    }

    private static async Task<List<StagedBody>> ReadAsync(
        NpgsqlCommand command, CancellationToken cancellationToken, Action<NpgsqlDataReader>? eachRow = null)
    {
        var bodies = new List<StagedBody>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            bodies.Add(new StagedBody(
                reader.GetInt64(0),
                ContentHash.From(reader.GetFieldValue<byte[]>(1)),
                Array.ConvertAll(reader.GetFieldValue<long[]>(2), static account => new AccountId(account)),
                reader.GetInt64(3),
                reader.GetBoolean(4),
                reader.GetBoolean(5),
                await reader.IsDBNullAsync(6, cancellationToken) ? null : reader.GetString(6),
                await reader.IsDBNullAsync(7, cancellationToken) ? null : reader.GetString(7),
                reader.GetInt32(8)));
            eachRow?.Invoke(reader);
        }

        return bodies;
    }

    private static NpgsqlParameter<string> Text(string value) => new() { TypedValue = value };

    private static NpgsqlParameter<long[]> Longs(long[] values) => new() { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint };

    private static NpgsqlParameter<string[]> Texts(string[] values) => new() { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };
}
