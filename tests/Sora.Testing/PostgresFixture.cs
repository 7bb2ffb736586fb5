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

    // No test goes on while so many others begin, and has no connection
    private const int Kept = 300;
    private static readonly Queue<string> Databases = [];
    private static int _databases;
    private static bool _inMemory;
    private static NpgsqlConnection? _administrator;
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
            _administrator ??= await Open(server.Address).OpenDedicatedAsync();

            // In memory files are copied in a quarter of the time that it takes to log all their pages
            var strategy = _inMemory && _administrator.PostgreSqlVersion.Major >= 15 ? " STRATEGY FILE_COPY" : "";
            await ExecuteAsync(_administrator, $"CREATE DATABASE {name} TEMPLATE {template}{strategy}");
            Databases.Enqueue(name);
            if (Databases.Count > Kept)
                await DropAsync(_administrator, Databases.Dequeue());
        }
        finally
        {
            OneCopyAtATime.Release();
        }

        return server.Address with { Database = name };
    }

    private static async Task<EmbeddedPostgres> StartAsync()
    {
        var folder = TempFolder.OfServer();
        _inMemory = folder.IsInMemory;
        var options = new EmbeddedPostgresOptions { Durable = false, MaxConnections = 300, SharedBuffers = Sora.Configuration.ByteSize.MiB(64) };
        var server = await EmbeddedPostgres.StartAsync(options, folder.Path);
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            Task.Run(server.StopAsync).Wait(TimeSpan.FromSeconds(20));
            folder.Dispose();
        };
        _keeper = new Keeper(folder.Path, "INT", [server.ServerPid!.Value], server.Address.SocketFolder);
        await using (var database = Open(server.Address))
        await using (var connection = await database.OpenDedicatedAsync())
        {
            await ExecuteAsync(connection, $"CREATE DATABASE {Template}");
        }

        var address = server.Address with { Database = Template };
        await using (var database = Open(address))
        {
            await new Migrator(database, new DatabaseOptions()).UpAsync();
        }

        return server;
    }

    // The server would wait for seconds until whoever is connected goes
    private static async Task DropAsync(NpgsqlConnection connection, string name)
    {
        await using var users = new NpgsqlCommand("SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend'", connection)
        {
            Parameters = { new() { Value = name } },
        };
        if ((long)(await users.ExecuteScalarAsync())! > 0)
            Databases.Enqueue(name);
        else
            await ExecuteAsync(connection, $"DROP DATABASE {name}");
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    // A class is initialised when it is first used, and once
    private static class FirstUse
    {
        public static readonly Task<EmbeddedPostgres> Server = Task.Run(StartAsync);
    }
}
