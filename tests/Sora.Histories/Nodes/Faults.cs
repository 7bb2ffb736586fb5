using System.Net.Sockets;
using Sora.Testing;

namespace Sora.Histories.Nodes;

public enum FaultKind
{
    /// <summary>kill -9 of a node, which is started again.</summary>
    Kill,

    /// <summary>SIGTERM of a node, which is started again.</summary>
    Terminate,

    /// <summary>SIGSTOP of a node, and SIGCONT after a while.</summary>
    Stop,

    /// <summary>PostgreSQL ends at once and starts again.</summary>
    Postgres,

    /// <summary>A node's network is cut, and healed after a while.</summary>
    Cut,
}

/// <summary>What happens to processes.</summary>
public static class Faults
{
    /// <summary>Lets it happen; returns when all that was broken is whole again.</summary>
    /// <param name="kind">What.</param>
    /// <param name="topology">To whom.</param>
    /// <param name="node">To which of them; PostgreSQL is there once.</param>
    /// <param name="lasting">How long <see cref="FaultKind.Stop"/> and <see cref="FaultKind.Cut"/> last.</param>
    public static async Task HappenAsync(FaultKind kind, Topology topology, NodeProcess node, TimeSpan lasting)
    {
        switch (kind)
        {
            case FaultKind.Kill:
                await node.KillAsync();
                await node.StartAsync();
                break;
            case FaultKind.Terminate:
                await node.TerminateAsync();
                await node.StartAsync();
                break;
            case FaultKind.Stop:
                Signals.Stop(node.Pid);
                try
                {
                    await Task.Delay(lasting);
                }
                finally
                {
                    Signals.Continue(node.Pid);
                }

                break;
            case FaultKind.Postgres:
                await topology.RestartDatabaseAsync();
                break;
            case FaultKind.Cut:
                var link = node.Link ?? throw new InvalidOperationException($"{node.Name} has no network of its own");
                await link.CutAsync();
                try
                {
                    if (await IsReachedAsync(node))
                        throw new InvalidOperationException($"{node.Name} is reached in spite of the cut");
                    await Task.Delay(lasting);
                }
                finally
                {
                    await link.HealAsync();
                }

                break;
        }
    }

    private static async Task<bool> IsReachedAsync(NodeProcess node)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        try
        {
            await socket.ConnectAsync(node.Imap.Address, limit.Token);
            return true;
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            return false;
        }
    }
}
