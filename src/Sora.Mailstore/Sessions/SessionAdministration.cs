using Sora.Contracts;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Sessions;

/// <summary>A session and the node that serves it.</summary>
public sealed record NodeSession(string Node, SessionInfo Session);

/// <summary>What the nodes have answered.</summary>
/// <param name="Sessions">All sessions that were asked for, by node and age.</param>
/// <param name="Nodes">The nodes that were asked.</param>
/// <param name="Silent">Those of them that have not answered in time.</param>
public sealed record SessionAnswer(IReadOnlyList<NodeSession> Sessions, IReadOnlyList<string> Nodes, IReadOnlyList<string> Silent);

/// <summary>Asks all nodes on this database for their sessions, and has them ended.</summary>
public sealed class SessionAdministration(Database database, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(25);

    private readonly SessionStore _store = new(database.Write);

    /// <summary>Sessions of all nodes.</summary>
    /// <param name="filter">Which ones.</param>
    /// <param name="node">Only nodes of this name are asked; null for all.</param>
    /// <param name="patience">How long nodes may take to answer.</param>
    public Task<SessionAnswer> ListAsync(SessionFilter filter, string? node, TimeSpan patience, CancellationToken cancellationToken) =>
        AskAsync(ends: false, filter, node, patience, cancellationToken);

    /// <summary>Ends sessions on all nodes; gives those that were ended.</summary>
    /// <inheritdoc cref="ListAsync" path="/param"/>
    public Task<SessionAnswer> EndAsync(SessionFilter filter, string? node, TimeSpan patience, CancellationToken cancellationToken) =>
        AskAsync(ends: true, filter, node, patience, cancellationToken);

    private async Task<SessionAnswer> AskAsync(bool ends, SessionFilter filter, string? node, TimeSpan patience, CancellationToken cancellationToken)
    {
        var nodes = await _store.ReadNodesAsync(cancellationToken);
        if (node is not null)
            nodes = nodes.FindAll(row => row.Name == node);
        if (nodes.Count == 0)
            return new SessionAnswer([], [], []);
        var started = time.GetTimestamp();
        var request = await _store.AskAsync(
            ends, SessionJson.Write(filter), [.. nodes.Select(static row => row.Number)], ChangeFeed.Channel, ChangeFeed.RequestOfSessions, cancellationToken);
        while (true)
        {
            var answered = await _store.ReadAnsweredAsync(request, cancellationToken);
            if (nodes.TrueForAll(row => answered.Contains(row.Number)) || time.GetElapsedTime(started) >= patience)
                break;
            await Task.Delay(Pause, time, cancellationToken);
        }

        var answers = await _store.TakeAnswersAsync(request, cancellationToken);
        var whole = answers.Where(static answer => answer.IsLast).Select(static answer => answer.Node).ToHashSet();
        var names = nodes.ToDictionary(static row => row.Number, static row => row.Name);
        return new SessionAnswer(
            [
                .. answers.Where(answer => names.ContainsKey(answer.Node))
                    .SelectMany(answer => SessionJson.Read<SessionInfo[]>(answer.Sessions).Select(session => new NodeSession(names[answer.Node], session)))
                    .OrderBy(static session => session.Node, StringComparer.Ordinal).ThenBy(static session => session.Session.Since),
            ],
            nodes.ConvertAll(static row => row.Name),
            nodes.FindAll(row => !whole.Contains(row.Number)).ConvertAll(static row => row.Name));
    }
}
