using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Sora.Mailstore.Storage.Embedded;

/// <summary>The files of a private server: made once, configured anew at every start.</summary>
internal sealed class PostgresCluster
{
    /// <summary>The database and the database user of every private server.</summary>
    public const string Name = "sora";

    /// <summary>The number in the name of the socket. The folder is private, so it can be the same for all.</summary>
    public const int Port = 5432;

    private const long LongestLog = 8 << 20;
    private readonly EmbeddedPostgresOptions _options;

    public PostgresCluster(EmbeddedPostgresOptions options, string dataFolder)
    {
        _options = options;
        Folder = Path.Combine(dataFolder, "postgres");
        LogFile = Path.Combine(dataFolder, "postgres.log");
        User = SystemUser.Choose(options.RunAs, Folder);
        Command = new PostgresCommand(User, dataFolder);
        Binaries = PostgresBinaries.Find(options.PostgresBin, Major());
    }

    public string Folder { get; }

    public string LogFile { get; }

    public SystemUser User { get; }

    public PostgresCommand Command { get; }

    public PostgresBinaries Binaries { get; }

    /// <summary>Makes the cluster if there is none. A crash half-way leaves none.</summary>
    public async Task CreateAsync(CancellationToken cancellationToken)
    {
        if (Directory.Exists(Folder))
            return;
        var next = Folder + ".new";

        // C orders by bytes, which is what indexes want; but a plain C character type knows no letters beyond ASCII, and trigram
        // search would not find them
        var failed = true;
        foreach (var characters in new[] { "C.UTF-8", "en_US.UTF-8", "C" })
        {
            if (Directory.Exists(next))
                Directory.Delete(next, recursive: true);
            Posix.MakePrivateFolder(next, User);
            using var process = Command.Start(next, LogFile, ownSession: false, path =>
            [
                Binaries.Initdb, "-D", path, "-U", Name, "-E", "UTF8", "--locale=C", "--lc-ctype=" + characters,
                "--auth-local=peer", "--auth-host=reject", "--data-checksums", .. _options.Durable ? Array.Empty<string>() : ["--no-sync"],
            ]);
            try
            {
                await process.WaitForExitAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                throw;
            }

            failed = process.ExitCode != 0;
            if (!failed)
                break;
        }

        if (failed)
            throw new DatabaseException($"PostgreSQL's initdb failed: {PostgresCommand.LogTail(LogFile)} (all of it is in {LogFile})");
        Directory.Move(next, Folder);
    }

    /// <summary>A digest of everything that a running server would have to be restarted for.</summary>
    public string SettingsDigest(string socketFolder) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Settings(socketFolder) + Users() + Binaries.Folder)).AsSpan(0, 16));

    /// <summary>Writes the configuration, and begins a new log when the old one has grown large.</summary>
    public async Task ConfigureAsync(string socketFolder, CancellationToken cancellationToken)
    {
        if (File.Exists(LogFile) && new FileInfo(LogFile).Length > LongestLog)
            File.Move(LogFile, LogFile + ".old", overwrite: true);
        await Command.WriteAsync(Folder, LogFile, "postgresql.conf", Settings(socketFolder), cancellationToken);
        await Command.WriteAsync(Folder, LogFile, "pg_hba.conf", "local all all peer map=sora\n", cancellationToken);
        await Command.WriteAsync(Folder, LogFile, "pg_ident.conf", Users(), cancellationToken);
    }

    private static string Users() =>
        Environment.UserName is { Length: > 0 } name
            ? $"sora \"{name}\" {Name}\n"
            : throw new DatabaseException("the user that Sora runs as has no name on this system, which PostgreSQL's peer authentication needs");

    // Large enough pages of memory for an index of a few million messages, small enough for a machine with 1 GiB. Nothing here
    // weakens durability unless the options ask for it.
    private string Settings(string socketFolder)
    {
        var text = new StringBuilder(1024);
        text.Append("# Written by Sora at every start: what is changed here is lost. Use database.embedded_server.settings.\n");
        text.Append(CultureInfo.InvariantCulture, $"unix_socket_directories = '\"{socketFolder}\"'\n");
        text.Append(CultureInfo.InvariantCulture, $"port = {Port}\n");
        text.Append(CultureInfo.InvariantCulture, $"max_connections = {_options.MaxConnections}\n");
        text.Append(CultureInfo.InvariantCulture, $"shared_buffers = {_options.SharedBuffers.Bytes >> 10}kB\n");
        text.Append(CultureInfo.InvariantCulture, $"max_wal_size = {_options.MaxWalSize.Bytes >> 20}MB\n");
        text.Append(CultureInfo.InvariantCulture, $"fsync = {OnOff(_options.Durable)}\n");
        text.Append(CultureInfo.InvariantCulture, $"synchronous_commit = {OnOff(_options.Durable)}\n");
        text.Append(CultureInfo.InvariantCulture, $"full_page_writes = {OnOff(_options.Durable)}\n");
        text.Append(
            """
            listen_addresses = ''
            unix_socket_permissions = 0700
            min_wal_size = 80MB
            wal_compression = off
            checkpoint_timeout = 15min
            checkpoint_completion_target = 0.9
            effective_cache_size = 512MB
            work_mem = 8MB
            maintenance_work_mem = 64MB
            temp_file_limit = 4GB
            random_page_cost = 1.1
            jit = off
            max_parallel_workers_per_gather = 0
            autovacuum_max_workers = 2
            autovacuum_vacuum_insert_scale_factor = 0.05
            autovacuum_analyze_scale_factor = 0.05
            client_connection_check_interval = 10s
            idle_in_transaction_session_timeout = 5min
            timezone = 'UTC'
            log_timezone = 'UTC'
            datestyle = 'iso, ymd'
            lc_messages = 'C'
            log_destination = 'stderr'
            logging_collector = off
            log_min_messages = warning
            log_line_prefix = '%m [%p] '
            log_error_verbosity = terse
            default_text_search_config = 'pg_catalog.simple'

            """);
        foreach (var setting in _options.Settings)
            text.Append(setting).Append('\n');
        return text.ToString();
    }

    private static string OnOff(bool value) => value ? "on" : "off";

    private int? Major()
    {
        if (!Directory.Exists(Folder))
            return null;
        try
        {
            return int.Parse(File.ReadAllText(Path.Combine(Folder, "PG_VERSION")).AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or FormatException or UnauthorizedAccessException)
        {
            throw new DatabaseException($"{Folder} is no PostgreSQL cluster: {e.Message}", e);
        }
    }
}
