using System.Diagnostics;
using Sora.Bench.Load;
using Sora.Bench.Processes;
using Sora.Bench.Results;
using Sora.Bench.Wire;

namespace Sora.Bench.Scenarios;

/// <summary>
/// SELECT, seen from the client. Cold: the first one of each of <see cref="Mailboxes"/> on a new connection, after
/// <see cref="Before"/> made the server forget them. Warm: again and again on the same connection.
/// </summary>
internal sealed record SelectScenario(Target Target, Run Run)
{
    public int User { get; init; } = 1;

    public IReadOnlyList<string> Mailboxes { get; init; } = ["INBOX"];

    /// <summary>Makes the server forget the mailboxes; null when the caller has seen to it.</summary>
    public Func<CancellationToken, Task>? Before { get; init; }

    /// <summary>How often the cold part is done.</summary>
    public int Rounds { get; init; } = 1;

    /// <summary>SELECTs of the warm part.</summary>
    public int Warm { get; init; } = 200;

    public async Task<ScenarioResult> RunAsync(CancellationToken cancellationToken)
    {
        var cold = new Latencies();
        var messages = 0;
        for (var round = 0; round < Rounds; round++)
        {
            if (Before is not null)
            {
                await Before(cancellationToken);
            }

            foreach (var mailbox in Mailboxes)
            {
                await using var client = await ImapClient.LoginAsync(Target, Target.UserName(User), cancellationToken);
                cold.Add((await client.RunAsync("SELECT " + ImapClient.Quote(mailbox))).Elapsed);
                messages = client.Exists;
            }
        }

        var warm = new Latencies();
        await using (var client = await ImapClient.LoginAsync(Target, Target.UserName(User), cancellationToken))
        {
            await client.RunAsync("SELECT " + ImapClient.Quote(Mailboxes[0]));
            for (var i = 0; i < Warm && !cancellationToken.IsCancellationRequested; i++)
            {
                warm.Add((await client.RunAsync("SELECT " + ImapClient.Quote(Mailboxes[0]))).Elapsed);
            }
        }

        return new ScenarioResult(
            "select",
            Target.Name,
            [
                new("cold p50", cold.Percentile(0.5), "ms", Better.Lower),
                new("cold max", cold.Percentile(1), "ms", Better.Lower),
                .. warm.Metrics("warm "),
                new("messages", messages, "", Better.Neither),
            ],
            Note: $"{cold.Count} cold");
    }

    /// <summary>The hook of the command line: a shell command that returns when the server has forgotten.</summary>
    public static Func<CancellationToken, Task> Shell(string command) => async cancellationToken =>
    {
        var start = new ProcessStartInfo("/bin/sh") { ArgumentList = { "-c", command } };
        await ChildProcess.RunAsync(start, TimeSpan.FromMinutes(2), cancellationToken);
    };
}
