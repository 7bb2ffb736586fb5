using System.Net;
using System.Net.Sockets;

namespace Sora.Testing;

/// <summary>Ports on 127.0.0.1 that nobody listens on.</summary>
public static class FreePort
{
    /// <summary>One port. Where a server can, let it take port 0 itself.</summary>
    public static int Next() => NextRange(1);

    /// <summary>The first of <paramref name="count"/> free ports in a row, below those that the system gives to clients.</summary>
    public static int NextRange(int count)
    {
        for (var attempt = 0; attempt < 200; attempt++)
        {
            var first = Random.Shared.Next(15000, 32000 - count);
            if (Enumerable.Range(first, count).All(IsFree))
                return first;
        }

        throw new InvalidOperationException($"No {count} free ports in a row");
    }

    private static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
