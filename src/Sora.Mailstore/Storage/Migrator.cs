using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using NpgsqlTypes;

namespace Sora.Mailstore.Storage;

/// <summary>
/// Brings the schema up to date. Each step runs in one transaction together with its row in <c>schema_migrations</c>; a session lock
/// on a connection of its own lets one node run them while the others wait. Nodes of the build before may be at work meanwhile: a step that waits for a lock holds up all who come after it, so it
/// gives way soon and is tried again.
/// </summary>
public sealed partial class Migrator
{
    // Any constant that nothing else in the database uses as a lock: "sora" and "migr" in ASCII
    private const long LockKey = 0x736F7261_6D696772;

    private readonly Database _database;
    private readonly DatabaseOptions _options;
    private readonly IReadOnlyList<Migration> _migrations;
    private readonly ILogger _logger;

    /// <summary>Reads nothing and changes nothing yet.</summary>
    /// <param name="database">The database to bring up to date.</param>
    /// <param name="options">How long to wait for others.</param>
    /// <param name="migrations">The steps, in ascending order; by default those of this program.</param>
    /// <param name="logger">Told of every applied step.</param>
    public Migrator(Database database, DatabaseOptions options, IReadOnlyList<Migration>? migrations = null, ILogger? logger = null)
    {
        _database = database;
        _options = options;
        _migrations = migrations ?? Migration.Embedded;
        _logger = logger ?? NullLogger.Instance;
        for (var i = 0; i < _migrations.Count; i++)
        {
            if (_migrations[i].Version <= (i == 0 ? 0 : _migrations[i - 1].Version))
                throw new ArgumentException("Versions must ascend from 1", nameof(migrations));
        }
    }

    /// <summary>At start: <see cref="UpAsync"/>, or <see cref="RequireCurrentAsync"/> when <c>database.migrate_at_start</c> is off.</summary>
    public async Task PrepareAsync(CancellationToken cancellationToken = default)
    {
        if (_options.MigrateAtStart)
            await UpAsync(cancellationToken);
        else
            await RequireCurrentAsync(cancellationToken);
    }

    /// <summary>Applies every pending step and returns those it applied.</summary>
    /// <exception cref="MigrationException">The database is newer, a step changed or failed, or another node took too long.</exception>
    public async Task<IReadOnlyList<Migration>> UpAsync(CancellationToken cancellationToken = default)
    {
        await using var connection = await _database.OpenDedicatedAsync(cancellationToken);
        await LockAsync(connection, cancellationToken);
        await CreateTableAsync(connection, cancellationToken);
        var applied = await ReadAsync(connection, cancellationToken);
        var pending = Compare(applied);
        if (applied.Count > 0 && IsNewer(applied[^1]))
            LogNewer(_logger, applied[^1].Version, Newest);
        foreach (var migration in pending)
        {
            await ApplyAsync(connection, migration, cancellationToken);
            LogApplied(_logger, migration.Version, migration.Name);
        }

        // The session's end frees the lock
        return pending;
    }

    /// <summary>Every step of this program and of the database, applied or pending, in order. Changes nothing.</summary>
    public async Task<IReadOnlyList<MigrationStatus>> StatusAsync(CancellationToken cancellationToken = default)
    {
        await using var connection = await _database.OpenDedicatedAsync(cancellationToken);
        var applied = await ReadAsync(connection, cancellationToken);
        return
        [
            .. applied.Select(row => new MigrationStatus(row.Version, row.Name, row.AppliedAt))
                .Concat(_migrations.Where(migration => applied.TrueForAll(row => row.Version != migration.Version))
                    .Select(migration => new MigrationStatus(migration.Version, migration.Name, null)))
                .OrderBy(status => status.Version),
        ];
    }

    /// <summary>Checks that the database has exactly this program's schema. Changes nothing.</summary>
    /// <exception cref="MigrationException">Steps are pending, the database is newer, or a step changed.</exception>
    public async Task RequireCurrentAsync(CancellationToken cancellationToken = default)
    {
        await using var connection = await _database.OpenDedicatedAsync(cancellationToken);
        var pending = Compare(await ReadAsync(connection, cancellationToken));
        if (pending.Count > 0)
        {
            throw new MigrationException(
                $"the database lacks {pending.Count} migration(s), the first is {Label(pending[0])}: run 'sora-admin migrate up'");
        }
    }

    private static string Label(Migration migration) => $"{migration.Version.ToString("0000", CultureInfo.InvariantCulture)}_{migration.Name}";

