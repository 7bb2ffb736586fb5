using Sora.Bench.Results;
using Sora.Bench.Scenarios;
using Sora.Bench.Wire;

namespace Sora.Bench.Compare;

/// <summary>The scenarios of a comparison in their order, run against one server.</summary>
internal sealed class Course
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(120);

    private readonly PeerServer _server;
    private readonly Plan _plan;
    private readonly CancellationToken _cancellationToken;
    private readonly List<ScenarioResult> _results = [];

    public Course(PeerServer server, Plan plan, CancellationToken cancellationToken)
    {
        _server = server;
        _plan = plan;
        _cancellationToken = cancellationToken;
    }

    /// <summary>The user with the large mailbox, who gets no other mail.</summary>
    private int LargeUser => _plan.Users + 1;

    private Target Target => _server.Target with { Timeout = AnswerTimeout };

    private Run Run => new() { Seed = _plan.Seed, WarmUp = _plan.WarmUp, Id = "compare" };

    public async Task<IReadOnlyList<ScenarioResult>> RunAsync()
    {
        if (_plan.OnlyConnections)
            return await ConnectionsAsync();

        // First, while there is no mail: what a server does behind deliveries would be weighed as connections
        foreach (var tls in _plan.BothKindsOfConnection ? new[] { false, true } : [false])
        {
            await TryAsync("connections", async () =>
            {
                // Processes and pools left over from earlier connections would be had for nothing
                await _server.RestartAsync(_cancellationToken);
                return [await new ConnectionsScenario(Target, Run) { Connections = _plan.Connections, Tls = tls }.RunAsync(_cancellationToken)];
            });
        }

        var indexed = _server.IndexesBehind ? await _server.CountIndexedAsync(_cancellationToken) : 0;
        await TryAsync("fill", async () =>
            [await new FillScenario(Target, Run) { User = LargeUser, Messages = _plan.Messages }.RunAsync(_cancellationToken)]);
        if (_server.IndexesBehind)
        {
            var size = _results[^1].Find(FillScenario.SizeEach)?.Value ?? double.NaN;
            await TryAsync("indexing", async () =>
                [await new IndexingScenario(_server) { Until = indexed + _plan.Messages, MessageSize = size }.RunAsync(_cancellationToken)]);
        }

        await TryAsync("select", SelectAsync);
        await TryAsync("fetch", () => new FetchScenario(Target, Run) { User = LargeUser, Bodies = _plan.Bodies }.RunAsync(_cancellationToken));
        await TryAsync("pop3", async () =>
            [await new Pop3Scenario(Target, Run) { User = LargeUser, Retrieve = _plan.Retrieve, Before = RestartAsync }.RunAsync(_cancellationToken)]);
        await TryAsync("store", async () => [await new StoreScenario(Target, Run) { User = LargeUser }.RunAsync(_cancellationToken)]);
        await TryAsync("search", () =>
            new SearchScenario(Target, Run) { User = LargeUser, PerKey = _plan.PerSearchKey }.RunAsync(_cancellationToken));
        await TryAsync("transfer", async () =>
            [await new TransferScenario(Target, Run) { User = LargeUser, Messages = _plan.Transfer }.RunAsync(_cancellationToken)]);
        if (_server.IndexesBehind && _plan.IndexingRounds > 0)
        {
            await TryAsync("deliveries and indexing", async () =>
                [await new IndexedDeliveriesScenario(_server, _plan, Run).RunAsync(_cancellationToken)]);
        }

        if (_server.Script is { } script && _plan.ScriptRounds > 0)
        {
            await TryAsync("deliveries and scripts", async () =>
                [await new ScriptedDeliveriesScenario(_server, _plan, Run).RunAsync(script, _cancellationToken)]);
        }

        foreach (var size in _plan.DeliverSizes)
        {
            var run = Run with { Duration = _plan.Deliver, Id = $"deliver{size}" };
            await TryAsync("deliver", async () =>
            [
                await new DeliverScenario(Target, run)
                {
                    Size = size,
                    Sessions = _plan.DeliverSessions,
                    Verify = size == _plan.DeliverSizes[0],
                }.RunAsync(_cancellationToken),
            ]);
        }

        foreach (var sessions in new[] { 1, 8 })
        {
            var run = Run with { Duration = _plan.Append, WarmUp = TimeSpan.FromSeconds(1), Id = $"append{sessions}" };
            await TryAsync("append", async () => [await new AppendScenario(Target, run) { Sessions = sessions }.RunAsync(_cancellationToken)]);
        }

        var idle = Run with { Duration = _plan.Idle, WarmUp = TimeSpan.FromSeconds(1), Id = "idle" };
        await TryAsync("idle", async () => [await new IdleScenario(Target, idle).RunAsync(_cancellationToken)]);
        var mix = Run with { Duration = _plan.Mix, Id = "mix" };
        await TryAsync("mix", async () => [await new MixScenario(Target, mix).RunAsync(_cancellationToken)]);
        return _results;
    }

    private async Task<IReadOnlyList<ScenarioResult>> ConnectionsAsync()
    {
        await TryAsync("connections", async () =>
            [await new ConnectionsScenario(Target, Run) { Connections = _plan.Connections, Tls = true }.RunAsync(_cancellationToken)]);
        await TryAsync("churn", async () =>
        {
            await _server.RestartAsync(_cancellationToken);
            var run = Run with { Duration = _plan.ChurnTime, Id = "churn" };
            return [await new ChurnScenario(Target, run) { Connections = _plan.Churn, Tls = true }.RunAsync(_cancellationToken)];
        });
        return _results;
    }

    /// <summary>Copies the large mailbox, so that several can be opened cold, and restarts the server to make it forget.</summary>
    private async Task<IReadOnlyList<ScenarioResult>> SelectAsync()
    {
        var mailboxes = new List<string> { "INBOX" };
        await using (var client = await Sessions.SelectAsync(Target, LargeUser, "INBOX", _cancellationToken))
        {
            for (var copy = 1; copy < _plan.ColdMailboxes; copy++)
            {
                mailboxes.Add($"cold{copy}");
                await client.RunAsync("CREATE " + mailboxes[^1]);
                await client.RunAsync("COPY 1:* " + mailboxes[^1]);
            }
        }

        return
        [
            await new SelectScenario(Target, Run)
            {
                User = LargeUser,
                Mailboxes = mailboxes,
                Rounds = _plan.ColdRounds,
                Before = RestartAsync,
            }.RunAsync(_cancellationToken),
        ];
    }

    /// <summary>A server that has just started is cold in its code too; what is asked is what a mailbox costs, so others are opened first.</summary>
    private async Task RestartAsync(CancellationToken cancellationToken)
    {
        await _server.RestartAsync(cancellationToken);
        for (var user = 1; user <= Math.Min(100, _plan.Users); user++)
        {
            await using var client = await ImapClient.LoginAsync(Target, Target.UserName(user), cancellationToken);
            await client.RunAsync("SELECT INBOX");
        }
    }

    private async Task TryAsync(string name, Func<Task<IReadOnlyList<ScenarioResult>>> scenario)
    {
        _cancellationToken.ThrowIfCancellationRequested();
        IReadOnlyList<ScenarioResult> results;
        try
        {
            results = await scenario();
        }
        catch (Exception exception) when (!_cancellationToken.IsCancellationRequested
            && (exception is BenchException || Sessions.IsServerFailure(exception)))
        {
            results = [new ScenarioResult(name, _server.Name, [], 1, exception.Message)];
        }

        _cancellationToken.ThrowIfCancellationRequested();
        foreach (var result in results)
        {
            Console.WriteLine(result);
            _results.Add(result);
        }
    }
}
