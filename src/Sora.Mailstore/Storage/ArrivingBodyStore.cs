using Npgsql;
using NpgsqlTypes;

namespace Sora.Mailstore.Storage;

/// <summary>Bodies on their way from one node to another.</summary>
internal sealed class ArrivingBodyStore(NpgsqlDataSource database)
{
    public async Task<long> AddAsync(ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("INSERT INTO arriving_bodies (body) VALUES ($1) RETURNING id");
        command.Parameters.Add(new NpgsqlParameter { Value = body, NpgsqlDbType = NpgsqlDbType.Bytea });
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>The body, or null when it is not there any more.</summary>
    public async Task<byte[]?> ReadAsync(long id, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT body FROM arriving_bodies WHERE id = $1");
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = id });
        return (byte[]?)await command.ExecuteScalarAsync(cancellationToken);
    }

    public async Task DeleteAsync(long[] ids, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("DELETE FROM arriving_bodies WHERE id = ANY($1)");
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = ids });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Deletes those that have been on their way for longer than anything waits.</summary>
    public async Task ExpireAsync(TimeSpan age, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("DELETE FROM arriving_bodies WHERE created_at < now() - $1");
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = age });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
