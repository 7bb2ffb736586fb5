using Microsoft.Extensions.Logging;
using Sora.Mailstore.Storage;
using Sora.Mailstore.Storage.Embedded;

namespace Sora.Admin;

/// <summary>
/// The server's database. A private PostgreSQL that runs is joined; one that does not is started for the command and stopped after it.
/// </summary>
internal sealed class AdminDatabase : IAsyncDisposable
{
    private readonly EmbeddedPostgres? _server;

    private AdminDatabase(AdminOptions options, EmbeddedPostgres? server)
    {
        _server = server;
        Options = options;
        WasStarted = server is { IsOwner: true };
        Database = new Database(options.Database, server?.Address);
    }

    public AdminOptions Options { get; }

    public Database Database { get; }

    /// <summary>The private server was started for this command: Sora does not run.</summary>
    public bool WasStarted { get; }

    public Migrator Migrator(ILoggerFactory? loggers = null) => new(Database, Options.Database, logger: loggers?.CreateLogger<Migrator>());

    /// <summary>Opens a database that has this program's schema.</summary>
    /// <exception cref="DatabaseException">It cannot be reached, or has another schema.</exception>
    public static async Task<AdminDatabase> OpenAsync(CommandRun run, AdminOptions options, CancellationToken cancellationToken)
    {
        var database = await ConnectAsync(run, options, mayCreate: false, cancellationToken);
        try
        {
            await database.Migrator().RequireCurrentAsync(cancellationToken);
            return database;
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    /// <summary>Opens a database whatever its schema.</summary>
    /// <param name="run">The command.</param>
    /// <param name="options">What was configured.</param>
    /// <param name="mayCreate">Make a private server where there is none yet.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="DatabaseException">It cannot be reached.</exception>
    public static async Task<AdminDatabase> ConnectAsync(
        CommandRun run, AdminOptions options, bool mayCreate, CancellationToken cancellationToken)
    {
        var server = options.Database.Embedded ? await StartAsync(run, options, mayCreate, cancellationToken) : null;
        try
        {
            var database = new AdminDatabase(options, server);
            server = null;
            try
            {
                await database.Database.WaitUntilReadyAsync(options.Database.ConnectTimeout, cancellationToken);
                return database;
            }
            catch
            {
                await database.DisposeAsync();
                throw;
            }
        }
        finally
        {
            if (server is not null)
                await server.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        if (_server is not null)
            await _server.DisposeAsync();
    }

    private static async Task<EmbeddedPostgres> StartAsync(
        CommandRun run, AdminOptions options, bool mayCreate, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(run.DataFolder))
        {
            throw new AdminException(
                "name the data folder with --data DIR, or the database's hosts in --config FILE (database.embedded = false)", ExitCode.Usage);
        }

        // A mistyped folder is to be an error, not a new mail store
        var folder = Path.GetFullPath(run.DataFolder);
        if (!mayCreate && !Directory.Exists(Path.Combine(folder, "postgres")))
            throw new AdminException($"{folder} holds no database yet: start Sora on it, or run 'sora-admin migrate up'");
        return await EmbeddedPostgres.StartAsync(options.Database.EmbeddedServer, folder, new WarningLog(run.Terminal), cancellationToken);
    }
}
