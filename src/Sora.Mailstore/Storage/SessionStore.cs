using Npgsql;

namespace Sora.Mailstore.Storage;

/// <summary>A node that lives.</summary>
internal sealed record NodeRow(int Number, string Name);

/// <summary>A part of a node's answer.</summary>
internal sealed record AnswerRow(int Node, int Part, bool IsLast, string Sessions);

/// <summary>Which nodes live, what administrators ask them, and what they answer.</summary>
internal sealed class SessionStore(NpgsqlDataSource database)
{
    // The nodes' own space of advisory locks: the second key is the node
    private const int NodeLock = 0x4E4F4445;

    private const string Alive =
        """
        EXISTS (SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database
            WHERE d.datname = current_database() AND l.locktype = 'advisory' AND l.granted
                AND l.classid::bigint = 1313817669 AND l.objid::bigint = n.number AND l.objsubid = 2)
        """;

    /// <summary>Says that the node lives, for as long as the connection does, and forgets nodes that do not. False when somebody holds the number.</summary>
    public static async Task<bool> TryEnterAsync(NpgsqlConnection connection, int number, string name, CancellationToken cancellationToken)
    {
        await using (var lockNode = new NpgsqlCommand("SELECT pg_try_advisory_lock($1, $2)", connection))
        {
            lockNode.Parameters.Add(Int(NodeLock));
            lockNode.Parameters.Add(Int(number));
            if (await lockNode.ExecuteScalarAsync(cancellationToken) is not true)
                return false;
        }

        // Who holds the number of a node that is gone is sure that the node does not come back under it meanwhile
        await using var enter = new NpgsqlCommand(
            """
            WITH gone AS (DELETE FROM nodes n WHERE n.number <> $1 AND pg_try_advisory_xact_lock($3, n.number))
            INSERT INTO nodes (number, name) VALUES ($1, $2) ON CONFLICT (number) DO NOTHING
            """,
            connection);
        enter.Parameters.Add(Int(number));
        enter.Parameters.Add(Text(name));
        enter.Parameters.Add(Int(NodeLock));
        await enter.ExecuteNonQueryAsync(cancellationToken);
        return true;
    }

    public async Task LeaveAsync(int number, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("DELETE FROM nodes WHERE number = $1");
        command.Parameters.Add(Int(number));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task<List<NodeRow>> ReadNodesAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"SELECT n.number, n.name FROM nodes n WHERE {Alive} ORDER BY n.name, n.number");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var nodes = new List<NodeRow>();
        while (await reader.ReadAsync(cancellationToken))
            nodes.Add(new NodeRow(reader.GetInt32(0), reader.GetString(1)));
        return nodes;
    }

    /// <summary>Asks nodes; forgets what was asked long ago by somebody who did not wait for the end.</summary>
    /// <param name="announce">Makes the payload that tells the nodes of it, from the request's number.</param>
    public async Task<long> AskAsync(bool ends, string filter, int[] nodes, string channel, Func<long, string> announce, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        long id;
        await using (var insert = new NpgsqlCommand(
            """
            WITH old AS (DELETE FROM session_requests WHERE made_at < now() - interval '1 hour')
            INSERT INTO session_requests (ends, filter, nodes) VALUES ($1, $2::jsonb, $3) RETURNING id
            """,
            connection,
            transaction))
        {
            insert.Parameters.Add(new NpgsqlParameter<bool> { TypedValue = ends });
            insert.Parameters.Add(Text(filter));
            insert.Parameters.Add(new NpgsqlParameter<int[]> { TypedValue = nodes });
            id = (long)(await insert.ExecuteScalarAsync(cancellationToken))!;
        }

        await using (var notify = new NpgsqlCommand("SELECT pg_notify($1, $2)", connection, transaction))
        {
            notify.Parameters.Add(Text(channel));
            notify.Parameters.Add(Text(announce(id)));
            await notify.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return id;
    }

    /// <summary>What the node was asked; null when it was not, or nobody waits for the answer any more.</summary>
    public async Task<(bool Ends, string Filter)?> ReadRequestAsync(long id, int node, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT ends, filter::text FROM session_requests WHERE id = $1 AND $2 = ANY (nodes)");
        command.Parameters.Add(Long(id));
        command.Parameters.Add(Int(node));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? (reader.GetBoolean(0), reader.GetString(1)) : null;
    }

    /// <summary>Writes a part of an answer, unless nobody waits for it.</summary>
    public async Task AnswerAsync(long request, AnswerRow answer, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            INSERT INTO session_answers (request_id, node, part, is_last, sessions)
            SELECT id, $2, $3, $4, $5::jsonb FROM session_requests WHERE id = $1
            ON CONFLICT DO NOTHING
            """);
        command.Parameters.Add(Long(request));
        command.Parameters.Add(Int(answer.Node));
        command.Parameters.Add(Int(answer.Part));
        command.Parameters.Add(new NpgsqlParameter<bool> { TypedValue = answer.IsLast });
        command.Parameters.Add(Text(answer.Sessions));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Nodes that have answered in full.</summary>
    public async Task<HashSet<int>> ReadAnsweredAsync(long request, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT node FROM session_answers WHERE request_id = $1 AND is_last");
        command.Parameters.Add(Long(request));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var nodes = new HashSet<int>();
        while (await reader.ReadAsync(cancellationToken))
            nodes.Add(reader.GetInt32(0));
        return nodes;
    }

    /// <summary>Takes all answers and forgets the request.</summary>
    public async Task<List<AnswerRow>> TakeAnswersAsync(long request, CancellationToken cancellationToken)
    {
        var answers = new List<AnswerRow>();
        await using (var command = database.CreateCommand(
            "SELECT node, part, is_last, sessions::text FROM session_answers WHERE request_id = $1 ORDER BY node, part"))
        {
            command.Parameters.Add(Long(request));
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
                answers.Add(new AnswerRow(reader.GetInt32(0), reader.GetInt32(1), reader.GetBoolean(2), reader.GetString(3)));
        }

        await using var forget = database.CreateCommand("DELETE FROM session_requests WHERE id = $1");
        forget.Parameters.Add(Long(request));
        await forget.ExecuteNonQueryAsync(cancellationToken);
        return answers;
    }

    private static NpgsqlParameter<long> Long(long value) => new() { TypedValue = value };

    private static NpgsqlParameter<int> Int(int value) => new() { TypedValue = value };

    private static NpgsqlParameter<string> Text(string value) => new() { TypedValue = value };
}
