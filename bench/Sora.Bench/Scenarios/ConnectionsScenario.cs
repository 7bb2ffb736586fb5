using System.Diagnostics;
using Sora.Bench.Load;
using Sora.Bench.Processes;
using Sora.Bench.Results;
using Sora.Bench.Wire;

namespace Sora.Bench.Scenarios;

/// <summary>
/// What idle connections cost: PSS of all the server's processes with N connections in IDLE, less the PSS before, through N.
/// </summary>
internal sealed record ConnectionsScenario(Target Target, Run Run)
{
    private const int Parallel = 16;

    public int Connections { get; init; } = 1000;

    public bool Tls { get; init; }

    /// <summary>The longest wait for the server's memory to settle.</summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromSeconds(60);

    public async Task<ScenarioResult> RunAsync(CancellationToken cancellationToken)
    {
        if (Target.Pids.Count == 0)
        {
            throw new BenchException("memory of which processes? Give --pid");
        }

        OpenFiles.Raise((ulong)Connections + 1000);
        await WarmUpAsync(cancellationToken);
        var before = await ServerMemory.SettledAsync(Target, Settle, cancellationToken);
        var start = Stopwatch.GetTimestamp();
        var clients = await OpenAsync(Connections, cancellationToken);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var after = await ServerMemory.SettledAsync(Target, Settle, cancellationToken);
        var alive = await CloseAsync(clients);
        return new ScenarioResult(
            $"{Connections} idle connections, {(Tls ? "TLS" : "plain")}",
            Target.Name,
            [
                new("memory each", (after - before) / 1024.0 / Math.Max(1, alive), "KiB", Better.Lower),
                new("server before", before / 1048576.0, "MiB", Better.Lower),
                new("server after", after / 1048576.0, "MiB", Better.Lower),
                new("logins", alive / seconds, "per s", Better.Higher),
            ],
            Connections - alive);
    }

    /// <summary>
    /// Before the first weighing code is compiled, pools are filled and each user's INBOX was open: a connection is weighed,
    /// not a mailbox. Few at a time, for a server with a process per connection must not have the processes already.
    /// </summary>
    private async Task WarmUpAsync(CancellationToken cancellationToken)
    {
        var next = 0;
        await Sessions.RunAsync(Parallel, async _ =>
        {
            while (Interlocked.Increment(ref next) is var user && user <= Math.Min(Target.Users, Connections) && !cancellationToken.IsCancellationRequested)
            {
                await using var client = await ImapClient.LoginAsync(Target, Target.UserName(user), cancellationToken, Tls, bufferSize: 1024);
                await client.RunAsync("SELECT INBOX");
                await client.BeginIdleAsync();
                await client.EndIdleAsync();
            }
        });
    }

    private async Task<IReadOnlyList<ImapClient>> OpenAsync(int count, CancellationToken cancellationToken)
    {
        var clients = new List<ImapClient>(count);
        var next = -1;
        await Sessions.RunAsync(Parallel, async _ =>
        {
            while (Interlocked.Increment(ref next) is var number && number < count && !cancellationToken.IsCancellationRequested)
            {
                try
                {
                    var user = Target.UserName((number % Target.Users) + 1);
                    var client = await ImapClient.LoginAsync(Target, user, cancellationToken, Tls, bufferSize: 1024);
                    await client.RunAsync("SELECT INBOX");
                    await client.BeginIdleAsync();
                    lock (clients)
                    {
                        clients.Add(client);
                    }
                }
                catch (Exception exception) when (Sessions.IsServerFailure(exception))
                {
                    // Counted by its absence
                }
            }
        });
        return clients;
    }

    /// <summary>Ends the IDLE of all; how many were still alive.</summary>
    private static async Task<int> CloseAsync(IReadOnlyList<ImapClient> clients)
    {
        var alive = 0;
        var next = -1;
        await Sessions.RunAsync(Parallel, async _ =>
        {
            while (Interlocked.Increment(ref next) is var number && number < clients.Count)
            {
                try
                {
                    await clients[number].EndIdleAsync();
                    Interlocked.Increment(ref alive);
                    await clients[number].DisposeAsync();
                }
                catch (Exception exception) when (Sessions.IsServerFailure(exception))
                {
                    clients[number].Drop();
                }
            }
        });
        return alive;
    }
}
