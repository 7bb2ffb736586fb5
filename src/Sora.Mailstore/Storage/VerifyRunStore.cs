using Npgsql;
using NpgsqlTypes;
using Sora.Contracts;
using Sora.Mailstore.Bodies.Verify;

namespace Sora.Mailstore.Storage;

/// <summary>A comparison as the database knows it.</summary>
internal sealed record VerifyRun(long Id, string Parameters, long DoneAccount, VerifyTotals Totals);

/// <summary>How far an account is.</summary>
internal readonly record struct VerifyPosition(AccountId Account, VerifyPhase Phase, byte[] After);

/// <summary>How far comparisons of database and object store are.</summary>
internal sealed class VerifyRunStore(Database database)
{
    private const int RunLock = 0x5672; // two-part advisory locks: this, and the run's number
    private const int KeptRuns = 20;

    public async Task<long> AddAsync(string parameters, CancellationToken cancellationToken)
    {
        await using var command = database.Write.CreateCommand(
            """
            WITH old AS (
                DELETE FROM verify_runs WHERE id <= (SELECT max(id) FROM verify_runs) - $2
            )
            INSERT INTO verify_runs (parameters) VALUES ($1) RETURNING id
            """);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = parameters });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = KeptRuns });
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>The last one that did not come to its end, and how far its accounts are; null when there is none.</summary>
    public async Task<(VerifyRun Run, List<VerifyPosition> Positions)?> FindUnfinishedAsync(CancellationToken cancellationToken)
    {
        VerifyRun run;
        await using (var command = database.Write.CreateCommand(
            """
            SELECT id, parameters, done_account, bodies, bytes, findings, repaired FROM verify_runs
            WHERE finished_at IS NULL ORDER BY id DESC LIMIT 1
            """))
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            if (!await reader.ReadAsync(cancellationToken))
                return null;
            var totals = new VerifyTotals(reader.GetInt64(3), reader.GetInt64(4), reader.GetInt64(5), reader.GetInt64(6));
            run = new VerifyRun(reader.GetInt64(0), reader.GetString(1), reader.GetInt64(2), totals);
        }

        var positions = new List<VerifyPosition>();
        await using var progress = database.Write.CreateCommand("SELECT account_id, phase, after FROM verify_progress WHERE run_id = $1");
        progress.Parameters.Add(new NpgsqlParameter<long> { TypedValue = run.Id });
        await using var rows = await progress.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
            positions.Add(new VerifyPosition(new AccountId(rows.GetInt64(0)), (VerifyPhase)rows.GetInt16(1), rows.GetFieldValue<byte[]>(2)));
        return (run, positions);
    }

    /// <summary>Holds a run until the result is disposed, which the end of the process does too; null when another process has it.</summary>
    public async Task<IAsyncDisposable?> TryLockAsync(long run, CancellationToken cancellationToken)
    {
        var connection = await database.OpenDedicatedAsync(cancellationToken);
        await using var command = new NpgsqlCommand("SELECT pg_try_advisory_lock($1, $2)", connection);
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = RunLock });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = unchecked((int)run) });
        if (await command.ExecuteScalarAsync(cancellationToken) is true)
            return connection;
        await connection.DisposeAsync();
        return null;
    }

    /// <summary>Writes down how far a run is: all of it or nothing.</summary>
    public async Task SaveAsync(VerifyRun run, IReadOnlyCollection<VerifyPosition> positions, bool isFinished, CancellationToken cancellationToken)
    {
        await using var connection = await database.Write.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var batch = new NpgsqlBatch(connection);
        var update = new NpgsqlBatchCommand(
            """
            UPDATE verify_runs SET done_account = $2, bodies = $3, bytes = $4, findings = $5, repaired = $6, updated_at = now(),
                finished_at = CASE WHEN $7 THEN now() END
            WHERE id = $1
            """);
        foreach (var number in new[] { run.Id, run.DoneAccount, run.Totals.Bodies, run.Totals.Bytes, run.Totals.Findings, run.Totals.Repaired })
            update.Parameters.Add(new NpgsqlParameter<long> { TypedValue = number });
        update.Parameters.Add(new NpgsqlParameter<bool> { TypedValue = isFinished });
        batch.BatchCommands.Add(update);
        var delete = new NpgsqlBatchCommand("DELETE FROM verify_progress WHERE run_id = $1");
        delete.Parameters.Add(new NpgsqlParameter<long> { TypedValue = run.Id });
        batch.BatchCommands.Add(delete);
        if (!isFinished && positions.Count > 0)
        {
            var insert = new NpgsqlBatchCommand(
                """
                INSERT INTO verify_progress (run_id, account_id, phase, after)
                SELECT $1, p.account_id, p.phase, p.after FROM unnest($2::bigint[], $3::smallint[], $4::bytea[]) AS p (account_id, phase, after)
                """);
            insert.Parameters.Add(new NpgsqlParameter<long> { TypedValue = run.Id });
            insert.Parameters.Add(Array<long>([.. positions.Select(static one => one.Account.Value)], NpgsqlDbType.Bigint));
            insert.Parameters.Add(Array<short>([.. positions.Select(static one => (short)one.Phase)], NpgsqlDbType.Smallint));
            insert.Parameters.Add(Array<byte[]>([.. positions.Select(static one => one.After)], NpgsqlDbType.Bytea));
            batch.BatchCommands.Add(insert);
        }

        await batch.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private static NpgsqlParameter<T[]> Array<T>(T[] values, NpgsqlDbType type) => new() { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | type };
}
