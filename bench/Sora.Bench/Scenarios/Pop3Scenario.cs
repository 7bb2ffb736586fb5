using System.Diagnostics;
using System.Globalization;
using System.Text;
using Sora.Bench.Load;
using Sora.Bench.Results;
using Sora.Bench.Wire;

namespace Sora.Bench.Scenarios;

/// <summary>
/// A maildrop as POP3 clients use it: opening it (the answer to the password), LIST and UIDL of all, RETR of many, each after the one before it and then
/// sent ahead. Nothing is deleted.
/// </summary>
internal sealed record Pop3Scenario(Target Target, Run Run)
{
    private const int Window = 50;

    public int User { get; init; } = 1;

    /// <summary>Messages that are retrieved, the first ones.</summary>
    public int Retrieve { get; init; } = 5_000;

    /// <summary>Makes the server forget the maildrop; null to leave the first opening as it is.</summary>
    public Func<CancellationToken, Task>? Before { get; init; }

    /// <summary>How often the maildrop is opened after the first time.</summary>
    public int Openings { get; init; } = 20;

    public async Task<ScenarioResult> RunAsync(CancellationToken cancellationToken)
    {
        if (Before is not null)
        {
            await Before(cancellationToken);
        }

        var cold = await OpenAsync(cancellationToken);
        var (warm, list, uidl) = (new Latencies(), new Latencies(), new Latencies());
        for (var i = 0; i < Openings; i++)
        {
            warm.Add(await OpenAsync(cancellationToken));
        }

        await using var client = await LogInAsync(cancellationToken);
        var messages = int.Parse((await client.RunAsync("STAT")).Split(' ')[1], CultureInfo.InvariantCulture);
        var errors = 0L;
        for (var i = 0; i < 5; i++)
        {
            errors += await ListAsync(client, "LIST", list) == messages ? 0 : 1;
            errors += await ListAsync(client, "UIDL", uidl) == messages ? 0 : 1;
        }

        var count = Math.Min(Retrieve, messages);
        var start = Stopwatch.GetTimestamp();
        for (var number = 1; number <= count; number++)
        {
            await client.SendAsync(string.Create(CultureInfo.InvariantCulture, $"RETR {number}\r\n"));
            await client.ReadLinesAsync();
        }

        var onebyone = count / Stopwatch.GetElapsedTime(start).TotalSeconds;
        var before = client.Octets;
        start = Stopwatch.GetTimestamp();
        for (var first = 1; first <= count; first += Window)
        {
            var last = Math.Min(count, first + Window - 1);
            var commands = new StringBuilder();
            for (var number = first; number <= last; number++)
            {
                commands.Append(CultureInfo.InvariantCulture, $"RETR {number}\r\n");
            }

            await client.SendAsync(commands.ToString());
            for (var number = first; number <= last; number++)
            {
                await client.ReadLinesAsync();
            }
        }

        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return new ScenarioResult(
            "pop3",
            Target.Name,
            [
                new("first open", Latencies.Milliseconds(cold), "ms", Better.Lower),
                .. warm.Metrics("open "),
                new("LIST p50", list.Percentile(0.5), "ms", Better.Lower),
                new("UIDL p50", uidl.Percentile(0.5), "ms", Better.Lower),
                new("RETR", onebyone, "msg/s", Better.Higher),
                new("RETR ahead", count / seconds, "msg/s", Better.Higher),
                new("throughput ahead", (client.Octets - before) / seconds / 1e6, "MB/s", Better.Neither),
                new("messages", messages, "", Better.Neither),
            ],
            errors,
            $"{count} messages retrieved");
    }

    private async Task<Pop3Client> LogInAsync(CancellationToken cancellationToken)
    {
        var client = await Pop3Client.ConnectAsync(Target, cancellationToken);
        await client.LogInAsync(Target.UserName(User), Target.Password);
        return client;
    }

    private async Task<long> OpenAsync(CancellationToken cancellationToken)
    {
        await using var client = await Pop3Client.ConnectAsync(Target, cancellationToken);
        var start = Stopwatch.GetTimestamp();
        await client.LogInAsync(Target.UserName(User), Target.Password);
        await client.RunAsync("STAT"); // some servers look at the messages only now
        return client.LastReceive - start;
    }

    private static async Task<int> ListAsync(Pop3Client client, string command, Latencies latencies)
    {
        var start = Stopwatch.GetTimestamp();
        await client.SendAsync(command + "\r\n");
        var lines = await client.ReadLinesAsync();
        latencies.Add(client.LastReceive - start);
        return lines;
    }
}
