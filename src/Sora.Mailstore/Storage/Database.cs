using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.Extensions.Logging;
using Npgsql;
using Sora.Mailstore.Storage.Embedded;

namespace Sora.Mailstore.Storage;

/// <summary>
/// One PostgreSQL database: a pool to the primary, and a pool for reads that may lag. Pooled connections are not reset between
/// uses, so nothing may change their session: use <c>SET LOCAL</c> and transaction locks, or <see cref="OpenDedicatedAsync"/>.
/// </summary>
public sealed class Database : IAsyncDisposable
{
    private readonly DatabaseOptions _options;
    private readonly PostgresAddress? _embedded;
    private readonly NpgsqlDataSource _dedicated;
    private readonly string _where;

    /// <summary>Makes the pools; connects when they are first used.</summary>
    /// <param name="options">Where the database is.</param>
    /// <param name="embedded">The private server's address; needed when, and only when, <c>options.Embedded</c> is set.</param>
    /// <param name="loggers">Where Npgsql logs.</param>
    /// <exception cref="DatabaseException">The options name no usable server, or a certificate cannot be read.</exception>
    public Database(DatabaseOptions options, PostgresAddress? embedded = null, ILoggerFactory? loggers = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Embedded != (embedded is not null))
            throw new ArgumentException("An address is needed when, and only when, database.embedded is set", nameof(embedded));
        _options = options;
        _embedded = embedded;
        _where = embedded is null ? string.Join(", ", options.Hosts) : embedded.SocketFolder;
        _dedicated = Build("dedicated", DatabaseConnection.Dedicated(options, embedded), loggers, TargetSessionAttributes.ReadWrite);
        Write = Build("write", DatabaseConnection.Pool(options, embedded, options.Hosts, options.Write), loggers, TargetSessionAttributes.ReadWrite);
        Read = BuildRead(options, embedded, loggers);
    }

    /// <summary>Connections to the primary.</summary>
    public NpgsqlDataSource Write { get; }

    /// <summary>Connections for reads that may lag, balanced over the read replicas; to the primary when no replica is there.</summary>
    public NpgsqlDataSource Read { get; }

    /// <summary>Shortest time between two announcements.</summary>
    internal TimeSpan NotifyInterval => _options.NotifyInterval;

    /// <summary>Whether <see cref="Read"/> may lag behind <see cref="Write"/>.</summary>
    public bool ReadMayLag => _options.Read.Hosts.Count > 0;

    /// <summary>
    /// Opens a connection to the primary outside the pools and without time limits, for LISTEN, session locks and migrations. The
    /// caller disposes it.
    /// </summary>
    public ValueTask<NpgsqlConnection> OpenDedicatedAsync(CancellationToken cancellationToken = default) =>
        _dedicated.OpenConnectionAsync(cancellationToken);

    /// <summary>A small pool for those who keep the list of a cluster's members, which mail must not hold up. The caller disposes it.</summary>
    /// <param name="connectionString">Another database; null for this one.</param>
    /// <param name="schema">Where its tables are.</param>
    /// <param name="maxConnections">Most connections.</param>
    /// <param name="loggers">Where Npgsql logs.</param>
    /// <exception cref="DatabaseException">The connection string cannot be used.</exception>
    public NpgsqlDataSource CreateMemberPool(string? connectionString, string schema, int maxConnections, ILoggerFactory? loggers)
    {
        try
        {
            var builder = connectionString is null
                ? DatabaseConnection.Pool(_options, _embedded, _options.Hosts, new DatabasePoolOptions { MinConnections = 1 })
                : new NpgsqlConnectionStringBuilder(connectionString);
            builder.MaxPoolSize = maxConnections;
            builder.SearchPath = schema;
            return Build("members", builder, loggers, TargetSessionAttributes.ReadWrite);
        }
        catch (ArgumentException e)
        {
            throw new DatabaseException("cluster.connection_string: " + e.Message, e);
        }
    }

    /// <summary>Asks a pool's server whether it is a replica, which takes no writes; throws when it does not answer.</summary>
    public static async Task<bool> IsReplicaAsync(NpgsqlDataSource source, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        await using var command = source.CreateCommand("SELECT pg_is_in_recovery()");
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    /// <summary>Waits until the primary answers; tries again while it is starting, out of reach or out of connections.</summary>
    /// <exception cref="DatabaseNotReachableException">It did not answer in time, or refused this user, password or database.</exception>
    public async Task WaitUntilReadyAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(timeout);
        var pause = TimeSpan.FromMilliseconds(50);
        Exception? last = null;
        while (true)
        {
            try
            {
                await using var connection = await OpenDedicatedAsync(deadline.Token);
                await using var command = new NpgsqlCommand("SELECT 1", connection);
                await command.ExecuteScalarAsync(deadline.Token);
                return;
            }
            catch (Exception e) when (e is NpgsqlException or SocketException or TimeoutException or IOException)
            {
                last = e;
                if (IsFinal(e))
                    throw NotReachable(e);
            }
            catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
            {
                throw NotReachable(last ?? e);
            }

            try
            {
                await Task.Delay(pause, deadline.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw NotReachable(last);
            }

            pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, TimeSpan.TicksPerSecond));
        }
    }

    /// <summary>
    /// Opens the connections that the pools keep, so that the first clients do not wait for them. What cannot be opened now is opened when
    /// it is needed: a read replica that is away must not hinder the start.
    /// </summary>
    public async Task FillPoolsAsync(CancellationToken cancellationToken = default)
    {
        await FillAsync(Write, _options.Write.MinConnections, cancellationToken);
        await FillAsync(Read, _options.Read.MinConnections, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!ReferenceEquals(Read, Write))
            await Read.DisposeAsync();
        await Write.DisposeAsync();
        await _dedicated.DisposeAsync();
    }

    private static async Task FillAsync(NpgsqlDataSource source, int count, CancellationToken cancellationToken)
    {
        var open = new List<NpgsqlConnection>(count);
        try
        {
            while (open.Count < count)
                open.Add(await source.OpenConnectionAsync(cancellationToken));
        }
        catch (Exception e) when (e is NpgsqlException or SocketException or TimeoutException or IOException)
        {
            // Whoever needs one is told why there is none
        }
        finally
        {
            foreach (var connection in open)
                await connection.DisposeAsync();
        }
    }

    // Waiting does not make a wrong password right. A missing database may still be on its way in a cluster, a missing user too,
    // but then saying so at once is better than a silent minute
    private static bool IsFinal(Exception e) => Cause(e) is AuthenticationException or PostgresException
    {
        SqlState: PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification
            or PostgresErrorCodes.InvalidCatalogName or PostgresErrorCodes.InsufficientPrivilege,
    };

    // Npgsql wraps what went wrong, twice when there are several hosts
    private static Exception Cause(Exception e)
    {
        while (e is not PostgresException && e.InnerException is { } inner)
            e = inner;
        return e;
    }

    // The name is the pool's label in the metrics
    private static NpgsqlDataSource Build(
        string name, NpgsqlConnectionStringBuilder connection, ILoggerFactory? loggers, TargetSessionAttributes target)
    {
        try
        {
            var builder = new NpgsqlDataSourceBuilder(connection.ConnectionString) { Name = name };
            builder.UseLoggerFactory(loggers);

            // Every server has the types that Sora uses: a pool need not ask for them first
            builder.ConfigureTypeLoading(static types => types.EnableTypeLoading(false));
            return builder.ConnectionStringBuilder.Host!.Contains(',', StringComparison.Ordinal)
                ? builder.BuildMultiHost().WithTargetSession(target)
                : builder.Build();
        }
        catch (Exception e) when (e is ArgumentException or IOException or System.Security.Cryptography.CryptographicException)
        {
            throw new DatabaseException("database: " + e.Message, e);
        }
    }

    private static NpgsqlDataSource BuildRead(DatabaseOptions options, PostgresAddress? embedded, ILoggerFactory? loggers)
    {
        if (options.Read.Hosts.Count == 0)
            return Build("read", DatabaseConnection.Pool(options, embedded, options.Hosts, options.Read), loggers, TargetSessionAttributes.ReadWrite);

        // When no replica is left, the primary serves these reads too
        string[] hosts = [.. options.Read.Hosts, .. options.Hosts];
        var connection = DatabaseConnection.Pool(options, embedded, hosts, options.Read);
        connection.LoadBalanceHosts = true;
        return Build("read", connection, loggers, TargetSessionAttributes.PreferStandby);
    }

    private DatabaseNotReachableException NotReachable(Exception? reason)
    {
        var text = reason is null ? null : Cause(reason) switch
        {
            PostgresException p => $"{p.MessageText} ({p.SqlState})",
            OperationCanceledException => null,
            var cause => cause.Message,
        };
        var name = _embedded?.Database ?? _options.Name;
        return new DatabaseNotReachableException($"database '{name}' at {_where} cannot be reached: {text ?? "no answer in time"}", reason);
    }
}
