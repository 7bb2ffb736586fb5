using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Sora.Mailstore.Storage.Embedded;

/// <summary>
/// The private PostgreSQL of a data folder. The first program on the folder starts the server and watches over it, further ones
/// (a second Sora, sora-admin) use it; when the watcher ends, another user takes the watch over, and the last user stops the server.
/// A server that a killed program left behind is taken over.
/// </summary>
public sealed class EmbeddedPostgres : IAsyncDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ShortPoll = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestFork = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan TakeOverPoll = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Stable = TimeSpan.FromSeconds(30);

    private readonly EmbeddedPostgresOptions _options;
    private readonly string _dataFolder;
    private readonly PostgresCluster _cluster;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private FileStream? _use;
    private FileStream? _own;
    private PostgresServer? _server;
    private Task _watch = Task.CompletedTask;
    private int _restarts;
    private int _stopped;

    private EmbeddedPostgres(EmbeddedPostgresOptions options, string dataFolder, ILogger logger)
    {
        _options = options;
        _dataFolder = dataFolder;
        _logger = logger;
        _cluster = new PostgresCluster(options, dataFolder);
        Address = new PostgresAddress("", PostgresCluster.Port, PostgresCluster.Name, PostgresCluster.Name);
    }

    /// <summary>Where the server listens. Does not change while this object lives.</summary>
    public PostgresAddress Address { get; private set; }

    /// <summary>Whether this program watches over the server.</summary>
    public bool IsOwner => Volatile.Read(ref _own) is not null;

    /// <summary>The server's process id, when this program watches over it.</summary>
    public int? ServerPid => Volatile.Read(ref _server)?.Pid;

    /// <summary>How often the server ended unexpectedly and was started again by this program.</summary>
    public int Restarts => Volatile.Read(ref _restarts);

    /// <summary>Starts the private server of a data folder, or joins the one that runs there, and waits until it can be used.</summary>
    /// <param name="options">The server's options.</param>
    /// <param name="dataFolder">The data folder; made if it is not there.</param>
    /// <param name="logger">Told when the server starts, ends and stops.</param>
    /// <param name="cancellationToken">Gives up; a server that was started is stopped.</param>
    /// <exception cref="DatabaseException">PostgreSQL is not installed, or does not start.</exception>
    public static async Task<EmbeddedPostgres> StartAsync(
        EmbeddedPostgresOptions options, string dataFolder, ILogger? logger = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (OperatingSystem.IsWindows())
            throw new DatabaseException("database.embedded needs Linux or another Unix");
        dataFolder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(dataFolder));
        Directory.CreateDirectory(dataFolder);
        var postgres = new EmbeddedPostgres(options, dataFolder, logger ?? NullLogger.Instance);
        try
        {
            await postgres.OpenAsync(cancellationToken);
            return postgres;
        }
        catch
        {
            await postgres.StopAsync();
            throw;
        }
    }

    /// <summary>Stops the server, unless another program uses it. Pools should be closed before: open connections are cut.</summary>
    public async Task StopAsync()
    {
        if (Interlocked.Exchange(ref _stopped, 1) != 0)
            return;
        await _stopping.CancelAsync();
        await _watch;
        if (_use is not null)
        {
            await _use.DisposeAsync();
            await using var alone = await UseAloneAsync();
            if (alone is null)
                Log.Left(_logger);
            else
                await StopServerAsync();
        }

        _server?.Dispose();
        if (_own is not null)
            await _own.DisposeAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stopping.Dispose();
    }

    private async Task OpenAsync(CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            _use ??= FolderLock.TryUse(_dataFolder, alone: false);
            if (_use is not null && (_own = FolderLock.TryOwn(_dataFolder)) is not null)
            {
                if (!Directory.Exists(_cluster.Folder))
                    Log.Creating(_logger, _cluster.Binaries.Major, _cluster.Folder);
                await _cluster.CreateAsync(cancellationToken);
                _server = await AdoptOrStartAsync(restartIfChanged: true, cancellationToken);
                break;
            }

            if (_use is not null && PostgresAddress.Read(_dataFolder) is { } address && await AnswersAsync(address, cancellationToken))
            {
                Address = address;
                Log.Joined(_logger, address.SocketFolder);
                break;
            }

            if (Stopwatch.GetElapsedTime(started) > _options.StartTimeout)
                throw new DatabaseException($"another program holds {_dataFolder}, but its PostgreSQL does not answer");
            await Task.Delay(Poll, cancellationToken);
        }

        _watch = Task.Run(WatchAsync, CancellationToken.None);
    }

    private async Task<PostgresServer> AdoptOrStartAsync(bool restartIfChanged, CancellationToken cancellationToken)
    {
        var recorded = PostgresAddress.Read(_dataFolder) is { } record && string.Equals(record.DataFolder, _dataFolder, StringComparison.Ordinal) ? record : null;

        // Pools of this program already know the address of a server that it only used so far
        var folder = Address.SocketFolder.Length > 0 ? Address.SocketFolder
            : SocketFolderChoice.Choose(_options.SocketFolder, recorded?.SocketFolder, _dataFolder, _cluster.Command.CanReach, _cluster.User);
        var address = Address with { SocketFolder = folder, DataFolder = _dataFolder, Settings = _cluster.SettingsDigest(folder) };
        if (PostgresServer.FindRunning(_cluster.Folder) is var (running, runningFolder))
        {
            var same = string.Equals(runningFolder, folder, StringComparison.Ordinal)
                && (!restartIfChanged || (recorded is not null && string.Equals(recorded.Settings, address.Settings, StringComparison.Ordinal)));
            if (same && await AnswersAsync(address, cancellationToken))
            {
                Address = address;
                Log.Adopted(_logger, running.Pid, folder);
                return running;
            }

            Log.Replacing(_logger, running.Pid);
            await running.StopAsync(_options.StopTimeout);
        }

        Address = address;
        return await StartServerAsync(cancellationToken);
    }

    private async Task<PostgresServer> StartServerAsync(CancellationToken cancellationToken)
    {
        Posix.MakePrivateFolder(Address.SocketFolder, _cluster.User);
        await _cluster.ConfigureAsync(Address.SocketFolder, cancellationToken);
        var server = await PostgresServer.StartAsync(_cluster, Address.SocketFolder, _options.StartTimeout, cancellationToken);
        try
        {
            await CreateDatabaseAsync(cancellationToken);
            Address.Write(_dataFolder);
        }
        catch (Exception e)
        {
            await server.StopAsync(_options.StopTimeout);
            server.Dispose();
            if (e is NpgsqlException)
                throw new DatabaseException($"PostgreSQL runs but does not let Sora in: {e.Message}", e);
            throw;
        }

        Log.Started(_logger, _cluster.Binaries.Major, server.Pid, Address.SocketFolder);
        return server;
    }

    private async Task WatchAsync()
    {
        var pause = TimeSpan.Zero;
        var ready = Stopwatch.GetTimestamp();
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                if (_server is { } server)
                {
                    await server.WaitForExitAsync(_stopping.Token);
                    Log.Ended(_logger, server.Pid, PostgresCommand.LogTail(_cluster.LogFile));
                    if (Stopwatch.GetElapsedTime(ready) > Stable)
                        pause = TimeSpan.Zero;
                    Volatile.Write(ref _server, null);
                    server.Dispose();
                    Interlocked.Increment(ref _restarts);
                    await Task.Delay(pause, _stopping.Token);
                }

                if (_own is null)
                {
                    await Task.Delay(TakeOverPoll, _stopping.Token);
                    Volatile.Write(ref _own, FolderLock.TryOwn(_dataFolder));
                    if (_own is null)
                        continue;
                }

                Volatile.Write(ref _server, await AdoptOrStartAsync(restartIfChanged: false, _stopping.Token));
                ready = Stopwatch.GetTimestamp();
                pause = Longer(pause);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
            }
            catch (Exception e)
            {
                pause = Longer(pause);
                Log.NotStarted(_logger, pause, e.Message);
                await Task.Delay(pause, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private static TimeSpan Longer(TimeSpan pause) =>
        TimeSpan.FromTicks(Math.Clamp(pause.Ticks * 2, TimeSpan.TicksPerMillisecond * 100, LongestPause.Ticks));

    // A process that this program is just starting holds our locks too, from its fork to its exec. Who watches over the server must not
    // take it for another user: nobody would stop the server. A program that only joined goes without waiting
    private async Task<FileStream?> UseAloneAsync()
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var alone = FolderLock.TryUse(_dataFolder, alone: true);
            if (alone is not null || !IsOwner || Stopwatch.GetElapsedTime(started) > LongestFork)
                return alone;
            await Task.Delay(ShortPoll);
        }
    }

    private async Task StopServerAsync()
    {
        var server = _server ?? PostgresServer.FindRunning(_cluster.Folder)?.Server;
        if (server is null)
            return;
        await server.StopAsync(_options.StopTimeout);
        Log.Stopped(_logger, server.Pid);
        try
        {
            File.Delete(PostgresAddress.PathOf(_dataFolder));
            if (Address.SocketFolder.Length > 0 && !string.Equals(Address.SocketFolder, _options.SocketFolder, StringComparison.Ordinal))
                Directory.Delete(Address.SocketFolder, recursive: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Only tidiness: a folder that somebody put a file in stays
        }
    }

    private static async Task<bool> AnswersAsync(PostgresAddress address, CancellationToken cancellationToken)
    {
        try
        {
            await using var source = NpgsqlDataSource.Create(Connection(address));
            await using var connection = await source.OpenConnectionAsync(cancellationToken);
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    private static NpgsqlConnectionStringBuilder Connection(PostgresAddress address) => new()
    {
        Host = address.SocketFolder,
        Port = address.Port,
        Username = address.User,
        Database = address.Database,
        Pooling = false,
        Timeout = 5,
        SslMode = SslMode.Disable,
        Passfile = "/dev/null",
        ApplicationName = "sora",
    };

    private async Task CreateDatabaseAsync(CancellationToken cancellationToken)
    {
        await using var source = NpgsqlDataSource.Create(Connection(Address with { Database = "postgres" }));
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using (var exists = new NpgsqlCommand("SELECT 1 FROM pg_database WHERE datname = $1", connection) { Parameters = { new() { Value = Address.Database } } })
        {
            if (await exists.ExecuteScalarAsync(cancellationToken) is not null)
                return;
        }

        await using var create = new NpgsqlCommand("CREATE DATABASE " + PostgresCluster.Name, connection);
        await create.ExecuteNonQueryAsync(cancellationToken);
    }
}
