using Microsoft.Extensions.Logging.Abstractions;
using Sora.Contracts;
using Sora.Mailstore.Sessions;
using Sora.Mailstore.Storage;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Sessions;

public sealed class SessionAdministrationTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly List<IAsyncDisposable> _parts = [];
    private Database _database = null!;

    public async Task InitializeAsync() => _database = await PostgresFixture.CreateDatabaseAsync();

    public async Task DisposeAsync()
    {
        for (var i = _parts.Count - 1; i >= 0; i--)
            await _parts[i].DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task Answers_of_any_size_come_from_all_nodes_that_are_asked()
    {
        await StartAsync("a", 2500);
        await StartAsync("b", 1);
        await StartAsync("c", 0);
        var administration = new SessionAdministration(_database, TimeProvider.System);
        var all = await administration.ListAsync(new SessionFilter(), null, Patience, CancellationToken.None);
        all.Nodes.ShouldBe(["a", "b", "c"]);
        all.Silent.ShouldBeEmpty();
        all.Sessions.Count(static found => found.Node == "a").ShouldBe(2500);
        all.Sessions.Single(static found => found.Node == "b").Session.ShouldBe(Session(0));
        all.Sessions.Select(static found => found.Session.Id).Distinct().Count().ShouldBe(2500);
        var one = await administration.EndAsync(new SessionFilter(Protocol: "imap"), "b", Patience, CancellationToken.None);
        one.Nodes.ShouldBe(["b"]);
        one.Sessions.Count.ShouldBe(1);
        (await administration.ListAsync(new SessionFilter(), "b", Patience, CancellationToken.None)).Sessions.ShouldBeEmpty();
        (await administration.ListAsync(new SessionFilter(), "a", Patience, CancellationToken.None)).Sessions.Count.ShouldBe(2500);
        (await administration.ListAsync(new SessionFilter(), "d", Patience, CancellationToken.None)).Nodes.ShouldBeEmpty();
        (await CountAsync("SELECT (SELECT count(*) FROM session_requests) + (SELECT count(*) FROM session_answers)")).ShouldBe(0);
    }

    [Fact]
    public async Task A_node_that_lost_its_connection_is_known_again_and_one_that_stopped_is_not()
    {
        var stop = await StartAsync("a", 1);
        await StartAsync("b", 1);
        (await CountAsync(
            """
            SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
            WHERE datname = current_database() AND pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory')
            """)).ShouldBe(2);
        var administration = new SessionAdministration(_database, TimeProvider.System);

        // The first question may still go to a connection that is about to end, and nobody answers it
        await Eventually.WaitAsync(async () =>
            (await administration.ListAsync(new SessionFilter(), null, TimeSpan.FromSeconds(2), CancellationToken.None)) is { Nodes.Count: 2, Silent.Count: 0, Sessions.Count: 2 });
        await stop();
        (await administration.ListAsync(new SessionFilter(), null, Patience, CancellationToken.None)).Nodes.ShouldBe(["b"]);
    }

    private async Task<Func<Task>> StartAsync(string name, int sessions)
    {
        var node = new NodePresence(_database, name);
        var feed = node.CreateFeed(NullLogger<ChangeFeed>.Instance);
        _parts.Add(feed);
        await feed.StartAsync(CancellationToken.None);
        var responder = new SessionResponder(_database, feed, new SomeSessions(sessions), node, NullLoggerFactory.Instance);
        _parts.Add(responder);
        return async () =>
        {
            _parts.Remove(responder);
            _parts.Remove(feed);
            await responder.DisposeAsync();
            await feed.DisposeAsync();
        };
    }

    private async Task<long> CountAsync(string sql)
    {
        await using var command = _database.Write.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static SessionInfo Session(int number) => new(
        $"s{number}", "imap", "192.0.2.1:4711", null, "192.0.2.2:993", "ada@example.com", new AccountId(7), "TLSv1.3", DateTimeOffset.UnixEpoch.AddSeconds(number),
        TimeSpan.FromSeconds(number), "IDLE", number, 2 * number, "");

    private sealed class SomeSessions(int count) : ISessions
    {
        private int _count = count;

        public IReadOnlyList<SessionInfo> List(SessionFilter filter) => [.. Enumerable.Range(0, _count).Select(Session)];

        public IReadOnlyList<SessionInfo> End(SessionFilter filter)
        {
            filter.Protocol.ShouldBe("imap");
            var ended = List(filter);
            _count = 0;
            return ended;
        }
    }
}
