using System.Globalization;
using Npgsql;
using Sora.Mailstore.Storage.Embedded;

namespace Sora.Bench.Cluster;

/// <summary>What PostgreSQL spends its time on, by its extension pg_stat_statements.</summary>
internal sealed class Statements : IAsyncDisposable
{
    /// <summary>What the server is to be started with.</summary>
    public static readonly string[] Settings = ["shared_preload_libraries = pg_stat_statements", "pg_stat_statements.track_utility = off", "pg_stat_statements.track_planning = on"];

    private readonly NpgsqlConnection _connection;

    private Statements(NpgsqlConnection connection) => _connection = connection;

    /// <summary>Counts from now on.</summary>
    public static async Task<Statements> StartAsync(PostgresAddress address)
    {
        var statements = new Statements(new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder { Host = address.SocketFolder, Port = address.Port, Database = address.Database, Username = address.User }.ConnectionString));
        await statements._connection.OpenAsync();
        await using var command = new NpgsqlCommand("CREATE EXTENSION IF NOT EXISTS pg_stat_statements; SELECT pg_stat_statements_reset()", statements._connection);
        await command.ExecuteNonQueryAsync();
        return statements;
    }

    /// <summary>Prints the dearest.</summary>
    /// <param name="operations">What was done meanwhile: calls and time are told for each.</param>
    public async Task PrintAsync(double operations)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT calls, total_exec_time * 1000, plans, total_plan_time * 1000, rows, left(regexp_replace(query, '\s+', ' ', 'g'), 110)
            FROM pg_stat_statements ORDER BY total_exec_time + total_plan_time DESC LIMIT 15
            """,
            _connection);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"  {reader.GetInt64(0) / operations,7:0.000} calls {reader.GetDouble(1) / operations,7:0.0} us {reader.GetInt64(2) / operations,7:0.000} plans {reader.GetDouble(3) / operations,7:0.0} us {reader.GetInt64(4) / operations,7:0.000} rows each: {reader.GetString(5)}"));
        }
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();
}
