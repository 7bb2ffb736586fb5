using System.Net;
using System.Net.Sockets;

namespace Sora.Histories.Nodes;

/// <summary>Takes connections on one address and passes them on to another: nodes in networks of their own reach so what listens on a Unix socket or on loopback.</summary>
internal sealed class Forwarder : IAsyncDisposable
{
    private readonly Socket _listener;
    private readonly EndPoint _target;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _accepting;

    public Forwarder(IPAddress address, EndPoint target)
    {
        _target = target;
        _listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(new IPEndPoint(address, 0));
        _listener.Listen();
        _accepting = Task.Run(AcceptAsync);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        var passing = new List<Task>();
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptAsync(_stopping.Token);
                passing.RemoveAll(static task => task.IsCompleted);
                passing.Add(Task.Run(() => PassAsync(socket)));
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            await Task.WhenAll(passing);
        }
    }

    private async Task PassAsync(Socket socket)
    {
        using var client = socket;
        using var server = new Socket(_target.AddressFamily, SocketType.Stream, _target is UnixDomainSocketEndPoint ? ProtocolType.Unspecified : ProtocolType.Tcp);
        using var stop = _stopping.Token.Register(() =>
        {
            client.Dispose();
            server.Dispose();
        });
        try
        {
            await server.ConnectAsync(_target);
            await Task.WhenAll(CopyAsync(client, server), CopyAsync(server, client));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Both ends are closed
        }
    }

    private static async Task CopyAsync(Socket from, Socket to)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and var count)
            {
                for (ReadOnlyMemory<byte> rest = buffer.AsMemory(0, count); !rest.IsEmpty; rest = rest[await to.SendAsync(rest)..])
                {
                    // Sent on the way to the next
                }
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // One that is broken has no use for the other direction
            from.Dispose();
            to.Dispose();
        }
    }
}
