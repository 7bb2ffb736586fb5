using Npgsql;

namespace Sora.Mailstore.Storage;

/// <summary>A start of a mailstore, as the table of the members has it (orleans.sql).</summary>
/// <param name="Status">joining, active, stopping or dead, among others.</param>
/// <param name="AliveAt">When it last said that it was there.</param>
public sealed record MailstoreMember(
    string Name, string Address, int Port, int GatewayPort, int Generation, string Status, DateTimeOffset StartedAt, DateTimeOffset AliveAt)
{
    /// <summary>It hosts mailboxes.</summary>
    public bool IsActive => Status == "active";
}

/// <summary>Reads the members of clusters, which Orleans keeps.</summary>
public static class MemberStore
{
    private static readonly string[] Statuses = ["none", "created", "joining", "active", "shutting down", "stopping", "dead"];

    /// <summary>The mailstores of a cluster, those that were started last first; not the dead ones unless they are asked for.</summary>
    /// <param name="members">A pool whose search path has the tables.</param>
    /// <param name="clusterId">Which cluster.</param>
    /// <param name="withDead">Also those that are gone.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<IReadOnlyList<MailstoreMember>> ReadAsync(NpgsqlDataSource members, string clusterId, bool withDead, CancellationToken cancellationToken)
    {
        await using var command = members.CreateCommand(
            """
            SELECT silo_name, address, port, COALESCE(gateway_port, 0), generation, status, started_at, alive_at FROM members
            WHERE cluster_id = $1 AND (status <> 6 OR $2)
            ORDER BY started_at DESC, address, port
            """);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = clusterId });
        command.Parameters.Add(new NpgsqlParameter<bool> { TypedValue = withDead });
        var found = new List<MailstoreMember>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var status = reader.GetInt32(5);
            found.Add(new MailstoreMember(
                reader.GetString(0), reader.GetString(1), reader.GetInt32(2), reader.GetInt32(3), reader.GetInt32(4),
                status >= 0 && status < Statuses.Length ? Statuses[status] : "unknown",
                reader.GetFieldValue<DateTimeOffset>(6), reader.GetFieldValue<DateTimeOffset>(7)));
        }

        return found;
    }
}
