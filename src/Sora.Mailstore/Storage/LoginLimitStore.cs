using Npgsql;
using NpgsqlTypes;
using Sora.Mailstore.Accounts.Logins;

namespace Sora.Mailstore.Storage;

/// <summary>A block as administrators see it.</summary>
/// <param name="Kind">"address", "user" or "pair".</param>
/// <param name="Network">Null for a user.</param>
/// <param name="User">Null for a network, and for a name that is nobody's.</param>
public sealed record StoredLoginBlock(string Kind, string? Network, string? User, int Failures, int Blocks, DateTimeOffset Until);

/// <summary>Wrong passwords counted for all nodes, and the networks where users have logged in.</summary>
internal sealed class LoginLimitStore(NpgsqlDataSource database, LoginLimitOptions options)
{
    // What is read of a row, its times as seconds from now
    private const string Columns =
        """
        l.kind, l.key, l.failures, extract(epoch FROM now() - l.window_start)::float8 AS age, l.blocks,
        coalesce(extract(epoch FROM l.blocked_until - now()), 0)::float8 AS blocked, l.version
        """;

    private const string Shown = "l.kind, abbrev(l.address), l.user_name, l.failures, l.blocks, l.blocked_until";

    // An address belongs to the network that it is counted in
    private const string IsMeant = "($1::text IS NULL OR l.address <<= $1::inet OR l.address >>= $1::inet) AND ($2::uuid[] IS NULL OR l.user_key = ANY ($2::uuid[]))";

    /// <summary>With what keys are made.</summary>
    public static Task<byte[]> SecretAsync(NpgsqlDataSource database, CancellationToken cancellationToken) =>
        ReadAgain.OnceAsync(async () =>
        {
            await using var command = database.CreateCommand("SELECT value FROM secrets WHERE name = 'login_limits'");
            return (byte[]?)await command.ExecuteScalarAsync(cancellationToken) ?? throw new InvalidOperationException("The secret of login limits is not in the database");
        });

