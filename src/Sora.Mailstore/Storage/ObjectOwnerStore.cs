using Npgsql;

namespace Sora.Mailstore.Storage;

/// <summary>What this database is known by where its objects are.</summary>
internal sealed class ObjectOwnerStore(NpgsqlDataSource database)
{
    // Not a secret, but as secrets are: one value for all nodes
    private const string Name = "bodies.owner";

    /// <summary>Reads it; it is made when nobody has asked before, which <c>IsNew</c> says.</summary>
    public async Task<(Guid Owner, bool IsNew)> GetAsync(CancellationToken cancellationToken)
    {
        await using var make = database.CreateCommand("INSERT INTO secrets (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING");
        make.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Name });
        make.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = Guid.NewGuid().ToByteArray(bigEndian: true) });
        var isNew = await make.ExecuteNonQueryAsync(cancellationToken) == 1;
        await using var read = database.CreateCommand("SELECT value FROM secrets WHERE name = $1");
        read.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Name });
        return (new Guid((byte[])(await read.ExecuteScalarAsync(cancellationToken))!, bigEndian: true), isNew);
    }
}
