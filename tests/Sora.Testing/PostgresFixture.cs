using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Sora.Mailstore.Storage;
using Sora.Mailstore.Storage.Embedded;

namespace Sora.Testing;

/// <summary>
/// One private PostgreSQL for all tests of a process, without fsync, started when the first test needs it and stopped with the
/// process. Every database it gives is fresh and has Sora's schema.
/// </summary>
public static class PostgresFixture
{
    private const string Template = "sora_template";
    private static readonly SemaphoreSlim OneCopyAtATime = new(1);
    private static int _databases;

    private static Keeper? _keeper;

    /// <summary>Where the server listens; its database has no schema.</summary>
    public static async Task<PostgresAddress> AddressAsync() => (await FirstUse.Server).Address;

    /// <summary>Makes a fresh database with Sora's schema and opens it. The caller disposes it.</summary>
    public static async Task<Database> CreateDatabaseAsync() => Open(await CreateAddressAsync());

    /// <summary>Makes a fresh database with Sora's schema, for a test that opens it more than once.</summary>
    public static Task<PostgresAddress> CreateAddressAsync() => CreateAsync(Template);

    /// <summary>Makes a database without anything in it.</summary>
    public static Task<PostgresAddress> CreateEmptyAddressAsync() => CreateAsync("template1");

    /// <summary>Opens a database with the default options, or those given.</summary>
    public static Database Open(PostgresAddress address, DatabaseOptions? options = null) => new(options ?? new DatabaseOptions(), address);

    private static async Task<PostgresAddress> CreateAsync(string template)
    {
        var server = await FirstUse.Server;
        var name = string.Create(CultureInfo.InvariantCulture, $"test_{Interlocked.Increment(ref _databases)}");

        // Two copies of one template at a time disturb each other
        await OneCopyAtATime.WaitAsync();
        try
        {
            await ExecuteAsync(server.Address, $"CREATE DATABASE {name} TEMPLATE {template}");
        }
        finally
        {
            OneCopyAtATime.Release();
        }

        return server.Address with { Database = name };
    }

    private static async Task<EmbeddedPostgres> StartAsync()
    {
        var folder = new TempFolder();
        var options = new EmbeddedPostgresOptions { Durable = false, MaxConnections = 300, SharedBuffers = Sora.Configuration.ByteSize.MiB(64) };
        var server = await EmbeddedPostgres.StartAsync(options, folder.Path);
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            Task.Run(server.StopAsync).Wait(TimeSpan.FromSeconds(20));
            folder.Dispose();
        };
        _keeper = new Keeper(folder.Path, "INT", [server.ServerPid!.Value], server.Address.SocketFolder);
        await ExecuteAsync(server.Address, $"CREATE DATABASE {Template}");
        var address = server.Address with { Database = Template };
        await using (var database = Open(address))
        {
            await new Migrator(database, new DatabaseOptions()).UpAsync();
        }

        return server;
    }

    private static async Task ExecuteAsync(PostgresAddress address, string sql)
    {
        await using var database = Open(address);
        await using var connection = await database.OpenDedicatedAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    // A class is initialised when it is first used, and once
    private static class FirstUse
    {
        public static readonly Task<EmbeddedPostgres> Server = Task.Run(StartAsync);
    }
}
