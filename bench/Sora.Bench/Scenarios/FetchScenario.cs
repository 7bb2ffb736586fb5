using Sora.Bench.Load;
using Sora.Bench.Results;
using Sora.Bench.Wire;

namespace Sora.Bench.Scenarios;

/// <summary>FETCH of a whole mailbox, item by item: what a client does at its first synchronisation.</summary>
internal sealed record FetchScenario(Target Target, Run Run)
{
    /// <summary>The name shown for each FETCH, and its items.</summary>
    private static readonly (string Name, string Items)[] Kinds =
    [
        ("FLAGS", "(FLAGS)"),
        ("UID FLAGS", "(UID FLAGS)"),
        ("ENVELOPE", "(ENVELOPE)"),
        ("BODYSTRUCTURE", "(BODYSTRUCTURE)"),
        ("HEADER.FIELDS", "(BODY.PEEK[HEADER.FIELDS (DATE FROM TO CC SUBJECT MESSAGE-ID REFERENCES CONTENT-TYPE)])"),
        ("BODY[]", "(UID BODY.PEEK[])"),
    ];

    public int User { get; init; } = 1;

    public string Mailbox { get; init; } = "INBOX";

    /// <summary>Bodies are fetched of this many messages at most, the newest ones.</summary>
    public int Bodies { get; init; } = 20_000;

    public async Task<IReadOnlyList<ScenarioResult>> RunAsync(CancellationToken cancellationToken)
    {
        var results = new List<ScenarioResult>();
        await using var client = await Sessions.SelectAsync(Target, User, Mailbox, cancellationToken);
        foreach (var (name, items) in Kinds)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var body = name == "BODY[]";
            var count = body ? Math.Min(Bodies, client.Exists) : client.Exists;
            var set = count == client.Exists ? "1:*" : $"{client.Exists - count + 1}:{client.Exists}";
            var first = await FetchAsync(client, $"FETCH {set} {items}", count);
            var again = body ? first : await FetchAsync(client, $"FETCH {set} {items}", count);
            List<Metric> metrics =
            [
                new("rate", first.Rate, "msg/s", Better.Higher),
                new("throughput", first.Throughput, "MB/s", Better.Neither),
                new("first byte", first.FirstByte, "ms", Better.Lower),
            ];
            if (!body)
            {
                metrics.Add(new("rate again", again.Rate, "msg/s", Better.Higher));
            }

            results.Add(new ScenarioResult($"fetch {name}", Target.Name, metrics, body ? first.Missing : first.Missing + again.Missing, $"{count} messages"));
        }

        return results;
    }

    private static async Task<Pass> FetchAsync(ImapClient client, string command, int expected)
    {
        var fetched = 0;
        var completion = await client.RunAsync(command, (text, _) => fetched += text.IndexOf(" FETCH ("u8) is > 0 and < 12 ? 1 : 0);
        var seconds = Latencies.Milliseconds(completion.Elapsed) / 1000;
        return new Pass(
            fetched / seconds,
            completion.Octets / seconds / 1e6,
            Latencies.Milliseconds(completion.FirstByte - completion.Start),
            Math.Abs(expected - fetched));
    }

    private readonly record struct Pass(double Rate, double Throughput, double FirstByte, int Missing);
}
