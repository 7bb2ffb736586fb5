using System.Globalization;
using Npgsql;
using Sora.Mailstore.Storage;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Storage;

public sealed class DatabaseTests
{
    [Fact]
    public async Task A_pooled_connection_has_the_time_limits_and_a_dedicated_one_has_none()
    {
        await using var database = await PostgresFixture.CreateDatabaseAsync();
        await database.WaitUntilReadyAsync(TimeSpan.FromSeconds(10));
        await using var pooled = await database.Write.OpenConnectionAsync();
        (await ScalarAsync(pooled, "SHOW statement_timeout")).ShouldBe("1min");
        (await ScalarAsync(pooled, "SHOW lock_timeout")).ShouldBe("10s");
        await using var dedicated = await database.OpenDedicatedAsync();
        (await ScalarAsync(dedicated, "SHOW statement_timeout")).ShouldBe("0");
    }

    [Fact]
    public async Task A_statement_that_comes_again_is_prepared_on_the_server()
    {
        await using var database = await PostgresFixture.CreateDatabaseAsync();
        await using var connection = await database.Read.OpenConnectionAsync();
        for (var i = 0; i < 3; i++)
            await ScalarAsync(connection, "SELECT 42::text");
        (await ScalarAsync(connection, "SELECT count(*)::text FROM pg_prepared_statements WHERE statement LIKE 'SELECT 42%'")).ShouldBe("1");
    }

    [Fact]
    public async Task The_server_knows_letters_beyond_ascii_and_orders_by_bytes()
    {
        await using var database = await PostgresFixture.CreateDatabaseAsync();
        await using var connection = await database.Read.OpenConnectionAsync();
        (await ScalarAsync(connection, "SELECT lower('ÄЖ')")).ShouldBe("äж");
        (await ScalarAsync(connection, "SELECT ('a' > 'B')::text")).ShouldBe("true");
    }

    [Fact]
    public async Task A_host_that_does_not_answer_is_named_after_the_deadline()
    {
        var options = new DatabaseOptions
        {
            Embedded = false,
            Hosts = [string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{FreePort.Next()}")],
            ConnectTimeout = TimeSpan.FromSeconds(1),
        };
        await using var database = new Database(options);
        var error = await Should.ThrowAsync<DatabaseNotReachableException>(() => database.WaitUntilReadyAsync(TimeSpan.FromMilliseconds(300)));
        error.Message.ShouldContain(options.Hosts[0]);
        error.Message.ShouldContain("'sora'");
    }

    [Fact]
    public async Task A_database_that_is_not_there_is_said_at_once()
    {
        await using var database = PostgresFixture.Open(await PostgresFixture.AddressAsync() with { Database = "nowhere" });
        var error = await Should.ThrowAsync<DatabaseNotReachableException>(() => database.WaitUntilReadyAsync(TimeSpan.FromMinutes(5)));
        error.Message.ShouldContain("3D000");
    }

    [Fact]
    public async Task A_cancelled_wait_is_cancelled_and_not_unreachable()
    {
        var options = new DatabaseOptions { Embedded = false, Hosts = ["127.0.0.1"], Port = FreePort.Next() };
        await using var database = new Database(options);
        using var cancelled = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await Should.ThrowAsync<OperationCanceledException>(() => database.WaitUntilReadyAsync(TimeSpan.FromMinutes(5), cancelled.Token));
    }

    [Fact]
    public void A_root_certificate_that_is_not_there_is_no_surprise_at_the_first_mail()
    {
        var options = new DatabaseOptions
        {
            Embedded = false, Hosts = ["127.0.0.1"], Tls = DatabaseTls.VerifyFull, RootCertificate = "/nowhere/ca.pem",
        };
        Should.Throw<DatabaseException>(() => new Database(options)).Message.ShouldContain("/nowhere/ca.pem");
    }

    private static async Task<string?> ScalarAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return (string?)await command.ExecuteScalarAsync();
    }
}
