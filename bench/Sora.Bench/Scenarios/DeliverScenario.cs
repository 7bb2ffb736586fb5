using System.Diagnostics;
using Sora.Bench.Load;
using Sora.Bench.Processes;
using Sora.Bench.Results;
using Sora.Bench.Wire;

namespace Sora.Bench.Scenarios;

/// <summary>Deliveries over LMTP: each session sends one message after the other to users drawn at random.</summary>
internal sealed record DeliverScenario(Target Target, Run Run)
{
    private const int CountingSessions = 8;

    public int Size { get; init; } = 2048;

    public int Sessions { get; init; } = 50;

    /// <summary>Recipients of one transaction.</summary>
    public int Recipients { get; init; } = 1;

    /// <summary>Afterwards counts the messages over IMAP.</summary>
    public bool Verify { get; init; }

    public async Task<ScenarioResult> RunAsync(CancellationToken cancellationToken)
    {
        var corpus = Run.Corpus();
        var errors = new ErrorLog();
        var before = Verify ? await CountAllAsync(cancellationToken) : 0;
        var latencies = new Latencies[Sessions];
        var accepted = new long[Sessions];
        var refused = new long[Sessions];
        var octets = new long[Sessions];
        var cpuBefore = ProcessTree.CpuTime(Target.Pids);
        var started = Stopwatch.GetTimestamp();
        var pace = Run.Start(cancellationToken);
        await Scenarios.Sessions.RunAsync(Sessions, async session =>
        {
            var random = new Random(Run.SeedOf(session));
            var writer = new MessageWriter(corpus, Run.Seed, Run.Id);
            var mine = latencies[session] = new Latencies();
            var recipients = new string[Recipients];
            refused[session] += await Scenarios.Sessions.InsistAsync(async working =>
            {
                await using var client = await LmtpClient.ConnectAsync(Target, cancellationToken);
                while (pace.TryTake(out var number))
                {
                    Draw(recipients, random);
                    writer.Write(number, Size, recipients[0]);
                    var start = Stopwatch.GetTimestamp();
                    var delivered = await client.DeliverAsync("sender@senders.example", recipients, writer.Dotted);
                    var end = client.LastReceive;
                    working();
                    accepted[session] += delivered;
                    refused[session] += recipients.Length - delivered;
                    if (delivered > 0 && pace.Counts(end))
                    {
                        mine.Add(end - start);
                        octets[session] += writer.Message.Length;
                    }
                }
            }, errors, cancellationToken);
        });
        var cpu = ProcessTree.CpuTime(Target.Pids) - cpuBefore;
        var elapsed = Stopwatch.GetElapsedTime(started);

        var all = new Latencies();
        Array.ForEach(latencies, all.Add);
        var seconds = pace.Seconds();
        List<Metric> metrics =
        [
            new("rate", all.Count / seconds, "msg/s", Better.Higher),
            new("throughput", octets.Sum() / seconds / 1e6, "MB/s", Better.Higher),
            .. all.Metrics(),
        ];
        if (Target.Pids.Count > 0 && accepted.Sum() > 0)
        {
            metrics.Add(new Metric("server CPU per message", cpu.TotalMilliseconds * 1000 / accepted.Sum(), "us", Better.Lower));
            metrics.Add(new Metric("server CPU use", cpu / elapsed, "cores", Better.Neither));
        }

        var note = errors.Note();
        if (Verify)
        {
            var grown = await CountAllAsync(cancellationToken) - before;
            if (grown != accepted.Sum())
            {
                note = $"{accepted.Sum()} accepted but {grown} there; {note}";
                refused[0] += Math.Abs(grown - accepted.Sum());
            }
        }

        return new ScenarioResult($"deliver {Sizes.Format(Size)}, {Sessions} sessions", Target.Name, metrics, refused.Sum(), note);
    }

    private void Draw(string[] recipients, Random random)
    {
        var first = random.Next(Target.Users);
        for (var i = 0; i < recipients.Length; i++)
        {
            recipients[i] = Target.UserName(((first + i) % Target.Users) + 1);
        }
    }

    private async Task<long> CountAllAsync(CancellationToken cancellationToken)
    {
        var total = 0L;
        var next = 0;
        await Scenarios.Sessions.RunAsync(CountingSessions, async _ =>
        {
            while (Interlocked.Increment(ref next) is var user && user <= Target.Users)
            {
                await using var client = await ImapClient.LoginAsync(Target, Target.UserName(user), cancellationToken);
                Interlocked.Add(ref total, await client.CountAsync("INBOX"));
            }
        });
        return total;
    }
}
