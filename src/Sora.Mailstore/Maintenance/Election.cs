using Npgsql;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Maintenance;

/// <summary>
/// Decides which of the nodes does what one of them has to do: the one that holds an advisory lock. The lock goes with the connection, so another node has it
/// as soon as PostgreSQL knows that the first one is gone.
/// </summary>
internal sealed class Election(Database database) : IAsyncDisposable
{
    private const long MaintenanceLock = 0x536f72610003;

    private NpgsqlConnection? _connection;
    private bool _isElected;

    /// <summary>Whether this node is elected, or is now. A connection that was lost is opened again, and the election with it.</summary>
    public async Task<bool> IsElectedAsync(CancellationToken cancellationToken)
    {
        try
        {
            _connection ??= await database.OpenDedicatedAsync(cancellationToken);
            await using var command = new NpgsqlCommand(_isElected ? "SELECT true" : $"SELECT pg_try_advisory_lock({MaintenanceLock})", _connection);
            return _isElected = await command.ExecuteScalarAsync(cancellationToken) is true;
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _isElected = false;
        if (_connection is { } connection)
        {
            _connection = null;
            await connection.DisposeAsync();
        }
    }
}
