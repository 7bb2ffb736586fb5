using Sora.Bench.Load;
using Sora.Bench.Results;
using Sora.Bench.Wire;

namespace Sora.Bench.Scenarios;

/// <summary>COPY and MOVE of many messages in one command, and EXPUNGE of them; in mailboxes of its own, which it deletes.</summary>
internal sealed record TransferScenario(Target Target, Run Run)
{
    private const string First = "bench-first";
    private const string Second = "bench-second";

    public int User { get; init; } = 1;

    public string Mailbox { get; init; } = "INBOX";

    public int Messages { get; init; } = 10_000;

    public async Task<ScenarioResult> RunAsync(CancellationToken cancellationToken)
    {
        await using var client = await Sessions.SelectAsync(Target, User, Mailbox, cancellationToken);
        var count = Math.Min(Messages, client.Exists);
        if (count == 0)
        {
            throw new BenchException(Mailbox + " is empty: fill it first");
        }

        await client.RunAsync("CREATE " + First);
        await client.RunAsync("CREATE " + Second);
        try
        {
            var copy = await client.RunAsync($"COPY 1:{count} {First}");
            await client.RunAsync("SELECT " + First);
            var copied = client.Exists;
            var move = client.Has("MOVE") ? await client.RunAsync($"MOVE 1:* {Second}") : (ImapCompletion?)null;
            if (move is not null)
            {
                await client.RunAsync("SELECT " + Second);
            }

            var moved = client.Exists;
            await client.RunAsync("STORE 1:* +FLAGS.SILENT (\\Deleted)");
            var expunge = await client.RunAsync("EXPUNGE");
            List<Metric> metrics = [Rate("copy", copy, count), Rate("expunge", expunge, count)];
            if (move is not null)
            {
                metrics.Insert(1, Rate("move", move.Value, count));
            }

            return new ScenarioResult(
                "transfer", Target.Name, metrics, Math.Abs(count - copied) + Math.Abs(count - moved) + client.Exists, $"{count} messages");
        }
        finally
        {
            await client.RunAsync("UNSELECT");
            await client.RunAsync("DELETE " + First);
            await client.RunAsync("DELETE " + Second);
        }
    }

    private static Metric Rate(string name, ImapCompletion completion, int count) =>
        new(name, count / (Latencies.Milliseconds(completion.Elapsed) / 1000), "msg/s", Better.Higher);
}
