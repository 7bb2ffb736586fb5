using Sora.Bench.Load;
using Sora.Bench.Results;
using Sora.Bench.Wire;

namespace Sora.Bench.Scenarios;

/// <summary>
/// STORE, COPY and APPEND of one message in a mailbox that has no script for events (RFC 6785), and the same in one that has, in turn, so that the machine's moods meet both. The user must
/// have the script already; it is not active.
/// </summary>
internal sealed record EventsScenario(Target Target, Run Run)
{
    private const int Size = 20 << 10;
    private static readonly string[] Kinds = ["STORE", "COPY", "APPEND"];

    public int User { get; init; } = 1;

    // What was measured in before has grown
    private string Box => "events-" + Run.Id;

    /// <summary>The script's name; empty measures without one only.</summary>
    public string Script { get; init; } = "";

    /// <summary>How often each command runs in each round.</summary>
    public int Each { get; init; } = 50;

    /// <summary>Rounds with and rounds without a script.</summary>
    public int Rounds { get; init; } = 6;

    public async Task<ScenarioResult> RunAsync(CancellationToken cancellationToken)
    {
        var writer = new MessageWriter(Run.Corpus(), Run.Seed, Run.Id);
        var user = Target.UserName(User);
        await using (var preparing = await ImapClient.LoginAsync(Target, user, cancellationToken))
        {
            await preparing.RunAsync("CREATE " + Box);
            writer.Write(0, Size, user);
            for (var message = 0; message < Each; message++)
                await preparing.AppendAsync(Box, writer.Message);
        }

        await using var client = await Sessions.SelectAsync(Target, User, Box, cancellationToken);
        var times = new Dictionary<(bool IsBound, string Kind), Latencies>();
        await RoundAsync(client, writer, user, []); // the first time is not like the others
        for (var round = 0; round < Rounds && !cancellationToken.IsCancellationRequested; round++)
        {
            foreach (var isBound in Script.Length > 0 ? new[] { false, true } : [false])
            {
                await client.RunAsync($"SETMETADATA {Box} (/shared/imapsieve/script {(isBound ? ImapClient.Quote(Script) : "NIL")})");
                var taken = new Dictionary<string, Latencies>();
                await RoundAsync(client, writer, user, taken);
                foreach (var (kind, latencies) in taken)
                {
                    if (!times.TryGetValue((isBound, kind), out var all))
                        times[(isBound, kind)] = all = new Latencies();
                    all.Add(latencies);
                }
            }
        }

        return new ScenarioResult(
            "events",
            Target.Name,
            [
                .. times.OrderBy(static one => one.Key.IsBound).SelectMany(static one => new Metric[]
                {
                    new($"{one.Key.Kind} {(one.Key.IsBound ? "with" : "without")} a script p50", one.Value.Percentile(0.5), "ms", Better.Lower),
                    new($"{one.Key.Kind} {(one.Key.IsBound ? "with" : "without")} a script p90", one.Value.Percentile(0.9), "ms", Better.Neither),
                }),
            ]);
    }

    private async Task RoundAsync(ImapClient client, MessageWriter writer, string user, Dictionary<string, Latencies> times)
    {
        foreach (var kind in Kinds)
            times[kind] = new Latencies();
        for (var i = 0; i < Each; i++)
        {
            writer.Write(i, Size, user);
            times["STORE"].Add((await client.RunAsync($"STORE {i + 1} {(i % 2 == 0 ? '+' : '-')}FLAGS.SILENT (\\Answered)")).Elapsed);
            times["STORE"].Add((await client.RunAsync($"STORE {i + 1} {(i % 2 == 0 ? '-' : '+')}FLAGS.SILENT (\\Answered)")).Elapsed);
            times["COPY"].Add((await client.RunAsync($"COPY {i + 1} {Box}")).Elapsed);
            times["APPEND"].Add((await client.AppendAsync(Box, writer.Message)).Elapsed);
        }
    }
}
