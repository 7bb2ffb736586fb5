namespace Sora.Gateway.Tests.Imap.Model;

/// <summary>
/// Random commands of eight clients against a model of IMAP. A run that fails is made as short as possible and printed with its seed. Set
/// SORA_MODEL_SEED to repeat one.
/// </summary>
[Collection("imap")]
public sealed class ImapModelTests(ImapFixture fixture)
{
    private const int Clients = 8;
    private const int Runs = Engine.IsCluster ? 10 : 20; // a step takes longer there
    private const int StepsPerRun = 1500;
    private const int LeastCommands = Runs * 1000;
    private const int MaxShorterRuns = 150;

    [Fact]
    public async Task Server_and_model_agree()
    {
        int[] seeds = int.TryParse(Environment.GetEnvironmentVariable("SORA_MODEL_SEED"), out var given)
            ? [given]
            : [.. Enumerable.Range(1, Runs / 2), .. Enumerable.Range(0, Runs / 2).Select(static _ => Random.Shared.Next(1000, int.MaxValue))];
        var commands = 0;
        foreach (var seed in seeds)
        {
            var steps = Step.Random(new Random(seed), StepsPerRun, Clients);
            var run = new ModelRun(fixture, Clients);
            var error = await run.TryAsync(steps);
            commands += run.Commands;
            if (error is null)
                continue;
            var (transcript, shortest) = await ShortenAsync(steps[..run.Taken], error, run.Transcript);
            Assert.Fail($"Seed {seed}: {shortest}\n{transcript}");
        }

        if (seeds.Length > 1)
            commands.ShouldBeGreaterThanOrEqualTo(LeastCommands);
    }

    // Leaves out ever smaller parts as long as what is left still fails.
    private async Task<(string Transcript, string Error)> ShortenAsync(Step[] steps, string error, string transcript)
    {
        var runs = 0;
        for (var part = Math.Max(1, steps.Length / 2); runs < MaxShorterRuns;)
        {
            var isShorter = false;
            for (var from = 0; from < steps.Length && runs < MaxShorterRuns;)
            {
                Step[] shorter = [.. steps[..from], .. steps[Math.Min(steps.Length, from + part)..]];
                var run = new ModelRun(fixture, Clients);
                runs++;
                if (shorter.Length > 0 && await run.TryAsync(shorter) is { } again)
                {
                    (steps, error, transcript, isShorter) = (shorter[..run.Taken], again, run.Transcript, true);
                    continue;
                }

                from += part;
            }

            if (part == 1 && !isShorter)
                break;
            part = Math.Max(1, part / 2);
        }

        return (transcript, error);
    }
}
