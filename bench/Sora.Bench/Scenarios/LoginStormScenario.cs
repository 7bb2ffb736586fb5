using System.Diagnostics;
using Sora.Bench.Load;
using Sora.Bench.Processes;
using Sora.Bench.Results;
using Sora.Bench.Wire;

namespace Sora.Bench.Scenarios;

/// <summary>
/// All clients of a site come at the same moment, as they do after a restart: each connects, begins TLS and logs in. Meanwhile mail is delivered. Afterwards they come once more, now
/// that the server has seen their passwords.
/// </summary>
internal sealed record LoginStormScenario(Target Target, Run Run)
{
    private const int MessageSize = 2048;

    public int Clients { get; init; } = 2000;

    /// <summary>All of them are the same user.</summary>
    public bool OneUser { get; init; }

    /// <summary>LMTP sessions that deliver one message after the other meanwhile.</summary>
    public int Deliveries { get; init; } = 2;

    public async Task<IReadOnlyList<ScenarioResult>> RunAsync(CancellationToken cancellationToken)
    {
        OpenFiles.Raise((ulong)Clients + 1000);
        var quiet = await DeliverAsync(Run.Duration, cancellationToken);
        var results = new List<ScenarioResult>();
        foreach (var round in new[] { "first time", "again" })
            results.Add(await StormAsync(round, quiet, cancellationToken));
        return results;
    }

    private async Task<ScenarioResult> StormAsync(string round, Latencies quiet, CancellationToken cancellationToken)
    {
        var errors = new ErrorLog();
        var all = new Latencies();
        var failures = 0L;
        var clients = new List<ImapClient>(Clients);
        var cpuBefore = ProcessTree.CpuTime(Target.Pids);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var delivering = DeliverAsync(TimeSpan.Zero, over.Token);
        var start = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async number =>
        {
            try
            {
                var user = Target.UserName(OneUser ? 1 : (number % Target.Users) + 1);
                var client = await ImapClient.LoginAsync(Target, user, cancellationToken, tls: Target.Imaps is not null, bufferSize: 1024);
                var end = Stopwatch.GetTimestamp();
                lock (clients)
                {
                    clients.Add(client);
                    all.Add(end - start);
                }
            }
            catch (Exception exception) when (Sessions.IsServerFailure(exception))
            {
                Interlocked.Increment(ref failures);
                errors.Add(exception.Message);
            }
        }));
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        await over.CancelAsync();
        var meanwhile = await delivering;
        var memory = Target.Pids.Count > 0 ? ProcessTree.Pss(Target.Pids) : 0;
        foreach (var client in clients)
            client.Drop();
        List<Metric> metrics =
        [
            new("until all were in", seconds, "s", Better.Lower),
            new("logins", clients.Count / seconds, "per s", Better.Higher),
            .. all.Metrics("wait "),
            new("deliveries meanwhile", meanwhile.Count / seconds, "per s", Better.Higher),
            .. meanwhile.Metrics("delivery "),
            .. quiet.Metrics("delivery before "),
        ];
        if (memory > 0)
        {
            metrics.Add(new Metric("server memory with all of them", memory / 1048576.0, "MiB", Better.Lower));
            metrics.Add(new Metric("server CPU per login", (ProcessTree.CpuTime(Target.Pids) - cpuBefore).TotalMilliseconds / Math.Max(1, clients.Count), "ms", Better.Lower));
        }

        return new ScenarioResult($"login storm of {Clients} clients{(OneUser ? " of one user" : "")}, {round}", Target.Name, metrics, failures, errors.Note());
    }

    /// <summary>Delivers for so long, or until it is cancelled.</summary>
    private async Task<Latencies> DeliverAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        var all = new Latencies();
        if (Deliveries == 0 || Target.Lmtp is null)
            return all;
        var corpus = Run.Corpus();
        var started = Stopwatch.GetTimestamp();
        await Sessions.RunAsync(Deliveries, async session =>
        {
            var random = new Random(Run.SeedOf(session));
            var writer = new MessageWriter(corpus, Run.Seed, Run.Id);
            await using var client = await LmtpClient.ConnectAsync(Target, CancellationToken.None);
            for (var number = session; !cancellationToken.IsCancellationRequested && (duration == TimeSpan.Zero || Stopwatch.GetElapsedTime(started) < duration); number += Deliveries)
            {
                string[] recipients = [Target.UserName(random.Next(Target.Users) + 1)];
                writer.Write(number, MessageSize, recipients[0]);
                var start = Stopwatch.GetTimestamp();
                if (await client.DeliverAsync("sender@senders.example", recipients, writer.Dotted) != 1)
                    throw new BenchException("a delivery was refused");
                lock (all)
                {
                    all.Add(client.LastReceive - start);
                }

                // A steady trickle, so that it is the latency that tells
                await Task.Delay(20, CancellationToken.None);
            }
        });
        return all;
    }
}
