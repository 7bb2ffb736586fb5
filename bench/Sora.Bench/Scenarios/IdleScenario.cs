using System.Diagnostics;
using Sora.Bench.Load;
using Sora.Bench.Results;
using Sora.Bench.Wire;

namespace Sora.Bench.Scenarios;

/// <summary>
/// How long after the LMTP server's 250 an IDLE client hears of the message. Negative when the client heard first.
/// Lanes run side by side, each with a user, an IDLE connection and an LMTP session of its own; within a lane one delivery waits
/// for the one before to be heard of.
/// </summary>
internal sealed record IdleScenario(Target Target, Run Run)
{
    public int Lanes { get; init; } = 2;

    public async Task<ScenarioResult> RunAsync(CancellationToken cancellationToken)
    {
        var all = new Latencies();
        var failures = 0L;
        var errors = new ErrorLog();
        var corpus = Run.Corpus();
        var pace = Run.Start(cancellationToken);
        await Sessions.RunAsync(Lanes, async lane =>
        {
            var failed = await Sessions.InsistAsync(async working =>
            {
                var user = (lane % Target.Users) + 1;
                await using var idler = await Sessions.SelectAsync(Target, user, "INBOX", cancellationToken);
                await using var sender = await LmtpClient.ConnectAsync(Target, cancellationToken);
                var writer = new MessageWriter(corpus, Run.Seed, Run.Id);
                var random = new Random(Run.SeedOf(lane));
                string[] recipients = [Target.UserName(user)];
                await idler.BeginIdleAsync();
                while (pace.TryTake(out var number))
                {
                    writer.Write(number, 2048, recipients[0]);
                    var delay = await RoundAsync(idler, sender, recipients, writer.Dotted);
                    working();
                    if (pace.Counts(Stopwatch.GetTimestamp()))
                    {
                        lock (all)
                        {
                            all.Add(delay);
                        }
                    }

                    // Off the beat, lest rounds fall in step with a timer of the server
                    await Task.Delay(random.Next(1, 12), cancellationToken);
                }

                await idler.EndIdleAsync();
            }, errors, cancellationToken);
            Interlocked.Add(ref failures, failed);
        });
        return new ScenarioResult(
            "idle", Target.Name, [.. all.Metrics(), new("rounds", all.Count, "", Better.Neither)], failures, errors.Note());
    }

    /// <summary>One delivery: from the arrival of the 250 to that of the EXISTS, in Stopwatch ticks.</summary>
    private static async Task<long> RoundAsync(ImapClient idler, LmtpClient sender, string[] recipients, ReadOnlyMemory<byte> message)
    {
        var heard = idler.WaitForExistsAsync(idler.Exists).AsTask();
        try
        {
            if (await sender.DeliverAsync("sender@senders.example", recipients, message) != 1)
            {
                throw new IOException("the server refused a message");
            }
        }
        catch
        {
            // Nobody else may use the connection as long as somebody listens on it: end that first
            idler.Drop();
            await ((Task)heard).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        var accepted = sender.LastReceive;
        return await heard - accepted;
    }
}
