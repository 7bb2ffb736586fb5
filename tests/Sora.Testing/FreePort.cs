using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Sora.Testing;

/// <summary>
/// Ports on 127.0.0.1 that nobody listens on. A server listens on its ports a while after they were chosen, and tests of several processes run at once;
/// so each process takes a part of all ports for itself, as long as it lives, and goes through it in turn.
/// </summary>
public static class FreePort
{
    /// <summary>All below those that systems give to clients.</summary>
    private const int Lowest = 12000;

    private const int Highest = 32000;

    /// <summary>How many ports one process has: enough that those of a server that starts do not come round again.</summary>
    private const int Share = 1000;

    private static readonly Lock Choosing = new();

    /// <summary>Locked by whoever has the part; the system unlocks it when the process ends, however it ends.</summary>
    private static FileStream? _mark;

    private static int _first;
    private static int _next;

    /// <summary>One port. Where a server can, let it take port 0 itself.</summary>
    public static int Next() => NextRange(1);

    /// <summary>The first of <paramref name="count"/> free ports in a row.</summary>
    /// <exception cref="InvalidOperationException">So many processes have ports, or others so many of this process's, that none are left.</exception>
    public static int NextRange(int count)
    {
        lock (Choosing)
        {
            if (_mark is null)
                TakeShare();
            for (var tried = 0; tried < Share; tried += count)
            {
                if (_next + count > Share)
                    _next = 0;
                var first = _first + _next;
                _next += count;
                if (Enumerable.Range(first, count).All(IsFree))
                    return first;
            }
        }

        throw new InvalidOperationException($"No {count} free ports in a row");
    }

    private static void TakeShare()
    {
        var folder = Path.Combine(Path.GetTempPath(), $"sora-ports-{Environment.UserName}");
        Directory.CreateDirectory(folder);
        for (var first = Lowest; first < Highest; first += Share)
        {
            try
            {
                _mark = new FileStream(Path.Combine(folder, first.ToString(CultureInfo.InvariantCulture)), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                _first = first;
                return;
            }
            catch (IOException)
            {
                // Another process has it
            }
        }

        throw new InvalidOperationException("Too many processes that test have ports of their own");
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