    private static async Task CreateTableAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            CREATE TABLE IF NOT EXISTS schema_migrations (
                version integer PRIMARY KEY,
                name text NOT NULL,
                checksum text NOT NULL,
                applied_at timestamptz NOT NULL DEFAULT now())
            """, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<List<AppliedMigration>> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using (var exists = new NpgsqlCommand("SELECT to_regclass('schema_migrations') IS NOT NULL", connection))
        {
            if (await exists.ExecuteScalarAsync(cancellationToken) is not true)
                return [];
        }

        await using var command = new NpgsqlCommand(
            // The column is not there before the step that adds it
            "SELECT version, name, checksum, applied_at, (to_jsonb(m) ->> 'works_with')::integer FROM schema_migrations AS m ORDER BY version", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<AppliedMigration>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(new AppliedMigration(
                reader.GetInt32(0), reader.GetString(1), reader.GetString(2),
                await reader.GetFieldValueAsync<DateTimeOffset>(3, cancellationToken), await reader.IsDBNullAsync(4, cancellationToken) ? null : reader.GetInt32(4)));
        }

        return rows;
    }

    private async Task LockAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await LimitWaitAsync(connection, _options.MigrationTimeout, isLocal: false, cancellationToken);
        try
        {
            await using var command = new NpgsqlCommand("SELECT pg_advisory_lock($1)", connection) { Parameters = { new() { Value = LockKey } } };
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            throw new MigrationException(
                $"another node has been migrating the database for longer than database.migration_timeout ({_options.MigrationTimeout})", e);
        }
    }

    private static async Task LimitWaitAsync(NpgsqlConnection connection, TimeSpan wait, bool isLocal, CancellationToken cancellationToken)
    {
        await using var limit = new NpgsqlCommand("SELECT set_config('lock_timeout', $1, $2)", connection)
        {
            Parameters =
            {
                new() { Value = ((long)wait.TotalMilliseconds).ToString(CultureInfo.InvariantCulture), NpgsqlDbType = NpgsqlDbType.Text },
                new() { Value = isLocal },
            },
        };
        await limit.ExecuteNonQueryAsync(cancellationToken);
    }

    private int Newest => _migrations.Count == 0 ? 0 : _migrations[^1].Version;

    private bool IsNewer(AppliedMigration row) => row.Version > Newest;

    // The pending steps, or a refusal: going on with a schema one does not know could destroy mail
    private List<Migration> Compare(List<AppliedMigration> applied)
    {
        foreach (var row in applied)
        {
            var own = _migrations.FirstOrDefault(migration => migration.Version == row.Version);
            if (own is null && IsNewer(row))
            {
                if (row.WorksWith <= Newest)
                    continue;
                throw new MigrationException(
                    $"the database is at migration {applied[^1].Version}, this program knows {Newest} at most: run a newer Sora");
            }

            if (own is null)
                throw new MigrationException($"the database has migration {row.Version} ({row.Name}), which this program does not have");
            if (!string.Equals(own.Checksum, row.Checksum, StringComparison.Ordinal))
            {
                throw new MigrationException(
                    $"migration {Label(own)} is not the one that was applied to the database on "
                    + $"{row.AppliedAt.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC: its checksum changed");
            }
        }

        var last = applied.Count == 0 ? 0 : applied[^1].Version;
        var pending = _migrations.Where(migration => applied.TrueForAll(row => row.Version != migration.Version)).ToList();
        if (pending.Count > 0 && pending[0].Version < last)
            throw new MigrationException($"migration {Label(pending[0])} was never applied, though {last} was: the database was not made by Sora's own steps");
        return pending;
    }

    private async Task ApplyAsync(NpgsqlConnection connection, Migration migration, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await TryApplyAsync(connection, migration, cancellationToken))
        {
            if (Stopwatch.GetElapsedTime(started) > _options.MigrationTimeout)
                throw new MigrationException($"migration {Label(migration)} waits for a lock that others have held for longer than database.migration_timeout ({_options.MigrationTimeout})");
            LogGivesWay(_logger, migration.Version, migration.Name);
            await Task.Delay(_options.MigrationLockTimeout, cancellationToken);
        }
    }

    // False when a lock was not to be had
    private async Task<bool> TryApplyAsync(NpgsqlConnection connection, Migration migration, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        try
        {
            await LimitWaitAsync(connection, _options.MigrationLockTimeout, isLocal: true, cancellationToken);
            await using (var script = new NpgsqlCommand(migration.Sql, connection, transaction))
                await script.ExecuteNonQueryAsync(cancellationToken);
            await using (var row = new NpgsqlCommand("INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)", connection, transaction)
            {
                Parameters = { new() { Value = migration.Version }, new() { Value = migration.Name }, new() { Value = migration.Checksum } },
            })
                await row.ExecuteNonQueryAsync(cancellationToken);
            if (migration.WorksWith is { } worksWith)
            {
                await using var compatible = new NpgsqlCommand("UPDATE schema_migrations SET works_with = $2 WHERE version = $1", connection, transaction)
                {
                    Parameters = { new() { Value = migration.Version }, new() { Value = worksWith } },
                };
                await compatible.ExecuteNonQueryAsync(cancellationToken);
            }

            await transaction.CommitAsync(cancellationToken);
            return true;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            return false;
        }
        catch (PostgresException e)
        {
            throw new MigrationException($"migration {Label(migration)} failed and was rolled back: {e.MessageText} ({e.SqlState})", e);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Applied migration {Version} ({Name})")]
    private static partial void LogApplied(ILogger logger, int version, string name);

    [LoggerMessage(Level = LogLevel.Information, Message = "Migration {Version} ({Name}) gives way to those who use the table, and is tried again")]
    private static partial void LogGivesWay(ILogger logger, int version, string name);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The database is at migration {Version}, which this program does not know but goes on with; it knows {Newest}")]
    private static partial void LogNewer(ILogger logger, int version, int newest);

    private readonly record struct AppliedMigration(int Version, string Name, string Checksum, DateTimeOffset AppliedAt, int? WorksWith);
}
