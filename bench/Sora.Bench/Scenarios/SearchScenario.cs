using System.Diagnostics;
using System.Globalization;
using Sora.Bench.Load;
using Sora.Bench.Results;
using Sora.Bench.Wire;

namespace Sora.Bench.Scenarios;

/// <summary>UID SEARCH by key, UID SORT and UID THREAD where the server has them; the number of hits is noted, so that a server cannot win by not finding.</summary>
internal sealed record SearchScenario(Target Target, Run Run)
{
    private const int MaxRepeats = 20;

    public int User { get; init; } = 1;

    public string Mailbox { get; init; } = "INBOX";

    /// <summary>How long one key is searched for again.</summary>
    public TimeSpan PerKey { get; init; } = TimeSpan.FromSeconds(2);

    public async Task<IReadOnlyList<ScenarioResult>> RunAsync(CancellationToken cancellationToken)
    {
        var results = new List<ScenarioResult>();
        await using var client = await Sessions.SelectAsync(Target, User, Mailbox, cancellationToken);
        foreach (var (name, command) in Commands(client))
        {
            var latencies = new Latencies();
            var first = 0.0;
            var hits = 0;
            var started = Stopwatch.GetTimestamp();
            do
            {
                cancellationToken.ThrowIfCancellationRequested();
                var completion = await client.RunAsync(command, (text, _) => hits = IsResult(text) ? Blanks(text) : hits);
                first = latencies.Count == 0 ? Latencies.Milliseconds(completion.Elapsed) : first;
                latencies.Add(completion.Elapsed);
            }
            while (latencies.Count < MaxRepeats && Stopwatch.GetElapsedTime(started) < PerKey);

            results.Add(new ScenarioResult(
                name,
                Target.Name,
                [
                    new("first", first, "ms", Better.Lower),
                    new("p50", latencies.Percentile(0.5), "ms", Better.Lower),
                    new("hits", hits, "", Better.Neither),
                ]));
        }

        return results;
    }

    private IEnumerable<(string Name, string Command)> Commands(ImapClient client)
    {
        foreach (var (name, key) in Keys(client.Exists))
        {
            yield return ("search " + name, "UID SEARCH " + key);
        }

        if (client.Has("SORT"))
        {
            foreach (var order in new[] { "DATE", "ARRIVAL", "SUBJECT", "REVERSE FROM" })
            {
                yield return ("sort " + order, $"UID SORT ({order}) UTF-8 ALL");
            }
        }

        foreach (var algorithm in new[] { "REFERENCES", "REFS", "ORDEREDSUBJECT" })
        {
            if (client.Has("THREAD=" + algorithm))
            {
                yield return ("thread " + algorithm, $"UID THREAD {algorithm} UTF-8 ALL");
            }
        }
    }

    private (string Name, string Key)[] Keys(int messages)
    {
        var corpus = Run.Corpus();
        var middle = MessageWriter.DateOf(messages / 2).ToString("d-MMM-yyyy", CultureInfo.InvariantCulture);
        return
        [
            ("UNSEEN", "UNSEEN"),
            ("SENTSINCE", "SENTSINCE " + middle),
            ("SINCE", "SINCE " + middle),
            ("LARGER", "LARGER 10000"),
            ("FROM", "FROM " + ImapClient.Quote(corpus.SenderNames[3].Split(' ')[1])),
            ("SUBJECT", "SUBJECT " + ImapClient.Quote(corpus.SubjectLines[5])),
            ("HEADER", "HEADER Message-ID " + ImapClient.Quote("<2a." + Run.Id)),
            ("BODY", "BODY " + MessageWriter.RareWord),
            ("BODY phrase", "BODY " + ImapClient.Quote("says " + MessageWriter.RareWord + " once")),
            ("BODY common phrase", "BODY " + ImapClient.Quote("of the")),
            ("TEXT", "TEXT " + MessageWriter.RareWord),
            ("TEXT 1%", "TEXT " + MessageWriter.UncommonWord),
            ("TEXT nothing", "TEXT " + MessageWriter.RareWord + "x"),
            ("TEXT common phrase", "TEXT " + ImapClient.Quote("the mail")),
            ("NOT TEXT", "NOT TEXT " + MessageWriter.UncommonWord),
        ];
    }

    private static bool IsResult(ReadOnlySpan<byte> text) =>
        text.StartsWith("SEARCH"u8) || text.StartsWith("SORT"u8) || text.StartsWith("THREAD"u8);

    private static int Blanks(ReadOnlySpan<byte> text) => text.TrimEnd((byte)' ').Count((byte)' ');
}
