using System.Diagnostics;
using System.Globalization;
using Sora.Bench.Load;
using Sora.Bench.Results;
using Sora.Bench.Wire;

namespace Sora.Bench.Scenarios;

/// <summary>
/// Mail clients as they come: each logs in, looks around, opens INBOX, and then does what the weights say, with pauses between.
/// The weights are those of the published james-gatling runs, the pauses a fraction of theirs.
/// </summary>
internal sealed record MixScenario(Target Target, Run Run)
{
    private static readonly (int Weight, string Name)[] Steps =
    [
        (30, "STATUS"), (15, "IDLE"), (9, "GETQUOTAROOT"), (9, "FETCH headers"), (9, "FETCH body"), (8, "APPEND"), (8, "NOOP"),
        (2, "SEARCH UNSEEN"), (2, "SEARCH DELETED"), (2, "SELECT"), (2, "STORE"), (1, "LIST"), (1, "UNSELECT"), (1, "CHECK"), (1, "EXPUNGE"),
    ];

    private readonly SortedDictionary<string, Latencies> _byStep = new(StringComparer.Ordinal);

    public int Sessions { get; init; } = 100;

    /// <summary>The user of the first session, counted from 0; each other one has the next.</summary>
    public int FirstUser { get; init; }

    public TimeSpan MinPause { get; init; } = TimeSpan.FromMilliseconds(20);

    public TimeSpan MaxPause { get; init; } = TimeSpan.FromMilliseconds(180);

    public async Task<ScenarioResult> RunAsync(CancellationToken cancellationToken)
    {
        var errors = new ErrorLog();
        var failures = 0L;
        var pace = Run.Start(cancellationToken);
        await Scenarios.Sessions.RunAsync(Sessions, async session =>
        {
            var random = new Random(Run.SeedOf(session));
            var writer = new MessageWriter(Run.Corpus(), Run.Seed, Run.Id);
            var failed = await Scenarios.Sessions.InsistAsync(async working =>
            {
                await using var client = await BeginAsync(session, cancellationToken);
                while (pace.TryTake(out var number))
                {
                    await Task.Delay(MinPause + (random.NextDouble() * (MaxPause - MinPause)), cancellationToken);
                    var step = Draw(random, client);
                    var elapsed = await StepAsync(client, step, number, writer, random, cancellationToken);
                    working();
                    if (pace.Counts(Stopwatch.GetTimestamp()))
                    {
                        Note(step, elapsed);
                    }
                }
            }, errors, cancellationToken);
            Interlocked.Add(ref failures, failed);
        });

        var all = new Latencies();
        foreach (var latencies in _byStep.Values)
        {
            all.Add(latencies);
        }

        return new ScenarioResult(
            $"mix, {Sessions} clients",
            Target.Name,
            [
                new("rate", all.Count / pace.Seconds(), "requests/s", Better.Higher),
                .. all.Metrics(),
                .. _byStep.Select(step => new Metric(step.Key + " p95", step.Value.Percentile(0.95), "ms", Better.Lower)),
            ],
            failures,
            errors.Note());
    }

    private async Task<ImapClient> BeginAsync(int session, CancellationToken cancellationToken)
    {
        var client = await ImapClient.LoginAsync(Target, Target.UserName(((FirstUser + session) % Target.Users) + 1), cancellationToken);
        if (client.Has("NAMESPACE"))
        {
            await client.RunAsync("NAMESPACE");
        }

        await client.RunAsync("LIST \"\" \"*\"");
        await client.RunAsync("LSUB \"\" \"*\"");
        await client.RunAsync("SELECT INBOX");
        await client.RunAsync("FETCH 1:* (UID FLAGS)");
        return client;
    }

    private static string Draw(Random random, ImapClient client)
    {
        while (true)
        {
            var at = random.Next(100);
            foreach (var (weight, name) in Steps)
            {
                at -= weight;
                if (at >= 0)
                {
                    continue;
                }

                if (name == "GETQUOTAROOT" && !client.Has("QUOTA"))
                {
                    break;
                }

                return name;
            }
        }
    }

    private static async Task<long> StepAsync(
        ImapClient client, string step, int number, MessageWriter writer, Random random, CancellationToken cancellationToken)
    {
        var some = client.Exists == 0 ? 1 : random.Next(1, client.Exists + 1);
        switch (step)
        {
            case "IDLE":
                var start = Stopwatch.GetTimestamp();
                await client.BeginIdleAsync();
                var entered = client.LastReceive - start;
                await Task.Delay(random.Next(5, 50), cancellationToken);
                start = Stopwatch.GetTimestamp();
                await client.EndIdleAsync();
                return entered + client.LastReceive - start;
            case "APPEND":
                writer.Write(number, 2048 + random.Next(8192), "someone@bench.example");
                return (await client.AppendAsync("INBOX", writer.Message)).Elapsed;
            case "UNSELECT":
                return (await client.RunAsync(client.Has("UNSELECT") ? "UNSELECT" : "CLOSE")).Elapsed
                    + (await client.RunAsync("SELECT INBOX")).Elapsed;
            case "FETCH headers" or "FETCH body" or "STORE" when client.Exists == 0:
                return (await client.RunAsync("NOOP")).Elapsed;
            default:
                return (await client.RunAsync(CommandOf(step, some))).Elapsed;
        }
    }

    private static string CommandOf(string step, int some) => step switch
    {
        "STATUS" => "STATUS INBOX (MESSAGES UNSEEN UIDNEXT UIDVALIDITY)",
        "GETQUOTAROOT" => "GETQUOTAROOT INBOX",
        "FETCH headers" => string.Create(CultureInfo.InvariantCulture, $"FETCH {Math.Max(1, some - 20)}:{some} (UID FLAGS RFC822.SIZE BODY.PEEK[HEADER])"),
        "FETCH body" => string.Create(CultureInfo.InvariantCulture, $"FETCH {some} (UID BODY.PEEK[])"),
        "SEARCH UNSEEN" => "UID SEARCH UNSEEN",
        "SEARCH DELETED" => "UID SEARCH DELETED",
        "SELECT" => "SELECT INBOX",
        "STORE" => string.Create(CultureInfo.InvariantCulture, $"STORE {some} +FLAGS (\\Flagged)"),
        "LIST" => "LIST \"\" \"*\"",
        _ => step,
    };

    private void Note(string step, long elapsed)
    {
        lock (_byStep)
        {
            if (!_byStep.TryGetValue(step, out var latencies))
            {
                _byStep.Add(step, latencies = new Latencies());
            }

            latencies.Add(elapsed);
        }
    }
}
