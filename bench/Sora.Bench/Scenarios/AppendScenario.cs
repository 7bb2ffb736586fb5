using Sora.Bench.Load;
using Sora.Bench.Results;
using Sora.Bench.Wire;

namespace Sora.Bench.Scenarios;

/// <summary>IMAP APPEND, each session into the INBOX of its own user.</summary>
internal sealed record AppendScenario(Target Target, Run Run)
{
    public int Size { get; init; } = 2048;

    public int Sessions { get; init; } = 8;

    public async Task<ScenarioResult> RunAsync(CancellationToken cancellationToken)
    {
        var corpus = Run.Corpus();
        var errors = new ErrorLog();
        var all = new Latencies();
        var octets = 0L;
        var failures = 0L;
        var pace = Run.Start(cancellationToken);
        await Scenarios.Sessions.RunAsync(Sessions, async session =>
        {
            var user = Target.UserName((session % Target.Users) + 1);
            var writer = new MessageWriter(corpus, Run.Seed, Run.Id);
            var mine = new Latencies();
            var failed = await Scenarios.Sessions.InsistAsync(async working =>
            {
                await using var client = await ImapClient.LoginAsync(Target, user, cancellationToken);
                while (pace.TryTake(out var number))
                {
                    writer.Write(number, Size, user);
                    var completion = await client.AppendAsync("INBOX", writer.Message);
                    working();
                    if (pace.Counts(completion.End))
                    {
                        mine.Add(completion.Elapsed);
                        Interlocked.Add(ref octets, writer.Message.Length);
                    }
                }
            }, errors, cancellationToken);
            Interlocked.Add(ref failures, failed);
            lock (all)
            {
                all.Add(mine);
            }
        });
        var seconds = pace.Seconds();
        return new ScenarioResult(
            $"append {Sizes.Format(Size)}, {Sessions} sessions",
            Target.Name,
            [
                new("rate", all.Count / seconds, "msg/s", Better.Higher),
                new("throughput", octets / seconds / 1e6, "MB/s", Better.Higher),
                .. all.Metrics(),
            ],
            failures,
            errors.Note());
    }
}