    /// <summary>What still says something, the newest first.</summary>
    public Task<List<LoginLimitRow>> ReadAllAsync(CancellationToken cancellationToken) =>
        ReadAgain.OnceAsync(async () =>
        {
            await using var command = database.CreateCommand(
                $"SELECT {Columns} FROM login_limits l WHERE changed_at > now() - $1 OR blocked_until > now() ORDER BY changed_at DESC LIMIT $2");
            command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = Longest() });
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = options.MaxEntries });
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            var rows = new List<LoginLimitRow>();
            while (await reader.ReadAsync(cancellationToken))
                rows.Add(Row(reader));
            return rows;
        });

    /// <summary>Adds what was counted, in one round trip; gives the rows as they are now, and the keys of those that are gone.</summary>
    public async Task<(List<LoginLimitRow> Rows, List<Guid> Gone)> WriteAsync(IReadOnlyList<LoginLimitChange> changes, CancellationToken cancellationToken)
    {
        await using var batch = database.CreateBatch();
        AddForgotten(batch, changes);
        AddTakenBack(batch, [.. changes.Where(static change => change.Failures < 0).OrderBy(static change => change.Entry.Key)]);
        foreach (var kind in new[] { LoginKind.Address, LoginKind.User, LoginKind.Pair })
            AddCounted(batch, kind, [.. changes.Where(change => change.Entry.Kind == kind && change.Failures > 0).OrderBy(static change => change.Entry.Key)]);
        List<LoginLimitRow> rows = [];
        List<Guid> gone = [];
        if (batch.BatchCommands.Count == 0)
            return (rows, gone);
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        do
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                if (reader.FieldCount == 1)
                    gone.Add(reader.GetGuid(0));
                else
                    rows.Add(Row(reader));
            }
        }
        while (await reader.NextResultAsync(cancellationToken));
        return (rows, gone);
    }

    /// <summary>What is blocked now.</summary>
    public Task<List<StoredLoginBlock>> ListBlockedAsync(string? network, Guid[]? users, int most, CancellationToken cancellationToken) =>
        ReadAgain.OnceAsync(async () =>
        {
            await using var command = database.CreateCommand(
                $"SELECT {Shown} FROM login_limits l WHERE blocked_until > now() AND {IsMeant} ORDER BY blocked_until DESC, key LIMIT $3");
            command.Parameters.Add(Text(network));
            command.Parameters.Add(Uuids(users));
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = most });
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            return await BlocksAsync(reader, cancellationToken);
        });

    /// <summary>Forgets what was counted; gives what was blocked.</summary>
    public async Task<List<StoredLoginBlock>> ForgetAsync(string? network, Guid[]? users, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            $"WITH gone AS (DELETE FROM login_limits l WHERE {IsMeant} RETURNING l.*) SELECT {Shown} FROM gone l WHERE blocked_until > now()");
        command.Parameters.Add(Text(network));
        command.Parameters.Add(Uuids(users));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await BlocksAsync(reader, cancellationToken);
    }

    /// <summary>Whether a user has logged in from a network lately.</summary>
    public Task<bool> IsKnownAsync(Guid user, Guid address, CancellationToken cancellationToken) =>
        ReadAgain.OnceAsync(async () =>
        {
            await using var command = database.CreateCommand("SELECT FROM login_known WHERE user_key = $1 AND address_key = $2 AND seen_at > now() - $3");
            command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = user });
            command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = address });
            command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = options.KnownFor });
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            return await reader.ReadAsync(cancellationToken);
        });

    /// <summary>Users have logged in from networks.</summary>
    public async Task RememberAsync(IReadOnlyList<(Guid User, Guid Address)> seen, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            INSERT INTO login_known (user_key, address_key, seen_at)
            SELECT DISTINCT u, a, now() FROM unnest($1::uuid[], $2::uuid[]) AS seen (u, a) ORDER BY u, a
            ON CONFLICT (user_key, address_key) DO UPDATE SET seen_at = excluded.seen_at
            """);
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. seen.Select(static pair => pair.User)] });
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. seen.Select(static pair => pair.Address)] });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Clears away what is over, and the oldest of what is too much.</summary>
    public async Task SweepAsync(int batch, CancellationToken cancellationToken)
    {
        await RepeatAsync(
            """
            DELETE FROM login_limits WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM login_limits WHERE changed_at < now() - $1 AND (blocked_until IS NULL OR blocked_until < now()) LIMIT $2))
            """, Longest(), batch, cancellationToken);
        await RepeatAsync(
            """
            DELETE FROM login_limits WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM login_limits ORDER BY changed_at DESC OFFSET $1 LIMIT $2))
            """, options.MaxRows, batch, cancellationToken);
        await RepeatAsync(
            "DELETE FROM login_known WHERE ctid = ANY (ARRAY(SELECT ctid FROM login_known WHERE seen_at < now() - $1 LIMIT $2))", options.KnownFor, batch, cancellationToken);
        await RepeatAsync(
            """
            DELETE FROM login_known WHERE ctid = ANY (ARRAY(
                SELECT k.ctid FROM (SELECT user_key FROM login_known GROUP BY user_key HAVING count(*) > $1 LIMIT $2) AS many
                CROSS JOIN LATERAL (SELECT ctid FROM login_known WHERE user_key = many.user_key ORDER BY seen_at DESC OFFSET $1) AS k
                LIMIT $2))
            """, options.KnownPerUser, batch, cancellationToken);
    }

    // How long a row can say anything when nothing is added to it
    private TimeSpan Longest()
    {
        TimeSpan[] all = [options.Memory, options.PairWindow, options.UserWindow, options.AddressWindow];
        return all.Max();
    }

    private static void AddForgotten(NpgsqlBatch batch, IReadOnlyList<LoginLimitChange> changes)
    {
        Guid[] pairs = [.. changes.Where(static change => change is { IsForgotten: true, Entry.Kind: LoginKind.Pair }).Select(static change => change.Entry.Key).Order()];
        if (pairs.Length > 0)
        {
            var command = new NpgsqlBatchCommand("DELETE FROM login_limits WHERE key = ANY ($1) RETURNING key");
            command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = pairs });
            batch.BatchCommands.Add(command);
        }

        Guid[] users = [.. changes.Where(static change => change is { IsForgotten: true, Entry.Kind: not LoginKind.Pair }).Select(static change => change.Entry.Key).Order()];
        if (users.Length > 0)
        {
            var command = new NpgsqlBatchCommand(
                $"""
                UPDATE login_limits l SET failures = 0, blocked_until = NULL, version = nextval('login_limits_version')
                WHERE key = ANY ($1) AND (blocked_until IS NULL OR blocked_until <= now()) RETURNING {Columns}
                """);
            command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = users });
            batch.BatchCommands.Add(command);
        }
    }

    private static void AddTakenBack(NpgsqlBatch batch, LoginLimitChange[] changes)
    {
        if (changes.Length == 0)
            return;
        var command = new NpgsqlBatchCommand(
            $"""
            UPDATE login_limits l SET failures = greatest(0, l.failures + given.failures), version = nextval('login_limits_version')
            FROM unnest($1::uuid[], $2::int[]) AS given (key, failures)
            WHERE l.key = given.key AND (l.blocked_until IS NULL OR l.blocked_until <= now()) RETURNING {Columns}
            """);
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. changes.Select(static change => change.Entry.Key)] });
        command.Parameters.Add(new NpgsqlParameter<int[]> { TypedValue = [.. changes.Select(static change => change.Failures)] });
        batch.BatchCommands.Add(command);
    }

    private void AddCounted(NpgsqlBatch batch, LoginKind kind, LoginLimitChange[] changes)
    {
        if (changes.Length == 0)
            return;

        // A window or block that has ended begins anew; a block ends and is forgotten by itself
        const string isOver = "(l.window_start <= now() - $8 AND (l.blocked_until IS NULL OR l.blocked_until <= now()) OR l.blocked_until <= now())";
        const string failures = $"(CASE WHEN {isOver} THEN 0 ELSE l.failures END + excluded.failures)";
        const string blocksBefore = "CASE WHEN l.changed_at < now() - $12 THEN 0 ELSE l.blocks END";
        const string becomesBlocked = $"((l.blocked_until IS NULL OR l.blocked_until <= now()) AND {failures} >= $7)";
        var command = new NpgsqlBatchCommand(
            $"""
            INSERT INTO login_limits AS l (key, kind, address, user_key, user_name, failures, window_start, blocks, blocked_until, changed_at, version)
            SELECT key, $1, address::inet, user_key, user_name, failures, now(), (failures >= $7)::int, CASE WHEN failures >= $7 THEN now() + make_interval(secs => $9) END, now(),
                nextval('login_limits_version')
            FROM unnest($2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::int[]) AS given (key, address, user_key, user_name, failures)
            ON CONFLICT (key) DO UPDATE SET
                failures = {failures},
                window_start = CASE WHEN {isOver} THEN now() ELSE l.window_start END,
                blocks = {blocksBefore} + {becomesBlocked}::int,
                blocked_until = CASE
                    WHEN {becomesBlocked} THEN now() + make_interval(secs => least($11, $9 * power($10::float8, least(30, {blocksBefore}))))
                    WHEN l.blocked_until <= now() THEN NULL
                    ELSE l.blocked_until END,
                user_name = coalesce(l.user_name, excluded.user_name),
                changed_at = now(),
                version = nextval('login_limits_version')
            RETURNING {Columns}
            """);
        var rule = options.Rule(kind);
        var parameters = command.Parameters;
        parameters.Add(new NpgsqlParameter<short> { TypedValue = (short)kind });
        parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. changes.Select(static change => change.Entry.Key)] });
        parameters.Add(new NpgsqlParameter<string?[]> { TypedValue = [.. changes.Select(static change => change.Entry.Network)], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        parameters.Add(new NpgsqlParameter<Guid?[]> { TypedValue = [.. changes.Select(static change => change.Entry.UserKey)], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid });
        parameters.Add(new NpgsqlParameter<string?[]> { TypedValue = [.. changes.Select(static change => change.Entry.UserName)], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        parameters.Add(new NpgsqlParameter<int[]> { TypedValue = [.. changes.Select(static change => change.Failures)] });
        parameters.Add(new NpgsqlParameter<int> { TypedValue = rule.Failures });
        parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = rule.Window });
        parameters.Add(new NpgsqlParameter<double> { TypedValue = Math.Min(rule.Block.TotalSeconds, options.MaxBlock.TotalSeconds) });
        parameters.Add(new NpgsqlParameter<int> { TypedValue = options.BlockGrowth });
        parameters.Add(new NpgsqlParameter<double> { TypedValue = options.MaxBlock.TotalSeconds });
        parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = options.Memory });
        batch.BatchCommands.Add(command);
    }

    private async Task RepeatAsync<T>(string sql, T value, int batch, CancellationToken cancellationToken)
    {
        while (true)
        {
            await using var command = database.CreateCommand(sql);
            command.Parameters.Add(new NpgsqlParameter<T> { TypedValue = value });
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = batch });
            if (await command.ExecuteNonQueryAsync(cancellationToken) < batch)
                return;
        }
    }

    private static async Task<List<StoredLoginBlock>> BlocksAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        var blocks = new List<StoredLoginBlock>();
        while (await reader.ReadAsync(cancellationToken))
        {
            blocks.Add(new StoredLoginBlock(
                LoginBlockText.Kind((LoginKind)reader.GetInt16(0)), reader.IsDBNull(1) ? null : reader.GetString(1), reader.IsDBNull(2) ? null : reader.GetString(2),
                reader.GetInt32(3), reader.GetInt32(4), reader.GetFieldValue<DateTimeOffset>(5)));
        }

        return blocks;
    }

    private static NpgsqlParameter Text(string? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    private static NpgsqlParameter Uuids(Guid[]? values) => new() { Value = (object?)values ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid };

    private static LoginLimitRow Row(NpgsqlDataReader reader) => new(
        (LoginKind)reader.GetInt16(0), reader.GetGuid(1), reader.GetInt32(2), TimeSpan.FromSeconds(reader.GetDouble(3)), reader.GetInt32(4),
        TimeSpan.FromSeconds(Math.Max(0, reader.GetDouble(5))), reader.GetInt64(6));
}
